package protection

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestWritesWarnAboutLabelsThatDoNotProtect(t *testing.T) {
	const (
		unknown     = `metadata.labels[policy.kruise.io/delete-protection]: "always" protects nothing; write Always or Cascading`
		meaningless = `metadata.labels[policy.kruise.io/delete-protection]: Cascading protects nothing on kind Service; write Always to protect it`
		gate        = `metadata.labels[policy.kruise.io/delete-protection]: feature gate DeletionProtectionForCRDCascadingGate is off, so Cascading acts like Always`
	)
	for name, c := range map[string]struct {
		kind     schema.GroupVersionKind
		old, new string
		options  Options
		want     []string
	}{
		"create with unknown value":           {kind: deployment, new: labelled("always", "", ""), want: []string{unknown}},
		"create with Always":                  {kind: deployment, new: labelled("Always", "", "")},
		"create with Cascading":               {kind: deployment, new: labelled("Cascading", "", "")},
		"create without label":                {kind: deployment, new: `{"metadata":{}}`},
		"create of what cannot be read":       {kind: deployment, new: `[]`},
		"create of nothing":                   {kind: deployment},
		"update to unknown value":             {kind: deployment, old: labelled("Always", "", ""), new: labelled("always", "", ""), want: []string{unknown}},
		"update that keeps the unknown value": {kind: deployment, old: labelled("always", "", ""), new: labelled("always", "", "")},
		"update that removes the label":       {kind: deployment, old: labelled("Always", "", ""), new: `{"metadata":{}}`},
		"Cascading on a Service":              {kind: service, new: labelled("Cascading", "", ""), want: []string{meaningless}},
		"Always on a Service":                 {kind: service, new: labelled("Always", "", "")},
		"Cascading on a definition, gate off": {kind: crd, new: definition("Cascading", "FooList", storage), want: []string{gate}},
		"Cascading on a definition, gate on":  {kind: crd, new: definition("Cascading", "FooList", storage), options: Options{CRDCascading: true}},
		"kind without rule":                   {kind: pod, new: labelled("always", "", "")},
	} {
		t.Run(name, func(t *testing.T) {
			request := deleteOf(c.kind, c.old)
			request.Operation = admissionv1.Create
			if c.old != "" {
				request.Operation = admissionv1.Update
			}
			request.Object.Raw = []byte(c.new)
			c.options.Enabled = true
			got, err := New(c.options).Review(context.Background(), request)
			if err != nil || !got.Allowed {
				t.Fatalf("got %+v, %v", got, err)
			}
			if diff := cmp.Diff(c.want, got.Warnings); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Section 14.4: the verdict is OpenKruise's, and the user learns that the label did nothing.
func TestDeleteWarnsWhenCascadingMeansNothing(t *testing.T) {
	for kind, gvk := range map[string]schema.GroupVersionKind{"Service": service, "Ingress": ingress} {
		got, err := New(Options{Enabled: true}).Review(context.Background(), deleteOf(gvk, labelled("Cascading", "", "")))
		if err != nil || !got.Allowed {
			t.Fatalf("%s: got %+v, %v", kind, got, err)
		}
		want := []string{"metadata.labels[policy.kruise.io/delete-protection]: Cascading protects nothing on kind " + kind + "; write Always to protect it"}
		if diff := cmp.Diff(want, got.Warnings); diff != "" {
			t.Error(diff)
		}
	}
}

// The API server cuts a warning at 256 characters; the value of a forged request may be long.
func TestWarningsAreShort(t *testing.T) {
	long := make([]byte, 10_000)
	for i := range long {
		long[i] = 'a'
	}
	request := deleteOf(deployment, "")
	request.Operation = admissionv1.Create
	request.Object.Raw = []byte(labelled(string(long), "", ""))
	got, err := New(Options{Enabled: true}).Review(context.Background(), request)
	if err != nil || len(got.Warnings) != 1 || len(got.Warnings[0]) > 256 {
		t.Errorf("got %d warnings, %v: %q", len(got.Warnings), err, got.Warnings)
	}
}
