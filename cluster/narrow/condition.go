package narrow

import (
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

const (
	// maxSidecarSets and maxLength bound what an API server evaluates for every pod that is created.
	maxSidecarSets = 64
	maxLength      = 16 << 10

	namespaceName = "kubernetes.io/metadata.name" // the label by which a selector can name namespaces
)

// Of the steps of pod admission other than sidecars, what can be seen in a pod itself.
var otherSteps = []string{
	`has(object.metadata.ownerReferences) && object.metadata.ownerReferences.exists(o, o.apiVersion.startsWith("apps.kruise.io/"))`,
	`has(object.metadata.annotations) && object.metadata.annotations.exists(key, key.contains("kruise.io/"))`,
	hasLaunchPriority("containers"),
	hasLaunchPriority("initContainers"),
}

func hasLaunchPriority(containers string) string {
	list := "object.spec." + containers
	return "has(" + list + ") && " + list + " != null && " + list +
		`.exists(c, has(c.env) && c.env.exists(e, e.name == "` + launchPriority + `"))`
}

// Expression returns the CEL expression that is true for every pod which the server could change, given the SidecarSets and the namespaces in
// which other steps may concern any pod. ok is false when all pods must be sent.
func Expression(sets []*v1beta1.SidecarSet, namespaces []string) (cel string, ok bool) {
	if len(sets) > maxSidecarSets {
		return "", false
	}
	alternatives := slices.Clone(otherSteps)
	if len(namespaces) > 0 {
		alternatives = append(alternatives, "request.namespace in "+list(namespaces))
	}
	for _, set := range sets {
		condition, some := selects(set)
		if !some {
			return "", false
		}
		alternatives = append(alternatives, condition)
	}
	// SidecarSets that select the same pods, such as a canary and its base, count once.
	slices.Sort(alternatives)
	cel = "(" + strings.Join(slices.Compact(alternatives), ") || (") + ")"
	return cel, len(cel) <= maxLength
}

// selects is true for the pods that a SidecarSet may select. some is false when these are all, or cannot be told.
func selects(set *v1beta1.SidecarSet) (cel string, some bool) {
	if set.Spec.Selector == nil {
		return "", false
	}
	var all []string
	for _, requirement := range requirements(set.Spec.Selector) {
		condition, ok := holds(requirement)
		if !ok {
			return "", false
		}
		all = append(all, condition)
	}
	if set.Spec.NamespaceSelector != nil {
		for _, requirement := range requirements(set.Spec.NamespaceSelector) {
			if requirement.Key == namespaceName && requirement.Operator == metav1.LabelSelectorOpIn {
				all = append(all, "request.namespace in "+list(requirement.Values))
			}
		}
	}
	return strings.Join(all, " && "), len(all) > 0
}

// requirements are all parts of a selector, each of which must hold.
func requirements(selector *metav1.LabelSelector) []metav1.LabelSelectorRequirement {
	all := slices.Clone(selector.MatchExpressions)
	for key, value := range selector.MatchLabels {
		all = append(all, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: []string{value}})
	}
	slices.SortStableFunc(all, func(a, b metav1.LabelSelectorRequirement) int {
		return strings.Compare(a.Key+" "+string(a.Operator), b.Key+" "+string(b.Operator))
	})
	return all
}

// holds is true for pods whose labels meet a requirement. ok is false for an operator that is not known.
func holds(requirement metav1.LabelSelectorRequirement) (cel string, ok bool) {
	key := strconv.QuoteToASCII(requirement.Key)
	exists := "has(object.metadata.labels) && " + key + " in object.metadata.labels"
	isOneOf := exists + " && object.metadata.labels[" + key + "] in " + list(requirement.Values)
	switch requirement.Operator {
	case metav1.LabelSelectorOpIn:
		return isOneOf, true
	case metav1.LabelSelectorOpNotIn:
		return "!(" + isOneOf + ")", true
	case metav1.LabelSelectorOpExists:
		return exists, true
	case metav1.LabelSelectorOpDoesNotExist:
		return "!(" + exists + ")", true
	}
	return "", false
}

// list is a CEL list of strings.
func list(values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = strconv.QuoteToASCII(value)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
