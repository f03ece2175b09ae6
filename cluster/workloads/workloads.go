// Package workloads reads single workloads, of whatever kind, for the rules that need the template of their pods, how many there
// are, or who owns them: never watched, one at a time, within the deadline of a request (docs/architecture.md, rule 6).
package workloads

import (
	"context"
	"encoding/json"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/decision"
)

// builtIn are the resources of the kinds that OpenKruise spreads by itself. The API server is asked about all others.
var builtIn = map[schema.GroupKind]string{
	{Group: "apps", Kind: "Deployment"}:            "deployments",
	{Group: "apps", Kind: "ReplicaSet"}:            "replicasets",
	{Group: "apps", Kind: "StatefulSet"}:           "statefulsets",
	{Group: "apps.kruise.io", Kind: "CloneSet"}:    "clonesets",
	{Group: "apps.kruise.io", Kind: "StatefulSet"}: "statefulsets",
	{Group: "batch", Kind: "Job"}:                  "jobs",
}

// retryAfter is when a caller may ask again.
const retryAfter = time.Second

// Reader reads workloads from the API server. It is safe for concurrent use. The server needs the permission to get them: for kinds that the
// settings list, the administrator who lists them grants it.
type Reader struct {
	client dynamic.Interface
	mapper meta.RESTMapper
}

// NewReader makes a Reader. mapper knows the resources of kinds that are not built in. The client should have no rate limit of its own: a
// request that waits for one only runs into its deadline.
func NewReader(client dynamic.Interface, mapper meta.RESTMapper) *Reader {
	return &Reader{client: client, mapper: mapper}
}

// Workload returns the JSON of a workload, nil if there is none of that name or the cluster does not know the kind. An error means "cannot
// tell".
func (r *Reader) Workload(ctx context.Context, kind schema.GroupVersionKind, namespace, name string) (json.RawMessage, error) {
	if !cluster.IsName(name) || !cluster.IsName(namespace) {
		return nil, nil // nothing has such a name, and the client could not ask for it
	}
	resource, err := r.resource(kind)
	if meta.IsNoMatchError(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unable(kind, namespace, name, err)
	}
	found, err := r.client.Resource(resource).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unable(kind, namespace, name, err)
	}
	found.SetManagedFields(nil) // often the larger part, and they decide nothing
	raw, err := found.MarshalJSON()
	if err != nil {
		return nil, unable(kind, namespace, name, err)
	}
	return raw, nil
}

func (r *Reader) resource(kind schema.GroupVersionKind) (schema.GroupVersionResource, error) {
	if resource, ok := builtIn[kind.GroupKind()]; ok {
		return kind.GroupVersion().WithResource(resource), nil
	}
	mapping, err := r.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return schema.GroupVersionResource{}, err
	}
	return mapping.Resource, nil
}

func unable(kind schema.GroupVersionKind, namespace, name string, err error) error {
	unable := decision.CannotTell("read %s %s/%s: %w", kind.Kind, namespace, name, err)
	if !apierrors.IsForbidden(err) && !apierrors.IsUnauthorized(err) {
		unable.RetryAfter = retryAfter
	}
	return unable
}
