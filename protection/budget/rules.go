package budget

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// mostPods is how many pods a status may list as let go. The controller takes them out again; when there are more, it has stopped.
const mostPods = 2000

// ruling is what a budget says, and what is to be written into its status, as members of a merge patch; nil for nothing.
type ruling struct {
	decision decision.Decision
	status   map[string]any
}

// rule asks the budget, in the order of the specification (2.6, rows 4 to 12).
func (r *Reviewer) rule(budget *v1beta1.PodUnavailableBudget, about *subject) ruling {
	if budget == nil {
		return ruling{decision: permit(relatedBudget(about.pod), "it does not exist")}
	}
	allow := func(format string, args ...any) ruling {
		return ruling{decision: permit(budget.Name, fmt.Sprintf(format, args...))}
	}
	status := &budget.Status
	_, disrupted := status.DisruptedPods[about.pod.Name]
	_, updated := status.UnavailablePods[about.pod.Name]
	switch {
	case ignores(budget, about.pod.Labels):
		return allow("spec.ignoredPodSelector selects the pod")
	case status.DesiredAvailable == 0:
		return allow("no pod need be available")
	case !r.protects(budget, about.operation):
		return allow("it does not protect from %s", about.operation)
	case disrupted || updated:
		return allow("the pod has been let go before")
	case status.UnavailableAllowed <= 0:
		return ruling{decision: refuse(budget, about, "")}
	case len(status.DisruptedPods)+len(status.UnavailablePods) > mostPods:
		return ruling{decision: refuse(budget, about, fmt.Sprintf("its status lists more than %d pods that were let go, so its controller does not count them", mostPods))}
	case about.dryRun:
		return allow("%d more pods may become unavailable", status.UnavailableAllowed)
	}
	// An updated pod stays, and is available again one day; all others are gone, as OpenKruise's controller takes it also for resized ones.
	list := "disruptedPods"
	if about.operation == v1beta1.PubUpdateOperation {
		list = "unavailablePods"
	}
	taken := allow("%d more pods could become unavailable, and this is one of them", status.UnavailableAllowed)
	taken.status = map[string]any{
		"unavailableAllowed": status.UnavailableAllowed - 1,
		list:                 map[string]metav1.Time{about.pod.Name: metav1.NewTime(r.options.Now())},
	}
	return taken
}

// ignores reports whether the budget leaves a pod with these labels alone. A selector that cannot be read ignores none.
func ignores(budget *v1beta1.PodUnavailableBudget, of map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(budget.Spec.IgnoredPodSelector)
	return err == nil && !selector.Empty() && selector.Matches(labels.Set(of))
}

// protects reports whether the budget is asked about an operation.
func (r *Reviewer) protects(budget *v1beta1.PodUnavailableBudget, operation v1beta1.PubOperation) bool {
	operations := budget.Spec.ProtectOperations
	if len(operations) == 0 {
		listed, err := v1beta1.ParseProtectOperations(budget.Annotations[v1beta1.ProtectOperationsAnnotation])
		if operations = listed; len(listed) == 0 && err == nil {
			operations = []v1beta1.PubOperation{v1beta1.PubDeleteOperation, v1beta1.PubUpdateOperation, v1beta1.PubEvictOperation}
		}
	}
	if slices.Contains(operations, operation) {
		return true
	}
	return operation == v1beta1.PubResizeOperation && !r.options.ResizesApart && slices.Contains(operations, v1beta1.PubUpdateOperation)
}
