package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// How a running pod gets a new template: shared by CloneSet and Advanced StatefulSet.

// PodUpdateStrategyType says how a pod gets a new template.
type PodUpdateStrategyType string

const (
	// RecreatePodUpdateStrategyType deletes the pod and creates another. The default.
	RecreatePodUpdateStrategyType PodUpdateStrategyType = "ReCreate"
	// InPlaceIfPossiblePodUpdateStrategyType changes the running pod where the change allows it, and recreates it
	// otherwise.
	InPlaceIfPossiblePodUpdateStrategyType PodUpdateStrategyType = "InPlaceIfPossible"
	// InPlaceOnlyPodUpdateStrategyType changes the running pod and never recreates it, so that the template may change only
	// in what can be changed in place.
	InPlaceOnlyPodUpdateStrategyType PodUpdateStrategyType = "InPlaceOnly"
)

// InPlaceUpdateStrategy tunes updates in place.
type InPlaceUpdateStrategy struct {
	// GracePeriodSeconds is the time, in seconds, between marking a pod not ready and changing its image, so that
	// endpoints can drain.
	GracePeriodSeconds int32 `json:"gracePeriodSeconds,omitempty"`
	// ImagePreDownloadParallelism is the number of nodes that pull the new image at the same time before the update reaches them.
	// +optional
	ImagePreDownloadParallelism *intstr.IntOrString `json:"imagePreDownloadParallelism,omitempty"`
	// ImagePreDownloadTimeoutSeconds limits one such pull, in seconds.
	// +optional
	ImagePreDownloadTimeoutSeconds *int32 `json:"imagePreDownloadTimeoutSeconds,omitempty"`
	// ImagePreDownloadMinUpdatedReadyPods is the number of pods that must be updated and ready before nodes start to pull.
	// +optional
	ImagePreDownloadMinUpdatedReadyPods *int32 `json:"imagePreDownloadMinUpdatedReadyPods,omitempty"`
}

// UpdatePriorityStrategy orders the pods of an update. At most one of its members may be set.
type UpdatePriorityStrategy struct {
	// OrderPriority orders by the numbers at the end of label values; the greater ones are updated first.
	// +optional
	OrderPriority []UpdatePriorityOrderTerm `json:"orderPriority,omitempty"`
	// WeightPriority orders by the sum of the weights of all terms that match a pod; the greater ones are updated first.
	// +optional
	WeightPriority []UpdatePriorityWeightTerm `json:"weightPriority,omitempty"`
}

// UpdatePriorityOrderTerm names a label whose value ends in a number.
type UpdatePriorityOrderTerm struct {
	// OrderedKey is the key of the label.
	OrderedKey string `json:"orderedKey"`
}

// UpdatePriorityWeightTerm gives a weight to the pods it selects.
type UpdatePriorityWeightTerm struct {
	// Weight is between 1 and 100.
	Weight int32 `json:"weight"`
	// MatchSelector selects pods by their labels.
	MatchSelector metav1.LabelSelector `json:"matchSelector"`
}

// UpdateScatterStrategy spreads the pods that carry any of these labels evenly over an update.
type UpdateScatterStrategy []UpdateScatterTerm

// UpdateScatterTerm names a label by key and value.
type UpdateScatterTerm struct {
	// Key is the key of the label.
	Key string `json:"key"`
	// Value is the value of the label.
	Value string `json:"value"`
}
