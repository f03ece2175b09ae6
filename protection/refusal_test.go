package protection

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/decision"
)

// TestWords pins what the user reads, and that the audit annotation says the same.
func TestWords(t *testing.T) {
	const prefix = "forbidden by ResourcesProtectionDeletion for policy.kruise.io/delete-protection="
	names := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("p%d", i))
		}
		return list
	}
	inX := func(n int) map[string][]string { return map[string][]string{"x": names(n)} }
	for name, c := range map[string]struct {
		kind       schema.GroupVersionKind
		old        string
		dependents fakeDependents
		maxNames   int
		want       string
	}{
		"Always": {
			kind: deployment, old: labelled("Always", "", ""),
			want: prefix + `Always: to delete Deployment "x", remove that label first`,
		},
		"replicas": {
			kind: cloneSet, old: labelled("Cascading", "", `"replicas":3`),
			want: prefix + `Cascading and replicas 3>0: to delete CloneSet "x", scale it to 0 replicas first, or remove that label`,
		},
		"one pod": {
			kind: namespace, old: labelled("Cascading", "", ""), dependents: fakeDependents{pods: inX(1)},
			want: prefix + `Cascading and active pods 1>0: to delete Namespace "x", first delete its pods ("p0") and what creates them, or remove that label`,
		},
		"as many pods as are named": {
			kind: namespace, old: labelled("Cascading", "", ""), dependents: fakeDependents{pods: inX(5)},
			want: prefix + `Cascading and active pods 5>0: to delete Namespace "x", first delete its pods ("p0", "p1", "p2", "p3", "p4") and what creates them, or remove that label`,
		},
		"one pod more than is named": {
			kind: namespace, old: labelled("Cascading", "", ""), dependents: fakeDependents{pods: inX(6)},
			want: prefix + `Cascading and active pods 6>0: to delete Namespace "x", first delete its pods ("p0", "p1", "p2", "p3", "p4" and 1 other) and what creates them, or remove that label`,
		},
		"not all pods counted": {
			kind: namespace, old: labelled("Cascading", "", ""), dependents: fakeDependents{pods: inX(3), more: true}, maxNames: 2,
			want: prefix + `Cascading and active pods 3>0: to delete Namespace "x", first delete its pods ("p0", "p1" and 2 or more others) and what creates them, or remove that label`,
		},
		"claims": {
			kind: namespace, old: labelled("Cascading", "", ""), dependents: fakeDependents{claims: inX(4)}, maxNames: 1,
			want: prefix + `Cascading and "Bound" status pvc 4>0: to delete Namespace "x", first delete its PersistentVolumeClaims ("p0" and 3 others), or remove that label`,
		},
		"custom resources": {
			kind: crd, old: definition("Cascading", "FooList", storage),
			dependents: fakeDependents{resources: map[schema.GroupVersionResource][]string{foos: {"y/a", "z/b"}}},
			want:       prefix + `Cascading and active CRs 2>0: to delete CustomResourceDefinition "foos.example.com", first delete its objects ("y/a", "z/b"), or remove that label`,
		},
		"names that the user may not list": {
			kind: namespace, old: labelled("Cascading", "", ""), dependents: fakeDependents{pods: inX(2), hideFrom: "jane"},
			want: prefix + `Cascading and active pods 2>0: to delete Namespace "x", first delete its pods and what creates them, or remove that label`,
		},
		"names when rights are not known": {
			kind: crd, old: definition("Cascading", "FooList", storage),
			dependents: fakeDependents{resources: map[schema.GroupVersionResource][]string{foos: {"y/a"}}, mayErr: errors.New("no answer")},
			want:       prefix + `Cascading and active CRs 1>0: to delete CustomResourceDefinition "foos.example.com", first delete its objects, or remove that label`,
		},
		"storage version not served": {
			kind: crd, old: definition("Cascading", "FooList", unserved),
			want: prefix + `Cascading and the storage version "v2" is not served: whether CustomResourceDefinition "foos.example.com" still has objects cannot be found out; correct that, or remove that label`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(Options{Enabled: true, CRDCascading: true, Dependents: &c.dependents, MaxNames: c.maxNames})
			got, err := r.Review(context.Background(), deleteOf(c.kind, c.old))
			if err != nil {
				t.Fatal(err)
			}
			want := decision.Decision{
				Code:    403,
				Reason:  metav1.StatusReasonForbidden,
				Message: c.want,
				Causes: []metav1.StatusCause{{
					Type:    metav1.CauseTypeForbidden,
					Field:   "metadata.labels[policy.kruise.io/delete-protection]",
					Message: c.want,
				}},
				Audit: map[string]string{"delete-protection": "refused: " + c.want},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAllowedDeletesSayWhyWhenLabelled(t *testing.T) {
	for name, c := range map[string]struct {
		kind schema.GroupVersionKind
		old  string
		want map[string]string
	}{
		"without label":    {deployment, `{"metadata":{"name":"x"}}`, nil},
		"unknown value":    {deployment, labelled("always", "", ""), map[string]string{AuditKey: `allowed: policy.kruise.io/delete-protection="always" protects nothing, only Always and Cascading do`}},
		"terminating":      {deployment, labelled("Always", terminating, ""), map[string]string{AuditKey: `allowed: Deployment "x" is already being deleted`}},
		"scaled to 0":      {united, labelled("Cascading", "", `"replicas":0`), map[string]string{AuditKey: "allowed: policy.kruise.io/delete-protection=Cascading and spec.replicas is 0"}},
		"replicas not set": {united, labelled("Cascading", "", ""), map[string]string{AuditKey: "allowed: policy.kruise.io/delete-protection=Cascading and spec.replicas is not set"}},
		"empty namespace":  {namespace, labelled("Cascading", "", ""), map[string]string{AuditKey: "allowed: policy.kruise.io/delete-protection=Cascading and it holds no active pods and no bound claims"}},
		"no objects":       {crd, definition("Cascading", "FooList", storage), map[string]string{AuditKey: "allowed: policy.kruise.io/delete-protection=Cascading and it has no live objects"}},
		"Service":          {service, labelled("Cascading", "", ""), map[string]string{AuditKey: "allowed: policy.kruise.io/delete-protection=Cascading means nothing for kind Service"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(Options{Enabled: true, CRDCascading: true, Dependents: &fakeDependents{}})
			got, err := r.Review(context.Background(), deleteOf(c.kind, c.old))
			if err != nil || !got.Allowed {
				t.Fatalf("got %+v, %v", got, err)
			}
			if diff := cmp.Diff(c.want, got.Audit); diff != "" {
				t.Error(diff)
			}
		})
	}
}
