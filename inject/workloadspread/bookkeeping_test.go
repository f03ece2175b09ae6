package workloadspread

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// Whatever happens to pods, in whatever order: a subset never has more pods than its limit, and a pod that asks again is counted once.
func TestBooksBalance(t *testing.T) {
	for seed := range int64(200) {
		r := rand.New(rand.NewSource(seed))
		limits := map[string]int32{"a": int32(r.Intn(4)), "b": int32(r.Intn(4)), "c": unlimited}
		spread := &v1beta1.WorkloadSpread{}
		var statuses []v1beta1.WorkloadSpreadSubsetStatus
		for _, name := range []string{"a", "b", "c"} {
			spread.Spec.Subsets = append(spread.Spec.Subsets, v1beta1.WorkloadSpreadSubset{Name: name})
			statuses = append(statuses, v1beta1.WorkloadSpreadSubsetStatus{Name: name, MissingReplicas: limits[name]})
		}
		places := map[string]string{} // by pod
		for step := range 60 {
			spread.Status.VersionedSubsetStatuses = map[string][]v1beta1.WorkloadSpreadSubsetStatus{anyVersion: statuses}
			b := open(spread, anyVersion)
			pod := fmt.Sprint("pod-", r.Intn(8))
			subset, lives := places[pod]
			switch action := r.Intn(4); {
			case action < 2 && !lives:
				places[pod] = b.admit(pod, noon)
			case action < 2 && subset != "c": // asked again while nobody has seen the pod
				if again := b.admit(pod, noon); again != subset {
					t.Fatalf("seed %d, step %d: %s is in %q, and then in %q", seed, step, pod, subset, again)
				}
			case action == 2 && lives:
				b.undo(pod)
				delete(places, pod)
			case action == 3 && lives && subset != "c":
				for i := range b.subsets { // the controller has seen it
					delete(b.subsets[i].CreatingPods, pod)
				}
				b.release(subset, []string{pod}, pod, noon)
				b.release(subset, []string{pod}, pod, noon)
				for i := range b.subsets { // and that it went
					delete(b.subsets[i].DeletingPods, pod)
				}
				delete(places, pod)
			}
			statuses = b.subsets
			pods := map[string]int32{}
			for _, subset := range places {
				pods[subset]++
			}
			for _, status := range statuses {
				if limit := limits[status.Name]; limit != unlimited && (status.MissingReplicas < 0 || status.MissingReplicas+pods[status.Name] != limit) {
					t.Fatalf("seed %d, step %d: %d pods in %s and %d missing, of %d", seed, step, pods[status.Name], status.Name, status.MissingReplicas, limit)
				}
			}
		}
	}
}

// The books are a copy: what is decided and then not written changes nothing.
func TestBooksAreACopy(t *testing.T) {
	spread := spread(t, "spec: "+twoSubsets+"\nstatus: {versionedSubsetStatuses: {versionIgnored: [{name: a, missingReplicas: 2, replicas: 0, creatingPods: {p: null}}]}}")
	b := open(spread, anyVersion)
	b.admit("q", noon)
	b.undo("p")
	if got := counted(spread, anyVersion); got != "a=2 creating:p" {
		t.Error(got)
	}
}

// FuzzStep holds that any pod and any WorkloadSpread give operations that apply, or an error that says why not.
func FuzzStep(f *testing.F) {
	f.Add(ownedBy(cloneSet, "p", ""), `{"metadata":{"name":"ws"},"spec":{"targetRef":{"apiVersion":"apps.kruise.io/v1","kind":"CloneSet","name":"web"},"subsets":[{"name":"a","maxReplicas":"50%"}]}}`)
	f.Add(ownedBy("apps/v1 StatefulSet web", "web-99999999999999999999", ""), `{"spec":{"targetRef":{"apiVersion":"apps/v1","kind":"StatefulSet","name":"web"},"subsets":[{"maxReplicas":-1},{"name":"b"}]}}`)
	f.Add(`{"metadata":{"ownerReferences":[{"controller":true}],"annotations":{"apps.kruise.io/matched-workloadspread":"{\"name\":\"\",\"uid\":\"x\"}"}}}`, `{"spec":{"targetRef":{},"subsets":[{}]}}`)
	f.Add(ownedBy(cloneSet, "", `"spec":null`), `{"spec":{"targetRef":{"apiVersion":"apps.kruise.io/v1","kind":"CloneSet","name":"web"},"subsets":[{"name":"a","patch":{"spec":{"containers":[null]}}},{"name":"a"}]},
		"status":{"versionedSubsetStatuses":{"versionIgnored":[{"name":"a","missingReplicas":-7},{"name":"a","missingReplicas":2147483647}]}}}`)
	f.Fuzz(func(t *testing.T, pod, text string) {
		about := &v1beta1.WorkloadSpread{}
		if json.Unmarshal([]byte(pod), &corev1.Pod{}) != nil || json.Unmarshal([]byte(text), about) != nil || strings.Contains(pod, `\u`) {
			return // not a pod; or two spellings of one member, which are two to the library that applies patches here
		}
		about.Name = "ws"
		cluster := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{about}, workloads: map[string]string{"CloneSet.apps.kruise.io/web": `{"spec":{"replicas":1e300}}`}}
		if _, err := mutated(t, cluster.step(), created(pod)); err != nil && !isUnable(err) {
			t.Errorf("an error that is no answer: %v", err)
		}
		if _, err := (Leaving{Ledger: cluster, Pods: onePod{}, Now: now}).Review(t.Context(), deletion(pod)); err != nil {
			t.Errorf("a deletion: %v", err)
		}
	})
}
