package validate

// Which references to images are valid: those of Docker's grammar, in which short names stand for Docker Hub.

import (
	"github.com/distribution/reference"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func imageReference(image string, path *field.Path) field.ErrorList {
	if image == "" {
		return field.ErrorList{field.Required(path, "the image to pull, such as nginx:1.29")}
	}
	if _, err := reference.ParseNormalizedNamed(image); err != nil {
		return field.ErrorList{field.Invalid(path, image, "must be [REGISTRY/]NAME[:TAG][@DIGEST], the name in lower case: "+err.Error())}
	}
	return nil
}
