package revisions

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

func uid(n int) types.UID { return types.UID(fmt.Sprint("uid-", n)) }

// put stores an object as a user would. Fields are merged into the object that is there, if any.
func (a *apiServer) put(path, fields string) {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	var changes map[string]any
	if err := utiljson.Unmarshal([]byte(fields), &changes); err != nil { // keeps integers
		a.t.Fatal(err)
	}
	object := &unstructured.Unstructured{}
	switch {
	case strings.HasPrefix(path, setsPath), strings.HasPrefix(path, oldSetsPath): // the view shows both in v1beta1
		object.SetGroupVersionKind(v1beta1.GroupVersion.WithKind("SidecarSet"))
	case strings.HasPrefix(path, revisionsPath):
		object.SetGroupVersionKind(appsv1.SchemeGroupVersion.WithKind("ControllerRevision"))
	case strings.HasPrefix(path, podsPath):
		object.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
	default:
		object.SetGroupVersionKind(coordinationv1.SchemeGroupVersion.WithKind("Lease"))
	}
	if stored := a.objects[path]; stored != nil {
		object = stored.DeepCopy()
	}
	maps.Copy(object.Object, changes)
	object.SetName(path[strings.LastIndexByte(path, '/')+1:])
	a.store(path, object)
}

// set gives the SidecarSet "set" an image and further fields of its spec.
func (a *apiServer) set(image string, fields ...string) {
	a.t.Helper()
	fields = append(fields, `"selector":{"matchLabels":{"app":"web"}}`, fmt.Sprintf(`"containers":[{"name":"agent","image":%q}]`, image))
	a.put(setsPath+"/set", `{"spec":{`+strings.Join(fields, ",")+`}}`)
}

// pod stores a pod with the record of an injection.
func (a *apiServer) pod(name, labels, record string) {
	a.t.Helper()
	text, err := json.Marshal(record)
	if err != nil {
		a.t.Fatal(err)
	}
	a.put(podsPath+"/"+name, `{"metadata":{"labels":`+labels+`,"annotations":{"kruise.io/sidecarset-hash":`+string(text)+`}}}`)
}

func (a *apiServer) get(path string) *unstructured.Unstructured {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.objects[path]
}

// revisions are the numbers of the recorded revisions by image.
func (a *apiServer) revisions() map[string]int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	numbers := map[string]int64{}
	for path, object := range a.objects {
		if strings.HasPrefix(path, revisionsPath+"/") {
			numbers[imageOf(object)] = object.Object["revision"].(int64)
		}
	}
	return numbers
}

func imageOf(revision *unstructured.Unstructured) string {
	containers, _, _ := unstructured.NestedSlice(revision.Object, "data", "spec", "containers")
	if len(containers) == 0 {
		return ""
	}
	return containers[0].(map[string]any)["image"].(string)
}

// latest is the image of the revision that the status names.
func (a *apiServer) latest() string {
	a.t.Helper()
	name, _, _ := unstructured.NestedString(a.get(setsPath+"/set").Object, "status", "latestRevision")
	revision := a.get(revisionsPath + "/" + name)
	if revision == nil {
		return ""
	}
	return imageOf(revision)
}

// mustRecord records "set" and fails the test when that fails.
func mustRecord(t *testing.T, r *Recorder) {
	t.Helper()
	if err := r.record(t.Context(), "set"); err != nil {
		t.Fatal(err)
	}
}

func TestRecord(t *testing.T) {
	a := newAPIServer(t)
	r := a.recorder()
	a.put(setsPath+"/set", `{"metadata":{"labels":{"team":"blue"},"annotations":{"kruise.io/sidecarset-hash":"h"}}}`)
	a.set("agent:1", `"customVersion":"v1"`)
	set := a.get(setsPath + "/set")
	mustRecord(t, r)
	// The name was computed outside this program, as spec/inject.md 3.1 says.
	const name = "set-7c5d89bcf8"
	if got, want := a.writes(), []string{"POST " + revisionsPath, "PATCH " + setsPath + "/set/status"}; !cmp.Equal(got, want) {
		t.Fatalf("writes %v, want %v", got, want)
	}
	recorded := a.get(revisionsPath + "/" + name)
	if recorded == nil {
		t.Fatalf("there is no revision %s; there are %v", name, slices.Collect(maps.Keys(a.objects)))
	}
	want := map[string]any{
		"apiVersion": "apps/v1", "kind": "ControllerRevision", "revision": int64(1),
		"metadata": map[string]any{
			"name": name, "namespace": "kruise-admission", "uid": string(recorded.GetUID()), "resourceVersion": recorded.GetResourceVersion(),
			"labels": map[string]any{
				"team": "blue", "kruise.io/sidecarset-name": "set", "controller.kubernetes.io/hash": "7c5d89bcf8", "apps.kruise.io/sidecarset-custom-version": "v1",
			},
			"annotations": map[string]any{"kruise.io/sidecarset-hash": "h"},
			"ownerReferences": []any{map[string]any{
				"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "name": "set", "uid": string(set.GetUID()), "controller": true, "blockOwnerDeletion": true,
			}},
		},
		"data": map[string]any{"spec": map[string]any{
			"$patch": "replace", "imagePullSecrets": nil, "initContainers": nil, "patchPodMetadata": nil, "volumes": nil,
			"containers": []any{map[string]any{"name": "agent", "image": "agent:1", "resources": map[string]any{}, "shareVolumePolicy": map[string]any{}, "upgradeStrategy": map[string]any{}}},
		}},
	}
	if diff := cmp.Diff(want, recorded.Object); diff != "" {
		t.Errorf("the revision (-want +got):\n%s", diff)
	}
	status := map[string]any{"latestRevision": name, "collisionCount": int64(0), "matchedPods": int64(0), "updatedPods": int64(0), "readyPods": int64(0)}
	if diff := cmp.Diff(status, a.get(setsPath + "/set").Object["status"]); diff != "" {
		t.Errorf("the status (-want +got):\n%s", diff)
	}
	mustRecord(t, r)
	if writes := a.writes(); len(writes) > 0 {
		t.Errorf("a second time there was nothing to do, but: %v", writes)
	}
}

