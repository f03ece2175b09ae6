package live

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/convert"
	"github.com/kruise-admission/kruise-admission/cluster"
)

const sidecarSets = "sidecarsets"

// sidecarSetVersions are the versions that can be read, the preferred one first.
var sidecarSetVersions = []schema.GroupVersion{v1beta1.GroupVersion, v1alpha1.GroupVersion}

// watchSidecarSets keeps the SidecarSets current, in whichever version the cluster serves them, if it does.
func (s *Source) watchSidecarSets(ctx context.Context, filled func()) {
	into := &sink[cluster.SidecarSet]{
		read:   readSidecarSet,
		apply:  func(delta cluster.Delta[cluster.SidecarSet]) { s.store.Apply(cluster.Change{SidecarSets: delta}) },
		report: s.options.OnError,
		filled: filled,
	}
	log := s.options.Logger.WithValues("resource", sidecarSets)
	version := sidecarSetVersions[0]
	watching := s.sidecarSetReflector(version, into)
	absent := false
	forever(ctx, func() {
		notFound := watching.ListAndWatchWithContext(ctx)
		if !apierrors.IsNotFound(notFound) {
			absent = false
			return
		}
		served, ok, err := s.servedVersion(ctx)
		switch {
		case err != nil:
			if ctx.Err() == nil {
				s.options.OnError(fmt.Errorf("cannot find out whether the cluster serves %s: %w", sidecarSets, err))
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
			watching = s.sidecarSetReflector(version, into)
		default:
			s.options.OnError(fmt.Errorf("cannot watch %s, although the cluster serves them: %w", sidecarSets, notFound))
		}
	})
}

func (s *Source) sidecarSetReflector(version schema.GroupVersion, into cache.ReflectorStore) *cache.Reflector {
	example := &unstructured.Unstructured{}
	example.SetGroupVersionKind(version.WithKind("SidecarSet"))
	return reflector(s, s.dynamic.Resource(version.WithResource(sidecarSets)), request{resource: sidecarSets, optional: true}, example, into)
}

// readSidecarSet keeps of a SidecarSet everything but managedFields, which are often the larger part of it and decide nothing.
func readSidecarSet(object any) (cluster.SidecarSet, error) {
	set, ok := object.(*unstructured.Unstructured)
	if !ok {
		return cluster.SidecarSet{}, fmt.Errorf("not a SidecarSet: %T", object)
	}
	set.SetManagedFields(nil)
	stored, err := json.Marshal(set.Object)
	if err == nil && set.GetAPIVersion() != v1beta1.GroupVersion.String() {
		stored, err = convert.Object(stored, v1beta1.GroupVersion.String())
	}
	if err != nil {
		return cluster.SidecarSet{}, fmt.Errorf("SidecarSet %q is left out: %w", set.GetName(), err)
	}
	read, err := cluster.ReadSidecarSet(stored)
	if err != nil {
		return cluster.SidecarSet{}, fmt.Errorf("SidecarSet %q is left out: %w", set.GetName(), err)
	}
	return read, nil
}

// servedVersion returns the version to watch. ok is false when the API server says that it serves none.
func (s *Source) servedVersion(ctx context.Context) (version schema.GroupVersion, ok bool, err error) {
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
	for _, version := range sidecarSetVersions {
		if !listed[version.String()] {
			continue
		}
		var resources metav1.APIResourceList
		if err := s.discover(ctx, "/apis/"+version.String(), &resources); err != nil {
			return schema.GroupVersion{}, false, err
		}
		for _, resource := range resources.APIResources {
			if resource.Name == sidecarSets {
				return version, true, nil
			}
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
