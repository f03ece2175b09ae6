package live

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/survive"
)

func namespacesInStore(names ...string) cluster.Change {
	delta := cluster.Delta[map[string]string]{Put: map[string]map[string]string{}}
	for _, name := range names {
		delta.Put[name] = nil
	}
	return cluster.Change{Namespaces: delta}
}

func TestSink(t *testing.T) {
	object := func(name, value string) any {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"value": value}}
	}
	type sinkOfStrings = sink[string]
	tests := []struct {
		name   string
		act    func(*sinkOfStrings) error
		want   cluster.Delta[string]
		errs   int
		filled bool
	}{
		{name: "add", act: func(s *sinkOfStrings) error { return s.Add(object("a", "1")) },
			want: cluster.Delta[string]{Put: map[string]string{"a": "1"}}},
		{name: "update", act: func(s *sinkOfStrings) error { return s.Update(object("a", "2")) },
			want: cluster.Delta[string]{Put: map[string]string{"a": "2"}}},
		{name: "update to something broken", act: func(s *sinkOfStrings) error { return s.Update(object("a", "")) },
			want: cluster.Delta[string]{Put: map[string]string{}, Drop: []string{"a"}}, errs: 1},
		{name: "delete", act: func(s *sinkOfStrings) error { return s.Delete(object("a", "")) },
			want: cluster.Delta[string]{Drop: []string{"a"}}},
		{name: "list with something broken", act: func(s *sinkOfStrings) error {
			return s.Replace([]any{object("a", "1"), object("b", ""), object("c", "3")}, "7")
		},
			want: cluster.Delta[string]{Put: map[string]string{"a": "1", "c": "3"}, Drop: []string{"b"}, All: true}, errs: 1, filled: true},
		{name: "empty list", act: func(s *sinkOfStrings) error { return s.Replace(nil, "7") },
			want: cluster.Delta[string]{Put: map[string]string{}, All: true}, filled: true},
		{name: "list of what streamed in", act: func(s *sinkOfStrings) error {
			var reduced []any
			for _, o := range []any{object("a", "1"), object("b", "")} {
				r, err := s.Transformer()(o)
				if err != nil {
					return err
				}
				reduced = append(reduced, r)
			}
			return s.Replace(reduced, "7")
		}, want: cluster.Delta[string]{Put: map[string]string{"a": "1"}, Drop: []string{"b"}, All: true}, errs: 1, filled: true},
		{name: "what is no object", act: func(s *sinkOfStrings) error { return s.Replace([]any{"text", object("a", "1")}, "7") },
			want: cluster.Delta[string]{Put: map[string]string{"a": "1"}, Drop: []string{""}, All: true}, errs: 1, filled: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got cluster.Delta[string]
			var errs int
			var filled bool
			s := &sinkOfStrings{
				read: func(object any) (string, error) {
					if value := object.(*corev1.ConfigMap).Data["value"]; value != "" {
						return value, nil
					}
					return "", errors.New("broken")
				},
				apply:  func(delta cluster.Delta[string]) { got = delta },
				report: func(error) { errs++ },
				filled: func() { filled = true },
			}
			if err := test.act(s); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if errs != test.errs || filled != test.filled {
				t.Errorf("%d errors, filled %v; want %d, %v", errs, filled, test.errs, test.filled)
			}
		})
	}
}

// An object over which the reading panics is left out, and the list is complete without it.
func TestAPanicOverAnObject(t *testing.T) {
	panics.Expect(t)
	var got cluster.Delta[string]
	var errs []string
	arrived := false
	s := newSink(t.Context(), &Source{options: Options{OnError: func(err error) { errs = append(errs, err.Error()) }}},
		&firstList{arrived: func() { arrived = true }},
		func(object any) (string, error) { return object.(*corev1.ConfigMap).Data["value"][:1], nil },
		func(delta cluster.Delta[string]) { got = delta })
	broken := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "broken"}}
	good := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "good"}, Data: map[string]string{"value": "1"}}
	if err := s.Replace([]any{broken, good}, "7"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(cluster.Delta[string]{Put: map[string]string{"good": "1"}, Drop: []string{"broken"}, All: true}, got); diff != "" || !arrived {
		t.Errorf("arrived %t (-want +got):\n%s", arrived, diff)
	}
	if want := []string{"*v1.ConfigMap shop/broken is left out: " + survive.ErrPanicked.Error()}; !slices.Equal(errs, want) {
		t.Errorf("reported %q, want %q", errs, want)
	}
}

// The reflector asks what a sink gives it for its metadata.
func TestReducedObjectHasItsName(t *testing.T) {
	s := &sink[map[string]string]{read: readSettings}
	reduced, err := s.Transformer()(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	if accessor, ok := reduced.(metav1.ObjectMetaAccessor); !ok || accessor.GetObjectMeta().GetName() != "a" {
		t.Errorf("%#v", reduced)
	}
}
