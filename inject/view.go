package inject

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// View is what the engine asks of the cluster; a cluster.View satisfies it. What it returns is not changed.
type View interface {
	// SidecarSet returns the SidecarSet of that name and its JSON as stored, which may hold fields that the type does not know.
	// The JSON may be empty; then the fields of the type are all there is.
	SidecarSet(name string) (set *v1beta1.SidecarSet, stored []byte, ok bool)
	// ControllerRevision returns the revision of that name in the namespace where revisions live.
	ControllerRevision(name string) (revision *appsv1.ControllerRevision, ok bool)
	// ControllerRevisions lists the revisions of one SidecarSet.
	ControllerRevisions(sidecarSet string) []*appsv1.ControllerRevision
	// NamespaceLabels returns the labels of a namespace. found is false only when it surely does not exist.
	NamespaceLabels(ctx context.Context, name string) (labels map[string]string, found bool, err error)
}
