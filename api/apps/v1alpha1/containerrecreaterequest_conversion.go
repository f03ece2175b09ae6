package v1alpha1

import (
	"encoding/json"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// The difference between the versions of ContainerRecreateRequest (spec/server.md 12.2): what the controller writes into two annotations of
// this version is status in v1beta1. Values that cannot be read stay annotations, where OpenKruise drops them. Package convert does the
// same to objects with fields that these types do not know.

// PreRecreateGraceMessage is the message of the condition that is made of the annotation [UnreadyAcquiredKey].
const PreRecreateGraceMessage = "the pod has been made not ready, so that it can drain before its containers are stopped"

// UnreadyAcquired reads the value of the annotation [UnreadyAcquiredKey], a time in the form of RFC 3339, and writes it as v1beta1
// does, in UTC and whole seconds.
func UnreadyAcquired(text string) (canonical string, ok bool) {
	acquired, err := time.Parse(time.RFC3339, text)
	if err != nil || acquired.IsZero() {
		return "", false
	}
	canonical = acquired.UTC().Format(time.RFC3339)
	_, err = time.Parse(time.RFC3339, canonical) // a year beyond 9999 has no such form
	return canonical, err == nil
}

// SyncContainerStatuses reads the value of the annotation [SyncContainerStatusesKey].
func SyncContainerStatuses(text string) (statuses []v1beta1.ContainerRecreateRequestSyncContainerStatus, ok bool) {
	err := kjson.UnmarshalCaseSensitivePreserveInts([]byte(text), &statuses)
	return statuses, err == nil && len(statuses) > 0
}

// ConvertTo makes hub what c is in v1beta1. The two share nothing afterwards. It never fails.
func (c *ContainerRecreateRequest) ConvertTo(hub *v1beta1.ContainerRecreateRequest) error {
	c = c.DeepCopy()
	*hub = v1beta1.ContainerRecreateRequest{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "ContainerRecreateRequest"},
		ObjectMeta: c.ObjectMeta,
		Spec: v1beta1.ContainerRecreateRequestSpec{
			PodName:                 c.Spec.PodName,
			Containers:              c.Spec.Containers,
			ActiveDeadlineSeconds:   c.Spec.ActiveDeadlineSeconds,
			TTLSecondsAfterFinished: c.Spec.TTLSecondsAfterFinished,
		},
		Status: v1beta1.ContainerRecreateRequestStatus{
			Phase:          v1beta1.ContainerRecreateRequestPhase(c.Status.Phase),
			CompletionTime: c.Status.CompletionTime,
			Message:        c.Status.Message,
		},
	}
	if strategy := c.Spec.Strategy; strategy != nil {
		hub.Spec.Strategy = &v1beta1.ContainerRecreateRequestStrategy{
			FailurePolicy:                 v1beta1.ContainerRecreateRequestFailurePolicyType(strategy.FailurePolicy),
			OrderedRecreate:               strategy.OrderedRecreate,
			ForceRecreate:                 strategy.ForceRecreate,
			TerminationGracePeriodSeconds: strategy.TerminationGracePeriodSeconds,
			UnreadyGracePeriodSeconds:     strategy.UnreadyGracePeriodSeconds,
			MinStartedSeconds:             strategy.MinStartedSeconds,
		}
	}
	for _, state := range c.Status.ContainerRecreateStates {
		hub.Status.ContainerRecreateStates = append(hub.Status.ContainerRecreateStates, v1beta1.ContainerRecreateRequestContainerRecreateState{
			Name: state.Name, Phase: v1beta1.ContainerRecreateRequestPhase(state.Phase), Message: state.Message, IsKilled: state.IsKilled,
		})
	}
	if statuses, ok := SyncContainerStatuses(hub.Annotations[SyncContainerStatusesKey]); ok {
		hub.Status.ContainerStatusSnapshot = statuses
		remove(&hub.Annotations, SyncContainerStatusesKey)
	}
	if canonical, ok := UnreadyAcquired(hub.Annotations[UnreadyAcquiredKey]); ok {
		acquired, _ := time.Parse(time.RFC3339, canonical) // just formatted so
		hub.Status.Conditions = []metav1.Condition{{
			Type:               v1beta1.ContainerRecreateRequestPreRecreateGraceType,
			Status:             metav1.ConditionTrue,
			LastTransitionTime: metav1.NewTime(acquired),
			Reason:             v1beta1.ContainerRecreateRequestPreRecreateGraceType,
			Message:            PreRecreateGraceMessage,
		}}
		remove(&hub.Annotations, UnreadyAcquiredKey)
	}
	return nil
}

