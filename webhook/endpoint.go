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
	// Aliases serve the same rule under the paths of earlier OpenKruise releases (spec/server.md §4), so that a
	// configuration written for them is never left unserved.
	Aliases []string
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
	// refuse.
	GoesOnWithout bool
	// WritesEvents says that the rule may write an Event, but not on a dry run (sideEffects NoneOnDryRun).
	WritesEvents bool
	// TimeoutSeconds is how long the API server waits for the answer.
	TimeoutSeconds int32
	// Purpose is one line for the documentation.
	Purpose string

	rule func(Rules) decision.Reviewer
}

// Rules are the rules behind the endpoints.
type Rules struct {
	MutatePod           decision.Reviewer
	MutateSidecarSet    decision.Reviewer
	MutateCloneSet      decision.Reviewer
	MutateStatefulSet   decision.Reviewer
	MutateDaemonSet     decision.Reviewer
	ValidateSidecarSet  decision.Reviewer
	ValidateCloneSet    decision.Reviewer
	ValidateStatefulSet decision.Reviewer
	ValidateDaemonSet   decision.Reviewer
	Protect             decision.Reviewer
}

const (
	kruiseGroup = "apps.kruise.io"

	// decideTimeoutSeconds is the timeout of rules that decide from memory. It is short because the time-out of a webhook
	// in front of every pod is an outage of its own (user-pains P1.6).
	decideTimeoutSeconds = 5
	// askTimeoutSeconds is the timeout of rules that may ask the API server.
	askTimeoutSeconds = 10
)

var kruiseVersions = []string{"v1alpha1", "v1beta1"}

// Endpoints returns the endpoint table, mutating entries first, with what OpenKruise protects. The table is made anew at each call and
// belongs to the caller.
func Endpoints() []Endpoint { return endpoints(protection.Default()) }

// endpoints is the endpoint table with the entries that protect what the argument says. The paths do not depend on it.
func endpoints(protected *protection.Table) []Endpoint {
	table := []Endpoint{{
		Name: "mpod.kb.io", Path: "/mutate-pod", Mutating: true,
		Rules:            rule("", []string{"v1"}, "pods", admissionregistrationv1.Create),
		ExemptNamespaces: true,
		TimeoutSeconds:   decideTimeoutSeconds,
		Purpose:          "injects the sidecars of SidecarSets",
		rule:             func(rules Rules) decision.Reviewer { return rules.MutatePod },
	}, {
		Name: "msidecarset.kb.io", Path: "/mutate-apps-kruise-io-sidecarset", Mutating: true,
		Aliases:        []string{"/mutate-apps-kruise-io-v1alpha1-sidecarset"},
		Rules:          rule(kruiseGroup, kruiseVersions, "sidecarsets", admissionregistrationv1.Create, admissionregistrationv1.Update),
		TimeoutSeconds: decideTimeoutSeconds,
		Purpose:        "defaults SidecarSets and records their hashes",
		rule:           func(rules Rules) decision.Reviewer { return rules.MutateSidecarSet },
	}, {
		Name: "mcloneset.kb.io", Path: "/mutate-apps-kruise-io-cloneset", Mutating: true,
		Aliases:        []string{"/mutate-apps-kruise-io-v1alpha1-cloneset"},
		Rules:          rule(kruiseGroup, kruiseVersions, "clonesets", admissionregistrationv1.Create, admissionregistrationv1.Update),
		TimeoutSeconds: askTimeoutSeconds,
		Purpose:        "defaults CloneSets and their pod templates",
		rule:           func(rules Rules) decision.Reviewer { return rules.MutateCloneSet },
	}, {
		Name: "mstatefulset.kb.io", Path: "/mutate-apps-kruise-io-statefulset", Mutating: true,
		Rules:          rule(kruiseGroup, kruiseVersions, "statefulsets", admissionregistrationv1.Create, admissionregistrationv1.Update),
		TimeoutSeconds: askTimeoutSeconds,
		Purpose:        "defaults Advanced StatefulSets and their pod templates",
		rule:           func(rules Rules) decision.Reviewer { return rules.MutateStatefulSet },
	}, {
		Name: "mdaemonset.kb.io", Path: "/mutate-apps-kruise-io-daemonset", Mutating: true,
		Aliases:        []string{"/mutate-apps-kruise-io-v1alpha1-daemonset"},
		Rules:          rule(kruiseGroup, kruiseVersions, "daemonsets", admissionregistrationv1.Create, admissionregistrationv1.Update),
		TimeoutSeconds: decideTimeoutSeconds,
		Purpose:        "defaults Advanced DaemonSets",
		rule:           func(rules Rules) decision.Reviewer { return rules.MutateDaemonSet },
	}, {
		Name: "vsidecarset.kb.io", Path: "/validate-apps-kruise-io-sidecarset",
		Aliases:        []string{"/validate-apps-kruise-io-v1alpha1-sidecarset"},
		Rules:          rule(kruiseGroup, kruiseVersions, "sidecarsets", admissionregistrationv1.Create, admissionregistrationv1.Update),
		TimeoutSeconds: decideTimeoutSeconds,
		Purpose:        "validates SidecarSets, also against each other",
		rule:           func(rules Rules) decision.Reviewer { return rules.ValidateSidecarSet },
	}, {
		Name: "vcloneset.kb.io", Path: "/validate-apps-kruise-io-cloneset",
		Aliases:        []string{"/validate-apps-kruise-io-v1alpha1-cloneset"},
		Rules:          rule(kruiseGroup, kruiseVersions, "clonesets", admissionregistrationv1.Create, admissionregistrationv1.Update),
		TimeoutSeconds: askTimeoutSeconds,
		Purpose:        "validates CloneSets, including InPlaceOnly and names",
		rule:           validateOrProtectCloneSet,
	}, {
		Name: "vstatefulset.kb.io", Path: "/validate-apps-kruise-io-statefulset",
		Rules:          rule(kruiseGroup, kruiseVersions, "statefulsets", admissionregistrationv1.Create, admissionregistrationv1.Update),
		TimeoutSeconds: askTimeoutSeconds,
		Purpose:        "validates Advanced StatefulSets, including InPlaceOnly, names and the resizing of claims",
		rule:           validateOrProtectStatefulSet,
	}, {
		Name: "vdaemonset.kb.io", Path: "/validate-apps-kruise-io-daemonset",
		Aliases:        []string{"/validate-apps-kruise-io-v1alpha1-daemonset"},
		Rules:          rule(kruiseGroup, kruiseVersions, "daemonsets", admissionregistrationv1.Create, admissionregistrationv1.Update),
		TimeoutSeconds: askTimeoutSeconds,
		Purpose:        "validates Advanced DaemonSets",
		rule:           func(rules Rules) decision.Reviewer { return rules.ValidateDaemonSet },
	}}
	return append(table, protectionEndpoints(protected)...)
}

// validateOrProtectCloneSet is the rule of a path that OpenKruise uses for two questions.
func validateOrProtectCloneSet(rules Rules) decision.Reviewer {
	return deleteOr{onDelete: rules.Protect, otherwise: rules.ValidateCloneSet}
}

// validateOrProtectStatefulSet is the rule of another such path.
func validateOrProtectStatefulSet(rules Rules) decision.Reviewer {
	return deleteOr{onDelete: rules.Protect, otherwise: rules.ValidateStatefulSet}
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
