package live

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/convert"
	"github.com/kruise-admission/kruise-admission/cluster"
)

var sidecarSets = cluster.Kind{
	Kind: "SidecarSet", Resource: "sidecarsets", Versions: []schema.GroupVersion{v1beta1.GroupVersion, v1alpha1.GroupVersion},
}

// watchSidecarSets keeps the SidecarSets current.
func (s *Source) watchSidecarSets(ctx context.Context, first *firstList) {
	into := newSink(ctx, s, first, readSidecarSet, func(delta cluster.Delta[cluster.SidecarSet]) {
		s.store.Apply(cluster.Change{SidecarSets: delta})
	})
	watchCustom(ctx, s, sidecarSets, first, into)
}

// readSidecarSet keeps a SidecarSet with the fields that this build does not know.
func readSidecarSet(object any) (cluster.SidecarSet, error) {
	set, stored, err := customObject(object)
	if err != nil {
		return cluster.SidecarSet{}, err
	}
	if set.GetAPIVersion() != v1beta1.GroupVersion.String() {
		if stored, err = convert.Object(stored, v1beta1.GroupVersion.String()); err != nil {
			return cluster.SidecarSet{}, fmt.Errorf("SidecarSet %q is left out: %w", set.GetName(), err)
		}
	}
	read, err := cluster.ReadSidecarSet(stored)
	if err != nil {
		return cluster.SidecarSet{}, fmt.Errorf("SidecarSet %q is left out: %w", set.GetName(), err)
	}
	return read, nil
}
