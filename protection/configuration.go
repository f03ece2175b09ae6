package protection

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// What the first lines of a configuration file say.
const (
	// ConfigurationAPIVersion is the only version so far.
	ConfigurationAPIVersion = "config.kruise-admission.io/v1alpha1"
	// ConfigurationKind is the kind of file that configures delete protection.
	ConfigurationKind = "DeleteProtection"
)

// Configuration is the file that configures delete protection, as it is written. [ParseConfiguration] reads one. What is left out is
// as without a file.
//
// docs/configuration.md is generated from these comments. Their markers are those of Kubernetes' own types: +required, +default, and
// +unionMember for members of which there must be exactly one.
type Configuration struct {
	metav1.TypeMeta `json:",inline"`

	// Rules protect further resources. A rule about a resource that OpenKruise protects takes the place of the built-in one.
	Rules []RuleConfiguration `json:"rules"`
	// Namespaces set the mode in the namespaces that a selector matches: the first that does counts, else the mode of the rule.
	// A Namespace is matched by its own labels; what is in no namespace is not matched.
	Namespaces []NamespaceConfiguration `json:"namespaces"`
	// BreakGlass lets people delete what is protected, in an emergency. Every use is recorded in the audit annotation, the metric
	// and an Event.
	BreakGlass *BreakGlassConfiguration `json:"breakGlass"`
	// LabelGuard names those who may remove or weaken the label. Without it everybody may who may update the object.
	LabelGuard *LabelGuardConfiguration `json:"labelGuard"`
	// NamespaceContent keeps namespaces that hold protected objects. Without it the deletion of a namespace takes them along.
	NamespaceContent *NamespaceContentConfiguration `json:"namespaceContent"`
	// CRDInstances limits which groups Cascading of a CustomResourceDefinition looks into, and so which the server must have
	// the right to list. Without it every group is looked into, as far as the server has the right.
	CRDInstances *CRDInstancesConfiguration `json:"crdInstances"`
}

// RuleConfiguration protects some resources in one way.
type RuleConfiguration struct {
	// Resources that are protected, at least one.
	// +required
	Resources []ResourceConfiguration `json:"resources"`
	// Cascading says what blocks a delete under Cascading. It may be left out for resources that OpenKruise protects.
	Cascading *CascadingConfiguration `json:"cascading"`
	// Mode is what happens to a delete that is against the rule.
	// +default="Enforce"
	Mode Mode `json:"mode"`
}

// ResourceConfiguration names a resource.
type ResourceConfiguration struct {
	// Group of the API, empty for the core group.
	// +default=""
	Group string `json:"group"`
	// Resource is the plural in lower case, such as persistentvolumeclaims.
	// +required
	Resource string `json:"resource"`
	// Kind of the objects, such as PersistentVolumeClaim. It may be left out for a resource that OpenKruise protects.
	Kind string `json:"kind"`
	// Versions in which the API server serves the resource, at least one. They may be left out for a resource that OpenKruise protects.
	Versions []string `json:"versions"`
}

// CascadingConfiguration says what Cascading means. Exactly one member must be set.
type CascadingConfiguration struct {
	// Replicas: an integer of the object above 0 blocks.
	// +unionMember
	Replicas *ReplicasConfiguration `json:"replicas"`
	// Content: an active pod or a bound claim in the namespace blocks. For namespaces only.
	// +unionMember
	Content *struct{} `json:"content"`
	// Instances: a live custom resource blocks. For customresourcedefinitions only.
	// +unionMember
	Instances *struct{} `json:"instances"`
	// OwnedPods: an active pod with an ownerReference to the object blocks.
	// +unionMember
	OwnedPods *struct{} `json:"ownedPods"`
	// MountedBy: an active pod that uses the object blocks. For persistentvolumeclaims, configmaps and secrets only.
	// +unionMember
	MountedBy *struct{} `json:"mountedBy"`
	// ReadyEndpoints: a ready endpoint blocks. For services only.
	// +unionMember
	ReadyEndpoints *struct{} `json:"readyEndpoints"`
	// None: Cascading protects nothing and a write that sets it draws a warning.
	// +unionMember
	None *struct{} `json:"none"`
}

// ReplicasConfiguration says where the number of replicas is.
type ReplicasConfiguration struct {
	// Path is the names of the members that lead to the integer, joined by dots, such as spec.size.
	// +required
	Path string `json:"path"`
}

// NamespaceConfiguration sets the mode of some namespaces.
type NamespaceConfiguration struct {
	// Selector of namespaces by label; an empty one matches all.
	// +required
	Selector *metav1.LabelSelector `json:"selector"`
	// Mode takes the place of that of the rule.
	// +required
	Mode Mode `json:"mode"`
}

// BreakGlassConfiguration says who gets past a refusal. At least one member must be set.
type BreakGlassConfiguration struct {
	// Groups whose members get past any refusal, at any time.
	Groups []string `json:"groups"`
	// Annotation lets everybody past who may delete the object, while it carries the annotation [BreakGlassAnnotation] with an
	// end and a reason.
	Annotation *BreakGlassAnnotationConfiguration `json:"annotation"`
}

// BreakGlassAnnotationConfiguration bounds the annotation.
type BreakGlassAnnotationConfiguration struct {
	// MaxDuration is how far ahead the end may be, such as 90m; above 0 and at most 24h.
	// +required
	MaxDuration string `json:"maxDuration"`
}

// LabelGuardConfiguration names the people who may remove or weaken the label. At least one must be named.
type LabelGuardConfiguration struct {
	// Users by name.
	Users []string `json:"users"`
	// Groups by name.
	Groups []string `json:"groups"`
}

// NamespaceContentConfiguration names what is looked for in a namespace that is to be deleted, with or without a label of its own.
type NamespaceContentConfiguration struct {
	// Resources that are looked for, at least one, each protected by a rule and namespaced. The server needs the right to list them.
	// +required
	Resources []GroupResourceConfiguration `json:"resources"`
}

// GroupResourceConfiguration names a resource that a rule protects.
type GroupResourceConfiguration struct {
	// Group of the API, empty for the core group.
	// +default=""
	Group string `json:"group"`
	// Resource is the plural in lower case.
	// +required
	Resource string `json:"resource"`
}

// CRDInstancesConfiguration names groups of custom resources.
type CRDInstancesConfiguration struct {
	// Groups, such as db.example.com. With none of them Cascading refuses every CustomResourceDefinition.
	Groups []string `json:"groups"`
}
