package webhook

import (
	"fmt"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// Kind is one row of the table of OpenKruise's kinds: what admission does for them. The entries of the webhook configurations, their
// paths and the CRDs that convert here follow from it.
type Kind struct {
	Group    string
	Versions []string // served ones, the oldest first
	Resource string   // lower case plural
	Singular string   // lower case, as in paths and in the names of entries

	// Defaults and Validation are one line each for the documentation. Empty: no entry.
	Defaults, Validation string
	// DefaultsOn are the operations that are defaulted; nil: CREATE and UPDATE.
	DefaultsOn []admissionregistrationv1.OperationType
	// DefaultsAsk and ValidationAsks say that the rule may ask the API server, which takes longer.
	DefaultsAsk, ValidationAsks bool
	// Protected says that deletes of the kind are reviewed under the path of its validation as well.
	Protected bool
	// OldPaths says that earlier releases of OpenKruise had the version v1alpha1 in the paths.
	OldPaths bool
	// entry is the singular in the names of entries, for kinds that have others there.
	entry string
	// validatePath and validateName are for kinds that have other names than the rest.
	validatePath, validateName string
}

const kruiseGroup = "apps.kruise.io"

// bothVersions are those of most kinds.
func bothVersions() []string { return []string{"v1alpha1", "v1beta1"} }

// Kinds returns the table, in the order of the entries. It is made anew at each call and belongs to the caller.
func Kinds() []Kind {
	return []Kind{{
		Group: kruiseGroup, Versions: bothVersions(), Resource: "sidecarsets", Singular: "sidecarset", OldPaths: true,
		Defaults:   "defaults SidecarSets and records their hashes",
		Validation: "validates SidecarSets, also against each other",
	}, {
		Group: kruiseGroup, Versions: bothVersions(), Resource: "clonesets", Singular: "cloneset", OldPaths: true,
		Defaults: "defaults CloneSets and their pod templates", DefaultsAsk: true,
		Validation: "validates CloneSets, including InPlaceOnly and names", ValidationAsks: true, Protected: true,
	}, {
		Group: kruiseGroup, Versions: bothVersions(), Resource: "statefulsets", Singular: "statefulset",
		Defaults: "defaults Advanced StatefulSets and their pod templates", DefaultsAsk: true,
		Validation: "validates Advanced StatefulSets, including InPlaceOnly, names and the resizing of claims", ValidationAsks: true, Protected: true,
	}, {
		Group: kruiseGroup, Versions: bothVersions(), Resource: "daemonsets", Singular: "daemonset", OldPaths: true,
		Defaults:   "defaults Advanced DaemonSets",
		Validation: "validates Advanced DaemonSets", ValidationAsks: true,
	}, {
		Group: kruiseGroup, Versions: bothVersions(), Resource: "broadcastjobs", Singular: "broadcastjob", OldPaths: true,
		Defaults: "defaults BroadcastJobs and their pod templates", DefaultsAsk: true,
		Validation: "validates BroadcastJobs", ValidationAsks: true,
	}, {
		Group: kruiseGroup, Versions: bothVersions(), Resource: "advancedcronjobs", Singular: "advancedcronjob", OldPaths: true,
		Defaults:   "defaults AdvancedCronJobs and their pod templates",
		Validation: "validates AdvancedCronJobs, including schedules and time zones", ValidationAsks: true,
	}, {
		Group: kruiseGroup, Versions: []string{"v1alpha1"}, Resource: "ephemeraljobs", Singular: "ephemeraljob", entry: "ephemeraljobs",
		Validation:   "validates the containers of EphemeralJobs",
		validatePath: "/validate-apps-kruise-io-v1alpha1-ephemeraljob",
	}, {
		Group: kruiseGroup, Versions: bothVersions(), Resource: "containerrecreaterequests", Singular: "containerrecreaterequest", OldPaths: true,
		Defaults: "completes ContainerRecreateRequests from their pods and refuses those that cannot be carried out", DefaultsAsk: true,
	}, {
		Group: kruiseGroup, Versions: bothVersions(), Resource: "uniteddeployments", Singular: "uniteddeployment", OldPaths: true,
		Defaults:   "defaults UnitedDeployments, and the pod templates of their StatefulSets",
		Validation: "validates UnitedDeployments, including the pods of their Deployments", ValidationAsks: true, Protected: true,
	}, {
		Group: kruiseGroup, Versions: bothVersions(), Resource: "resourcedistributions", Singular: "resourcedistribution", OldPaths: true,
		Validation: "validates ResourceDistributions and what they copy", ValidationAsks: true,
	}, {
		Group: v1beta1.GroupVersion.Group, Versions: bothVersions(), Resource: "podunavailablebudgets", Singular: "podunavailablebudget",
		Validation: "validates PodUnavailableBudgets, also against each other",
	}, {
		Group: kruiseGroup, Versions: bothVersions(), Resource: "imagepulljobs", Singular: "imagepulljob", entry: "imagepulljob-v1beta1", OldPaths: true,
		Defaults:   "defaults ImagePullJobs",
		Validation: "validates ImagePullJobs",
	}, {
		Group: kruiseGroup, Versions: bothVersions(), Resource: "imagelistpulljobs", Singular: "imagelistpulljob", entry: "imagelistpulljob-v1beta1", OldPaths: true,
		Defaults:   "defaults ImageListPullJobs",
		Validation: "validates ImageListPullJobs",
	}, {
		Group: kruiseGroup, Versions: bothVersions(), Resource: "nodeimages", Singular: "nodeimage", OldPaths: true,
		Defaults:   "defaults NodeImages and sorts their tags",
		Validation: "validates NodeImages",
	}, {
		Group: kruiseGroup, Versions: bothVersions(), Resource: "persistentpodstates", Singular: "persistentpodstate",
		Validation: "validates PersistentPodStates, also against each other",
	}, {
		Group: kruiseGroup, Versions: []string{"v1alpha1"}, Resource: "podprobemarkers", Singular: "podprobemarker",
		Validation: "validates PodProbeMarkers, including the hosts of their probes",
	}, {
		Group: kruiseGroup, Versions: bothVersions(), Resource: "workloadspreads", Singular: "workloadspread", OldPaths: true,
		Validation: "validates WorkloadSpreads, also against each other, and the patches of their subsets", ValidationAsks: true,
	}}
}

// kindEndpoints are the entries of the kinds: all that default, then all that validate.
func kindEndpoints() []Endpoint {
	var table []Endpoint
	for _, kind := range Kinds() {
		if kind.Defaults != "" {
			table = append(table, kind.defaultsEndpoint())
		}
	}
	for _, kind := range Kinds() {
		if kind.Validation != "" {
			table = append(table, kind.validationEndpoint())
		}
	}
	return table
}

func (k Kind) defaultsEndpoint() Endpoint {
	operations := k.DefaultsOn
	if operations == nil {
		operations = createAndUpdate()
	}
	return Endpoint{
		Name: "m" + k.entryName() + ".kb.io", Path: k.path("mutate", ""), Aliases: k.aliases("mutate"), Mutating: true,
		Rules:          rule(k.Group, k.Versions, k.Resource, operations...),
		TimeoutSeconds: timeoutSeconds(k.DefaultsAsk),
		Purpose:        k.Defaults,
		rule:           func(rules Rules) decision.Reviewer { return onlyWhole(rules.Mutate[k.Resource]) },
	}
}

func (k Kind) validationEndpoint() Endpoint {
	endpoint := Endpoint{
		Name: "v" + k.entryName() + ".kb.io", Path: k.path("validate", ""), Aliases: k.aliases("validate"),
		Rules:          rule(k.Group, k.Versions, k.Resource, createAndUpdate()...),
		TimeoutSeconds: timeoutSeconds(k.ValidationAsks),
		Purpose:        k.Validation,
		rule:           k.validationRule,
	}
	if k.validateName != "" {
		endpoint.Name = k.validateName
	}
	if k.validatePath != "" {
		endpoint.Path = k.validatePath
	}
	return endpoint
}

// entryName is what the names of entries say after the m or v.
func (k Kind) entryName() string {
	if k.entry != "" {
		return k.entry
	}
	return k.Singular
}

// validationRule is the rule of the path of validation, which OpenKruise uses for two questions where deletes are reviewed.
func (k Kind) validationRule(rules Rules) decision.Reviewer {
	validate := onlyWhole(rules.Validate[k.Resource])
	if validate == nil || !k.Protected {
		return validate
	}
	return deleteOr{onDelete: rules.Protect, otherwise: validate}
}

// path is "/mutate-apps-kruise-io-cloneset", with a version "/mutate-apps-kruise-io-v1alpha1-cloneset".
func (k Kind) path(verb, version string) string {
	group := "apps-kruise-io"
	if k.Group != kruiseGroup {
		group = "policy-kruise-io"
	}
	if version != "" {
		version += "-"
	}
	return fmt.Sprintf("/%s-%s-%s%s", verb, group, version, k.Singular)
}

// aliases are the paths of earlier releases (spec/server.md 4).
func (k Kind) aliases(verb string) []string {
	if !k.OldPaths {
		return nil
	}
	return []string{k.path(verb, "v1alpha1")}
}

func createAndUpdate() []admissionregistrationv1.OperationType {
	return []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update}
}

func timeoutSeconds(asks bool) int32 {
	if asks {
		return askTimeoutSeconds
	}
	return decideTimeoutSeconds
}

// protectedKindRule is the rule of the path that a protected kind shares with its validation; nil for all other resources.
func protectedKindRule(resource schema.GroupResource) func(Rules) decision.Reviewer {
	for _, kind := range Kinds() {
		if kind.Group == resource.Group && kind.Resource == resource.Resource && kind.Protected {
			return kind.validationRule
		}
	}
	return nil
}

// ConvertedCRDs are the CustomResourceDefinitions with more than one version, sorted. They name [ConvertPath] in deploy/crds.
func ConvertedCRDs() []string {
	var names []string
	for _, kind := range Kinds() {
		if len(kind.Versions) > 1 {
			names = append(names, kind.Resource+"."+kind.Group)
		}
	}
	slices.Sort(names)
	return names
}
