package defaults

// When an image is pulled again.

import "github.com/distribution/reference"

// pullPolicyByTag is the default of Kubernetes: Always for an image that may change under its name, which is one with
// the tag latest or with neither tag nor digest. An image that cannot be parsed gets IfNotPresent.
func pullPolicyByTag(image string) string {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return "IfNotPresent"
	}
	tagged, hasTag := named.(reference.Tagged)
	_, hasDigest := named.(reference.Digested)
	if (hasTag && tagged.Tag() == "latest") || (!hasTag && !hasDigest) {
		return "Always"
	}
	return "IfNotPresent"
}
