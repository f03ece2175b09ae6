package live

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/survive/follow"
)

// watchCustom keeps the objects of a custom resource current, in whichever of its versions the cluster serves it, if it does.
func watchCustom[T any](ctx context.Context, s *Source, kind cluster.Kind, first *firstList, into *sink[T]) {
	log := s.options.Logger.WithValues("resource", kind.Resource)
	version := kind.Versions[0]
	watching := s.customReflector(kind, version, first, into)
	absent, unexpected := false, false // what the try before has found
	follow.Forever(ctx, func(ctx context.Context) {
		notFound := watching.ListAndWatchWithContext(ctx)
		again := unexpected
		unexpected = false
		if !apierrors.IsNotFound(notFound) {
			absent = false
			return
		}
		served, ok, err := s.servedVersion(ctx, kind)
		switch {
		case err != nil:
			if ctx.Err() == nil {
				s.options.OnError(fmt.Errorf("cannot find out whether the cluster serves %s: %w", kind.Resource, err))
			}
		case !ok:
			if !absent {
				log.Info("the cluster does not serve this resource; it will be watched once it does")
			}
			absent = true
			_ = into.Replace(nil, "") // a sink takes everything
		case served != version:
			log.Info("the cluster serves this resource in another version", "version", served.Version)
			version = served
			watching = s.customReflector(kind, version, first, into)
		default:
			unexpected = true
			if again { // the first time the definition may have come between the two questions
				s.options.OnError(fmt.Errorf("cannot watch %s, although the cluster serves them: %w", kind.Resource, notFound))
			}
		}
	})
}

func (s *Source) customReflector(kind cluster.Kind, version schema.GroupVersion, first *firstList, into cache.ReflectorStore) *cache.Reflector {
	example := &unstructured.Unstructured{}
	example.SetGroupVersionKind(version.WithKind(kind.Kind))
	return reflector(s, s.dynamic.Resource(version.WithResource(kind.Resource)), request{resource: kind.Resource, optional: true, first: first}, example, into)
}

// customObject gives the JSON of an object without managedFields, which are often the larger part of it and decide nothing.
func customObject(object any) (*unstructured.Unstructured, []byte, error) {
	custom, ok := object.(*unstructured.Unstructured)
	if !ok {
		return nil, nil, fmt.Errorf("not a custom resource: %T", object)
	}
	custom.SetManagedFields(nil)
	stored, err := json.Marshal(custom.Object)
	return custom, stored, err
}

// servedVersion returns the version to watch. ok is false when the API server says that it serves none.
func (s *Source) servedVersion(ctx context.Context, kind cluster.Kind) (version schema.GroupVersion, ok bool, err error) {
	var groups metav1.APIGroupList
	if err := s.discover(ctx, "/apis", &groups); err != nil {
		return schema.GroupVersion{}, false, err
	}
	if groups.Kind != "APIGroupList" {
		return schema.GroupVersion{}, false, fmt.Errorf("/apis is not answered by an API server: kind %q", groups.Kind)
	}
	listed := map[string]bool{}
	for _, group := range groups.Groups {
		for _, version := range group.Versions {
			listed[version.GroupVersion] = true
		}
	}
	for _, version := range kind.Versions {
		if !listed[version.String()] {
			continue
		}
		var resources metav1.APIResourceList
		if err := s.discover(ctx, "/apis/"+version.String(), &resources); err != nil {
			return schema.GroupVersion{}, false, err
		}
		if slices.ContainsFunc(resources.APIResources, func(r metav1.APIResource) bool { return r.Name == kind.Resource }) {
			return version, true, nil
		}
	}
	return schema.GroupVersion{}, false, nil
}

// discover reads a discovery document.
func (s *Source) discover(ctx context.Context, path string, into any) error {
	raw, err := s.discovery.Get().AbsPath(path).SetHeader("Accept", "application/json").Do(ctx).Raw()
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}