// ConvertFrom makes c what hub is in v1alpha1. The two share nothing afterwards. It fails only for values that have no JSON form,
// which no decoded object has.
func (c *ContainerRecreateRequest) ConvertFrom(hub *v1beta1.ContainerRecreateRequest) error {
	hub = hub.DeepCopy()
	*c = ContainerRecreateRequest{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "ContainerRecreateRequest"},
		ObjectMeta: hub.ObjectMeta,
		Spec: ContainerRecreateRequestSpec{
			PodName:                 hub.Spec.PodName,
			Containers:              hub.Spec.Containers,
			ActiveDeadlineSeconds:   hub.Spec.ActiveDeadlineSeconds,
			TTLSecondsAfterFinished: hub.Spec.TTLSecondsAfterFinished,
		},
		Status: ContainerRecreateRequestStatus{
			Phase:          ContainerRecreateRequestPhase(hub.Status.Phase),
			CompletionTime: hub.Status.CompletionTime,
			Message:        hub.Status.Message,
		},
	}
	if strategy := hub.Spec.Strategy; strategy != nil {
		c.Spec.Strategy = &ContainerRecreateRequestStrategy{
			FailurePolicy:                 ContainerRecreateRequestFailurePolicyType(strategy.FailurePolicy),
			OrderedRecreate:               strategy.OrderedRecreate,
			ForceRecreate:                 strategy.ForceRecreate,
			TerminationGracePeriodSeconds: strategy.TerminationGracePeriodSeconds,
			UnreadyGracePeriodSeconds:     strategy.UnreadyGracePeriodSeconds,
			MinStartedSeconds:             strategy.MinStartedSeconds,
		}
	}
	for _, state := range hub.Status.ContainerRecreateStates {
		c.Status.ContainerRecreateStates = append(c.Status.ContainerRecreateStates, ContainerRecreateRequestContainerRecreateState{
			Name: state.Name, Phase: ContainerRecreateRequestPhase(state.Phase), Message: state.Message, IsKilled: state.IsKilled,
		})
	}
	return c.annotate(hub.Status)
}

// annotate writes the annotations of this version. The status decides: an annotation that means something and says otherwise is gone.
func (c *ContainerRecreateRequest) annotate(status v1beta1.ContainerRecreateRequestStatus) error {
	if _, ok := SyncContainerStatuses(c.Annotations[SyncContainerStatusesKey]); ok {
		remove(&c.Annotations, SyncContainerStatusesKey)
	}
	if len(status.ContainerStatusSnapshot) > 0 {
		text, err := json.Marshal(status.ContainerStatusSnapshot)
		if err != nil {
			return err
		}
		put(&c.Annotations, SyncContainerStatusesKey, string(text))
	}
	if _, ok := UnreadyAcquired(c.Annotations[UnreadyAcquiredKey]); ok {
		remove(&c.Annotations, UnreadyAcquiredKey)
	}
	for _, condition := range status.Conditions {
		if condition.Type != v1beta1.ContainerRecreateRequestPreRecreateGraceType || condition.Status != metav1.ConditionTrue {
			continue
		}
		if acquired, ok := UnreadyAcquired(condition.LastTransitionTime.UTC().Format(time.RFC3339)); ok {
			put(&c.Annotations, UnreadyAcquiredKey, acquired)
		}
	}
	return nil
}
