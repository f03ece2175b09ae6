package protection

import (
	"context"
	"fmt"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/decision"
)

// AuditKey is the key of the audit annotation in which every verdict on a labelled object says its reason.
const AuditKey = "delete-protection"

// forbidden starts the refusals. The order of its words differs from that of the feature gate's name; tools match on it (spec/protection.md
// 6).
const forbidden = "forbidden by ResourcesProtectionDeletion for " + Label + "="

// defaultMaxNames is how many names a refusal mentions unless [Options] say otherwise.
const defaultMaxNames = 5

// finding is what a look below a Cascading object gives: it may go or not, and why. The zero value keeps it.
type finding struct {
	free    bool
	message string
	// brief is the part of the message that names no other object.
	brief string
}

// free makes a finding that lets the object go.
func free(format string, args ...any) finding {
	return finding{free: true, message: fmt.Sprintf(Label+"="+Cascading+" and "+format, args...)}
}

// blocked makes a finding that keeps the object. words are OpenKruise's, advice is ours.
func blocked(words, advice string) finding {
	brief := forbidden + Cascading + " and " + words
	return finding{message: brief + ": " + advice + ", or remove that label", brief: brief}
}

// refuse is the 403 of every protected object. Unlike OpenKruise's it has a reason, so that kubectl prints "Error from
// server (Forbidden)", and a cause that names the field to change.
func refuse(message string) decision.Decision {
	d := decision.Forbid(message)
	d.Causes = []metav1.StatusCause{{
		Type:    metav1.CauseTypeForbidden,
		Field:   fmt.Sprintf("metadata.labels[%s]", Label),
		Message: message,
	}}
	d.Annotate(AuditKey, "refused: "+message)
	return d
}

// permit allows the delete of a labelled object.
func permit(format string, args ...any) decision.Decision {
	d := decision.Allow()
	d.Annotate(AuditKey, "allowed: "+fmt.Sprintf(format, args...))
	return d
}

// mention spells the first names in brackets, after a blank. It is empty for a user who may not list them, also when that cannot
// be found out: the verdict does not depend on it.
func (r *Reviewer) mention(
	ctx context.Context, user authenticationv1.UserInfo, resource schema.GroupVersionResource, namespace string, names []string, more bool,
) string {
	if may, err := r.options.Dependents.MayList(ctx, user, resource, namespace); err != nil || !may {
		return ""
	}
	shown := names[:min(len(names), r.options.MaxNames)]
	quoted := make([]string, len(shown))
	for i, name := range shown {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	text := strings.Join(quoted, ", ")
	switch rest := len(names) - len(shown); {
	case more:
		text += fmt.Sprintf(" and %d or more others", rest+1)
	case rest == 1:
		text += " and 1 other"
	case rest > 0:
		text += fmt.Sprintf(" and %d others", rest)
	}
	return " (" + text + ")"
}
