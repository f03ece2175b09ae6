package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/convert"
	"github.com/kruise-admission/kruise-admission/api/wire"
)

// Kind names a namespaced kind of OpenKruise in a view.
type Kind struct {
	// Kind is its name, Resource what it is called in URLs.
	Kind, Resource string
	// Versions are those that can be read, the newest first. A view gives objects out in that one.
	Versions []schema.GroupVersion
}

// Key is the key by which a [Delta] knows an object of a namespaced kind.
func Key(namespace, name string) string { return namespace + "/" + name }

// ReadObject reads the JSON of an object of a namespaced kind, in any of the versions of the kind, into the type of the newest.
func ReadObject[T any, P interface {
	*T
	metav1.Object
}](kind Kind, object []byte) (P, error) {
	newest := kind.Versions[0]
	if len(kind.Versions) > 1 {
		var err error
		if object, err = convert.Object(object, newest.String()); err != nil {
			return nil, err
		}
	}
	read := P(new(T))
	if err := wire.Decode(object, newest.WithKind(kind.Kind), read); err != nil {
		return nil, err
	}
	if read.GetName() == "" {
		return nil, fmt.Errorf("%s: metadata.name: required", kind.Kind)
	}
	read.SetManagedFields(nil)
	return read, nil
}

// pointer is an object of a view.
type pointer interface {
	comparable
	metav1.Object
}

// namespaced holds the objects of a namespaced kind.
type namespaced[T pointer] struct {
	objects map[string]T   // by Key
	in      map[string][]T // by namespace, sorted by name
}

func newNamespaced[T pointer]() namespaced[T] {
	return namespaced[T]{objects: map[string]T{}, in: map[string][]T{}}
}

// apply changes the table. Readers may hold in and its lists: they are copied, never edited.
func (n *namespaced[T]) apply(delta Delta[T]) {
	changed := apply(n.objects, delta, func(old, now T) bool { return old == now })
	if len(changed) == 0 {
		return
	}
	n.in = maps.Clone(n.in)
	for key := range changed {
		namespace, name, _ := strings.Cut(key, "/")
		list := slices.Clone(n.in[namespace])
		at, known := slices.BinarySearchFunc(list, name, func(object T, name string) int { return strings.Compare(object.GetName(), name) })
		if known {
			list = slices.Delete(list, at, at+1)
		}
		if object, ok := n.objects[key]; ok {
			list = slices.Insert(list, at, object)
		}
		n.in[namespace] = list
		if len(list) == 0 {
			delete(n.in, namespace)
		}
	}
}
