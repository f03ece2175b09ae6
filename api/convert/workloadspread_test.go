package convert_test

import (
	"math/rand"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/convert"
)

func init() {
	kinds = append(kinds, versions{
		kind:     "WorkloadSpread",
		newAlpha: func() metav1.Object { return &v1alpha1.WorkloadSpread{} },
		newBeta:  func() metav1.Object { return &v1beta1.WorkloadSpread{} },
		up: func(alpha metav1.Object) metav1.Object {
			beta := &v1beta1.WorkloadSpread{}
			must(alpha.(*v1alpha1.WorkloadSpread).ConvertTo(beta))
			return beta
		},
		down: func(beta metav1.Object) metav1.Object {
			alpha := &v1alpha1.WorkloadSpread{}
			must(alpha.ConvertFrom(beta.(*v1beta1.WorkloadSpread)))
			return alpha
		},
		keepAlpha: func(object metav1.Object, r *rand.Rand) {
			status := &object.(*v1alpha1.WorkloadSpread).Status
			for _, subsets := range append(versionsOf(status.VersionedSubsetStatuses), status.SubsetStatuses) {
				for _, subset := range subsets {
					for i := range subset.Conditions {
						subset.Conditions[i].Reason = pick(r, "Unknown", "PodsPending")
					}
				}
			}
		},
		keepBeta: func(object metav1.Object, r *rand.Rand) {
			status := &object.(*v1beta1.WorkloadSpread).Status
			for _, subsets := range append(versionsOf(status.VersionedSubsetStatuses), status.SubsetStatuses) {
				for _, subset := range subsets {
					for i := range subset.Conditions {
						subset.Conditions[i].Reason = pick(r, "Unknown", "PodsPending")
						subset.Conditions[i].ObservedGeneration = 0
					}
				}
			}
		},
	})
}

func versionsOf[T any](versions map[string][]T) (lists [][]T) {
	for _, list := range versions {
		lists = append(lists, list)
	}
	return lists
}

func TestWorkloadSpread(t *testing.T) {
	const (
		asAlpha = `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"WorkloadSpread","spec":{"subsets":[
			{"name":"a","requiredNodeSelectorTerm":{"matchExpressions":[{"key":"k","operator":"Exists","unknown":1}]},"unknown":{"x":1.50}},
			{"name":"b","preferredNodeSelectorTerms":[{"weight":1,"preference":{}}],"patch":{"spec":{"x":null}}}]},
			"status":{"versionedSubsetStatuses":{"v":[{"name":"a","conditions":[{"type":"Schedulable","status":"False","reason":"Full","message":""}]}]}}}`
		asBeta = `{"apiVersion":"apps.kruise.io/v1beta1","kind":"WorkloadSpread","spec":{"subsets":[
			{"name":"a","requiredNodeSelector":{"matchExpressions":[{"key":"k","operator":"Exists","unknown":1}]},"unknown":{"x":1.50}},
			{"name":"b","preferredNodeSelector":[{"weight":1,"preference":{}}],"patch":{"spec":{"x":null}}}]},
			"status":{"versionedSubsetStatuses":{"v":[{"name":"a","conditions":[{"type":"Schedulable","status":"False","reason":"Full","message":""}]}]}}}`
	)
	same(t, "up", []byte(asBeta), object(t, []byte(asAlpha), "v1beta1"))
	same(t, "down", []byte(asAlpha), object(t, []byte(asBeta), "v1alpha1"))

	condition := func(version, condition string) []byte {
		return []byte(`{"apiVersion":"apps.kruise.io/` + version + `","kind":"WorkloadSpread","status":{"subsetStatuses":[{"conditions":[` + condition + `]}]}}`)
	}
	same(t, "a condition that says no reason", condition("v1beta1", `{"type":"Schedulable","reason":"Unknown","message":""}`),
		object(t, condition("v1alpha1", `{"type":"Schedulable"}`), "v1beta1"))
	same(t, "a condition that knows its generation", condition("v1alpha1", `{"type":"Schedulable","reason":"Full","message":"no nodes"}`),
		object(t, condition("v1beta1", `{"type":"Schedulable","reason":"Full","message":"no nodes","observedGeneration":7}`), "v1alpha1"))
}

func TestWorkloadSpreadOfWrongTypes(t *testing.T) {
	for _, object := range []string{
		`"spec":{"subsets":{}}`, `"spec":{"subsets":[1]}`, `"spec":[]`, `"status":1`,
		`"status":{"subsetStatuses":[{"conditions":1}]}`,
		`"status":{"versionedSubsetStatuses":[]}`,
		`"status":{"versionedSubsetStatuses":{"v":[{"conditions":[{"reason":1}]}]}}`,
	} {
		for from, to := range map[string]string{alpha: beta, beta: alpha} {
			raw := `{"apiVersion":"` + from + `","kind":"WorkloadSpread",` + object + `}`
			if got, err := convert.Object([]byte(raw), to); err == nil {
				t.Errorf("%s\ngot %s, want an error", raw, got)
			}
		}
	}
}
