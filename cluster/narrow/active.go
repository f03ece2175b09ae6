package narrow

// When a SidecarSet is reported active.

import (
	"context"
	"fmt"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/cluster/election"
)

// ReasonActive is the reason of the Event that says that a SidecarSet is active.
const ReasonActive = "Active"

// eventsPerPass bounds what many changes at once write.
const eventsPerPass = 20

// forgetOld drops changes that the replica which was elected before has announced, most likely.
func (k *Keeper) forgetOld() {
	k.mu.Lock()
	defer k.mu.Unlock()
	maps.DeleteFunc(k.changed, func(_ string, c change) bool { return time.Since(c.at) > 2*election.LeaseDuration })
}

// pending are the changes to announce, as of now.
func (k *Keeper) pending() map[string]change {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.changed)
}

// announce writes an Event for each SidecarSet of pending that has not changed since, up to the bound.
func (k *Keeper) announce(ctx context.Context, pending map[string]change) error {
	written := 0
	for name, settled := range pending {
		if written == eventsPerPass {
			return nil
		}
		set, _, ok := k.options.View.SidecarSet(name)
		if !ok || versionOf(set) != settled.version {
			continue // Changed says it
		}
		written++
		if err := k.report(ctx, set); err != nil {
			return fmt.Errorf("announce SidecarSet %q: %w", name, err)
		}
		k.mu.Lock()
		if k.changed[name].version == settled.version {
			delete(k.changed, name)
			k.announced[name] = settled.version
		}
		k.mu.Unlock()
	}
	return nil
}

func (k *Keeper) report(ctx context.Context, set *v1beta1.SidecarSet) error {
	_, err := k.client.EventsV1().Events(metav1.NamespaceDefault).Create(ctx, &eventsv1.Event{
		ObjectMeta:          metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, GenerateName: "sidecarset-active-"},
		EventTime:           metav1.NewMicroTime(time.Now()),
		ReportingController: "kruise-admission",
		ReportingInstance:   k.candidate.Identity(),
		Action:              "Narrow",
		Reason:              ReasonActive,
		Type:                corev1.EventTypeNormal,
		Note:                "API servers send the pods that it selects",
		Regarding: corev1.ObjectReference{
			APIVersion: v1beta1.GroupVersion.String(), Kind: "SidecarSet", Name: set.Name, UID: set.UID, ResourceVersion: set.ResourceVersion,
		},
	}, metav1.CreateOptions{})
	return err
}
