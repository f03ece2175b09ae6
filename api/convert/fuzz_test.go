package convert_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kruise-admission/kruise-admission/api/convert"
)

// Whatever the bytes: no panic; what can be converted can be converted back, and objects do not change with every round.
func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet","metadata":{"name":"c","labels":{"apps.kruise.io/cloneset-scaling-exclude-preparing-delete":"true"},
		"annotations":{"apps.kruise.io/image-predownload-parallelism":"2"}},"spec":{"updateStrategy":{"type":"InPlaceOnly","partition":3}}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"CloneSet","spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":{"podUpdatePolicy":"ReCreate",
		"inPlaceUpdateStrategy":{"imagePreDownloadParallelism":"5"}}},"scaleStrategy":{"enablePVCReuse":true}}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1alpha1","kind":"SidecarSet","metadata":{"labels":{"apps.kruise.io/sidecarset-custom-version":"v"}},"spec":{"namespace":"n"}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"SidecarSet","spec":{"customVersion":"v","namespaceSelector":null}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1alpha1","kind":"DaemonSet","metadata":{"annotations":{"daemonset.kruise.io/progressive-create-pod":"true"}},
		"spec":{"updateStrategy":{"rollingUpdate":{"rollingUpdateType":"Surging"}}},"status":{"daemonSetHash":"h"}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1alpha1","kind":"StatefulSet","metadata":{"annotations":{"kruise-admission.io/v1beta1-spec":"{\"ordinals\":{}}"}}}`))
	f.Add([]byte(`{"apiVersion":"policy.kruise.io/v1alpha1","kind":"PodUnavailableBudget","metadata":{"annotations":{"kruise.io/pub-protect-operations":" DELETE,",
		"pub.kruise.io/protect-total-replicas":"05","kruise-admission.io/v1beta1-ignored-pod-selector":"{}"}}}`))
	f.Add([]byte(`{"apiVersion":"policy.kruise.io/v1beta1","kind":"PodUnavailableBudget","spec":{"protectOperations":["EVICT"],"protectTotalReplicas":3,"ignoredPodSelector":{}}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"StatefulSet","spec":{"reserveOrdinals":[1],"lifecycle":{"x":1}},"status":{"volumeClaims":[]}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1alpha1","kind":"WorkloadSpread","spec":{"subsets":[{"name":"a","requiredNodeSelectorTerm":{},"preferredNodeSelectorTerms":[]},null]},
		"status":{"subsetStatuses":[{"conditions":[{"type":"Schedulable"}]}],"versionedSubsetStatuses":{"v":[{"conditions":[null]}]}}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1alpha1","kind":"UnitedDeployment","status":{"subsetReplicas":{"a":1},"updateStatus":{"updatedRevision":"r",
		"currentPartitions":{"b":2}},"subsetStatuses":[null,{"name":"a","replicas":2}]}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"UnitedDeployment","status":{"updatedRevision":"r","subsetStatuses":[{"name":"a"},{"partition":1}]}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"ResourceDistribution","spec":{"targets":{"namespaceSelector":{}}},"status":{"conditions":[{"failedNamespaces":[]}]}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"AdvancedCronJob","spec":{"template":{"imageListPullJobTemplate":{"spec":{"images":["a"],"x":1}}}}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1alpha1","kind":"BroadcastJob","spec":{"parallelism":"50%"}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1alpha1","kind":"ContainerRecreateRequest","metadata":{"annotations":{"crr.apps.kruise.io/unready-acquired":
		"2026-05-01T12:00:00Z","crr.apps.kruise.io/sync-container-statuses":"[{\"name\":\"c\"}]"}}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"ContainerRecreateRequest","status":{"containerStatusSnapshot":[{"name":"c"}],
		"conditions":[{"type":"PreRecreateGrace","status":"True","lastTransitionTime":"2026-05-01T12:00:00Z"}]}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1alpha1","kind":"NodeImage","metadata":{"annotations":{"kruise-admission.io/v1beta1-pull-secret-modes":
		"{\"nginx\":[{\"namespace\":\"n\",\"name\":\"s\",\"mode\":\"batch\"}]}"}},"spec":{"images":{"nginx":{"pullSecrets":[{"namespace":"n","name":"s"},null]},"b":null}}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"NodeImage","spec":{"images":{"nginx":{"pullSecrets":[{"name":"s"},{"name":"s","mode":"batch"}]}}}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1alpha1","kind":"PersistentPodState","spec":{"requiredPersistentTopology":{"nodeTopologyKeys":null},
		"preferredPersistentTopology":[null,{"preference":{"nodeTopologyKeys":["zone"],"keys":[]}}]}}`))
	f.Add([]byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"ImagePullJob","spec":{"image":1}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var head struct {
			APIVersion string `json:"apiVersion"`
		}
		there, back := beta, alpha
		if json.Unmarshal(raw, &head) == nil && head.APIVersion == beta {
			there, back = alpha, beta
		}
		first, err := convert.Object(raw, there)
		if err != nil {
			return
		}
		settled := around(t, first, back, there)
		again := around(t, settled, back, there)
		if diff := cmp.Diff(numbers(t, settled), numbers(t, again)); diff != "" {
			t.Errorf("of %s\n%s", raw, diff)
		}
	})
}

func around(t *testing.T, raw []byte, apiVersions ...string) []byte {
	t.Helper()
	for _, apiVersion := range apiVersions {
		converted, err := convert.Object(raw, apiVersion)
		if err != nil {
			t.Fatalf("to %s: %v\n%s", apiVersion, err, raw)
		}
		raw = converted
	}
	return raw
}