func TestRecordKeepsTheRestOfTheStatus(t *testing.T) {
	a := newAPIServer(t)
	r := a.recorder()
	a.set("agent:1")
	a.put(setsPath+"/set", `{"status":{"matchedPods":3,"updatedPods":2,"readyPods":1,"observedGeneration":7,"fromTheFuture":true}}`)
	mustRecord(t, r)
	status := a.get(setsPath + "/set").Object["status"].(map[string]any)
	delete(status, "latestRevision")
	want := map[string]any{"matchedPods": int64(3), "updatedPods": int64(2), "readyPods": int64(1), "observedGeneration": int64(7), "fromTheFuture": true, "collisionCount": int64(0)}
	if diff := cmp.Diff(want, status); diff != "" {
		t.Error(diff)
	}
}

func TestRecordChangesAndRollback(t *testing.T) {
	a := newAPIServer(t)
	r := a.recorder()
	for _, step := range []struct {
		name, image, fields, version string
		want                         map[string]int64
		writes                       int
	}{
		{name: "first", image: "1", fields: `"customVersion":"v1"`, version: "v1", want: map[string]int64{"1": 1}, writes: 2},
		{name: "changed", image: "2", fields: `"paused":false`, want: map[string]int64{"1": 1, "2": 2}, writes: 2},
		{name: "named later", image: "2", fields: `"customVersion":"v2"`, version: "v2", want: map[string]int64{"1": 1, "2": 2}, writes: 1},
		{name: "no longer named", image: "2", fields: `"paused":false`, version: "v2", want: map[string]int64{"1": 1, "2": 2}},
		{name: "rolled back and named anew", image: "1", fields: `"customVersion":"v3"`, version: "v3", want: map[string]int64{"1": 3, "2": 2}, writes: 2},
		{name: "something that is not recorded", image: "1", fields: `"revisionHistoryLimit":5`, version: "v3", want: map[string]int64{"1": 3, "2": 2}},
	} {
		a.set(step.image, step.fields)
		mustRecord(t, r)
		if diff := cmp.Diff(step.want, a.revisions()); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
		if writes := a.writes(); len(writes) != step.writes {
			t.Errorf("%s: writes %v, want %d", step.name, writes, step.writes)
		}
		if a.latest() != step.image {
			t.Errorf("%s: the status names the revision of %q", step.name, a.latest())
		}
		name, _, _ := unstructured.NestedString(a.get(setsPath+"/set").Object, "status", "latestRevision")
		if got := a.get(revisionsPath + "/" + name).GetLabels()["apps.kruise.io/sidecarset-custom-version"]; got != step.version {
			t.Errorf("%s: customVersion %q, want %q", step.name, got, step.version)
		}
	}
}

