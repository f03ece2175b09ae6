package webhook

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/protection"
)

// breakGlassReason is the reason of the Events.
const breakGlassReason = "DeleteProtectionBreakGlass"

var _ BreakGlassRecorder = (*EventRecorder)(nil)

// Record implements BreakGlassRecorder. Each use is an Event: a recorder that drops what repeats is no record.
func (r *EventRecorder) Record(ctx context.Context, use protection.BreakGlass) error {
	return r.write(ctx, &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "break-glass-"},
		Action:     use.Operation,
		Reason:     breakGlassReason,
		Note:       fmt.Sprintf("user %q went past delete protection by %s: %s", use.User, use.Why, use.Refusal),
		Regarding: corev1.ObjectReference{
			APIVersion: use.APIVersion, Kind: use.Kind, Namespace: use.Namespace, Name: use.Name, UID: use.UID,
		},
	})
}
