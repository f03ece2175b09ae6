package convert_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kruise-admission/kruise-admission/api/convert"
)

const (
	alpha = "apps.kruise.io/v1alpha1"
	beta  = "apps.kruise.io/v1beta1"
)

// Every case goes there and, unless oneWay says why not, back again.
func TestObject(t *testing.T) {
	tests := []struct {
		name        string
		kind        string
		alpha, beta string // without apiVersion and kind
		oneWay      string // "up" or "down"
	}{{
		name:  "SidecarSet: same in both versions",
		kind:  "SidecarSet",
		alpha: `"metadata":{"name":"s"},"spec":{"selector":{"matchLabels":{"a":"b"}},"containers":[],"initContainers":null}`,
		beta:  `"metadata":{"name":"s"},"spec":{"selector":{"matchLabels":{"a":"b"}},"containers":[],"initContainers":null}`,
	}, {
		name:  "SidecarSet X6: namespaceSelector",
		kind:  "SidecarSet",
		alpha: `"metadata":{"name":"s"},"spec":{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"shop"}}}`,
		beta:  `"metadata":{"name":"s"},"spec":{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"shop"}}}`,
	}, {
		name:  "SidecarSet X6: namespace",
		kind:  "SidecarSet",
		alpha: `"metadata":{"name":"s"},"spec":{"namespace":"shop"}`,
		beta: `"metadata":{"name":"s","annotations":{"kruise-admission.io/v1alpha1-namespace":"shop"}},
			"spec":{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"shop"}}}`,
	}, {
		name: "SidecarSet X5: the example of spec/inject.md 2.6",
		kind: "SidecarSet",
		alpha: `"metadata":{"name":"probe","labels":{"tier":"gold","apps.kruise.io/sidecarset-custom-version":"r7"}},
			"spec":{"namespace":"shop","namespaceSelector":{"matchLabels":{"ignored":"yes"}},"selector":{"matchLabels":{"a":"b"}}}`,
		beta: `"metadata":{"name":"probe","labels":{"tier":"gold"},"annotations":{"kruise-admission.io/v1alpha1-namespace":"shop"}},
			"spec":{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"shop"}},"selector":{"matchLabels":{"a":"b"}},"customVersion":"r7"}`,
		oneWay: "up",
	}, {
		name: "SidecarSet: empty namespace and empty custom version are none",
		kind: "SidecarSet",
		alpha: `"metadata":{"name":"n","labels":{"apps.kruise.io/sidecarset-custom-version":""}},
			"spec":{"namespace":"","namespaceSelector":{"matchLabels":{"a":"b"}}}`,
		beta:   `"metadata":{"name":"n"},"spec":{"namespaceSelector":{"matchLabels":{"a":"b"}}}`,
		oneWay: "up",
	}, {
		name:  "SidecarSet X7: customVersion on an object without labels",
		kind:  "SidecarSet",
		alpha: `"metadata":{"name":"s","labels":{"apps.kruise.io/sidecarset-custom-version":"r7"}},"spec":{"volumes":[]}`,
		beta:  `"metadata":{"name":"s"},"spec":{"volumes":[],"customVersion":"r7"}`,
	}, {
		name:  "SidecarSet: the selector has changed since the namespace was kept",
		kind:  "SidecarSet",
		alpha: `"metadata":{"name":"s"},"spec":{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"other"}}}`,
		beta: `"metadata":{"name":"s","annotations":{"kruise-admission.io/v1alpha1-namespace":"shop"}},
			"spec":{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"other"}}}`,
		oneWay: "down",
	}, {
		name:  "SidecarSet: the selector has grown since the namespace was kept",
		kind:  "SidecarSet",
		alpha: `"metadata":{"name":"n"},"spec":{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"shop","a":"b"}}}`,
		beta: `"metadata":{"name":"n","annotations":{"kruise-admission.io/v1alpha1-namespace":"shop"}},
			"spec":{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"shop","a":"b"}}}`,
		oneWay: "down",
	}, {
		name:   "SidecarSet: a label does not make a custom version that the field denies",
		kind:   "SidecarSet",
		alpha:  `"metadata":{"name":"n","labels":{"a":"b"}},"spec":{"volumes":[]}`,
		beta:   `"metadata":{"name":"n","labels":{"a":"b","apps.kruise.io/sidecarset-custom-version":"r7"}},"spec":{"volumes":[]}`,
		oneWay: "down",
	}, {
		name: "CloneSet: in place, everything set",
		kind: "CloneSet",
		alpha: `"metadata":{"name":"c"},"spec":{"updateStrategy":{"type":"InPlaceIfPossible","partition":3,"maxUnavailable":"20%","maxSurge":0,
			"paused":true,"priorityStrategy":{"orderPriority":[{"orderedKey":"k"}]},"scatterStrategy":[{"key":"k","value":"v"}],
			"inPlaceUpdateStrategy":{"gracePeriodSeconds":10}}}`,
		beta: `"metadata":{"name":"c"},"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"InPlaceIfPossible",
			"partition":3,"maxUnavailable":"20%","maxSurge":0,
			"paused":true,"priorityStrategy":{"orderPriority":[{"orderedKey":"k"}]},"scatterStrategy":[{"key":"k","value":"v"}],
			"inPlaceUpdateStrategy":{"gracePeriodSeconds":10}}},"scaleStrategy":{"enablePVCReuse":true}}`,
	}, {
		name:   "CloneSet: no update strategy",
		kind:   "CloneSet",
		alpha:  `"metadata":{"name":"c"},"spec":{"replicas":1}`,
		beta:   `"metadata":{"name":"c"},"spec":{"replicas":1,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"ReCreate"}},"scaleStrategy":{"enablePVCReuse":true}}`,
		oneWay: "up",
	}, {
		name:   "CloneSet: v1beta1 without strategies",
		kind:   "CloneSet",
		alpha:  `"metadata":{"name":"c"},"spec":{"updateStrategy":{"type":"ReCreate"},"scaleStrategy":{"disablePVCReuse":true}}`,
		beta:   `"metadata":{"name":"c"},"spec":{"updateStrategy":{}}`,
		oneWay: "down",
	}, {
		name:  "CloneSet: an unknown type is carried along",
		kind:  "CloneSet",
		alpha: `"metadata":{"name":"n"},"spec":{"updateStrategy":{"type":"Foo"},"scaleStrategy":{"disablePVCReuse":true,"podsToDelete":["p"]}}`,
		beta:  `"metadata":{"name":"n"},"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"Foo"}},"scaleStrategy":{"podsToDelete":["p"]}}`,
	}, {
		name:   "CloneSet: an unknown v1beta1 type is carried along",
		kind:   "CloneSet",
		alpha:  `"metadata":{"name":"n"},"spec":{"updateStrategy":{"type":"Foo"}}`,
		beta:   `"metadata":{"name":"n"},"spec":{"updateStrategy":{"type":"Foo","rollingUpdate":{"podUpdatePolicy":"ReCreate"}},"scaleStrategy":{"enablePVCReuse":true}}`,
		oneWay: "down",
	}, {
		name:  "CloneSet: OnDelete",
		kind:  "CloneSet",
		alpha: `"metadata":{"name":"n"},"spec":{"updateStrategy":{"type":"OnDelete"}}`,
		beta:  `"metadata":{"name":"n"},"spec":{"updateStrategy":{"type":"OnDelete"},"scaleStrategy":{"enablePVCReuse":true}}`,
	}, {
		name:  "CloneSet: OnDelete keeps what only RollingUpdate uses",
		kind:  "CloneSet",
		alpha: `"metadata":{"name":"n","annotations":{"kruise-admission.io/v1beta1-pod-update-policy":"InPlaceOnly"}},"spec":{"updateStrategy":{"type":"OnDelete","partition":"5%"}}`,
		beta:  `"metadata":{"name":"n"},"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":{"podUpdatePolicy":"InPlaceOnly","partition":"5%"}},"scaleStrategy":{"enablePVCReuse":true}}`,
	}, {
		name:   "CloneSet: a kept policy is of no use for other types",
		kind:   "CloneSet",
		alpha:  `"metadata":{"name":"n","annotations":{"kruise-admission.io/v1beta1-pod-update-policy":"InPlaceOnly"}},"spec":{"updateStrategy":{"type":"ReCreate"}}`,
		beta:   `"metadata":{"name":"n"},"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"ReCreate"}},"scaleStrategy":{"enablePVCReuse":true}}`,
		oneWay: "up",
	}, {
		name:   "CloneSet: an unknown member of rollingUpdate does not become the type",
		kind:   "CloneSet",
		alpha:  `"metadata":{"name":"n"},"spec":{"updateStrategy":{"type":"InPlaceOnly"}}`,
		beta:   `"metadata":{"name":"n"},"spec":{"updateStrategy":{"rollingUpdate":{"podUpdatePolicy":"InPlaceOnly","type":"OnDelete"}},"scaleStrategy":{"enablePVCReuse":true}}`,
		oneWay: "down",
	}, {
		name: "CloneSet: exclude preparing delete",
		kind: "CloneSet",
		alpha: `"metadata":{"name":"n","labels":{"apps.kruise.io/cloneset-scaling-exclude-preparing-delete":"true"}},
			"spec":{"updateStrategy":{"type":"ReCreate"}}`,
		beta: `"metadata":{"name":"n","labels":{"apps.kruise.io/cloneset-scaling-exclude-preparing-delete":"true"}},
			"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"ReCreate"}},"scaleStrategy":{"enablePVCReuse":true,"excludePreparingDelete":true}}`,
	}, {
		name: "CloneSet: exclude preparing delete without label",
		kind: "CloneSet",
		alpha: `"metadata":{"name":"n","labels":{"apps.kruise.io/cloneset-scaling-exclude-preparing-delete":"true"}},
			"spec":{"updateStrategy":{"type":"ReCreate"}}`,
		beta: `"metadata":{"name":"n"},
			"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{}},"scaleStrategy":{"enablePVCReuse":true,"excludePreparingDelete":true}}`,
		oneWay: "down",
	}, {
		name:  "CloneSet: the field denies the label",
		kind:  "CloneSet",
		alpha: `"metadata":{"name":"n"},"spec":{"updateStrategy":{"type":"ReCreate"}}`,
		beta: `"metadata":{"name":"n","labels":{"apps.kruise.io/cloneset-scaling-exclude-preparing-delete":"true"}},
			"spec":{"updateStrategy":{"rollingUpdate":null},"scaleStrategy":{"enablePVCReuse":true,"excludePreparingDelete":false}}`,
		oneWay: "down",
	}, {
		name: "CloneSet: label with another value",
		kind: "CloneSet",
		alpha: `"metadata":{"name":"n","labels":{"apps.kruise.io/cloneset-scaling-exclude-preparing-delete":"yes"}},
			"spec":{"updateStrategy":{"type":"ReCreate"}}`,
		beta: `"metadata":{"name":"n","labels":{"apps.kruise.io/cloneset-scaling-exclude-preparing-delete":"yes"}},
			"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"ReCreate"}},"scaleStrategy":{"enablePVCReuse":true}}`,
	}, {
		name: "CloneSet: image pre-download",
		kind: "CloneSet",
		alpha: `"metadata":{"name":"n","annotations":{"a":"b","apps.kruise.io/image-predownload-parallelism":"2",
			"apps.kruise.io/image-predownload-timeout-seconds":"300","apps.kruise.io/image-predownload-min-updated-ready-pods":"0"}},
			"spec":{"updateStrategy":{"type":"InPlaceOnly"}}`,
		beta: `"metadata":{"name":"n","annotations":{"a":"b"}},"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"InPlaceOnly",
			"inPlaceUpdateStrategy":{"imagePreDownloadParallelism":2,"imagePreDownloadTimeoutSeconds":300,"imagePreDownloadMinUpdatedReadyPods":0}}},
			"scaleStrategy":{"enablePVCReuse":true}}`,
	}, {
		name: "CloneSet: image pre-download, bad numbers stay annotations",
		kind: "CloneSet",
		alpha: `"metadata":{"name":"n","annotations":{"apps.kruise.io/image-predownload-parallelism":"50%",
			"apps.kruise.io/image-predownload-timeout-seconds":"-1","apps.kruise.io/image-predownload-min-updated-ready-pods":"99999999999"}},
			"spec":{"updateStrategy":{"type":"ReCreate","inPlaceUpdateStrategy":{}}}`,
		beta: `"metadata":{"name":"n","annotations":{"apps.kruise.io/image-predownload-parallelism":"50%",
			"apps.kruise.io/image-predownload-timeout-seconds":"-1","apps.kruise.io/image-predownload-min-updated-ready-pods":"99999999999"}},
			"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"ReCreate","inPlaceUpdateStrategy":{}}},"scaleStrategy":{"enablePVCReuse":true}}`,
	}, {
		name: "CloneSet: image pre-download, bad numbers stay fields",
		kind: "CloneSet",
		alpha: `"metadata":{"name":"n"},"spec":{"updateStrategy":{"type":"ReCreate","inPlaceUpdateStrategy":
			{"imagePreDownloadParallelism":"50%","imagePreDownloadTimeoutSeconds":-1}}}`,
		beta: `"metadata":{"name":"n"},"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"ReCreate","inPlaceUpdateStrategy":
			{"imagePreDownloadParallelism":"50%","imagePreDownloadTimeoutSeconds":-1}}},"scaleStrategy":{"enablePVCReuse":true}}`,
	}, {
		name: "CloneSet: image pre-download, a field that is there wins",
		kind: "CloneSet",
		alpha: `"metadata":{"name":"n","annotations":{"apps.kruise.io/image-predownload-parallelism":"2"}},
			"spec":{"updateStrategy":{"type":"ReCreate","inPlaceUpdateStrategy":{"imagePreDownloadParallelism":5}}}`,
		beta: `"metadata":{"name":"n"},"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"ReCreate",
			"inPlaceUpdateStrategy":{"imagePreDownloadParallelism":5}}},"scaleStrategy":{"enablePVCReuse":true}}`,
		oneWay: "up",
	}, {
		name:  "CloneSet: image pre-download, the fields deny the annotation",
		kind:  "CloneSet",
		alpha: `"metadata":{"name":"n","annotations":{"apps.kruise.io/image-predownload-parallelism":"7"}},"spec":{"updateStrategy":{"type":"ReCreate"}}`,
		beta: `"metadata":{"name":"n","annotations":{"apps.kruise.io/image-predownload-parallelism":"2","apps.kruise.io/image-predownload-timeout-seconds":"2"}},
			"spec":{"updateStrategy":{"rollingUpdate":{"inPlaceUpdateStrategy":{"imagePreDownloadParallelism":"7"}}},"scaleStrategy":{"enablePVCReuse":true}}`,
		oneWay: "down",
	}, {
		name: "DaemonSet: everything that differs",
		kind: "DaemonSet",
		alpha: `"metadata":{"name":"d","annotations":{"a":"b","daemonset.kruise.io/progressive-create-pod":"true"}},
			"spec":{"updateStrategy":{"rollingUpdate":{"rollingUpdateType":"Standard"}}},"status":{"daemonSetHash":"h"}`,
		beta: `"metadata":{"name":"d","annotations":{"a":"b"}},
			"spec":{"updateStrategy":{"rollingUpdate":{"rollingUpdateType":"Standard"}},"scaleStrategy":{"partitionedScaling":true}},
			"status":{"updateRevision":"h"}`,
	}, {
		name:   "DaemonSet: Surging",
		kind:   "DaemonSet",
		alpha:  `"metadata":{"name":"d"},"spec":{"updateStrategy":{"rollingUpdate":{"rollingUpdateType":"Surging"}}}`,
		beta:   `"metadata":{"name":"d"},"spec":{"updateStrategy":{"rollingUpdate":{"rollingUpdateType":"Standard","maxSurge":1,"maxUnavailable":0}}}`,
		oneWay: "up",
	}, {
		name: "DaemonSet: Surging with figures",
		kind: "DaemonSet",
		alpha: `"metadata":{"name":"d"},"spec":{"updateStrategy":{"rollingUpdate":
			{"rollingUpdateType":"Surging","maxSurge":"10%","maxUnavailable":null}}}`,
		beta: `"metadata":{"name":"d"},"spec":{"updateStrategy":{"rollingUpdate":
			{"rollingUpdateType":"Standard","maxSurge":"10%","maxUnavailable":0}}}`,
		oneWay: "up",
	}, {
		name:   "DaemonSet: the field denies the annotation",
		kind:   "DaemonSet",
		alpha:  `"metadata":{"name":"d"},"spec":{"minReadySeconds":1}`,
		beta:   `"metadata":{"name":"d","annotations":{"daemonset.kruise.io/progressive-create-pod":"true"}},"spec":{"minReadySeconds":1,"scaleStrategy":{"partitionedScaling":false}}`,
		oneWay: "down",
	}, {
		name:  "DaemonSet: annotation with another value",
		kind:  "DaemonSet",
		alpha: `"metadata":{"name":"d","annotations":{"daemonset.kruise.io/progressive-create-pod":"yes"}},"spec":{"minReadySeconds":1}`,
		beta:  `"metadata":{"name":"d","annotations":{"daemonset.kruise.io/progressive-create-pod":"yes"}},"spec":{"minReadySeconds":1}`,
	}, {
		name:  "StatefulSet: same in both versions",
		kind:  "StatefulSet",
		alpha: `"metadata":{"name":"s"},"spec":{"updateStrategy":{"rollingUpdate":{"podUpdatePolicy":"InPlaceOnly"}},"volumeClaimTemplates":[]}`,
		beta:  `"metadata":{"name":"s"},"spec":{"updateStrategy":{"rollingUpdate":{"podUpdatePolicy":"InPlaceOnly"}},"volumeClaimTemplates":[]}`,
	}, {
		name: "StatefulSet: what only v1beta1 has is kept",
		kind: "StatefulSet",
		alpha: `"metadata":{"name":"s","annotations":{"kruise-admission.io/v1beta1-spec":
			"{\"lifecycle\":{\"new\":1},\"ordinals\":{\"start\":3},\"reserveOrdinals\":[1,\"3-5\"],\"scaleStrategy\":{\"maxUnavailable\":\"10%\"}}"}},
			"spec":{"replicas":1}`,
		beta: `"metadata":{"name":"s"},"spec":{"replicas":1,"ordinals":{"start":3},"reserveOrdinals":[1,"3-5"],"lifecycle":{"new":1},
			"scaleStrategy":{"maxUnavailable":"10%"}}`,
	}, {
		name:   "StatefulSet: what the controller writes again is not kept",
		kind:   "StatefulSet",
		alpha:  `"metadata":{"name":"s"},"spec":{"replicas":1},"status":{"replicas":1}`,
		beta:   `"metadata":{"name":"s"},"spec":{"replicas":1,"volumeClaimUpdateStrategy":{ },"ordinals":null},"status":{"replicas":1,"updatedReadyReplicas":1,"updatedAvailableReplicas":1,"volumeClaims":[]}`,
		oneWay: "down",
	}, {
		name:   "StatefulSet: kept members of the wrong type count as none",
		kind:   "StatefulSet",
		alpha:  `"metadata":{"name":"s","annotations":{"kruise-admission.io/v1beta1-spec":"{\"ordinals\":{\"start\":\"x\"}}"}},"spec":{"replicas":1}`,
		beta:   `"metadata":{"name":"s"},"spec":{"replicas":1}`,
		oneWay: "up",
	}, {
		name:   "StatefulSet: nothing but the known members is taken from the annotation",
		kind:   "StatefulSet",
		alpha:  `"metadata":{"name":"s","annotations":{"kruise-admission.io/v1beta1-spec":"{\"template\":{},\"ordinals\":{}}"}},"spec":{"replicas":1}`,
		beta:   `"metadata":{"name":"s"},"spec":{"replicas":1,"ordinals":{}}`,
		oneWay: "up",
	}, {
		name: "unknown fields everywhere, numbers beyond float64",
		kind: "CloneSet",
		alpha: `"metadata":{"name":"c","new":{"x":[1,{"y":null}]}},"new":12345678901234567890.12345678901234567890,
			"spec":{"new":1e400,"updateStrategy":{"type":"ReCreate","new":{"<&>":"\u2028"}},
			"template":{"spec":{"containers":[{"name":"c","new":[{}]}]}}},"status":{"new":0.10}`,
		beta: `"metadata":{"name":"c","new":{"x":[1,{"y":null}]}},"new":12345678901234567890.12345678901234567890,
			"spec":{"new":1e400,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"ReCreate","new":{"<&>":"\u2028"}}},
			"scaleStrategy":{"enablePVCReuse":true},
			"template":{"spec":{"containers":[{"name":"c","new":[{}]}]}}},"status":{"new":0.10}`,
	}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
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

func expect(t *testing.T, from, toAPIVersion, want string) {
	t.Helper()
	got, err := convert.Object([]byte(from), toAPIVersion)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(numbers(t, []byte(want)), numbers(t, got)); diff != "" {
		t.Errorf("to %s (-want +got):\n%s", toAPIVersion, diff)
	}
}

// numbers decodes without loss: numbers keep their text.
func numbers(t *testing.T, raw []byte) (value any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return value
}

func TestObjectOfTheWantedVersionIsReturnedAsItIs(t *testing.T) {
	raw := `{ "kind":"Anything", "apiVersion":"apps.kruise.io/v1beta1" }`
	got, err := convert.Object([]byte(raw), beta)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != raw {
		t.Errorf("got %s", got)
	}
}

func TestObjectRefuses(t *testing.T) {
	tests := []struct{ name, raw, to, message string }{
		{"nothing", ``, beta, "not a JSON object"},
		{"a list", `[]`, beta, "not a JSON object"},
		{"null", `null`, beta, "apiVersion and kind are required"},
		{"no kind", `{"apiVersion":"apps.kruise.io/v1alpha1"}`, beta, "apiVersion and kind are required"},
		{"no apiVersion", `{"kind":"CloneSet"}`, beta, "apiVersion and kind are required"},
		{"a kind that is no string", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":1}`, beta, "kind is not a string"},
		{"an apiVersion that is no string", `{"apiVersion":{},"kind":"CloneSet"}`, beta, "apiVersion is not a string"},
		{"an apiVersion that is none", `{"apiVersion":"a/b/c","kind":"CloneSet"}`, beta, "a/b/c"},
		{"a wanted apiVersion that is none", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet"}`, "a/b/c", "a/b/c"},
		{"an unknown kind", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"Foo"}`, beta, "does not know the kind"},
		{"another group", `{"apiVersion":"apps/v1","kind":"CloneSet"}`, beta, "only versions of one group"},
		{"an unknown version", `{"apiVersion":"apps.kruise.io/v1","kind":"CloneSet"}`, beta, "its versions are v1alpha1 and v1beta1"},
		{"an unknown wanted version", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet"}`, "apps.kruise.io/v2", "its versions are"},
		{"a spec that is no object", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet","spec":[]}`, beta, "spec is not an object"},
		{"a strategy that is no object", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet","spec":{"updateStrategy":"x"}}`, beta, "spec.updateStrategy is not an object"},
		{"a type that is no string", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet","spec":{"updateStrategy":{"type":1}}}`, beta, "spec.updateStrategy.type is not a string"},
		{"a flag that is none", `{"apiVersion":"apps.kruise.io/v1beta1","kind":"CloneSet","spec":{"scaleStrategy":{"enablePVCReuse":"x"}}}`, alpha, "spec.scaleStrategy.enablePVCReuse is not a boolean"},
		{"labels that are no object", `{"apiVersion":"apps.kruise.io/v1beta1","kind":"SidecarSet","metadata":{"labels":1}}`, alpha, "metadata.labels is not an object"},
		{"a label that is no string", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"SidecarSet","metadata":{"name":"n","labels":{"apps.kruise.io/sidecarset-custom-version":1}}}`, beta, "is not a string"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := convert.Object([]byte(test.raw), test.to)
			if err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("got %s, error %v; want an error with %q", got, err, test.message)
			}
		})
	}
}
