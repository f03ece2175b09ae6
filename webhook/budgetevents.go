package webhook

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/protection/budget"
)

// keptReason is the reason of the Events, which is OpenKruise's.
const keptReason = "PubPreventPodDeletion"

var _ BudgetRecorder = (*EventRecorder)(nil)

// RecordKept implements BudgetRecorder. A drain asks for the same pod every few seconds, so the Event's name follows from what it says: as
// long as the API server keeps one (an hour by default), there is no second.
func (r *EventRecorder) RecordKept(ctx context.Context, kept budget.Verdict) error {
	same := sha256.Sum256([]byte(strings.Join([]string{string(kept.Pod.UID), kept.Pod.Name, kept.Budget, string(kept.Operation)}, "\n")))
	err := r.write(ctx, &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("pod-unavailable-budget-%x", same[:12])},
		Action:     string(kept.Operation),
		Reason:     keptReason,
		Note:       kept.Message,
		Regarding: corev1.ObjectReference{
			APIVersion: "v1", Kind: "Pod", Namespace: kept.Namespace, Name: kept.Pod.Name, UID: kept.Pod.UID,
		},
		Related: &corev1.ObjectReference{
			APIVersion: "policy.kruise.io/v1beta1", Kind: "PodUnavailableBudget", Namespace: kept.Namespace, Name: kept.Budget,
		},
	})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}
