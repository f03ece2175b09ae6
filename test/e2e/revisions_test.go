package e2e

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

const versioned = `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: e2e-NAME, labels: {team: blue}}
spec:
  selector: {matchLabels: {e2e: NAME}}
  customVersion: v1
  containers: [{name: agent, image: "agent:1"}]
`

// site is a SidecarSet whose revisions a test looks at.
type site struct {
	t         *testing.T
	cluster   *controlplane.ControlPlane
	installed *installation.Installation
	namespace string
	label     string
	set       *unstructured.Unstructured
}

// versionedSite creates a SidecarSet with customVersion v1 and image agent:1.
func versionedSite(t *testing.T, label string) *site {
	cluster, installed := install(t)
	s := &site{t: t, cluster: cluster, installed: installed, namespace: cluster.NamespaceForTest(t), label: label}
	text := strings.ReplaceAll(versioned, "NAME", label)
	sidecarSet(t, installed, s.namespace, label, text)
	s.set = object(t, text)
	return s
}

// patch changes the SidecarSet. A replica may learn of a revision later than this test does, and then refuses to pin it.
func (s *site) patch(patch string) {
	s.t.Helper()
	controlplane.Eventually(s.t, "the SidecarSet takes "+patch, func(ctx context.Context) error {
		_, err := s.installed.Client.Patch(ctx, s.set, patch)
		return err
	})
}

// change gives the SidecarSet another version.
func (s *site) change(version, image string) {
	s.t.Helper()
	s.patch(fmt.Sprintf(`{"spec":{"customVersion":%q,"containers":[{"name":"agent","image":%q}]}}`, version, image))
}

// latest waits until status.latestRevision names a revision with that number and customVersion, and returns it.
func (s *site) latest(number int64, version string) *appsv1.ControllerRevision {
	s.t.Helper()
	var latest *appsv1.ControllerRevision
	controlplane.Eventually(s.t, fmt.Sprintf("the latest revision is number %d, %s", number, version), func(ctx context.Context) error {
		set, err := s.installed.Client.Get(ctx, s.set)
		if err != nil {
			return err
		}
		name, _, err := unstructured.NestedString(set.Object, "status", "latestRevision")
		if err != nil || name == "" {
			return fmt.Errorf("status is %v", set.Object["status"])
		}
		latest, err = s.cluster.Client().AppsV1().ControllerRevisions(installation.Namespace).Get(ctx, name, metav1.GetOptions{})
		if err == nil && (latest.Revision != number || latest.Labels["apps.kruise.io/sidecarset-custom-version"] != version) {
			err = fmt.Errorf("it is %s: number %d, labels %v", name, latest.Revision, latest.Labels)
		}
		return err
	})
	return latest
}

// revisions are the numbers of the recorded revisions by image.
func (s *site) revisions(ctx context.Context) (map[string]int64, error) {
	list, err := s.cluster.Client().AppsV1().ControllerRevisions(installation.Namespace).List(ctx,
		metav1.ListOptions{LabelSelector: "kruise.io/sidecarset-name=e2e-" + s.label})
	if err != nil {
		return nil, err
	}
	numbers := map[string]int64{}
	for _, revision := range list.Items {
		_, rest, _ := strings.Cut(string(revision.Data.Raw), `"image":"`)
		image, _, _ := strings.Cut(rest, `"`)
		numbers[image] = revision.Revision
	}
	return numbers, nil
}

// injects waits until every replica injects that image, and says in the pod's record that it comes from that revision.
func (s *site) injects(image, revision string) {
	s.t.Helper()
	pod := newPod(s.namespace, map[string]string{"e2e": s.label})
	check := func(pod *corev1.Pod) error { return hasAgent(pod, image, revision) }
	everyReplica(s.t, s.installed, fmt.Sprintf("injects %s of %s", image, revision), pod, check)
	created, err := tryPod(s.t.Context(), s.cluster, pod)
	if err == nil {
		err = check(created)
	}
	if err != nil {
		s.t.Error(err)
	}
}

func hasAgent(pod *corev1.Pod, image, revision string) error {
	if got := pod.Spec.Containers[0].Image; got != image {
		return fmt.Errorf("it gets %s", got)
	}
	if record := pod.Annotations["kruise.io/sidecarset-hash"]; !strings.Contains(record, fmt.Sprintf(`"controllerRevision":%q`, revision)) {
		return fmt.Errorf("its record is %s", record)
	}
	return nil
}