func TestRecordWithNamesTaken(t *testing.T) {
	const first = "/set-7c5d89bcf8"
	mine := `"labels":{"kruise.io/sidecarset-name":"set"},"ownerReferences":[{"controller":true,"uid":"uid-1","name":"set","kind":"SidecarSet","apiVersion":"x"}]`
	foreign := strings.ReplaceAll(mine, "uid-1", "uid-of-a-deleted-one")
	same := `{"spec":{"$patch":"replace","containers":[{"image":"agent:1","name":"agent","resources":{},"shareVolumePolicy":{},"upgradeStrategy":{}}],"imagePullSecrets":null,"initContainers":null,"patchPodMetadata":null,"volumes":null}}`
	tests := []struct {
		name, metadata, data string
		// collisions that are counted, and the error.
		collisions int64
		err        string
	}{
		{name: "by other content", metadata: mine, data: `{"spec":{}}`, collisions: 1},
		{name: "by other content of a deleted SidecarSet", metadata: foreign, data: `{"spec":{}}`, collisions: 1},
		{name: "by the same content without labels and owner", metadata: `"labels":{}`, data: same},
		{name: "by the same content of a deleted SidecarSet", metadata: foreign, data: same, err: "it waits until that is garbage-collected"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := newAPIServer(t)
			r := a.recorder()
			a.set("agent:1")
			a.put(revisionsPath+first, `{"metadata":{`+test.metadata+`},"revision":1,"data":`+test.data+`}`)
			err := r.record(t.Context(), "set")
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if a.latest() != "agent:1" {
				t.Errorf("the status names the revision of %q", a.latest())
			}
			if count, _, _ := unstructured.NestedInt64(a.get(setsPath+"/set").Object, "status", "collisionCount"); count != test.collisions {
				t.Errorf("%d collisions are counted, want %d", count, test.collisions)
			}
		})
	}
}

func TestRecordNothing(t *testing.T) {
	for name, prepare := range map[string]func(*apiServer){
		"no such SidecarSet": func(*apiServer) {},
		"it is being deleted": func(a *apiServer) {
			a.put(setsPath+"/set", `{"metadata":{"deletionTimestamp":"2026-07-01T09:00:00Z"},"spec":{}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPIServer(t)
			prepare(a)
			mustRecord(t, a.recorder())
			if writes := a.writes(); len(writes) > 0 {
				t.Errorf("writes %v, want none", writes)
			}
		})
	}
}

// A view that is behind must not lead to a write: the SidecarSet may have been changed, deleted or made anew.
func TestRecordWithAViewThatLags(t *testing.T) {
	for name, change := range map[string]func(*apiServer){
		"changed":   func(a *apiServer) { a.set("agent:2") },
		"deleted":   func(a *apiServer) { a.remove(setsPath + "/set") },
		"made anew": func(a *apiServer) { a.remove(setsPath + "/set"); a.set("agent:1") },
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPIServer(t)
			r := a.recorder()
			a.set("agent:1")
			a.lags = true
			change(a)
			if err := r.record(t.Context(), "set"); !errors.Is(err, errOutdated) {
				t.Errorf("error %v, want %v", err, errOutdated)
			}
			if writes := a.writes(); len(writes) > 0 {
				t.Errorf("writes %v, want none", writes)
			}
		})
	}
	t.Run("only the revisions are unknown", func(t *testing.T) {
		a := newAPIServer(t)
		r := a.recorder()
		a.hidesRevisions = true
		for _, image := range []string{"agent:1", "agent:1", "agent:2"} {
			a.set(image)
			mustRecord(t, r)
		}
		if diff := cmp.Diff(map[string]int64{"agent:1": 1, "agent:2": 2}, a.revisions()); diff != "" {
			t.Error(diff)
		}
	})
}

// A cluster may serve v1alpha1 alone, where OpenKruise 1.8 was installed last.
func TestRecordInTheOldVersion(t *testing.T) {
	a := newAPIServer(t)
	a.unserved[setsPath] = true
	r := a.recorder()
	a.put(oldSetsPath+"/set", `{"spec":{}}`)
	mustRecord(t, r)
	if got, want := a.writes(), []string{"POST " + revisionsPath, "PATCH " + oldSetsPath + "/set/status"}; !cmp.Equal(got, want) {
		t.Errorf("writes %v, want %v", got, want)
	}
}

// Wherever a request fails, before or after it was done, a later try comes to the same result as one without a failure. So it is after a
// crash at any point.
func TestRecordResumes(t *testing.T) {
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 0))
		a := newAPIServer(t)
		r := a.recorder()
		want := map[string]int64{}
		for number := int64(1); number <= 12; number++ {
			image := fmt.Sprint("agent:", random.IntN(5))
			a.set(image, `"revisionHistoryLimit":3`)
			once := func(*http.Request) error {
				if random.IntN(6) == 0 {
					return apierrors.NewInternalError(errors.New("for once"))
				}
				return nil
			}
			a.intercept, a.lose = once, once
			for tries := 0; r.record(t.Context(), "set") != nil; tries++ {
				if tries == 200 {
					t.Fatalf("seed %d: never recorded", seed)
				}
			}
			newest := int64(0)
			for _, n := range want {
				newest = max(newest, n)
			}
			if want[image] != newest || newest == 0 {
				want[image] = newest + 1
			}
			for len(want) > 3 {
				oldest := slices.MinFunc(slices.Collect(maps.Keys(want)), func(x, y string) int { return int(want[x] - want[y]) })
				delete(want, oldest)
			}
			if diff := cmp.Diff(want, a.revisions()); diff != "" {
				t.Fatalf("seed %d: %s", seed, diff)
			}
			if a.latest() != image {
				t.Fatalf("seed %d: the status names the revision of %q, want %q", seed, a.latest(), image)
			}
		}
	}
}
