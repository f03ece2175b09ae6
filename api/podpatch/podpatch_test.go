package podpatch

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestApply(t *testing.T) {
	tests := []struct {
		name, pod, patch, want string
		err                    string
	}{
		{name: "an empty patch", pod: `{"spec":{"new":1}}`, patch: `{}`, want: `{"spec":{"new":1}}`},
		{name: "null for no patch", pod: `{"spec":{"a":1}}`, patch: `null`, want: `{"spec":{"a":1}}`},
		{name: "a label", pod: `{"metadata":{"labels":{"a":"b"}}}`, patch: `{"metadata":{"labels":{"c":"d"}}}`, want: `{"metadata":{"labels":{"a":"b","c":"d"}}}`},
		{
			name:  "containers merge by name and keep what no type knows",
			pod:   `{"spec":{"containers":[{"name":"a","image":"i","new":{"x":12345678901234567890}},{"name":"b"}]}}`,
			patch: `{"spec":{"containers":[{"name":"a","env":[{"name":"X","value":"1"}]}]}}`,
			want:  `{"spec":{"containers":[{"name":"a","image":"i","new":{"x":12345678901234567890},"env":[{"name":"X","value":"1"}]},{"name":"b"}]}}`,
		},
		{name: "tolerations are replaced", pod: `{"spec":{"tolerations":[{"key":"a"}]}}`, patch: `{"spec":{"tolerations":[{"key":"b"}]}}`, want: `{"spec":{"tolerations":[{"key":"b"}]}}`},
		{name: "null removes", pod: `{"spec":{"priorityClassName":"p","nodeName":"n"}}`, patch: `{"spec":{"priorityClassName":null}}`, want: `{"spec":{"nodeName":"n"}}`},
		{name: "a list", pod: `{}`, patch: `[]`, err: "the patch is not a JSON object"},
		{name: "no pod", pod: `1`, patch: `{}`, err: "the pod is not a JSON object"},
		{name: "null in a list of the patch", pod: `{"spec":{"containers":[{"name":"a"}]}}`, patch: `{"spec":{"containers":[null]}}`, err: "does not fit the pod"},
		{name: "null in a list of the pod", pod: `{"spec":{"containers":[null]}}`, patch: `{"spec":{"containers":[{"name":"a"}]}}`, err: "cannot be merged"},
		{name: "an element without its key", pod: `{"spec":{"containers":[{"name":"a"}]}}`, patch: `{"spec":{"containers":[{"image":"i"}]}}`, err: "does not fit the pod"},
		{name: "an unknown directive", pod: `{"spec":{"containers":[{"name":"a"}]}}`, patch: `{"spec":{"containers":[{"name":"a","$patch":"burn"}]}}`, err: "does not fit the pod"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Apply([]byte(test.pod), []byte(test.patch))
			if (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if err == nil {
				if diff := cmp.Diff(decoded(t, test.want), decoded(t, string(got))); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestListsThatTakeForever: the library would compare each variable of the patch with each of the pod, for minutes.
func TestListsThatTakeForever(t *testing.T) {
	variables := func(name string, count int) string {
		return `{"spec":{"containers":[{"name":"a","env":[` + strings.Repeat(`{"name":"`+name+`"},`, count) + `{"name":"x"}]}]}}`
	}
	if _, err := Apply([]byte(variables("a", 19_000)), []byte(variables("b", 19_000))); err == nil || !strings.Contains(err.Error(), "too many elements") {
		t.Errorf("error %v", err)
	}
	if _, err := Apply([]byte(variables("a", 900)), []byte(variables("b", 900))); err != nil {
		t.Errorf("a thousand of each: %v", err)
	}
}

func FuzzApply(f *testing.F) {
	f.Add(`{"spec":{"containers":[{"name":"a"}],"tolerations":[]}}`, `{"spec":{"containers":[null]}}`)
	f.Add(`{"spec":{"containers":[1]}}`, `{"spec":{"containers":[{"name":1,"$patch":1}],"$setElementOrder/containers":{}}}`)
	f.Add(`{"metadata":{"finalizers":["a"]}}`, `{"metadata":{"$deleteFromPrimitiveList/finalizers":[null]}}`)
	f.Fuzz(func(t *testing.T, pod, patch string) {
		got, err := Apply([]byte(pod), []byte(patch))
		if err == nil && !json.Valid(got) {
			t.Errorf("got %s", got)
		}
	})
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	value, err := tree([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}
