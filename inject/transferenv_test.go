package inject

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePodField(t *testing.T) {
	tests := map[string]*podField{
		"metadata.labels['app']":            {key: "app"},
		"metadata.labels['a.b/c-d_e']":      {key: "a.b/c-d_e"},
		"metadata.annotations['Vi.Test/K']": {annotation: true, key: "Vi.Test/K"},
		"metadata.labels['Vi.Test/K']":      nil,
		"metadata.name":                     nil,
		"metadata.labels":                   nil,
		"metadata.labels['']":               nil,
		"metadata.labels['a'":               nil,
		"metadata.labels['a b']":            nil,
		"metadata.labels[a]":                nil,
		"spec.labels['a']":                  nil,
		"['a']":                             nil,
		"":                                  nil,
	}
	for path, want := range tests {
		if difference := cmp.Diff(want, parsePodField(path), cmp.AllowUnexported(podField{})); difference != "" {
			t.Errorf("%q (-want +got):\n%s", path, difference)
		}
	}
}
