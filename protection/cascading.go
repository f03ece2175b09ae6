package protection

// Method says what Cascading looks at.
type Method string

// What blocks the delete of an object labelled Cascading.
const (
	// ByReplicas: an integer of the object above 0; pods and status do not matter.
	ByReplicas Method = "replicas"
	// ByContent: an active pod or a bound claim in the namespace. For namespaces only.
	ByContent Method = "content"
	// ByInstances: a live custom resource of the definition. For CustomResourceDefinitions only.
	ByInstances Method = "instances"
	// ByOwnedPods: an active pod whose owner is the object.
	ByOwnedPods Method = "ownedPods"
	// ByMounts: an active pod that uses the object as a volume or takes variables from it. For PersistentVolumeClaims, ConfigMaps and
	// Secrets only.
	ByMounts Method = "mountedBy"
	// ByReadyEndpoints: a ready endpoint of the Service. For Services only.
	ByReadyEndpoints Method = "readyEndpoints"
	// ByNothing: Cascading has no meaning and never blocks.
	ByNothing Method = "none"
)

// Meaning is what Cascading means for a resource.
type Meaning struct {
	Method Method
	// Path leads to the integer that ByReplicas reads.
	Path []string
}
