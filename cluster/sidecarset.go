package cluster

import (
	"errors"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
)

// SidecarSet is a SidecarSet in both forms in which a View gives it out.
type SidecarSet struct {
	// Object is what the types of this build know of it.
	Object *v1beta1.SidecarSet
	// Stored is its JSON in v1beta1, with the fields that the types do not know.
	Stored []byte
}

// ReadSidecarSet reads the JSON of a SidecarSet of version v1beta1 and keeps it. What would take minutes to read is an error (see package
// wire): the containers of a SidecarSet have no schema, and one of them must not hold up the view of all others.
func ReadSidecarSet(stored []byte) (SidecarSet, error) {
	set := &v1beta1.SidecarSet{}
	if err := wire.Decode(stored, v1beta1.GroupVersion.WithKind("SidecarSet"), set); err != nil {
		return SidecarSet{}, err
	}
	if set.Name == "" {
		return SidecarSet{}, errors.New("metadata.name: required")
	}
	joinText(set)
	return SidecarSet{Object: set, Stored: stored}, nil
}
