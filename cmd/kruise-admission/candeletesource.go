package main

// Where the objects are that somebody wants to delete: in files or in a cluster.

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/protection"
)

// fileDeletables are the objects of files.
type fileDeletables struct {
	objects   []*object
	namespace string // of objects that name none
}

func (f fileDeletables) get(_ context.Context, rule *protection.Rule, namespace, name string) (*object, error) {
	var found []*object
	for _, o := range f.objects {
		if o.group() == rule.Group && o.Kind == rule.Kind && o.Metadata.Name == name &&
			(o.Metadata.Namespace == "" || o.Metadata.Namespace == namespace) {
			found = append(found, o)
		}
	}
	switch len(found) {
	case 0:
		return nil, inputError{fmt.Errorf("-f: there is no %s %q in the files (namespace %s)", rule.Kind, name, namespace)}
	case 1:
		return found[0], nil
	}
	return nil, inputError{fmt.Errorf("-f: %s %q is there twice, in %s and in %s", rule.Kind, name, found[0].source(), found[1].source())}
}

func (f fileDeletables) protected(_ context.Context, rules []protection.Rule, namespace string) (found []*object, _ error) {
	for _, o := range f.objects {
		in := o.Metadata.Namespace
		if in == "" && o.Kind != "Namespace" && o.Kind != "CustomResourceDefinition" {
			in = f.namespace
		}
		if _, labelled := o.Metadata.Labels[protection.Label]; labelled && in == namespace && ruleOf(rules, o) != nil {
			found = append(found, o)
		}
	}
	return found, nil
}

// NamespaceLabels implements protection.Namespaces.
func (f fileDeletables) NamespaceLabels(_ context.Context, name string) (map[string]string, bool, error) {
	for _, o := range f.objects {
		if o.APIVersion == "v1" && o.Kind == "Namespace" && o.Metadata.Name == name {
			return o.Metadata.Labels, true, nil
		}
	}
	return map[string]string{corev1.LabelMetadataName: name}, true, nil
}

// liveDeletables are the objects of a cluster.
type liveDeletables struct {
	objects dynamic.Interface
	client  kubernetes.Interface
}

func newLiveDeletables(config *rest.Config) (*liveDeletables, error) {
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &liveDeletables{objects: objects, client: client}, nil
}

// whoAmI asks who the user is, on whom the ways past a refusal depend.
func (l *liveDeletables) whoAmI(ctx context.Context) (authenticationv1.UserInfo, error) {
	review, err := l.client.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) { // Kubernetes before 1.28 knows no such review
		return authenticationv1.UserInfo{}, nil
	}
	if err != nil {
		return authenticationv1.UserInfo{}, fmt.Errorf("ask the cluster who the user is: %w", err)
	}
	return review.Status.UserInfo, nil
}

// served gives the newest version of a rule that the cluster serves, and whether its objects are in namespaces. ok is false when it serves none.
func (l *liveDeletables) served(rule *protection.Rule) (resource schema.GroupVersionResource, namespaced, ok bool, err error) {
	for _, resource := range rule.NewestFirst() {
		list, err := l.client.Discovery().ServerResourcesForGroupVersion(resource.GroupVersion().String())
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return resource, false, false, fmt.Errorf("ask the cluster about %s: %w", resource.GroupVersion(), err)
		}
		for _, known := range list.APIResources {
			if known.Name == rule.Resource {
				return resource, known.Namespaced, true, nil
			}
		}
	}
	return resource, false, false, nil
}

func (l *liveDeletables) get(ctx context.Context, rule *protection.Rule, namespace, name string) (*object, error) {
	resource, namespaced, ok, err := l.served(rule)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, usageError{fmt.Errorf("the cluster does not serve %s in %s", rule.GroupResource(), strings.Join(rule.Versions, " or "))}
	}
	var from dynamic.ResourceInterface = l.objects.Resource(resource)
	if namespaced {
		from = l.objects.Resource(resource).Namespace(namespace)
	}
	found, err := from.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read %s %q: %w", rule.Kind, name, err)
	}
	return objectFrom(found)
}

func (l *liveDeletables) protected(ctx context.Context, rules []protection.Rule, namespace string) (found []*object, _ error) {
	for i := range rules {
		resource, namespaced, ok, err := l.served(&rules[i])
		if err != nil {
			return nil, err
		}
		if !ok || !namespaced {
			continue
		}
		next := ""
		for {
			list, err := l.objects.Resource(resource).Namespace(namespace).List(ctx, metav1.ListOptions{
				LabelSelector: protection.Label, Limit: 500, Continue: next,
			})
			if err != nil {
				return nil, err
			}
			for i := range list.Items {
				o, err := objectFrom(&list.Items[i])
				if err != nil {
					return nil, err
				}
				found = append(found, o)
			}
			if next = list.GetContinue(); next == "" {
				break
			}
		}
	}
	return found, nil
}

// NamespaceLabels implements protection.Namespaces.
func (l *liveDeletables) NamespaceLabels(ctx context.Context, name string) (map[string]string, bool, error) {
	namespace, err := l.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return namespace.Labels, true, nil
}

func objectFrom(u *unstructured.Unstructured) (*object, error) {
	raw, err := json.Marshal(u.Object)
	if err != nil {
		return nil, err
	}
	o := &object{raw: raw}
	return o, json.Unmarshal(raw, &o.header)
}
