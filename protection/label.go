package protection

// Label protects the object whose own metadata carries it. Annotations and the metadata of pod templates do not count.
const Label = "policy.kruise.io/delete-protection"

// The values of [Label] that protect. They are matched exactly, in case too; every other value, also the empty one,
// protects nothing.
const (
	// Always refuses every delete until the label is removed or changed.
	Always = "Always"
	// Cascading refuses a delete while something below the object is live.
	Cascading = "Cascading"
)
