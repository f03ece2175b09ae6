package installation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// Read returns the objects of a YAML file, or of all files of a folder in the order of their names.
func Read(path string) ([]*unstructured.Unstructured, error) {
	files := []string{path}
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(path, "*.yaml")); err != nil {
			return nil, err
		}
		sort.Strings(files)
	}
	var objects []*unstructured.Unstructured
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
		for {
			object := &unstructured.Unstructured{}
			if err := decoder.Decode(object); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if len(object.Object) > 0 {
				objects = append(objects, object)
			}
		}
	}
	return objects, nil
}

// Parse returns the one object in a YAML text.
func Parse(text string) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	err := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096).Decode(object)
	return object, err
}

// Client writes objects of any kind, as kubectl does.
type Client struct {
	dynamic dynamic.Interface
	mapper  meta.ResettableRESTMapper
}

// NewClient returns a client with the rights of config. Warnings of the API server, which admission webhooks send, are written
// to warnings as kubectl does.
func NewClient(config *rest.Config, warnings io.Writer) (*Client, error) {
	config = rest.CopyConfig(config)
	config.WarningHandler = rest.NewWarningWriter(warnings, rest.WarningWriterOptions{Deduplicate: true})
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	discovery, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Client{client, restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(discovery.Discovery()))}, nil
}

// Resource returns the interface for objects of this one's kind, in its namespace ("default" when it names none).
func (c *Client) Resource(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := object.GroupVersionKind()
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) { // a CRD may be younger than what discovery remembers
		c.mapper.Reset()
		mapping, err = c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return c.dynamic.Resource(mapping.Resource), nil
	}
	namespace := object.GetNamespace()
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	return c.dynamic.Resource(mapping.Resource).Namespace(namespace), nil
}

// Apply does what `kubectl apply --server-side` does.
func (c *Client) Apply(ctx context.Context, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	resource, err := c.Resource(object)
	if err != nil {
		return nil, err
	}
	return resource.Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: "kubectl", Force: true})
}

// Create creates the object.
func (c *Client) Create(ctx context.Context, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	resource, err := c.Resource(object)
	if err != nil {
		return nil, err
	}
	return resource.Create(ctx, object, metav1.CreateOptions{FieldManager: "kubectl"})
}

// Patch merges a JSON merge patch into the stored object.
func (c *Client) Patch(ctx context.Context, object *unstructured.Unstructured, patch string) (*unstructured.Unstructured, error) {
	resource, err := c.Resource(object)
	if err != nil {
		return nil, err
	}
	return resource.Patch(ctx, object.GetName(), types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "kubectl"})
}

// Get reads the stored object.
func (c *Client) Get(ctx context.Context, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	resource, err := c.Resource(object)
	if err != nil {
		return nil, err
	}
	return resource.Get(ctx, object.GetName(), metav1.GetOptions{})
}

// Delete deletes the object.
func (c *Client) Delete(ctx context.Context, object *unstructured.Unstructured) error {
	resource, err := c.Resource(object)
	if err != nil {
		return err
	}
	return resource.Delete(ctx, object.GetName(), metav1.DeleteOptions{})
}
