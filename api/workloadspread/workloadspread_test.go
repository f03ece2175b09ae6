package workloadspread

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

func TestBuiltIn(t *testing.T) {
	for kind, version := range map[schema.GroupKind]string{
		{Group: "apps", Kind: "Deployment"}:            "v1",
		{Group: "apps", Kind: "ReplicaSet"}:            "v1",
		{Group: "apps", Kind: "StatefulSet"}:           "v1",
		{Group: "apps.kruise.io", Kind: "StatefulSet"}: "v1beta1",
		{Group: "apps.kruise.io", Kind: "CloneSet"}:    "v1alpha1",
		{Group: "batch", Kind: "Job"}:                  "v1",
		{Group: "apps", Kind: "CloneSet"}:              "",
		{Group: "apps", Kind: "DaemonSet"}:             "",
		{Group: "", Kind: "StatefulSet"}:               "",
	} {
		if found, ok := BuiltIn(kind); ok != (version != "") || found.Version != version {
			t.Errorf("%s: %v, %t; want version %q", kind, found, ok, version)
		}
	}
	if diff := cmp.Diff([]string{"apps", "apps.kruise.io"}, BuiltInGroups("StatefulSet")); diff != "" {
		t.Error(diff)
	}
	if groups := BuiltInGroups("DaemonSet"); groups != nil {
		t.Errorf("got %v for a kind that is not built in", groups)
	}
}

func TestTargetOf(t *testing.T) {
	reference := &v1beta1.TargetReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"}
	if target, ok := TargetOf(reference); !ok || target != (Target{schema.GroupKind{Group: "apps", Kind: "Deployment"}, "web"}) {
		t.Errorf("got %v, %t", target, ok)
	}
	for name, reference := range map[string]*v1beta1.TargetReference{
		"none": nil, "no version": {APIVersion: "a/b/c", Kind: "Deployment", Name: "web"},
	} {
		if target, ok := TargetOf(reference); ok {
			t.Errorf("%s: got %v", name, target)
		}
	}
}

func TestMatchedOf(t *testing.T) {
	for text, want := range map[string]*Matched{
		"": nil, "{": nil, "null": nil, "[]": nil, `{"name":1}`: nil, `{"subset":"a"}`: nil,
		`{"name":"w","subset":"a"}`:           {Name: "w", Subset: "a"},
		`{"name":"w","subset":"a","uid":"u"}`: {Name: "w", Subset: "a", UID: "u"},
	} {
		matched, ok := MatchedOf(map[string]string{MatchedKey: text})
		if ok != (want != nil) || ok && matched != *want {
			t.Errorf("%q: got %+v, %t", text, matched, ok)
		}
	}
	if key := (Matched{UID: "u"}).Key("p"); key != "u" {
		t.Errorf("a pod that had no name is known as %q", key)
	}
	if key := (Matched{}).Key("p"); key != "p" {
		t.Errorf("a pod that had a name is known as %q", key)
	}
}
