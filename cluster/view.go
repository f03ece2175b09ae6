package cluster

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// View answers questions about the cluster, from memory. It is safe for concurrent use. What it returns is shared and
// must not be changed. Before its source has synced its answers mean nothing; see [Source].
type View interface {
	// SidecarSets lists all SidecarSets, sorted by name.
	SidecarSets() []*v1beta1.SidecarSet
	// SidecarSet returns the SidecarSet of that name, and its JSON as stored, which may hold fields that the type does not
	// know. ok is false when there is none.
	SidecarSet(name string) (set *v1beta1.SidecarSet, stored []byte, ok bool)
	// ControllerRevision returns the revision of that name in the server's namespace.
	ControllerRevision(name string) (revision *appsv1.ControllerRevision, ok bool)
	// ControllerRevisions lists the revisions of one SidecarSet (label kruise.io/sidecarset-name), sorted by name.
	ControllerRevisions(sidecarSet string) []*appsv1.ControllerRevision
	// NamespaceLabels returns the labels of a namespace. found is false only when the namespace surely does not exist: a
	// namespace missing in memory is read once from the API server, because a pod may follow its namespace faster than
	// a watch event does. An error means "cannot tell".
	NamespaceLabels(ctx context.Context, name string) (labels map[string]string, found bool, err error)
	// Setting returns the value of a key of the settings ConfigMap (kruise-configuration in the server's namespace).
	// ok is false when the ConfigMap or the key does not exist.
	Setting(key string) (value string, ok bool)

	// WorkloadSpreads lists those of a namespace, sorted by name. Like the other lists of namespaced kinds it is empty in a cluster that does
	// not serve the kind, and in a view that was not asked to know it.
	WorkloadSpreads(namespace string) []*v1beta1.WorkloadSpread
	// PodUnavailableBudgets lists those of a namespace, sorted by name.
	PodUnavailableBudgets(namespace string) []*policyv1beta1.PodUnavailableBudget
	// PersistentPodStates lists those of a namespace, sorted by name.
	PersistentPodStates(namespace string) []*v1beta1.PersistentPodState
	// PodProbeMarkers lists those of a namespace, sorted by name.
	PodProbeMarkers(namespace string) []*v1alpha1.PodProbeMarker
	// NamespacesInUse lists the namespaces that hold an object of these namespaced kinds, sorted.
	NamespacesInUse() []string
}

// Source fills a View and keeps it current.
type Source interface {
	View
	// Run fills the view and keeps it current until ctx ends. It returns nil after ctx has ended, and an error when the source
	// can never work (a wrong path, for example). It must be called once.
	Run(ctx context.Context) error
	// Synced reports whether the view is complete. It never goes back to false.
	Synced() bool
	// OnChange registers a function that is told which SidecarSets changed: they themselves or one of their revisions,
	// created, updated or deleted. Calls never overlap. The first call names everything that there is, even when that is
	// nothing, and Synced becomes true only after it has returned, so that what is compiled from the view is complete
	// when the server becomes ready. Must be called before Run.
	OnChange(func(sidecarSets []string))
}
