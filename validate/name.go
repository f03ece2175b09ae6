package validate

// How long the names of workloads and of their claim templates may be. The API server takes up to 253 characters, but the
// controllers make longer names and labels of them, and only find out when they create pods ("Name length" in the specifications
// of the kinds):
//
//	pod label controller-revision-hash = <name>-<hash of at most 10>   63, unless gate CloneSetShortHash leaves the name out
//	pod of a CloneSet                  = <name>-<5>                    253
//	claim of a CloneSet                = <claim template>-<name>-<5>   253
//	revision of a DaemonSet            = <name>-<hash of at most 10>   253
//
// The hash is often shorter than 10, so a name of 53 to 61 characters works until a revision comes whose hash is not. A StatefulSet
// whose revision label has room has room everywhere: the ordinals of its pods and claims have at most 10 digits, too. The pods of a
// DaemonSet carry the hash alone.

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	instanceIDLength   = 5
	revisionHashLength = 10

	// maxNameInRevisionLabel is what leaves room for any hash in the label.
	maxNameInRevisionLabel = validation.LabelValueMaxLength - len("-") - revisionHashLength
	// maxCloneSetPodName is what leaves room for the instance id in the name of a pod.
	maxCloneSetPodName = validation.DNS1123SubdomainMaxLength - len("-") - instanceIDLength
	// maxDaemonSetName is what leaves room for the hash in the name of a ControllerRevision.
	maxDaemonSetName = validation.DNS1123SubdomainMaxLength - len("-") - revisionHashLength
)

// cloneSetNames reports names that are too long, given the names of the claim templates. shortHash says that the gate is on.
func cloneSetNames(name string, claims []string, shortHash bool) field.ErrorList {
	var errs field.ErrorList
	switch {
	case len(name) > maxCloneSetPodName:
		errs = append(errs, tooLong(name, maxCloneSetPodName, fmt.Sprintf("its pods add 6 and may have %d", validation.DNS1123SubdomainMaxLength)))
	case !shortHash:
		errs = nameInRevisionLabel(name, "shorten it, or enable CloneSetShortHash here and in OpenKruise")
	}
	for i, claim := range claims {
		length := len(claim) + len("-") + len(name) + len("-") + instanceIDLength
		if length <= validation.DNS1123SubdomainMaxLength {
			continue
		}
		errs = append(errs, field.Invalid(claimTemplatePath(i).Child("metadata", "name"), claim, fmt.Sprintf(
			"makes claims with names of %d characters (%s-<name of the CloneSet>-xxxxx), and %d are allowed: shorten one of the two names",
			length, claim, validation.DNS1123SubdomainMaxLength)))
	}
	return errs
}

// statefulSetName reports a name that is too long.
func statefulSetName(name string) field.ErrorList { return nameInRevisionLabel(name, "shorten it") }

// daemonSetName reports a name that is too long.
func daemonSetName(name string) field.ErrorList {
	if len(name) <= maxDaemonSetName {
		return nil
	}
	return field.ErrorList{tooLong(name, maxDaemonSetName, fmt.Sprintf(
		"its revisions add %d and may have %d", len("-")+revisionHashLength, validation.DNS1123SubdomainMaxLength))}
}

func nameInRevisionLabel(name, remedy string) field.ErrorList {
	if len(name) <= maxNameInRevisionLabel {
		return nil
	}
	return field.ErrorList{tooLong(name, maxNameInRevisionLabel, fmt.Sprintf(
		"pod label controller-revision-hash holds it with a hash, in %d characters at most; %s", validation.LabelValueMaxLength, remedy))}
}

func tooLong(name string, limit int, why string) *field.Error {
	return field.Invalid(metadataPath.Child("name"), name, fmt.Sprintf("must be no more than %d characters (it has %d): %s", limit, len(name), why))
}

// names takes the errors of names. An object that exists cannot get another name, so that refusing its updates would help nobody:
// they become warnings, as they do when the names of new objects are not to be refused either.
func (f *findings) names(errs field.ErrorList, refuse bool) {
	if refuse {
		f.add(errs)
		return
	}
	for _, err := range errs {
		f.warn(err.Field + " " + err.Detail)
	}
}
