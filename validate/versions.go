package validate

// How an object of either version becomes one of v1beta1, for which the rules are written.

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
)

// readAsBeta reads an object of the version that a request names. alpha is a pointer to its type in v1alpha1, which holds the object as it was
// sent if that is the version. Errors are for the user.
func readAsBeta[Beta any](version, kind string, raw []byte, alpha interface{ ConvertTo(*Beta) error }) (*Beta, error) {
	beta := new(Beta)
	if err := wire.DecodeVersion(raw, schema.GroupKind{Group: v1beta1.GroupVersion.Group, Kind: kind}, version, alpha, beta); err != nil {
		return nil, err
	}
	if version != v1alpha1.GroupVersion.Version {
		return beta, nil
	}
	return beta, alpha.ConvertTo(beta)
}
