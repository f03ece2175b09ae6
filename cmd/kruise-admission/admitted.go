package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	jsonpatch "github.com/evanphx/json-patch/v5"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
	"github.com/kruise-admission/kruise-admission/defaults"
)

// admitSidecarSet gives a v1beta1 SidecarSet from a manifest what admission would have given it: defaults and hashes. One
// that carries a hash has been through admission already and stays as it is.
func admitSidecarSet(object []byte) ([]byte, error) {
	var meta metav1.PartialObjectMetadata
	if err := json.Unmarshal(object, &meta); err != nil {
		return nil, err
	}
	if meta.Annotations[sidecarset.HashAnnotation] != "" {
		return object, nil
	}
	d, err := defaults.SidecarSet{}.Review(context.Background(), &admissionv1.AdmissionRequest{
		Name:      meta.Name,
		Operation: admissionv1.Create,
		Kind:      metav1.GroupVersionKind{Group: v1beta1.GroupVersion.Group, Version: v1beta1.GroupVersion.Version, Kind: "SidecarSet"},
		Resource:  metav1.GroupVersionResource{Group: v1beta1.GroupVersion.Group, Version: v1beta1.GroupVersion.Version, Resource: "sidecarsets"},
		Object:    runtime.RawExtension{Raw: object},
	})
	if err != nil {
		return nil, err
	}
	if !d.Allowed {
		return nil, errors.New(d.Message)
	}
	if len(d.Patch) == 0 {
		return object, nil
	}
	text, err := json.Marshal(d.Patch)
	if err != nil {
		return nil, fmt.Errorf("encode the defaults: %w", err)
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		return nil, fmt.Errorf("decode the defaults: %w", err)
	}
	return patch.Apply(object)
}
