package convert_test

import (
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/api/convert"
)

// BroadcastJob, AdvancedCronJob and ContainerRecreateRequest, in words.
func TestJobs(t *testing.T) {
	for _, test := range []struct {
		name, kind  string
		alpha, beta string // without apiVersion and kind
		oneWay      string // "up" or "down"
	}{{
		name:  "the same in both versions",
		kind:  "BroadcastJob",
		alpha: `"metadata":{"name":"b"},"spec":{"parallelism":"50%","new":1,"template":{"spec":{"containers":[{"name":"c","new":{}}]}}},"status":{"active":1}`,
		beta:  `"metadata":{"name":"b"},"spec":{"parallelism":"50%","new":1,"template":{"spec":{"containers":[{"name":"c","new":{}}]}}},"status":{"active":1}`,
	}, {
		name:  "a template that both versions have",
		kind:  "AdvancedCronJob",
		alpha: `"metadata":{"name":"a"},"spec":{"schedule":"@daily","template":{"jobTemplate":{"new":[]}}}`,
		beta:  `"metadata":{"name":"a"},"spec":{"schedule":"@daily","template":{"jobTemplate":{"new":[]}}}`,
	}, {
		name: "a template that only v1beta1 has is kept, and the required member with it",
		kind: "AdvancedCronJob",
		alpha: `"metadata":{"name":"a","annotations":{"kruise-admission.io/v1beta1-image-list-pull-job-template":
			"{\"spec\":{\"images\":[\"a\"],\"new\":1}}"}},"spec":{"schedule":"@daily","template":{}}`,
		beta: `"metadata":{"name":"a"},"spec":{"schedule":"@daily","template":{"imageListPullJobTemplate":{"spec":{"images":["a"],"new":1}}}}`,
	}, {
		name:   "a kept template of the wrong type counts as none",
		kind:   "AdvancedCronJob",
		alpha:  `"metadata":{"name":"a","annotations":{"kruise-admission.io/v1beta1-image-list-pull-job-template":"[]"}},"spec":{"schedule":"@daily"}`,
		beta:   `"metadata":{"name":"a"},"spec":{"schedule":"@daily"}`,
		oneWay: "up",
	}, {
		name:   "v1beta1 keeps nothing for itself",
		kind:   "AdvancedCronJob",
		alpha:  `"metadata":{"name":"a"},"spec":{"schedule":"@daily","template":{"jobTemplate":{}}}`,
		beta:   `"metadata":{"name":"a","annotations":{"kruise-admission.io/v1beta1-image-list-pull-job-template":"{}"}},"spec":{"schedule":"@daily","template":{"jobTemplate":{},"imageListPullJobTemplate":null}}`,
		oneWay: "down",
	}, {
		name: "what the controller writes",
		kind: "ContainerRecreateRequest",
		alpha: `"metadata":{"name":"r","annotations":{"a":"b","crr.apps.kruise.io/unready-acquired":"2026-05-01T12:00:00Z",
			"crr.apps.kruise.io/sync-container-statuses":"[{\"name\":\"c\",\"new\":1,\"ready\":true,\"restartCount\":2}]"}},
			"spec":{"podName":"p"},"status":{"phase":"Recreating"}`,
		beta: `"metadata":{"name":"r","annotations":{"a":"b"}},"spec":{"podName":"p"},"status":{"phase":"Recreating",
			"containerStatusSnapshot":[{"name":"c","new":1,"ready":true,"restartCount":2}],"conditions":[{"type":"PreRecreateGrace","status":"True",
			"lastTransitionTime":"2026-05-01T12:00:00Z","reason":"PreRecreateGrace",
			"message":"the pod has been made not ready, so that it can drain before its containers are stopped"}]}`,
	}, {
		name: "required members are filled in, times are in UTC",
		kind: "ContainerRecreateRequest",
		alpha: `"metadata":{"annotations":{"crr.apps.kruise.io/unready-acquired":"2026-05-01T12:00:00.9+02:00",
			"crr.apps.kruise.io/sync-container-statuses":"[{\"containerID\":\"x\",\"ready\":null}]"}},"spec":{"podName":"p"}`,
		beta: `"spec":{"podName":"p"},"status":{"containerStatusSnapshot":[{"name":"","containerID":"x","ready":false,"restartCount":0}],
			"conditions":[{"type":"PreRecreateGrace","status":"True","lastTransitionTime":"2026-05-01T10:00:00Z","reason":"PreRecreateGrace",
			"message":"the pod has been made not ready, so that it can drain before its containers are stopped"}]}`,
		oneWay: "up",
	}, {
		name: "what cannot be read stays an annotation",
		kind: "ContainerRecreateRequest",
		alpha: `"metadata":{"annotations":{"crr.apps.kruise.io/unready-acquired":"yesterday","crr.apps.kruise.io/sync-container-statuses":"{}"}},
			"spec":{"podName":"p"}`,
		beta: `"metadata":{"annotations":{"crr.apps.kruise.io/unready-acquired":"yesterday","crr.apps.kruise.io/sync-container-statuses":"{}"}},
			"spec":{"podName":"p"}`,
	}, {
		name:  "the status denies the annotations",
		kind:  "ContainerRecreateRequest",
		alpha: `"metadata":{"name":"r"},"spec":{"podName":"p"}`,
		beta: `"metadata":{"name":"r","annotations":{"crr.apps.kruise.io/unready-acquired":"2026-05-01T12:00:00Z",
			"crr.apps.kruise.io/sync-container-statuses":"[{}]"}},"spec":{"podName":"p"},"status":{"containerStatusSnapshot":[],
			"conditions":[{"type":"PreRecreateGrace","status":"False","lastTransitionTime":"2026-05-01T12:00:00Z"},{"type":"Other","status":"True"}]}`,
		oneWay: "down",
	}} {
		t.Run(test.kind+": "+test.name, func(t *testing.T) {
			up := `{"apiVersion":"` + alpha + `","kind":"` + test.kind + `",` + test.alpha + `}`
			down := `{"apiVersion":"` + beta + `","kind":"` + test.kind + `",` + test.beta + `}`
			if test.oneWay != "down" {
				expect(t, up, beta, down)
			}
			if test.oneWay != "up" {
				expect(t, down, alpha, up)
			}
		})
	}
}

