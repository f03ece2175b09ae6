package protection

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// ownedPods decides Cascading of a resource whose pods name it as their owner: one that is active blocks.
func (r *Reviewer) ownedPods(ctx context.Context, user authenticationv1.UserInfo, subject string, old *object) (finding, error) {
	uid := old.Metadata.UID
	if uid == "" {
		return blocked("metadata.uid is empty", fmt.Sprintf("whether %s has pods cannot be found out; correct that", subject)), nil
	}
	namespace := old.Metadata.Namespace
	names, more, err := r.options.Dependents.OwnedPods(ctx, namespace, uid)
	if err != nil {
		return finding{}, decision.CannotTell("look for pods of %s, protected by %s=%s: %w", subject, Label, Cascading, err)
	}
	if len(names) > 0 {
		return blocked(fmt.Sprintf("active pods %d>0", len(names)),
			fmt.Sprintf("to delete %s, first see that its pods end%s", subject, r.mention(ctx, user, pods, namespace, names, more))), nil
	}
	return free("it owns no active pods"), nil
}
