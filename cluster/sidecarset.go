package cluster

import (
	"errors"
	"fmt"

	"sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// SidecarSet is a SidecarSet in both forms in which a View gives it out.
type SidecarSet struct {
	// Object is what the types of this build know of it.
	Object *v1beta1.SidecarSet
	// Stored is its JSON in v1beta1, with the fields that the types do not know.
	Stored []byte
}

// ReadSidecarSet reads the JSON of a SidecarSet of version v1beta1 and keeps it. Member names are case-sensitive, as
// they are to the API server.
func ReadSidecarSet(stored []byte) (SidecarSet, error) {
	set := &v1beta1.SidecarSet{}
	if err := json.UnmarshalCaseSensitivePreserveInts(stored, set); err != nil {
		return SidecarSet{}, fmt.Errorf("not a SidecarSet of version %s: %w", v1beta1.GroupVersion, err)
	}
	if set.Name == "" {
		return SidecarSet{}, errors.New("metadata.name: required")
	}
	return SidecarSet{Object: set, Stored: stored}, nil
}
