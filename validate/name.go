package validate

// How long the names of a CloneSet and of its claim templates may be. The API server takes up to 253 characters, but the
// controller makes longer names and a label of them, and only finds out when it creates pods ("Name length" in the CloneSet
// specification):
//
//	pod label controller-revision-hash = <name>-<hash of at most 10>   63, unless gate CloneSetShortHash leaves the name out
//	pod                                = <name>-<5>                    253
//	claim                              = <claim template>-<name>-<5>   253
//
// The hash is often shorter than 10, so a name of 53 to 61 characters works until a revision comes whose hash is not.

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	instanceIDLength   = 5
	revisionHashLength = 10

	// maxCloneSetName is what leaves room for any hash in the label.
	maxCloneSetName = validation.LabelValueMaxLength - len("-") - revisionHashLength
	// maxCloneSetPodName is what leaves room for the instance id in the name of a pod.
	maxCloneSetPodName = validation.DNS1123SubdomainMaxLength - len("-") - instanceIDLength
)

// cloneSetNames reports names that are too long, given the names of the claim templates. shortHash says that the gate is on.
func cloneSetNames(name string, claims []string, shortHash bool) field.ErrorList {
	var errs field.ErrorList
	at := field.NewPath("metadata", "name")
	switch {
	case len(name) > maxCloneSetPodName:
		errs = append(errs, field.Invalid(at, name, fmt.Sprintf(
			"must be no more than %d characters (it has %d): its pods add 6 and may have %d",
			maxCloneSetPodName, len(name), validation.DNS1123SubdomainMaxLength)))
	case len(name) > maxCloneSetName && !shortHash:
		errs = append(errs, field.Invalid(at, name, fmt.Sprintf(
			"must be no more than %d characters (it has %d): pod label controller-revision-hash holds it with a hash, in %d characters at most; "+
				"shorten it, or enable CloneSetShortHash here and in OpenKruise",
			maxCloneSetName, len(name), validation.LabelValueMaxLength)))
	}
	for i, claim := range claims {
		length := len(claim) + len("-") + len(name) + len("-") + instanceIDLength
		if length <= validation.DNS1123SubdomainMaxLength {
			continue
		}
		errs = append(errs, field.Invalid(claimTemplateName(i), claim, fmt.Sprintf(
			"makes claims with names of %d characters (%s-<name of the CloneSet>-xxxxx), and %d are allowed: shorten one of the two names",
			length, claim, validation.DNS1123SubdomainMaxLength)))
	}
	return errs
}

// claimTemplateName is the path of the name of a volume claim template.
func claimTemplateName(i int) *field.Path {
	return field.NewPath("spec", "volumeClaimTemplates").Index(i).Child("metadata", "name")
}
