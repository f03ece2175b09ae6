package budget

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// mostNames is how many pods a refusal names.
const mostNames = 3

var participles = map[v1beta1.PubOperation]string{
	v1beta1.PubDeleteOperation: "deleted",
	v1beta1.PubEvictOperation:  "evicted",
	v1beta1.PubUpdateOperation: "updated",
	v1beta1.PubResizeOperation: "resized",
}

// askAgain refuses an eviction of a protected pod for now, because its budget could not be asked. The API server answers the same as long
// as its own budgets are behind.
func askAgain(budget string, about *subject) decision.Decision {
	message := fmt.Sprintf("pod %q cannot be evicted now: it is protected by PodUnavailableBudget %q, whose state could not be read or written; try again",
		about.pod.Name, budget)
	return tooMany(message)
}

// refuse says which budget keeps the pod, what it counts, and how to go on.
func refuse(budget *v1beta1.PodUnavailableBudget, about *subject, because string) decision.Decision {
	status := &budget.Status
	if because == "" {
		because = fmt.Sprintf("%d of %d pods are available and %d must stay so%s",
			status.CurrentAvailable, status.TotalReplicas, status.DesiredAvailable, onTheirWay(status))
	}
	loosen := "raise spec.maxUnavailable of the budget"
	if budget.Spec.MaxUnavailable == nil {
		loosen = "lower spec.minAvailable of the budget"
	}
	message := fmt.Sprintf("pod %q cannot be %s now: PodUnavailableBudget %q lets no further pod become unavailable, %s; "+
		"try again when more pods are available, %s, or annotate the pod with %s=true",
		about.pod.Name, participles[about.operation], budget.Name, because, loosen, v1beta1.NoProtectAnnotation)
	if about.operation == v1beta1.PubEvictOperation {
		return tooMany(message)
	}
	return explained(decision.Forbid(message))
}

// tooMany is how evictions are refused: clients wait and ask again. There is no Retry-After, as in the API server's own refusals, because
// client-go would wait by itself and say nothing.
func tooMany(message string) decision.Decision {
	refusal := decision.Forbid(message)
	refusal.Code, refusal.Reason = http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests
	return explained(refusal)
}

// explained adds the cause of the API server's own budgets, by which clients know that waiting helps, and the audit annotation.
func explained(refusal decision.Decision) decision.Decision {
	refusal.Causes = []metav1.StatusCause{{Type: policyv1.DisruptionBudgetCause, Message: refusal.Message}}
	refusal.Annotate(AuditKey, "refused: "+refusal.Message)
	return refusal
}

// onTheirWay names pods that were let go and are counted as unavailable already.
func onTheirWay(status *v1beta1.PodUnavailableBudgetStatus) string {
	names := slices.Collect(maps.Keys(status.DisruptedPods))
	for name := range status.UnavailablePods {
		if _, both := status.DisruptedPods[name]; !both {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	shown := strings.Join(names[:min(len(names), mostNames)], ", ")
	if rest := len(names) - mostNames; rest > 0 {
		shown += fmt.Sprintf(" and %d more", rest)
	}
	return fmt.Sprintf(" (let go and not back yet: %s)", shown)
}
