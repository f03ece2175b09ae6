package validate

// What objects of several kinds may say but hardly mean. OpenKruise accepts it, so it is a warning.

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// unknownHint warns of a word that the controller does not know. No word at all is the default.
func unknownHint[T ~string](value T, path *field.Path, found *findings, known ...T) {
	if value == "" || slices.Contains(known, value) {
		return
	}
	found.warn(fmt.Sprintf("%s is %q: the controller knows %s only", path, string(value), quoted(known)))
}

// historyHint warns of a number of old revisions that cannot be.
func historyHint(limit *int32, found *findings) {
	if limit != nil && *limit < 0 {
		found.warn(fmt.Sprintf("spec.revisionHistoryLimit is %d: write 0 to keep no old revision", *limit))
	}
}
