package budget

import (
	"strings"

	"github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"
)

// runsByDigest reports whether an image is given by its digest, and, if so, whether the container runs exactly that.
func runsByDigest(image string, status *corev1.ContainerStatus) (byDigest, runs bool) {
	want, byDigest := digested(image)
	if !byDigest || status == nil {
		return byDigest, false
	}
	got, ok := digested(imageOf(status.ImageID))
	return true, ok && got.Name() == want.Name() && got.Digest() == want.Digest()
}

// imageOf is the image in an imageID, which some runtimes write behind a scheme: docker-pullable://nginx@sha256:...
func imageOf(imageID string) string {
	if _, image, ok := strings.Cut(imageID, "://"); ok {
		return image
	}
	return imageID
}

func digested(image string) (reference.Canonical, bool) {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return nil, false
	}
	canonical, ok := named.(reference.Canonical)
	return canonical, ok
}
