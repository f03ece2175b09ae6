package wire_test

import (
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
)

func TestDecodeVersion(t *testing.T) {
	kind := v1beta1.GroupVersion.WithKind("CloneSet").GroupKind()
	for _, c := range []struct {
		name, version, raw, alpha, beta, err string // names that are read, or the error
	}{
		{"v1alpha1", "v1alpha1", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet","metadata":{"name":"a"}}`, "a", "", ""},
		{"v1beta1", "v1beta1", `{"apiVersion":"apps.kruise.io/v1beta1","kind":"CloneSet","metadata":{"name":"a"}}`, "", "a", ""},
		{"no header", "v1alpha1", `{"metadata":{"name":"a"}}`, "a", "", ""},
		{"another version than the request's", "v1alpha1", `{"apiVersion":"apps.kruise.io/v1beta1"}`, "", "", "not apps.kruise.io/v1alpha1"},
		{"no version of the kind", "v1", `{}`, "", "", `CloneSet has no version "v1": use v1beta1 or v1alpha1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var alpha v1alpha1.CloneSet
			var beta v1beta1.CloneSet
			err := wire.DecodeVersion([]byte(c.raw), kind, c.version, &alpha, &beta)
			if (c.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if alpha.Name != c.alpha || beta.Name != c.beta {
				t.Errorf("read %q into v1alpha1 and %q into v1beta1, want %q and %q", alpha.Name, beta.Name, c.alpha, c.beta)
			}
		})
	}
}
