package main

// What the API server would ask about an object of a manifest, and which endpoints: it fills in some metadata before.

import (
	"context"
	"errors"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/convert"
	"github.com/kruise-admission/kruise-admission/cmd/kruise-admission/internal/yamlpatch"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// storedAs is an object as it is after admission, in the version in which the API server would send it as the old object.
func (o *validateOptions) storedAs(ctx context.Context, engine *parts, old *object, apiVersion string) ([]byte, error) {
	request, err := o.request(old)
	if err != nil {
		return nil, err
	}
	mutating, _ := endpointsFor(request, nil)
	result := &checked{}
	if err := mutate(ctx, engine, mutating, request, result); err != nil {
		return nil, err
	}
	if result.Verdict == refused {
		return nil, errors.New(result.Message)
	}
	if apiVersion == old.APIVersion {
		return request.Object.Raw, nil
	}
	return convert.Object(request.Object.Raw, apiVersion)
}

// asUpdate gives an object, as a user writes it, the metadata that an API server fills in before it asks: what identifies the stored
// object. An old object that was never stored gets what an update must have.
func asUpdate(object, old []byte) (updated, stored []byte, err error) {
	stored = old
	if memberOf(memberOf(old, "metadata"), "resourceVersion") == nil {
		if stored, err = yamlpatch.ApplyJSON(old, []decision.Operation{decision.Add("/metadata/resourceVersion", []byte(`"1"`))}); err != nil {
			return nil, nil, err
		}
	}
	metadata, before := memberOf(object, "metadata"), memberOf(stored, "metadata")
	var missing []decision.Operation
	for _, member := range []string{"resourceVersion", "uid", "creationTimestamp", "generation"} {
		if value := memberOf(before, member); value != nil && memberOf(metadata, member) == nil {
			missing = append(missing, decision.Add("/metadata/"+member, value))
		}
	}
	updated, err = yamlpatch.ApplyJSON(object, missing)
	return updated, stored, err
}

// withoutNamespace are the kinds of OpenKruise whose objects are in no namespace.
var withoutNamespace = []string{"SidecarSet", "ResourceDistribution", "NodeImage", "NodePodProbe"}

// namespaceOf is the namespace in which an object of OpenKruise would be created.
func (o *questionOptions) namespaceOf(object *object) string {
	switch {
	case slices.Contains(withoutNamespace, object.Kind):
		return ""
	case object.Metadata.Namespace != "":
		return object.Metadata.Namespace
	}
	return o.namespace
}

// request is what the API server would ask about the creation of an object. It fills in the namespace before it asks.
func (o *questionOptions) request(object *object) (*admissionv1.AdmissionRequest, error) {
	group, version := object.group(), object.APIVersion[strings.LastIndex(object.APIVersion, "/")+1:]
	kind := schema.GroupVersionKind{Group: group, Version: version, Kind: object.Kind}
	resource, _ := meta.UnsafeGuessKindToResource(kind)
	raw, namespace := object.raw, o.namespaceOf(object)
	if object.Metadata.Namespace == "" && namespace != "" {
		var err error
		if raw, err = withNamespace(raw, namespace); err != nil {
			return nil, err
		}
	}
	dryRun := true
	return &admissionv1.AdmissionRequest{
		Kind: metav1.GroupVersionKind(kind), Resource: metav1.GroupVersionResource(resource),
		Name: object.Metadata.Name, Namespace: namespace, Operation: admissionv1.Create, DryRun: &dryRun,
		Object: runtime.RawExtension{Raw: raw},
	}, nil
}

// endpointsFor lists the endpoints that the API server would ask.
func endpointsFor(request *admissionv1.AdmissionRequest, objectLabels labels.Set) (mutating, validating []webhook.Endpoint) {
	for _, endpoint := range webhook.Endpoints() {
		if !slices.ContainsFunc(endpoint.Rules, func(rule admissionregistrationv1.RuleWithOperations) bool {
			return slices.Contains(rule.APIGroups, request.Resource.Group) && slices.Contains(rule.APIVersions, request.Resource.Version) &&
				slices.Contains(rule.Resources, request.Resource.Resource) &&
				slices.Contains(rule.Operations, admissionregistrationv1.OperationType(request.Operation))
		}) {
			continue
		}
		if endpoint.ObjectSelector != nil {
			selector, err := metav1.LabelSelectorAsSelector(endpoint.ObjectSelector)
			if err == nil && !selector.Matches(objectLabels) {
				continue
			}
		}
		if endpoint.Mutating {
			mutating = append(mutating, endpoint)
		} else {
			validating = append(validating, endpoint)
		}
	}
	return mutating, validating
}
