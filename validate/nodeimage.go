package validate

// The rules of NodeImage (spec/validate-imagepulljob.md (c), whose numbers the comments give).

import (
	"context"
	"maps"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// maxNodeImages is how many images a NodeImage may name.
const maxNodeImages = 256

// NodeImage validates NodeImages of both versions on CREATE and UPDATE; other operations pass. It implements [decision.Reviewer] for
// /validate-apps-kruise-io-nodeimage.
//
// Departures from OpenKruise: all faults are told, with their fields, in the order of the images' names and not in a random one; an update
// that leaves the spec alone passes whatever is wrong with it.
type NodeImage struct {
	// GateOff names the feature gate that the kind needs and that is off. Empty: all are on.
	GateOff string
}

// Review implements [decision.Reviewer]. An old object that cannot be read counts as none: nothing is compared with it.
func (r NodeImage) Review(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	node, err := readNodeImage(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	if request.Operation == admissionv1.Update {
		old, err := readNodeImage(request.Resource.Version, request.OldObject.Raw)
		if err == nil && equality.Semantic.DeepEqual(node.Spec, old.Spec) {
			return decision.Allow(), nil
		}
	}
	if r.GateOff != "" {
		return gateOff("no image would be pulled", r.GateOff), nil
	}
	found := &findings{}
	found.add(nodeImages(node.Spec.Images))
	return found.decision(), nil
}

func nodeImages(images map[string]v1beta1.ImageSpec) field.ErrorList {
	path := specPath.Child("images")
	if len(images) > maxNodeImages { // 1
		return field.ErrorList{field.TooMany(path, len(images), maxNodeImages)}
	}
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(images)) {
		at := path.Key(name)
		if name == "" { // 2
			errs = append(errs, field.Required(at, "the name of the image, without tag"))
		}
		errs = append(errs, imageTags(images[name].Tags, at.Child("tags"))...)
	}
	return errs
}

// imageTags is rules 3 to 8.
func imageTags(tags []v1beta1.ImageTagSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := sets.New[string]()
	for i := 0; i < len(tags) && len(errs) < maxCauses; i++ {
		tag, at := &tags[i], path.Index(i)
		switch {
		case tag.Tag == "":
			errs = append(errs, field.Required(at.Child("tag"), "the version to pull, such as 1.29"))
		case seen.Has(tag.Tag):
			errs = append(errs, field.Duplicate(at.Child("tag"), tag.Tag))
		}
		seen.Insert(tag.Tag)
		if tag.CreatedAt == nil {
			errs = append(errs, field.Required(at.Child("createdAt"), "when the tag was asked for; defaulting fills it in"))
		}
		if tag.Version < 0 {
			errs = append(errs, field.Invalid(at.Child("version"), tag.Version, "must be 0 or more"))
		}
		policy := at.Child("pullPolicy")
		switch {
		case tag.PullPolicy == nil:
			errs = append(errs, field.Required(policy, "with ttlSecondsAfterFinished, such as 300"))
		case tag.PullPolicy.TTLSecondsAfterFinished == nil:
			errs = append(errs, field.Required(policy.Child("ttlSecondsAfterFinished"),
				"how many seconds a finished pull stays in the list, such as 300: without it the list only grows"))
		}
	}
	return errs
}

func readNodeImage(version string, raw []byte) (*v1beta1.NodeImage, error) {
	return readAsBeta[v1beta1.NodeImage](version, "NodeImage", raw, &v1alpha1.NodeImage{})
}
