package wire

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The versions that kinds of OpenKruise have.
const (
	older = "v1alpha1"
	newer = "v1beta1"
)

// DecodeVersion reads the JSON object raw as [Decode] does, in the version of its kind that a request names: v1alpha1 into alpha, v1beta1 into
// beta. Both are pointers to the kind's types; the other one stays as it is. Errors are for the user.
func DecodeVersion(raw []byte, kind schema.GroupKind, version string, alpha, beta any) error {
	switch version {
	case older:
		return Decode(raw, kind.WithVersion(version), alpha)
	case newer:
		return Decode(raw, kind.WithVersion(version), beta)
	default:
		return fmt.Errorf("%s has no version %q: use %s or %s", kind.Kind, version, newer, older)
	}
}
