package validate

// Rules c1: the name of a SidecarSet, and metadata in general.

import (
	"regexp"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
)

var sidecarSetNamePattern = regexp.MustCompile(`^[a-zA-Z0-9-]+$`)

// sidecarSetName is the name rule of SidecarSets: it becomes part of label values, so it is short and has no dots. A
// generateName follows it as well.
func sidecarSetName(name string, _ bool) []string {
	var messages []string
	if !sidecarSetNamePattern.MatchString(name) {
		messages = append(messages, "the name of a SidecarSet may have letters, digits and '-' only (no dots, no underscores)")
	}
	if len(name) > validation.DNS1123LabelMaxLength {
		messages = append(messages, validation.MaxLenError(validation.DNS1123LabelMaxLength))
	}
	return messages
}

func (c *sidecarSetCheck) metadata() {
	c.add(apivalidation.ValidateObjectMeta(&c.set.ObjectMeta, false, sidecarSetName, metadataPath)...)
}
