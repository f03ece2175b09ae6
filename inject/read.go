package inject

import (
	"bytes"
	"encoding/json"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// Pod is an incoming pod, read once for all who ask about it: the engine and the steps beside it (package podsteps). Its parts belong to the
// object that was read and are not changed.
type Pod struct{ read *pod }

// Owner names the controller of a pod. The zero value is none.
type Owner struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
}

// Group is the group of the owner's API version.
func (o Owner) Group() string {
	group, _, named := strings.Cut(o.APIVersion, "/")
	if !named {
		return "" // the core group has versions only
	}
	return group
}

// Is says whether the owner is the object of that name and kind. Of the API version only the group counts.
func (o Owner) Is(apiVersion, kind, name string) bool {
	return o.Kind == kind && o.Name == name && o.Group() == Owner{APIVersion: apiVersion}.Group()
}

// ReadPod reads the metadata of a pod; namespace is that of the request. Its error is a [Refusal].
func ReadPod(object []byte, namespace string) (Pod, error) {
	read, err := readPod(object, namespace)
	return Pod{read}, err
}

// Namespace is that of the request, else that of the pod, else "default".
func (p Pod) Namespace() string { return p.read.namespace }

// Name is empty for a pod that the API server has yet to name.
func (p Pod) Name() string { return p.read.name }

// GenerateName is what the API server makes the name of.
func (p Pod) GenerateName() string { return p.read.generateName }

// Labels of the pod; nil when it has none.
func (p Pod) Labels() labels.Set { return p.read.labels }

// Annotations of the pod; nil when it has none.
func (p Pod) Annotations() map[string]string { return p.read.annotations }

// Controller is the owner that controls the pod. It is read when somebody asks.
func (p Pod) Controller() Owner { return p.read.controllerOwner() }

func (p *pod) controllerOwner() (owner Owner) {
	// What has another type names nobody. The API server has refused it before.
	if p.controller == nil || decode(p.controller, &owner) != nil {
		return Owner{}
	}
	return owner
}

// MayBeOwnedBy says whether the controller may be of a group: no for sure, without reading more, or perhaps.
func (p Pod) MayBeOwnedBy(group string) bool {
	return bytes.Contains(p.read.controller, []byte(group)) || bytes.IndexByte(p.read.controller, '\\') >= 0
}

// Finished says that the pod is no longer active, or is being deleted.
func (p Pod) Finished() bool { return p.read.finished }

// Spec is the spec as it came; nil when there is none.
func (p Pod) Spec() json.RawMessage { return p.read.spec }

// HasMetadata says whether the pod has metadata at all.
func (p Pod) HasMetadata() bool { return p.read.metadata }

// WantsEnhancedLiveness says whether OpenKruise's daemon is to run the liveness probes of a pod with this controller, by the value of its
// EnhancedLivenessAnnotation, while the feature gate EnhancedLivenessProbe is on.
func (o Owner) WantsEnhancedLiveness(annotation string) bool {
	return annotation == "true" && o.Group() == v1beta1.GroupVersion.Group
}
