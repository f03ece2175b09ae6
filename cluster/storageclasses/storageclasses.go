// Package storageclasses reads storage classes for the rule that needs to know whether claims can be resized: never watched, one
// object at a time. Whether a class lets claims grow is no metadata, so a class is read whole; which class is the default is, so
// that is found by a list of metadata.
package storageclasses

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	storageclient "k8s.io/client-go/kubernetes/typed/storage/v1"
	"k8s.io/client-go/metadata"

	"github.com/kruise-admission/kruise-admission/cluster"
)

const (
	// defaultAnnotation marks the class that claims without one get.
	defaultAnnotation = "storageclass.kubernetes.io/is-default-class"
	// mostClasses is how many classes are looked through for the default one. Clusters have a handful.
	mostClasses = 1000
)

// Reader reads storage classes from the API server. The server needs the permission to get and list storageclasses.
type Reader struct {
	classes  storageclient.StorageClassesGetter
	metadata metadata.Interface
}

// NewReader makes a Reader.
func NewReader(classes storageclient.StorageClassesGetter, metadata metadata.Interface) *Reader {
	return &Reader{classes: classes, metadata: metadata}
}

// StorageClass returns the class of that name, nil when there is none. An error means "cannot tell".
func (r *Reader) StorageClass(ctx context.Context, name string) (*storagev1.StorageClass, error) {
	if !cluster.IsName(name) {
		return nil, nil // no class has such a name, and the client could not ask for it
	}
	class, err := r.classes.StorageClasses().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read storage class %q: %w", name, err)
	}
	return class, nil
}

// DefaultStorageClass returns the class that claims without one get, nil when there is none. Of several it is the youngest, and of
// equally young ones the first by name, as in Kubernetes. An error means "cannot tell".
func (r *Reader) DefaultStorageClass(ctx context.Context) (*storagev1.StorageClass, error) {
	resource := r.metadata.Resource(storagev1.SchemeGroupVersion.WithResource("storageclasses"))
	list, err := resource.List(ctx, metav1.ListOptions{Limit: mostClasses})
	if err != nil {
		return nil, fmt.Errorf("list storage classes: %w", err)
	}
	if list.Continue != "" {
		return nil, errors.New("there are too many storage classes to look for the default one: name the class in the claim template")
	}
	defaults := slices.DeleteFunc(list.Items, func(class metav1.PartialObjectMetadata) bool {
		return class.Annotations[defaultAnnotation] != "true"
	})
	if len(defaults) == 0 {
		return nil, nil
	}
	youngest := slices.MinFunc(defaults, func(a, b metav1.PartialObjectMetadata) int {
		if byAge := b.CreationTimestamp.Compare(a.CreationTimestamp.Time); byAge != 0 {
			return byAge
		}
		return strings.Compare(a.Name, b.Name)
	})
	return r.StorageClass(ctx, youngest.Name)
}
