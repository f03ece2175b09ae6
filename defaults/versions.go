package defaults

// In which type an object is read: that of the version which the request names.

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
)

// decode reads an object of the version that a request names into alpha or beta, pointers to the types of its kind, and refuses what does
// not fit. Errors are for the user.
func decode(kind, version string, raw []byte, alpha, beta any) error {
	return wire.DecodeVersion(raw, schema.GroupKind{Group: v1beta1.GroupVersion.Group, Kind: kind}, version, alpha, beta)
}
