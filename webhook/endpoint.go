package webhook

import (
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/protection"
)

// Endpoint is one row of the endpoint table: an entry of a webhook configuration, the path that serves it and the rule
// behind it.
type Endpoint struct {
	// Name is the name of the webhook entry, which the API server repeats in every refusal. OpenKruise's names are kept.
	Name string
	// Path serves the entry. Entries with the same path have the same rule.
	Path string
	// Aliases serve the same rule under the paths of earlier OpenKruise releases (spec/server.md 4), so that a configuration written for
	// them is never left unserved.
	Aliases []string
	// Marking are the paths that serve the rule and mark what it admits; see secondchance.go.
	Marking []string
	// Mutating says which of the two webhook configurations holds the entry.
	Mutating bool
	// Rules say which requests the API server sends.
	Rules []admissionregistrationv1.RuleWithOperations
	// ObjectSelector keeps requests away from the server by the labels of the object. Nil: all objects.
	ObjectSelector *metav1.LabelSelector
	// ExemptNamespaces keeps pods of the namespaces out that are needed to bring the network and this server back:
	// kube-system, the server's own, and those labelled control-plane as OpenKruise does.
	ExemptNamespaces bool
	// MatchConditions keep further requests away, by CEL expressions.
	MatchConditions []admissionregistrationv1.MatchCondition
	// GoesOnWithout says that the API server goes on when the server cannot answer (failurePolicy Ignore), for entries that never
	// refuse, and for evictions, of which nothing keeps the many away that no rule is about.
	GoesOnWithout bool
	// Writes says that the rule may write an Event or a status, but not on a dry run (sideEffects NoneOnDryRun).
	Writes bool
	// TimeoutSeconds is how long the API server waits for the answer.
	TimeoutSeconds int32
	// Purpose is one line for the documentation.
	Purpose string

	// forgets says that the rule keeps nothing that refers to the objects of a request when it has allowed it, so that their room can be used again.
	// It is for the rule behind every pod; anywhere else it saves nothing that counts.
	forgets bool
	rule    func(Rules) decision.Reviewer
}

// Paths are all paths that serve the endpoint.
func (e Endpoint) Paths() []string {
	return slices.Concat([]string{e.Path}, e.Aliases, e.Marking)
}

// newPodsPath serves what is asked about pods that are created.
const newPodsPath = "/mutate-pod"

// NewPodsPaths are all paths that serve what is asked about pods that are created.
func NewPodsPaths() (paths []string) {
	for _, endpoint := range Endpoints() {
		if endpoint.Path == newPodsPath {
			paths = append(paths, endpoint.Paths()...)
		}
	}
	return paths
}

// Rules are the rules behind the endpoints.
type Rules struct {
	MutatePod decision.Reviewer
	// ValidatePod decides about updates, deletes and evictions of pods.
	ValidatePod decision.Reviewer
	// Mutate and Validate are the rules of OpenKruise's kinds, by resource. Every kind that has an entry needs its rule.
	Mutate, Validate map[string]decision.Reviewer
	Protect          decision.Reviewer
}

const (
	// decideTimeoutSeconds is the timeout of rules that decide from memory. It is short because the time-out of a webhook in front of every
	// pod is an outage of its own (spec/user-pains.md P1.6).
	decideTimeoutSeconds = 5
	// askTimeoutSeconds is the timeout of rules that may ask the API server.
	askTimeoutSeconds = 10
)

// Endpoints returns the endpoint table, mutating entries first, with what OpenKruise protects. The table is made anew at each call and
// belongs to the caller.
func Endpoints() []Endpoint { return endpoints(protection.Default()) }

// endpoints is the endpoint table with the entries that protect what the argument says. The paths do not depend on it.
func endpoints(protected *protection.Table) []Endpoint {
	table := []Endpoint{{
		Name: "mpod.kb.io", Path: newPodsPath, Marking: []string{markingPath, otherMarkingPath}, Mutating: true,
		Rules:            rule("", []string{"v1"}, "pods", admissionregistrationv1.Create),
		ExemptNamespaces: true,
		Writes:           true, // the counts of WorkloadSpreads
		TimeoutSeconds:   decideTimeoutSeconds,
		Purpose:          "injects the sidecars of SidecarSets, and takes OpenKruise's other steps with new pods",
		forgets:          true,
		rule:             func(rules Rules) decision.Reviewer { return rules.MutatePod },
	}}
	table = append(table, kindEndpoints()...)
	table = append(table, podEndpoints()...)
	return append(table, protectionEndpoints(protected)...)
}

func rule(group string, versions []string, resource string, operations ...admissionregistrationv1.OperationType) []admissionregistrationv1.RuleWithOperations {
	scope := admissionregistrationv1.AllScopes
	return []admissionregistrationv1.RuleWithOperations{{
		Operations: operations,
		Rule: admissionregistrationv1.Rule{
			APIGroups: []string{group}, APIVersions: slices.Clone(versions), Resources: []string{resource}, Scope: &scope,
		},
	}}
}
