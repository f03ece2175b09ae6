package webhook

import (
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/workloadspread"
	"github.com/kruise-admission/kruise-admission/decision"
)

// podPath serves all that is asked about pods that exist.
const podPath = "/validate-pod"

// podEndpoints are the entries of pods that are updated, deleted or evicted. They stand in the way of everything that moves in a cluster, so
// what counts is whom they reach while no replica answers.
//
//   - Updates and deletes carry the pod, so only a ready pod that has a budget is ever sent, and only when the change can make it
//     unavailable. Within that reach the entry fails closed, or a budget would protect nothing in an outage: in particular a pod that is
//     not ready, or terminating (whose last delete comes from the kubelet), can always go.
//   - Pods that have nothing but a WorkloadSpread to tell about their end have an entry of their own that goes on: their counts are
//     repaired by OpenKruise's controller.
//   - An eviction carries no more than a name, so every one in the cluster is sent. The entry goes on: closed, it would stop all node drains
//     as long as no replica answers. While one does, it never lets a protected pod pass because its budget cannot be read (package
//     protection/budget). Who wants it closed sets failurePolicy Fail for this entry.
func podEndpoints() []Endpoint {
	entry := func(name, purpose string, resources []string, operations ...admissionregistrationv1.OperationType) Endpoint {
		rules := rule("", []string{"v1"}, "", operations...)
		rules[0].Resources = resources
		return Endpoint{
			Name: name, Path: podPath, Rules: rules, Purpose: purpose,
			ExemptNamespaces: true,
			Writes:           true,
			TimeoutSeconds:   askTimeoutSeconds,
			rule:             func(rules Rules) decision.Reviewer { return rules.ValidatePod },
		}
	}
	pods := entry("vpod.kb.io", "keeps pods as available as their PodUnavailableBudgets say",
		[]string{"pods", "pods/resize"}, admissionregistrationv1.Update, admissionregistrationv1.Delete)
	pods.MatchConditions = []admissionregistrationv1.MatchCondition{
		{Name: "has-budget", Expression: hasBudget},
		{Name: "is-ready", Expression: isReady},
		{Name: "becomes-unavailable", Expression: becomesUnavailable},
	}
	spread := entry("vpodspread.kb.io", "counts pods that leave a WorkloadSpread", []string{"pods"}, admissionregistrationv1.Delete)
	spread.GoesOnWithout = true
	spread.MatchConditions = []admissionregistrationv1.MatchCondition{
		{Name: "has-workloadspread", Expression: hasAnnotation(workloadspread.MatchedKey)},
		{Name: "not-sent-by-vpod", Expression: fmt.Sprintf("!((%s) && (%s))", hasBudget, isReady)},
	}
	evictions := entry("vpodeviction.kb.io", "keeps pods as available as their PodUnavailableBudgets say, and counts those that leave a WorkloadSpread",
		[]string{"pods/eviction"}, admissionregistrationv1.Create)
	evictions.GoesOnWithout = true
	return []Endpoint{pods, spread, evictions}
}

var (
	// hasBudget looks at the pod as it was: one that loses its annotation in the same update is still protected.
	hasBudget = hasAnnotation(v1beta1.RelatedPubAnnotation) + " || " + hasAnnotation(v1beta1.LegacyRelatedPubAnnotation)
	isReady   = `!has(oldObject.metadata.deletionTimestamp) && has(oldObject.status) && has(oldObject.status.conditions) && ` +
		`oldObject.status.conditions.exists(c, c.type == "Ready" && c.status == "True")`
	// becomesUnavailable is true for deletes, for updates that change the spec, and for those that may add a label.
	becomesUnavailable = fmt.Sprintf(`request.operation == "DELETE" || object.spec != oldObject.spec || `+
		`has(object.metadata.labels) && object.metadata.labels.exists(key, key.startsWith("%s"))`, v1beta1.UnavailableLabelPrefix)
)

func hasAnnotation(key string) string {
	return fmt.Sprintf(`has(oldObject.metadata.annotations) && "%s" in oldObject.metadata.annotations`, key)
}
