package v1alpha1

import (
	"encoding/json"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// The differences between the versions of PodUnavailableBudget (spec/validate-podunavailablebudget.md (b)): v1beta1 has fields for what
// this version says in two annotations, and one more that is kept in an annotation of our own. Package convert does the same to objects
// with fields that these types do not know.

// ReadKeptIgnoredPodSelector reads the value of the annotation [KeptIgnoredPodSelectorKey]. A value that somebody has broken counts
// as none, so that nothing of the wrong type gets into the stored object.
func ReadKeptIgnoredPodSelector(text string) (selector *metav1.LabelSelector, ok bool) {
	if err := kjson.UnmarshalCaseSensitivePreserveInts([]byte(text), &selector); err != nil {
		return nil, false
	}
	return selector, selector != nil
}

// OperationsUp says what the annotation of protected operations becomes in v1beta1: the operations of the field, none when the text
// cannot be read, and whether the annotation stays. It goes when the field says it in the same words. Another spelling stays, or
// whoever applies it again and again would find it changed each time.
func OperationsUp(text string) (operations []v1beta1.PubOperation, stays bool) {
	operations, err := v1beta1.ParseProtectOperations(text)
	if err != nil || len(operations) == 0 {
		return nil, true
	}
	return operations, v1beta1.FormatProtectOperations(operations) != text
}

// OperationsDown returns the annotation that says what the field does. One that says the same in other words is that. Without a field
// the annotation is in force in v1beta1, too, and stays as it is.
func OperationsDown(operations []v1beta1.PubOperation, text string) string {
	if len(operations) == 0 {
		return text
	}
	if known, err := v1beta1.ParseProtectOperations(text); err == nil && slices.Equal(known, operations) {
		return text
	}
	return v1beta1.FormatProtectOperations(operations)
}

// ConvertTo makes hub what b is in v1beta1. The two share nothing afterwards. It never fails: an annotation that cannot be read stays
// one, and is refused where it is written.
func (b *PodUnavailableBudget) ConvertTo(hub *v1beta1.PodUnavailableBudget) error {
	b = b.DeepCopy()
	*hub = v1beta1.PodUnavailableBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "PodUnavailableBudget"},
		ObjectMeta: b.ObjectMeta,
		Spec: v1beta1.PodUnavailableBudgetSpec{
			Selector:        b.Spec.Selector,
			TargetReference: b.Spec.TargetReference,
			MaxUnavailable:  b.Spec.MaxUnavailable,
			MinAvailable:    b.Spec.MinAvailable,
		},
		Status: b.Status,
	}
	operations, stays := OperationsUp(hub.Annotations[v1beta1.ProtectOperationsAnnotation])
	hub.Spec.ProtectOperations = operations
	if !stays {
		delete(hub.Annotations, v1beta1.ProtectOperationsAnnotation)
	}
	if total, err := v1beta1.ParseTotalReplicas(hub.Annotations[v1beta1.ProtectTotalReplicasAnnotation]); err == nil {
		hub.Spec.ProtectTotalReplicas = &total
		delete(hub.Annotations, v1beta1.ProtectTotalReplicasAnnotation)
	}
	hub.Spec.IgnoredPodSelector, _ = ReadKeptIgnoredPodSelector(hub.Annotations[KeptIgnoredPodSelectorKey])
	delete(hub.Annotations, KeptIgnoredPodSelectorKey)
	return nil
}

// ConvertFrom makes b what hub is in v1alpha1. The two share nothing afterwards. It fails only for values that have no JSON form,
// which no decoded object has.
func (b *PodUnavailableBudget) ConvertFrom(hub *v1beta1.PodUnavailableBudget) error {
	hub = hub.DeepCopy()
	*b = PodUnavailableBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "PodUnavailableBudget"},
		ObjectMeta: hub.ObjectMeta,
		Spec: PodUnavailableBudgetSpec{
			Selector:        hub.Spec.Selector,
			TargetReference: hub.Spec.TargetReference,
			MaxUnavailable:  hub.Spec.MaxUnavailable,
			MinAvailable:    hub.Spec.MinAvailable,
		},
		Status: hub.Status,
	}
	before := b.Annotations[v1beta1.ProtectOperationsAnnotation]
	if now := OperationsDown(hub.Spec.ProtectOperations, before); now != before {
		metav1.SetMetaDataAnnotation(&b.ObjectMeta, v1beta1.ProtectOperationsAnnotation, now)
	}
	// Only the field counts in v1beta1. The annotation of one that is not set would be in force here and become one on the way back.
	if total := hub.Spec.ProtectTotalReplicas; total != nil {
		metav1.SetMetaDataAnnotation(&b.ObjectMeta, v1beta1.ProtectTotalReplicasAnnotation, v1beta1.FormatTotalReplicas(*total))
	} else if _, err := v1beta1.ParseTotalReplicas(b.Annotations[v1beta1.ProtectTotalReplicasAnnotation]); err == nil {
		delete(b.Annotations, v1beta1.ProtectTotalReplicasAnnotation)
	}
	delete(b.Annotations, KeptIgnoredPodSelectorKey)
	if hub.Spec.IgnoredPodSelector == nil {
		return nil
	}
	text, err := json.Marshal(hub.Spec.IgnoredPodSelector)
	if err != nil {
		return err
	}
	metav1.SetMetaDataAnnotation(&b.ObjectMeta, KeptIgnoredPodSelectorKey, string(text))
	return nil
}
