// Package replicasets finds out whose ReplicaSet it is that owns a pod: metadata only, never watched, one read for a pod (design §3.6).
package replicasets

import (
	"context"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"

	"github.com/kruise-admission/kruise-admission/decision"
)

// Reader reads the metadata of ReplicaSets from the API server. The server needs the permission to get them.
type Reader struct{ client metadata.Interface }

// NewReader makes a Reader.
func NewReader(client metadata.Interface) *Reader { return &Reader{client: client} }

// Controller returns the controller of a ReplicaSet, as a rule its Deployment: nil when it has none, or is not there. An error means "cannot tell".
func (r *Reader) Controller(ctx context.Context, namespace, name string) (*metav1.OwnerReference, error) {
	if name == "" || namespace == "" || len(content.IsPathSegmentName(name)) > 0 || len(content.IsPathSegmentName(namespace)) > 0 {
		return nil, nil // no ReplicaSet has such a name, and the client could not ask for it
	}
	found, err := r.client.Resource(appsv1.SchemeGroupVersion.WithResource("replicasets")).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case err == nil:
		return metav1.GetControllerOf(found), nil
	case apierrors.IsNotFound(err):
		return nil, nil
	}
	unable := decision.CannotTell("read ReplicaSet %s/%s: %w", namespace, name, err)
	if !apierrors.IsForbidden(err) && !apierrors.IsUnauthorized(err) {
		unable.RetryAfter = time.Second
	}
	return nil, unable
}
