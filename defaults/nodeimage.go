package defaults

// Defaults of NodeImages (spec/validate-imagepulljob.md (b)): tags are sorted, and each says since when and how long it is
// pulled.

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// NodeImage defaults NodeImages of both versions. It implements [decision.Reviewer] for /mutate-apps-kruise-io-nodeimage. What a NodeImage
// was before plays no part.
type NodeImage struct {
	// Clock tells the time for tags that do not say when they were asked for; required.
	Clock func() time.Time
}

// Review implements [decision.Reviewer].
func (r NodeImage) Review(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if err := decode("NodeImage", request.Resource.Version, request.Object.Raw, &v1alpha1.NodeImage{}, &v1beta1.NodeImage{}); err != nil {
		return decision.Malformed(err.Error()), nil
	}
	doc, err := openDocument(request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	now := r.Clock().UTC().Format(time.RFC3339) // as metav1.Time is written
	eachImage(doc.object.object("spec").object("images"), func(image *object) {
		sortTags(image)
		for _, tag := range image.objects("tags") {
			tag.fillAbsent("createdAt", now)
			pullPolicy(tag)
		}
	})
	eachImage(doc.object.object("status").object("imageStatuses"), sortTags)
	return doc.decision("NodeImage", request.Name)
}

// eachImage visits images in the order of their names, so that equal objects get equal patches.
func eachImage(images *object, visit func(image *object)) {
	for _, name := range slices.Sorted(maps.Keys(images.members)) {
		visit(images.object(name))
	}
}

// sortTags sorts the tags of an image, byte by byte. Equal ones keep their order; validation refuses them.
func sortTags(image *object) {
	tags, _ := image.members["tags"].([]any)
	byTag := func(a, b any) int { return cmp.Compare(tagOf(a), tagOf(b)) }
	if !slices.IsSortedFunc(tags, byTag) {
		image.reorder("tags", slices.SortedStableFunc(slices.Values(tags), byTag))
	}
}

func tagOf(element any) string {
	members, _ := element.(map[string]any)
	tag, _ := members["tag"].(string)
	return tag
}
