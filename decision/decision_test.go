package decision

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestTheZeroDecisionRefuses(t *testing.T) {
	if (Decision{}).Allowed {
		t.Error("a rule that forgets to decide lets the request through")
	}
}

func TestInvalid(t *testing.T) {
	if got := Invalid(nil); !got.Allowed {
		t.Errorf("no errors: got %+v, want it allowed", got)
	}
	spec := field.NewPath("spec")
	got := Invalid(field.ErrorList{
		field.Required(spec.Child("selector"), "say which pods"),
		field.Invalid(spec.Child("replicas"), -1, "must be 0 or more"),
		field.Required(spec.Child("selector"), "say which pods"), // told once, but a cause each
	})
	want := Decision{
		Code:    http.StatusUnprocessableEntity,
		Reason:  metav1.StatusReasonInvalid,
		Message: "[spec.selector: Required value: say which pods, spec.replicas: Invalid value: -1: must be 0 or more]",
		Causes: []metav1.StatusCause{
			{Type: metav1.CauseTypeFieldValueRequired, Field: "spec.selector", Message: "Required value: say which pods"},
			{Type: metav1.CauseTypeFieldValueInvalid, Field: "spec.replicas", Message: "Invalid value: -1: must be 0 or more"},
			{Type: metav1.CauseTypeFieldValueRequired, Field: "spec.selector", Message: "Required value: say which pods"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWarnTellsOnce(t *testing.T) {
	d := Allow()
	for _, warning := range []string{"a", "b", "a"} {
		d.Warn(warning)
	}
	if diff := cmp.Diff([]string{"a", "b"}, d.Warnings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWarnHasAnEnd(t *testing.T) {
	d := Allow()
	for i := range 10_000 {
		d.Warn(fmt.Sprint(i))
	}
	if len(d.Warnings) != maxWarnings {
		t.Errorf("%d warnings, want %d", len(d.Warnings), maxWarnings)
	}
}

// TestWarningsAreShort: one that quotes megabytes of an object is cut, between two characters.
func TestWarningsAreShort(t *testing.T) {
	d := Allow()
	d.Warn(strings.Repeat("é", 1<<20))
	d.Warnf("%s: %d", "a", 1)
	if diff := cmp.Diff([]string{strings.Repeat("é", maxWarning/2) + "...", "a: 1"}, d.Warnings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	d = Allow()
	d.Warn("x" + strings.Repeat("é", 1<<20))
	if got := d.Warnings[0]; !utf8.ValidString(got) || len(got) > maxWarning+len("...") {
		t.Errorf("%d bytes, valid: %t", len(got), utf8.ValidString(got))
	}
}

func TestCannotTell(t *testing.T) {
	cause := errors.New("connection refused")
	unable := CannotTell("list pods: %w", cause)
	if !errors.Is(unable, cause) || unable.Error() != "cannot decide: list pods: connection refused" {
		t.Errorf("got %v, want it to wrap and name its cause", unable)
	}
	if outer := CannotTell("find the pods: %w", unable); !errors.Is(outer, cause) || outer.Error() != "cannot decide: find the pods: list pods: connection refused" {
		t.Errorf("got %v, want it to say once that it cannot decide", outer)
	}
	later := CannotTell("the view is behind")
	later.RetryAfter = 2 * time.Second
	atOnce := CannotTell("lost a race")
	atOnce.RetryAfter = 0
	for name, test := range map[string]struct {
		err   error
		after time.Duration
		helps bool
	}{
		"by default asking again does not help": {unable, 0, false},
		"later":                                 {later, 2 * time.Second, true},
		"at once":                               {atOnce, 0, true},
		"wrapped":                               {fmt.Errorf("decide: %w", later), 2 * time.Second, true},
		"another error":                         {cause, 0, false},
	} {
		if after, helps := RetryAfter(test.err); after != test.after || helps != test.helps {
			t.Errorf("%s: got %v, %v; want %v, %v", name, after, helps, test.after, test.helps)
		}
	}
}

// TestOperations applies operations with a library that knows nothing of this package, on members that a pointer must escape.
func TestOperations(t *testing.T) {
	object := []byte(`{"metadata":{"annotations":{"a/b":"1","c~d":"2","plain":"3"}},"list":["x"]}`)
	operations := []Operation{
		Add(Pointer("metadata", "annotations", "e/f~g"), json.RawMessage(`"4"`)),
		Replace(Pointer("metadata", "annotations", "a/b"), json.RawMessage(`"5"`)),
		Remove(Pointer("metadata", "annotations", "c~d")),
		Add(Pointer("list", "-"), json.RawMessage(`null`)),
		Add(Pointer("list", "0"), json.RawMessage(`"y"`)),
	}
	text, err := json.Marshal(operations)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		t.Fatal(err)
	}
	got, err := patch.Apply(object)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"metadata":{"annotations":{"a/b":"5","e/f~g":"4","plain":"3"}},"list":["y","x",null]}`
	if diff := cmp.Diff(decoded(t, []byte(want)), decoded(t, got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func decoded(t *testing.T, text []byte) (value any) {
	t.Helper()
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}
