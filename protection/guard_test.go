package protection

import (
	"context"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
)

func TestLabelGuard(t *testing.T) {
	const guard = "labelGuard: {users: [root], groups: [admins]}\n"
	with := func(value string) string { return labelled(value, `,"namespace":"shop"`, "") }
	const without = `{"metadata":{"name":"x","namespace":"shop"}}`
	for name, c := range map[string]struct {
		configuration string
		old, new      string
		user          string
		groups        []string
		refused       bool
	}{
		"removed":                        {guard, with("Always"), without, "jane", nil, true},
		"Cascading removed":              {guard, with("Cascading"), without, "jane", nil, true},
		"weakened":                       {guard, with("Always"), with("Cascading"), "jane", nil, true},
		"misspelt":                       {guard, with("Always"), with("always"), "jane", nil, true},
		"strengthened":                   {guard, with("Cascading"), with("Always"), "jane", nil, false},
		"kept":                           {guard, with("Always"), with("Always"), "jane", nil, false},
		"added":                          {guard, without, with("Always"), "jane", nil, false},
		"a value that protected nothing": {guard, with("always"), without, "jane", nil, false},
		"by a user who may":              {guard, with("Always"), without, "root", nil, false},
		"by a member of a group":         {guard, with("Always"), without, "jane", []string{"admins"}, false},
		"while it is being deleted":      {guard, labelled("Always", terminating, ""), without, "jane", nil, false},
		"without a guard":                {"", with("Always"), without, "jane", nil, false},
		"by break-glass":                 {guard + "breakGlass: {groups: [oncall]}\n", with("Always"), without, "jane", []string{"oncall"}, false},
		"in mode Warn":                   {guard + "namespaces: [{selector: {}, mode: Warn}]\n", with("Always"), without, "jane", nil, false},
		"an annotation is for deletes":   {guard + "breakGlass: {annotation: {maxDuration: 1h}}\n", annotated("2026-11-20T12:30:00Z INC-1"), without, "jane", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			request := deleteOf(deployment, c.old)
			request.Operation = admissionv1.Update
			request.Object.Raw = []byte(c.new)
			request.UserInfo.Username, request.UserInfo.Groups = c.user, c.groups
			r := New(Options{
				Enabled: true, Table: configured(t, c.configuration), Now: func() time.Time { return noon },
				Namespaces: fakeNamespaces{labels: map[string]map[string]string{"shop": {}}},
			})
			got, err := r.Judge(context.Background(), request)
			if err != nil {
				t.Fatal(err)
			}
			if got.Allowed == c.refused || (got.Outcome == Refused) != c.refused || c.refused && got.Code != 403 {
				t.Errorf("got %+v, want refused %t", got, c.refused)
			}
		})
	}
}

// Labels can be written by subresources, too.
func TestLabelGuardOfSubresources(t *testing.T) {
	request := deleteOf(namespace, labelled("Always", "", ""))
	request.Operation, request.SubResource = admissionv1.Update, "status"
	request.Object.Raw = []byte(`{"metadata":{"name":"x"}}`)
	got, err := New(Options{Enabled: true, Table: configured(t, "labelGuard: {users: [root]}\n")}).Judge(context.Background(), request)
	if err != nil || got.Outcome != Refused {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWordsOfTheGuard(t *testing.T) {
	request := deleteOf(deployment, labelled("Always", "", ""))
	request.Operation = admissionv1.Update
	request.Object.Raw = []byte(`{"metadata":{"name":"x"}}`)
	got, err := New(Options{Enabled: true, Table: configured(t, "labelGuard: {users: [root], groups: [admins]}\n")}).Review(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	const want = `forbidden by ResourcesProtectionDeletion: changing policy.kruise.io/delete-protection from "Always" to "" takes protection from Deployment "x"; only user "root", group "admins" may do that`
	if got.Message != want {
		t.Errorf("got %q, want %q", got.Message, want)
	}
}
