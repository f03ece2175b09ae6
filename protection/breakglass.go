package protection

import (
	"fmt"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// BreakGlassAnnotation on a protected object lets it be deleted for a while, when the configuration allows it. The value is the end of
// that while and the reason: "2026-11-20T11:30:00Z INC-4711, the node pool is lost".
const BreakGlassAnnotation = "kruise-admission.io/break-glass"

// breakGlass says who gets past a refusal in an emergency. The zero value lets nobody.
type breakGlass struct {
	groups []string
	// maxDuration is how far ahead the annotation may point; 0: the annotation does not count.
	maxDuration time.Duration
}

// configured says whether there is a way to break the glass at all.
func (b breakGlass) configured() bool { return len(b.groups) > 0 || b.maxDuration > 0 }

// BreaksGlass says whether the table knows a way past refusals. What uses it is recorded in an Event.
func (t *Table) BreaksGlass() bool { return t.breakGlass.configured() }

// BreakGlass is one use of a way past a refusal.
type BreakGlass struct {
	// APIVersion, Kind, Namespace, Name and UID are those of the object.
	APIVersion, Kind, Namespace, Name string
	UID                               types.UID
	// User is who did it, and Operation what: DELETE, or UPDATE when the label was taken away from under a guard.
	User, Operation string
	// Why says by which right: a group of the user, or the annotation with its end and reason.
	Why string
	// Refusal is what stood against it. It names no other object, because not everybody who reads it may list those.
	Refusal string
}

// byGroup finds the configured group that the user is in.
func (b breakGlass) byGroup(user authenticationv1.UserInfo) (why string, ok bool) {
	for _, group := range b.groups {
		if slices.Contains(user.Groups, group) {
			return fmt.Sprintf("group %q", group), true
		}
	}
	return "", false
}

// byAnnotation reads the annotation. When it does not count, why says so to the user; an object without one has nothing to say.
func (b breakGlass) byAnnotation(old *metav1.ObjectMeta, now time.Time) (why string, ok bool) {
	value, annotated := old.Annotations[BreakGlassAnnotation]
	if !annotated || b.maxDuration == 0 {
		return "", false
	}
	text, reason, _ := strings.Cut(value, " ")
	end, err := time.Parse(time.RFC3339, text)
	switch reason = strings.TrimSpace(reason); {
	case err != nil:
		return fmt.Sprintf("it starts with %.40q instead of a time like %s", text, now.UTC().Add(b.maxDuration/2).Format(time.RFC3339)), false
	case reason == "":
		return "it gives no reason after the time", false
	case !now.Before(end):
		return fmt.Sprintf("it ended at %s", text), false
	case end.Sub(now) > b.maxDuration:
		return fmt.Sprintf("%s is more than %s ahead", text, b.maxDuration), false
	}
	return fmt.Sprintf("annotation until %s: %.200s", text, reason), true
}
