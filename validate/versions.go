package validate

// How an object of either version becomes one of v1beta1, for which the rules are written.

import (
	"fmt"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
)

// readAsBeta reads an object of the version that a request names, with a pointer to its type in v1alpha1. Errors are for the user.
func readAsBeta[Beta any](version, kind string, raw []byte, alpha interface{ ConvertTo(*Beta) error }) (*Beta, error) {
	beta := new(Beta)
	switch version {
	case v1alpha1.GroupVersion.Version:
		if err := wire.Decode(raw, v1alpha1.GroupVersion.WithKind(kind), alpha); err != nil {
			return nil, err
		}
		return beta, alpha.ConvertTo(beta)
	case v1beta1.GroupVersion.Version:
		return beta, wire.Decode(raw, v1beta1.GroupVersion.WithKind(kind), beta)
	default:
		return nil, fmt.Errorf("%s has no version %q: use v1beta1 or v1alpha1", kind, version)
	}
}
