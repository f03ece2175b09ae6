package convert_test

import (
	"math/rand"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/convert"
	"github.com/kruise-admission/kruise-admission/api/policy/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

func init() {
	kinds = append(kinds, versions{
		group:    v1beta1.GroupVersion.Group,
		kind:     "PodUnavailableBudget",
		newAlpha: func() metav1.Object { return &v1alpha1.PodUnavailableBudget{} },
		newBeta:  func() metav1.Object { return &v1beta1.PodUnavailableBudget{} },
		up: func(alpha metav1.Object) metav1.Object {
			beta := &v1beta1.PodUnavailableBudget{}
			must(alpha.(*v1alpha1.PodUnavailableBudget).ConvertTo(beta))
			return beta
		},
		down: func(beta metav1.Object) metav1.Object {
			alpha := &v1alpha1.PodUnavailableBudget{}
			must(alpha.ConvertFrom(beta.(*v1beta1.PodUnavailableBudget)))
			return alpha
		},
		keepAlpha: func(object metav1.Object, _ *rand.Rand) {
			annotations := object.GetAnnotations()
			if total, err := v1beta1.ParseTotalReplicas(annotations[v1beta1.ProtectTotalReplicasAnnotation]); err == nil {
				annotations[v1beta1.ProtectTotalReplicasAnnotation] = v1beta1.FormatTotalReplicas(total)
			}
			delete(annotations, v1alpha1.KeptIgnoredPodSelectorKey)
		},
		keepBeta: func(object metav1.Object, _ *rand.Rand) {
			for _, key := range []string{v1beta1.ProtectOperationsAnnotation, v1beta1.ProtectTotalReplicasAnnotation, v1alpha1.KeptIgnoredPodSelectorKey} {
				delete(object.GetAnnotations(), key)
			}
			budget := object.(*v1beta1.PodUnavailableBudget)
			budget.Spec.ProtectOperations = slices.DeleteFunc(budget.Spec.ProtectOperations, func(operation v1beta1.PubOperation) bool {
				return operation == "Foo"
			})
		},
		annotate: []string{v1beta1.ProtectOperationsAnnotation, v1beta1.ProtectTotalReplicasAnnotation, v1alpha1.KeptIgnoredPodSelectorKey},
	})
}

func TestPodUnavailableBudget(t *testing.T) {
	for _, test := range []struct {
		name        string
		alpha, beta string // without apiVersion and kind
		oneWay      string // "up" or "down"
	}{{
		name:  "what is the same in both versions",
		alpha: `"metadata":{"name":"b"},"spec":{"targetRef":{"name":"d","x":1},"maxUnavailable":"20%","minAvailable":null},"status":{"unavailableAllowed":1}`,
		beta:  `"metadata":{"name":"b"},"spec":{"targetRef":{"name":"d","x":1},"maxUnavailable":"20%","minAvailable":null},"status":{"unavailableAllowed":1}`,
	}, {
		name:  "operations",
		alpha: `"metadata":{"annotations":{"kruise.io/pub-protect-operations":"DELETE,EVICT"}}`,
		beta:  `"spec":{"protectOperations":["DELETE","EVICT"]}`,
	}, {
		name:  "operations in a spelling of their own",
		alpha: `"metadata":{"annotations":{"kruise.io/pub-protect-operations":" DELETE , EVICT,"}}`,
		beta:  `"metadata":{"annotations":{"kruise.io/pub-protect-operations":" DELETE , EVICT,"}},"spec":{"protectOperations":["DELETE","EVICT"]}`,
	}, {
		name:   "the field of operations has changed since",
		alpha:  `"metadata":{"annotations":{"kruise.io/pub-protect-operations":"EVICT"}}`,
		beta:   `"metadata":{"annotations":{"kruise.io/pub-protect-operations":" DELETE , EVICT,"}},"spec":{"protectOperations":["EVICT"]}`,
		oneWay: "down",
	}, {
		name:   "operations that only an annotation of v1beta1 says stay in force",
		alpha:  `"metadata":{"annotations":{"kruise.io/pub-protect-operations":"DELETE"}}`,
		beta:   `"metadata":{"annotations":{"kruise.io/pub-protect-operations":"DELETE"}}`,
		oneWay: "down",
	}, {
		name:  "operations that are none are carried along",
		alpha: `"metadata":{"annotations":{"kruise.io/pub-protect-operations":"DELETE,BOGUS"}}`,
		beta:  `"metadata":{"annotations":{"kruise.io/pub-protect-operations":"DELETE,BOGUS"}}`,
	}, {
		name:  "total replicas",
		alpha: `"metadata":{"annotations":{"pub.kruise.io/protect-total-replicas":"-3"}}`,
		beta:  `"spec":{"protectTotalReplicas":-3}`,
	}, {
		name:   "total replicas with zeros in front",
		alpha:  `"metadata":{"annotations":{"pub.kruise.io/protect-total-replicas":"05"}}`,
		beta:   `"spec":{"protectTotalReplicas":5}`,
		oneWay: "up",
	}, {
		name:  "total replicas that are no number are carried along",
		alpha: `"metadata":{"annotations":{"pub.kruise.io/protect-total-replicas":"ten"}}`,
		beta:  `"metadata":{"annotations":{"pub.kruise.io/protect-total-replicas":"ten"}}`,
	}, {
		name:   "total replicas that only an annotation of v1beta1 says were never in force",
		alpha:  `"spec":{"maxUnavailable":1}`,
		beta:   `"metadata":{"annotations":{"pub.kruise.io/protect-total-replicas":"5"}},"spec":{"maxUnavailable":1}`,
		oneWay: "down",
	}, {
		name:  "ignored pods",
		alpha: `"metadata":{"annotations":{"kruise-admission.io/v1beta1-ignored-pod-selector":"{\"matchLabels\":{\"a\":\"b\"}}"}}`,
		beta:  `"spec":{"ignoredPodSelector":{"matchLabels":{"a":"b"}}}`,
	}, {
		name:   "ignored pods in an annotation that somebody has broken",
		alpha:  `"metadata":{"annotations":{"kruise-admission.io/v1beta1-ignored-pod-selector":"{\"matchLabels\":3}"}},"spec":{"maxUnavailable":1}`,
		beta:   `"spec":{"maxUnavailable":1}`,
		oneWay: "up",
	}} {
		t.Run(test.name, func(t *testing.T) {
			const kind = `"kind":"PodUnavailableBudget",`
			alpha := `{"apiVersion":"policy.kruise.io/v1alpha1",` + kind + test.alpha + `}`
			beta := `{"apiVersion":"policy.kruise.io/v1beta1",` + kind + test.beta + `}`
			if test.oneWay != "down" {
				convertsTo(t, alpha, beta)
			}
			if test.oneWay != "up" {
				convertsTo(t, beta, alpha)
			}
		})
	}
}

func convertsTo(t *testing.T, from, to string) {
	t.Helper()
	version := numbers(t, []byte(to)).(map[string]any)["apiVersion"].(string)
	got, err := convert.Object([]byte(from), version)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(numbers(t, []byte(to)), numbers(t, got)); diff != "" {
		t.Errorf("to %s (-want +got):\n%s", version, diff)
	}
}

func TestPodUnavailableBudgetOfWrongTypes(t *testing.T) {
	for _, spec := range []string{`{"protectOperations":"DELETE"}`, `{"protectOperations":[1]}`, `{"protectTotalReplicas":"5"}`,
		`{"protectTotalReplicas":2147483648}`, `[]`} {
		object := `{"apiVersion":"policy.kruise.io/v1beta1","kind":"PodUnavailableBudget","spec":` + spec + `}`
		if converted, err := convert.Object([]byte(object), v1alpha1.GroupVersion.String()); err == nil {
			t.Errorf("%s: %s, want an error", spec, converted)
		}
	}
}
