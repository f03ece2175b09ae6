package main

// What the API server would ask about the creation of a pod.

import (
	"context"
	"io"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/decision"
)

// openEngine asks the cluster unless files are given.
func (o *questionOptions) openEngine(ctx context.Context, stderr io.Writer) (*parts, error) {
	var config *rest.Config
	if !o.offline() {
		var err error
		if config, err = o.connect(ctx); err != nil {
			return nil, err
		}
	}
	asked, err := podLookups(config)
	if err != nil {
		return nil, err
	}
	return o.engine(ctx, config, asked, stderr)
}

// injectTemplate asks what the creation of a pod of the template would get.
func (o *questionOptions) injectTemplate(ctx context.Context, engine *parts, t template) (decision.Decision, error) {
	return engine.rules.MutatePod.Review(ctx, o.podRequest(t))
}

// podRequest is what the API server would ask about a pod of the template.
func (o *questionOptions) podRequest(t template) *admissionv1.AdmissionRequest {
	namespace := t.Metadata.Namespace
	if namespace == "" {
		namespace = o.namespace
	}
	dryRun := true
	return &admissionv1.AdmissionRequest{
		Kind:      metav1.GroupVersionKind{Version: "v1", Kind: "Pod"},
		Resource:  metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
		Namespace: namespace,
		Operation: admissionv1.Create,
		Object:    runtime.RawExtension{Raw: t.raw},
		DryRun:    &dryRun,
	}
}