func TestJobsOfTheWrongType(t *testing.T) {
	for _, test := range []struct{ name, raw, to, message string }{
		{"a template", `{"apiVersion":"apps.kruise.io/v1beta1","kind":"AdvancedCronJob","spec":{"template":[]}}`, alpha, "spec.template is not an object"},
		{"a snapshot", `{"apiVersion":"apps.kruise.io/v1beta1","kind":"ContainerRecreateRequest","status":{"containerStatusSnapshot":{}}}`, alpha,
			"status.containerStatusSnapshot is not a list"},
		{"a part of a snapshot", `{"apiVersion":"apps.kruise.io/v1beta1","kind":"ContainerRecreateRequest","status":{"containerStatusSnapshot":[{"ready":1}]}}`,
			alpha, "status.containerStatusSnapshot is not a list of container statuses"},
		{"a condition", `{"apiVersion":"apps.kruise.io/v1beta1","kind":"ContainerRecreateRequest","status":{"conditions":[{"type":1}]}}`, alpha,
			"status.conditions[0].type is not a string"},
		{"an annotation", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"ContainerRecreateRequest","metadata":{"annotations":{"crr.apps.kruise.io/unready-acquired":1}}}`,
			beta, "is not a string"},
		{"a kind with one version", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"EphemeralJob"}`, beta, "does not know the kind"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := convert.Object([]byte(test.raw), test.to)
			if err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("got %s, error %v; want an error with %q", got, err, test.message)
			}
		})
	}
}
