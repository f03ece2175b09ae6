package webhook

import (
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/protection"
)

// protectionPath serves what OpenKruise has no path for: writes of the label, and deletes of configured resources.
const protectionPath = "/validate-delete-protection"

// openKruiseEntries are the names and paths of the entries that protect what OpenKruise protects, by resource.
var openKruiseEntries = map[string]struct{ name, path string }{
	"namespaces": {name: "vnamespace.kb.io", path: "/validate-namespace"},
	"customresourcedefinitions.apiextensions.k8s.io": {name: "vcustomresourcedefinition.kb.io", path: "/validate-customresourcedefinition"},
	"deployments.apps":            {name: "vbuiltindeployment.kb.io", path: "/validate-apps-deployment"},
	"replicasets.apps":            {name: "vbuiltinreplicaset.kb.io", path: "/validate-apps-replicaset"},
	"statefulsets.apps":           {name: "vbuiltinstatefulset.kb.io", path: "/validate-apps-statefulset"},
	"services":                    {name: "vservice.kb.io", path: "/validate-service"},
	"ingresses.networking.k8s.io": {name: "vingress.kb.io", path: "/validate-ingress"},
	// OpenKruise has one entry that validates such a kind and protects it, so that no object of it at all can be deleted while its
	// server is down.
	"clonesets.apps.kruise.io":         {name: "vclonesetdeletion.kb.io", path: "/validate-apps-kruise-io-cloneset"},
	"statefulsets.apps.kruise.io":      {name: "vstatefulsetdeletion.kb.io", path: "/validate-apps-kruise-io-statefulset"},
	"uniteddeployments.apps.kruise.io": {name: "vuniteddeploymentdeletion.kb.io", path: "/validate-apps-kruise-io-uniteddeployment"},
}

// protectionEndpoints are the entries of delete protection: one for each resource that OpenKruise protects, one for all others
// that are configured, and one for writes of the label.
func protectionEndpoints(protected *protection.Table) []Endpoint {
	var (
		table      []Endpoint
		configured Endpoint
		label      = protectionEntry(protected, "vdeleteprotectionlabel.kb.io", protectionPath)
		refuses    bool // some configured resource
	)
	for _, rule := range protected.Rules() {
		mayRefuse := protected.MayRefuse(rule)
		writes := protectionRule(rule, admissionregistrationv1.Create, admissionregistrationv1.Update)
		if protected.Guarded() {
			writes[0].Resources = rule.GuardedResources()
		}
		label.Rules = append(label.Rules, writes...)
		names, builtIn := openKruiseEntries[rule.GroupResource().String()]
		if !builtIn {
			configured.Rules = append(configured.Rules, protectionRule(rule, admissionregistrationv1.Delete)...)
			refuses = refuses || mayRefuse
			continue
		}
		endpoint := protectionEntry(protected, names.name, names.path)
		endpoint.Rules = protectionRule(rule, admissionregistrationv1.Delete)
		endpoint.GoesOnWithout = !mayRefuse
		endpoint.Purpose = "protects " + rule.Resource + " from deletion"
		if rule.Namespaced() {
			endpoint.MatchConditions = notByNamespaceController()
		}
		if names.path == "/validate-namespace" && protected.KeepsContent() {
			endpoint.ObjectSelector = nil // what is in a namespace may be protected without it
		}
		if shared := protectedKindRule(rule.GroupResource()); shared != nil {
			endpoint.rule = shared
		}
		table = append(table, endpoint)
	}
	if len(configured.Rules) > 0 {
		endpoint := protectionEntry(protected, "vdeleteprotection.kb.io", protectionPath)
		endpoint.Rules = configured.Rules
		endpoint.MatchConditions = notByNamespaceController()
		endpoint.GoesOnWithout = !refuses
		endpoint.Purpose = "protects configured resources from deletion"
		table = append(table, endpoint)
	}
	// Updates of labelled objects are frequent, and only those that change the label are of interest. Without a guard nothing is
	// ever refused, and a warning is worth no outage.
	label.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "label-changes", Expression: labelChanges}}
	label.GoesOnWithout = !protected.Guarded()
	label.TimeoutSeconds = decideTimeoutSeconds
	label.Purpose = "warns about labels that will not protect"
	if protected.Guarded() {
		label.Purpose += ", and guards the label"
	}
	return append(table, label)
}

// ProtectionWebhooks are the entries of delete protection in the configuration. How the API server reaches the server is not said, but
// for the path.
func ProtectionWebhooks(protected *protection.Table) (entries []admissionregistrationv1.ValidatingWebhook) {
	for _, endpoint := range protectionEndpoints(protected) {
		entries = append(entries, validatingEntry(endpoint, ConfigurationOptions{}))
	}
	return entries
}

// protectionEntry is what the entries have in common. Their object selector keeps objects without the label from ever leaving
// the API server, which is what makes failurePolicy Fail safe.
func protectionEntry(protected *protection.Table, name, path string) Endpoint {
	return Endpoint{
		Name: name, Path: path,
		ObjectSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: protection.Label, Operator: metav1.LabelSelectorOpExists},
		}},
		Writes:         protected.BreaksGlass(),
		TimeoutSeconds: askTimeoutSeconds,
		rule:           func(rules Rules) decision.Reviewer { return rules.Protect },
	}
}

func protectionRule(r protection.Rule, operations ...admissionregistrationv1.OperationType) []admissionregistrationv1.RuleWithOperations {
	return rule(r.Group, r.Versions, r.Resource, operations...)
}

// notByNamespaceController keeps away what the controller of namespaces deletes, which is only ever what is in a namespace that is being
// deleted. The rules let it go anyway; the condition lets it go while no server runs, so that no namespace stays in Terminating for
// an outage. A controller manager that does not give its controllers ServiceAccounts of their own is not known by it.
func notByNamespaceController() []admissionregistrationv1.MatchCondition {
	return []admissionregistrationv1.MatchCondition{{
		Name:       "not-by-the-namespace-controller",
		Expression: `request.userInfo.username != "system:serviceaccount:kube-system:namespace-controller"`,
	}}
}

// labelChanges is true for creates, which are called only with the label, and for updates after which its value is another.
var labelChanges = fmt.Sprintf(`request.operation == "CREATE" || (%s) != (%s)`, labelInCEL("object"), labelInCEL("oldObject"))

// labelInCEL is the value of the label, which is never blank when it is set to one: blanks are not allowed in it.
func labelInCEL(object string) string {
	labels := object + ".metadata.labels"
	return fmt.Sprintf(`has(%s) && "%s" in %s ? %s["%s"] : " "`, labels, protection.Label, labels, labels, protection.Label)
}
