package protection

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// mounts decides Cascading of a claim, a ConfigMap or a Secret: an active pod that uses it blocks.
func (r *Reviewer) mounts(ctx context.Context, user authenticationv1.UserInfo, rule *Rule, subject string, old *object) (finding, error) {
	namespace := old.Metadata.Namespace
	names, more, err := r.options.Dependents.MountingPods(ctx, namespace, rule.GroupResource(), old.Metadata.Name)
	if err != nil {
		return finding{}, decision.CannotTell("look for pods that use %s, protected by %s=%s: %w", subject, Label, Cascading, err)
	}
	if len(names) > 0 {
		return blocked(fmt.Sprintf("pods that use it %d>0", len(names)),
			fmt.Sprintf("to delete %s, first delete the pods that use it%s and what creates them",
				subject, r.mention(ctx, user, pods, namespace, names, more))), nil
	}
	return free("no active pod uses it"), nil
}
