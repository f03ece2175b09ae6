package missed

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
)

const (
	// eventReason is the reason of the Events.
	eventReason = "SidecarMissed"
	// eventsPerPass bounds what a pass writes after a long outage.
	eventsPerPass = 100
	// maxNote is the longest note that the API server takes.
	maxNote = 1024
)

// tell writes an Event on each pod that has none yet, up to the bound. One that cannot be written is tried again in the next pass.
func (t *term) tell(ctx context.Context, found []missedPod) {
	here := sets.New[types.UID]()
	for _, pod := range found {
		here.Insert(pod.UID)
	}
	t.told = t.told.Intersection(here) // those that are gone need not be remembered
	written := 0
	closed := sets.New[string]() // namespaces that take none now, as those that are being deleted
	for _, pod := range found {
		if written == eventsPerPass || ctx.Err() != nil {
			return
		}
		if t.told.Has(pod.UID) || closed.Has(pod.Namespace) {
			continue
		}
		written++
		if err := t.write(ctx, pod); err != nil {
			t.options.Log.Error(err, "an Event cannot be written", "namespace", pod.Namespace, "pod", pod.Name)
			closed.Insert(pod.Namespace)
			continue
		}
		t.told.Insert(pod.UID)
	}
}

func (t *term) write(ctx context.Context, pod missedPod) error {
	note := fmt.Sprintf("not injected: %s; the pod was created while no admission server injected it, or before it was to be; a pod in its place would be",
		strings.Join(pod.sidecarSets, ", "))
	if len(note) > maxNote {
		note = strings.ToValidUTF8(note[:maxNote], "")
	}
	_, err := t.client.EventsV1().Events(pod.Namespace).Create(ctx, &eventsv1.Event{
		ObjectMeta:          metav1.ObjectMeta{Namespace: pod.Namespace, GenerateName: "sidecar-missed-"},
		EventTime:           metav1.NewMicroTime(time.Now()),
		ReportingController: "kruise-admission",
		ReportingInstance:   t.options.Identity,
		Action:              "Audit",
		Reason:              eventReason,
		Type:                corev1.EventTypeWarning,
		Note:                note,
		Regarding:           corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
	}, metav1.CreateOptions{})
	return err
}
