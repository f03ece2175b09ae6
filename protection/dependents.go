package protection

import (
	"context"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// Dependents looks for what is live below a protected object. The look-ups return names of live objects: all of them, or
// the first few, at least one, when more is true. No names and no error mean that surely nothing is live; an error means
// that it is not known. They must end when ctx does, with an error.
//
// Package cluster/dependents implements it with an API server.
type Dependents interface {
	// ActivePods finds the pods of one namespace that are neither terminating nor in phase Succeeded or Failed.
	ActivePods(ctx context.Context, namespace string) (names []string, more bool, err error)
	// BoundClaims finds the PersistentVolumeClaims of one namespace that are in phase Bound and not terminating.
	BoundClaims(ctx context.Context, namespace string) (names []string, more bool, err error)
	// CustomResources finds the objects of a resource, in all namespaces, that are not terminating. Names of namespaced
	// objects are spelled namespace/name.
	CustomResources(ctx context.Context, resource schema.GroupVersionResource) (names []string, more bool, err error)
	// OwnedPods finds the pods of one namespace, or of all when it is empty, that are neither terminating nor finished and that name the
	// owner in their ownerReferences.
	OwnedPods(ctx context.Context, namespace string, owner types.UID) (names []string, more bool, err error)
	// MountingPods finds the pods of one namespace that are neither terminating nor finished and that use the claim, ConfigMap or
	// Secret of that name: as a volume, or for variables, or to pull images.
	MountingPods(ctx context.Context, namespace string, resource schema.GroupResource, name string) (names []string, more bool, err error)
	// ReadyEndpoints finds the endpoints of a Service that are ready. An endpoint is called by what it leads to, or by its address.
	ReadyEndpoints(ctx context.Context, namespace, service string) (names []string, more bool, err error)
	// Objects finds the objects of a resource in one namespace that the label selector matches and that count; counts is given each as
	// JSON. A resource that is not served in this version is a NotFound error.
	Objects(ctx context.Context, namespace string, resource schema.GroupVersionResource, selector string,
		counts func(object []byte) (bool, error)) (names []string, more bool, err error)
	// NamespaceTerminating says whether a namespace is being deleted. One that does not exist is not.
	NamespaceTerminating(ctx context.Context, namespace string) (bool, error)
	// MayList says whether the user may list the resource in the namespace, or everywhere when that is empty. Names are told
	// only to those who may.
	MayList(ctx context.Context, user authenticationv1.UserInfo, resource schema.GroupVersionResource, namespace string) (bool, error)
}
