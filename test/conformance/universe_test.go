package conformance

// Putting the objects of universe.yaml into a control plane.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kruise-admission/kruise-admission/internal/recorded"
	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

// universe is a control plane that holds the objects of a set.
type universe struct {
	cluster *controlplane.ControlPlane
	client  *installation.Client
	uids    uids
}

// newUniverse starts a control plane for the set and creates its objects. Without a controller manager nothing moves: no pod is
// collected because its owner is missing, and no status changes. The product is installed for the conversion of its
// kinds alone, so that objects are stored as they were recorded.
func newUniverse(t *testing.T, folder, set string) *universe {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cluster, err := controlplane.Start(ctx, controlplane.Options{WithoutControllerManager: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	installed, err := installation.Install(ctx, cluster, installation.Options{Replicas: 1, WithoutWebhooks: true, Args: []string{neverRecord}})
	t.Cleanup(func() {
		if err := installed.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, installed.LogTail(process.TailLines))
	}
	u := &universe{cluster: cluster, client: installed.Client}
	objects, err := installation.Read(recorded.Universe(folder, set))
	if err != nil {
		t.Fatal(err)
	}
	u.createAll(ctx, t, objects)
	return u
}

// createAll creates objects: first what others need, then all others, several at a time. Objects of kinds that the control plane
// does not have are left out and reported.
func (u *universe) createAll(ctx context.Context, t *testing.T, objects []*unstructured.Unstructured) {
	t.Helper()
	var first, then []*unstructured.Unstructured
	defined := map[string]bool{}
	for _, object := range objects {
		switch object.GetKind() {
		case "Namespace":
			first = append(first, object)
		case "CustomResourceDefinition":
			first = append(first, object)
			kind, _, _ := unstructured.NestedString(object.Object, "spec", "names", "kind")
			defined[kind] = true
		default:
			then = append(then, object)
		}
	}
	var (
		mutex    sync.Mutex
		unknown  = map[string]int{}
		pairs    = map[string]string{}
		problems []error
	)
	create := func(_ int, object *unstructured.Unstructured) {
		recordedUID := string(object.GetUID())
		uid, err := u.create(ctx, object, defined[object.GetKind()])
		mutex.Lock()
		defer mutex.Unlock()
		switch {
		case meta.IsNoMatchError(err):
			unknown[object.GetAPIVersion()+" "+object.GetKind()]++
		case err != nil:
			problems = append(problems, fmt.Errorf("%s %s/%s: %w", object.GetKind(), object.GetNamespace(), object.GetName(), err))
		case recordedUID != "":
			pairs[recordedUID] = uid
		}
	}
	for i, object := range first {
		create(i, object)
	}
	inParallel(then, create)
	if err := errors.Join(problems...); err != nil {
		t.Fatalf("the universe cannot be created: %v", err)
	}
	for _, kind := range slices.Sorted(maps.Keys(unknown)) {
		t.Logf("left out of the universe, because deploy/crds has no such kind: %d of %s", unknown[kind], kind)
	}
	u.uids = newUIDs(pairs)
}

// create creates one object, with its status, and deletes it when it was being deleted. It returns the new uid.
func (u *universe) create(ctx context.Context, object *unstructured.Unstructured, definedJustNow bool) (uid string, err error) {
	status, deleted := object.Object["status"], object.GetDeletionTimestamp() != nil
	object = asSent(object)
	var stored *unstructured.Unstructured
	// A new CRD, and the way to its conversion, take moments to be known everywhere in the API server.
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		if object.GetKind() == "Namespace" { // some exist in every cluster
			stored, err = u.client.Apply(ctx, object)
			return true, err
		}
		stored, err = u.client.Create(ctx, object)
		if definedJustNow && (meta.IsNoMatchError(err) || apierrors.IsNotFound(err)) || conversionFailed(err) {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return "", err
	}
	uid = string(stored.GetUID())
	resource, err := u.client.Resource(stored)
	if err != nil {
		return uid, err
	}
	if fields, ok := status.(map[string]any); ok && len(fields) > 0 && hasRecordedStatus(object) {
		stored.Object["status"] = status
		if stored, err = resource.UpdateStatus(ctx, stored, metav1.UpdateOptions{}); err != nil {
			return uid, fmt.Errorf("status: %w", err)
		}
	}
	if deleted {
		return uid, resource.Delete(ctx, stored.GetName(), metav1.DeleteOptions{})
	}
	return uid, nil
}

func conversionFailed(err error) bool {
	return err != nil && strings.Contains(err.Error(), "conversion webhook")
}

// hasRecordedStatus: the API server itself writes the status of these.
func hasRecordedStatus(object *unstructured.Unstructured) bool {
	return object.GetKind() != "Namespace" && object.GetKind() != "CustomResourceDefinition"
}

// asSent is a stored object as somebody would have sent it: without what the API server fills in and accepts from nobody.
func asSent(object *unstructured.Unstructured) *unstructured.Unstructured {
	object = object.DeepCopy()
	for _, member := range []string{"uid", "resourceVersion", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds"} {
		unstructured.RemoveNestedField(object.Object, "metadata", member)
	}
	unstructured.RemoveNestedField(object.Object, "status")
	switch object.GetKind() {
	case "Service":
		unstructured.RemoveNestedField(object.Object, "spec", "clusterIP")
		unstructured.RemoveNestedField(object.Object, "spec", "clusterIPs")
	case "Job": // its selector names its own uid
		unstructured.RemoveNestedField(object.Object, "spec", "selector")
		unstructured.RemoveNestedField(object.Object, "spec", "template", "metadata", "labels", "controller-uid")
		unstructured.RemoveNestedField(object.Object, "spec", "template", "metadata", "labels", "batch.kubernetes.io/controller-uid")
	}
	return object
}

// uids translates between the uids of the recording and those that the control plane gave the same objects.
type uids struct{ there, back *strings.Replacer }

func newUIDs(liveByRecorded map[string]string) uids {
	var there, back []string
	for _, id := range slices.Sorted(maps.Keys(liveByRecorded)) {
		there = append(there, id, liveByRecorded[id])
		back = append(back, liveByRecorded[id], id)
	}
	return uids{strings.NewReplacer(there...), strings.NewReplacer(back...)}
}

func (u uids) toCluster(text []byte) []byte   { return u.replace(u.there, text) }
func (u uids) fromCluster(text []byte) []byte { return u.replace(u.back, text) }

func (uids) replace(with *strings.Replacer, text []byte) []byte {
	if with == nil {
		return text
	}
	return []byte(with.Replace(string(text)))
}