// TestPinningWithoutOpenKruise records versions of a SidecarSet, pins each of them, goes back to the first and deletes the SidecarSet.
func TestPinningWithoutOpenKruise(t *testing.T) {
	s := versionedSite(t, "pin")
	first := s.latest(1, "v1")
	set, err := s.installed.Client.Get(t.Context(), s.set)
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	want := metav1.ObjectMeta{
		Name: "e2e-pin-" + first.Labels["controller.kubernetes.io/hash"], Namespace: installation.Namespace,
		Labels: map[string]string{
			"team": "blue", "kruise.io/sidecarset-name": "e2e-pin", "apps.kruise.io/sidecarset-custom-version": "v1",
			"controller.kubernetes.io/hash": first.Labels["controller.kubernetes.io/hash"],
		},
		Annotations: set.GetAnnotations(),
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps.kruise.io/v1beta1", Kind: "SidecarSet", Name: "e2e-pin", UID: set.GetUID(),
			Controller: &yes, BlockOwnerDeletion: &yes}},
	}
	got := metav1.ObjectMeta{Name: first.Name, Namespace: first.Namespace, Labels: first.Labels, Annotations: first.Annotations, OwnerReferences: first.OwnerReferences}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metadata of the revision (-want +got):\n%s", diff)
	}
	if first.Annotations["kruise.io/sidecarset-hash"] == "" {
		t.Error("the revision has no hash annotation")
	}

	s.change("v2", "agent:2")
	second := s.latest(2, "v2")
	s.injects("agent:2", second.Name)
	s.patch(fmt.Sprintf(`{"spec":{"injectionStrategy":{"revision":{"revisionName":%q}}}}`, first.Name))
	s.injects("agent:1", first.Name)
	s.patch(`{"spec":{"injectionStrategy":{"revision":{"revisionName":null,"customVersion":"v2"}}}}`)
	s.injects("agent:2", second.Name)
	s.patch(`{"spec":{"injectionStrategy":{"revision":{"customVersion":"v1"}}}}`)
	s.injects("agent:1", first.Name)

	s.patch(`{"spec":{"injectionStrategy":{"revision":null}}}`)
	s.change("v3", "agent:1")
	if again := s.latest(3, "v3"); again.Name != first.Name || again.UID != first.UID {
		t.Errorf("going back makes revision %s, want %s again", again.Name, first.Name)
	}
	if err := s.installed.Client.Delete(t.Context(), s.set); err != nil {
		t.Fatal(err)
	}
	// The garbage collector learns of new kinds every 30 seconds, and this one may have just been installed.
	var left map[string]int64
	err = wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, 3*time.Minute, true, func(ctx context.Context) (bool, error) {
		left, err = s.revisions(ctx)
		return len(left) == 0, err
	})
	if err != nil {
		t.Errorf("the revisions of a deleted SidecarSet are not collected: %v, left are %v", err, left)
	}
}

// TestOldRevisionsAreDeleted goes through versions with revisionHistoryLimit 2: what a pod was injected with, and what is pinned, stays.
func TestOldRevisionsAreDeleted(t *testing.T) {
	s := versionedSite(t, "history")
	s.patch(`{"spec":{"revisionHistoryLimit":2}}`)
	first := s.latest(1, "v1")
	s.injects("agent:1", first.Name)
	pod, err := createPod(t.Context(), s.cluster, s.namespace, map[string]string{"e2e": "history"})
	if err != nil {
		t.Fatal(err)
	}
	if err := hasAgent(pod, "agent:1", first.Name); err != nil {
		t.Fatal(err)
	}
	s.change("v2", "agent:2")
	s.latest(2, "v2")
	s.patch(`{"spec":{"injectionStrategy":{"revision":{"customVersion":"v2"}}}}`)
	s.keeps(map[string]int64{"agent:1": 1, "agent:2": 2})
	for version := int64(3); version <= 5; version++ {
		s.change(fmt.Sprintf("v%d", version), fmt.Sprintf("agent:%d", version))
		s.latest(version, fmt.Sprintf("v%d", version))
	}
	s.keeps(map[string]int64{"agent:1": 1, "agent:2": 2, "agent:5": 5})

	if err := s.cluster.Client().CoreV1().Pods(s.namespace).Delete(t.Context(), pod.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	s.patch(`{"spec":{"injectionStrategy":{"revision":null}}}`)
	s.keeps(map[string]int64{"agent:2": 2, "agent:5": 5})
}

// keeps waits until exactly these revisions are left.
func (s *site) keeps(want map[string]int64) {
	s.t.Helper()
	controlplane.Eventually(s.t, fmt.Sprintf("the revisions are %v", want), func(ctx context.Context) error {
		got, err := s.revisions(ctx)
		if err == nil && !cmp.Equal(want, got) {
			err = fmt.Errorf("they are %v", got)
		}
		return err
	})
}

// TestRecordingYieldsToOpenKruise holds the Lease of OpenKruise's manager: nothing is recorded until it is released.
func TestRecordingYieldsToOpenKruise(t *testing.T) {
	cluster, installed := install(t)
	versionedSite(t, "record").latest(1, "v1") // a replica has been elected, which can be seen to stop
	const stopped = "this replica no longer records the revisions of SidecarSets"
	stops := func() int { return strings.Count(installed.LogTail(math.MaxInt), stopped) }
	before := stops()
	leases := cluster.Client().CoordinationV1().Leases(installation.Namespace)
	holder, seconds, now := "kruise-controller-manager-0", int32(3600), metav1.NowMicro()
	lease, err := leases.Create(t.Context(), &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: "kruise-manager"},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: &seconds, RenewTime: &now},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := leases.Delete(context.Background(), lease.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	controlplane.Eventually(t, "recording has stopped", func(context.Context) error {
		if stops() == before {
			return fmt.Errorf("no replica has logged %q", stopped)
		}
		return nil
	})
	s := versionedSite(t, "yield")
	set, err := s.installed.Client.Get(t.Context(), s.set)
	if err != nil {
		t.Fatal(err)
	}
	if status, found, _ := unstructured.NestedString(set.Object, "status", "latestRevision"); found {
		t.Errorf("latestRevision is %q although OpenKruise's manager runs", status)
	}
	released := time.Now().Truncate(time.Second)
	nobody := ""
	if _, err := controlplane.Change(t.Context(), leases, lease.Name, func(lease *coordinationv1.Lease) { lease.Spec.HolderIdentity = &nobody }); err != nil {
		t.Fatal(err)
	}
	if recorded := s.latest(1, "v1").CreationTimestamp; recorded.Time.Before(released) {
		t.Errorf("recorded at %s, before the Lease was released at %s", recorded, released)
	}
}
