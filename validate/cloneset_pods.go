package validate

// Which pods a CloneSet may be told to delete (rules 11 and 12). The look-up exists for v1alpha1 only.

import (
	"context"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/decision"
)

// podsCheckAnnotation is the audit annotation that says why podsToDelete was not looked up.
const podsCheckAnnotation = "pods-to-delete"

var podsToDeletePath = specPath.Child("scaleStrategy", "podsToDelete")

func (r CloneSet) podsToDelete(ctx context.Context, set, old *cloneSet, found *findings) error {
	names := set.spec.ScaleStrategy.PodsToDelete
	if repeated := repetitions(names); len(repeated) > 0 {
		found.add(field.ErrorList{field.Invalid(podsToDeletePath, names, fmt.Sprintf("names %s more than once", quoted(repeated)))})
		return nil
	}
	if !set.flat {
		return nil
	}
	// A name that was listed before is not looked up again: its pod has probably been deleted, as was asked.
	added := slices.Clone(names)
	if old != nil {
		before := sets.New(old.spec.ScaleStrategy.PodsToDelete...) // both lists may have a hundred thousand names
		added = slices.DeleteFunc(added, before.Has)
	}
	if len(added) == 0 || set.meta.Namespace == "" { // without namespace it is refused anyway
		return nil
	}
	if r.Pods == nil {
		found.annotate(podsCheckAnnotation, "not looked up, without an API server")
		return nil
	}
	slices.Sort(added)
	pods, err := r.Pods.Pods(ctx, set.meta.Namespace, added)
	if err != nil {
		return decision.CannotTell("look up spec.scaleStrategy.podsToDelete: %w", err)
	}
	for _, name := range added {
		if problem := undeletable(pods[name], set); problem != "" {
			found.add(field.ErrorList{field.Invalid(podsToDeletePath, name, problem)})
		}
	}
	return nil
}

// undeletable says why a CloneSet cannot delete a pod, nil when there is none; "" when it can.
func undeletable(pod *metav1.ObjectMeta, set *cloneSet) string {
	switch {
	case pod == nil:
		return fmt.Sprintf("there is no such pod in namespace %q: remove the name", set.meta.Namespace)
	case pod.DeletionTimestamp != nil:
		return "the pod is being deleted already: remove the name"
	}
	owner := metav1.GetControllerOfNoCopy(pod)
	switch {
	case owner == nil:
		return "the pod has no controller: a CloneSet deletes its own pods only, remove the name"
	case owner.UID != set.meta.UID:
		return fmt.Sprintf("the pod belongs to %s %q with uid %q: a CloneSet deletes its own pods only, remove the name", owner.Kind, owner.Name, owner.UID)
	}
	return ""
}

// repetitions returns the names that occur more than once, each once, in their order.
func repetitions(names []string) []string {
	count := make(map[string]int, len(names))
	var repeated []string
	for _, name := range names {
		count[name]++
		if count[name] == 2 {
			repeated = append(repeated, name)
		}
	}
	return repeated
}
