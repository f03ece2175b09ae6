package protection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// universe answers look-ups from the objects of the recording cluster, as an API server would.
type universe []universeObject

type universeObject struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        metav1.ObjectMeta `json:"metadata"`
	Spec            definitionSpec    `json:"spec"`
	Status          struct {
		Phase string `json:"phase"`
	} `json:"status"`
}

func readUniverse(t *testing.T, file string) (u universe) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	documents := yaml.NewYAMLOrJSONDecoder(f, 4096)
	for {
		var o universeObject
		if err := documents.Decode(&o); errors.Is(err, io.EOF) {
			return u
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		u = append(u, o)
	}
}

func (u universe) ActivePods(_ context.Context, namespace string) ([]string, bool, error) {
	return u.live("Pod", namespace, "Pending", "Running", "Unknown", ""), false, nil
}

func (u universe) BoundClaims(_ context.Context, namespace string) ([]string, bool, error) {
	return u.live("PersistentVolumeClaim", namespace, "Bound"), false, nil
}

func (u universe) live(kind, namespace string, phases ...string) (names []string) {
	for _, o := range u {
		if o.Kind == kind && o.Metadata.Namespace == namespace && o.Metadata.DeletionTimestamp == nil && slices.Contains(phases, o.Status.Phase) {
			names = append(names, o.Metadata.Name)
		}
	}
	return names
}

func (u universe) CustomResources(_ context.Context, resource schema.GroupVersionResource) (names []string, more bool, err error) {
	kind, err := u.served(resource)
	if err != nil {
		return nil, false, err
	}
	for _, o := range u {
		if group := o.GroupVersionKind().Group; group == resource.Group && o.Kind == kind && o.Metadata.DeletionTimestamp == nil {
			names = append(names, o.Metadata.Name)
		}
	}
	return names, false, nil
}

// served finds the kind of a resource, whose version must be served.
func (u universe) served(resource schema.GroupVersionResource) (kind string, err error) {
	for _, o := range u {
		if o.Kind != "CustomResourceDefinition" || o.Metadata.Name != resource.GroupResource().String() {
			continue
		}
		for _, version := range o.Spec.Versions {
			if version.Name == resource.Version && version.Served {
				return o.Spec.Names.Kind, nil
			}
		}
	}
	return "", fmt.Errorf("the server does not serve %v", resource)
}

func (u universe) OwnedPods(context.Context, string, types.UID) ([]string, bool, error) {
	return nil, false, errors.New("OpenKruise does not look for owned pods")
}

func (u universe) MountingPods(context.Context, string, schema.GroupResource, string) ([]string, bool, error) {
	return nil, false, errors.New("OpenKruise does not look for pods that mount")
}

func (u universe) ReadyEndpoints(context.Context, string, string) ([]string, bool, error) {
	return nil, false, errors.New("OpenKruise does not look for endpoints")
}

func (u universe) Objects(context.Context, string, schema.GroupVersionResource, string, func([]byte) (bool, error)) ([]string, bool, error) {
	return nil, false, errors.New("OpenKruise does not look for protected objects")
}

func (u universe) NamespaceTerminating(_ context.Context, namespace string) (bool, error) {
	return slices.ContainsFunc(u, func(o universeObject) bool {
		return o.Kind == "Namespace" && o.Metadata.Name == namespace && o.Metadata.DeletionTimestamp != nil
	}), nil
}

func (u universe) MayList(context.Context, authenticationv1.UserInfo, schema.GroupVersionResource, string) (bool, error) {
	return true, nil
}
