package protection

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/decision"
)

// fakeDependents is a cluster by name: what it lists is live.
type fakeDependents struct {
	pods, claims map[string][]string
	resources    map[schema.GroupVersionResource][]string
	more         bool
	err          error
	owned        map[types.UID][]string
	mounting     map[string][]string // by resource/name
	endpoints    map[string][]string
	terminating  map[string]bool
	// objects are the raw objects of a resource, by name, whatever the namespace; a resource that is not here is not served.
	objects map[schema.GroupVersionResource][]string
	// hideFrom may not list anything.
	hideFrom string
	mayErr   error
}

func (f *fakeDependents) ActivePods(_ context.Context, namespace string) ([]string, bool, error) {
	return f.pods[namespace], f.more, f.err
}

func (f *fakeDependents) BoundClaims(_ context.Context, namespace string) ([]string, bool, error) {
	return f.claims[namespace], f.more, f.err
}

func (f *fakeDependents) CustomResources(_ context.Context, resource schema.GroupVersionResource) ([]string, bool, error) {
	return f.resources[resource], f.more, f.err
}

func (f *fakeDependents) OwnedPods(_ context.Context, _ string, owner types.UID) ([]string, bool, error) {
	return f.owned[owner], f.more, f.err
}

func (f *fakeDependents) MountingPods(_ context.Context, _ string, resource schema.GroupResource, name string) ([]string, bool, error) {
	return f.mounting[resource.String()+"/"+name], f.more, f.err
}

func (f *fakeDependents) ReadyEndpoints(_ context.Context, _, service string) ([]string, bool, error) {
	return f.endpoints[service], f.more, f.err
}

func (f *fakeDependents) Objects(
	_ context.Context, _ string, resource schema.GroupVersionResource, selector string, counts func([]byte) (bool, error),
) (names []string, more bool, err error) {
	objects, served := f.objects[resource]
	if !served {
		return nil, false, apierrors.NewNotFound(resource.GroupResource(), "")
	}
	matching, err := labels.Parse(selector)
	if err != nil {
		return nil, false, err
	}
	for _, raw := range objects {
		meta := metadataOf([]byte(raw))
		if !matching.Matches(labels.Set(meta.Labels)) {
			continue
		}
		counted, err := counts([]byte(raw))
		if err != nil {
			return nil, false, err
		}
		if counted {
			names = append(names, meta.Name)
		}
	}
	return names, f.more, f.err
}

func (f *fakeDependents) NamespaceTerminating(_ context.Context, namespace string) (bool, error) {
	return f.terminating[namespace], f.err
}

func (f *fakeDependents) MayList(_ context.Context, user authenticationv1.UserInfo, _ schema.GroupVersionResource, _ string) (bool, error) {
	return user.Username != f.hideFrom, f.mayErr
}

// deleteOf is the request to delete object, which is JSON, or empty when there is no old object. It is about that one object.
func deleteOf(gvk schema.GroupVersionKind, object string) *admissionv1.AdmissionRequest {
	request := &admissionv1.AdmissionRequest{
		Kind:      metav1.GroupVersionKind(gvk),
		Resource:  metav1.GroupVersionResource{Group: gvk.Group, Version: gvk.Version},
		Name:      metadataOf([]byte(object)).Name,
		Operation: admissionv1.Delete,
		UserInfo:  authenticationv1.UserInfo{Username: "jane"},
	}
	request.OldObject.Raw = []byte(object)
	return request
}

// memberOf is the request about an object while a collection is deleted: it has no name.
func memberOf(gvk schema.GroupVersionKind, object string) *admissionv1.AdmissionRequest {
	request := deleteOf(gvk, object)
	request.Name = ""
	return request
}

// code is 0 for an allowed decision.
func code(d decision.Decision) int32 {
	if d.Allowed {
		return 0
	}
	return d.Code
}

var (
	namespace   = schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}
	service     = schema.GroupVersionKind{Version: "v1", Kind: "Service"}
	ingress     = schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}
	crd         = schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}
	deployment  = schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	replicaSet  = schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "ReplicaSet"}
	statefulSet = schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "StatefulSet"}
	daemonSet   = schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "DaemonSet"}
	cloneSet    = schema.GroupVersionKind{Group: "apps.kruise.io", Version: "v1beta1", Kind: "CloneSet"}
	advanced    = schema.GroupVersionKind{Group: "apps.kruise.io", Version: "v1beta1", Kind: "StatefulSet"}
	united      = schema.GroupVersionKind{Group: "apps.kruise.io", Version: "v1beta1", Kind: "UnitedDeployment"}
	advancedDS  = schema.GroupVersionKind{Group: "apps.kruise.io", Version: "v1beta1", Kind: "DaemonSet"}
	pod         = schema.GroupVersionKind{Version: "v1", Kind: "Pod"}
	foos        = schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "foos"}
	inVersion   = func(gvk schema.GroupVersionKind, version string) schema.GroupVersionKind {
		gvk.Version = version
		return gvk
	}
)
