package protection

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/util/validation"

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

// readyEndpoints decides Cascading of a Service: an endpoint that traffic goes to blocks.
func (r *Reviewer) readyEndpoints(ctx context.Context, user authenticationv1.UserInfo, subject string, old *object) (finding, error) {
	namespace, name := old.Metadata.Namespace, old.Metadata.Name
	if problems := validation.IsDNS1123Label(name); len(problems) > 0 { // becomes part of a label selector
		return blocked(fmt.Sprintf("metadata.name %q is not a DNS label", name),
			fmt.Sprintf("whether %s has endpoints cannot be found out; correct that", subject)), nil
	}
	names, more, err := r.options.Dependents.ReadyEndpoints(ctx, namespace, name)
	if err != nil {
		return finding{}, decision.CannotTell("look for endpoints of %s, protected by %s=%s: %w", subject, Label, Cascading, err)
	}
	if len(names) > 0 {
		return blocked(fmt.Sprintf("ready endpoints %d>0", len(names)),
			fmt.Sprintf("to delete %s, first see that nothing is behind it%s",
				subject, r.mention(ctx, user, endpointSlices, namespace, names, more))), nil
	}
	return free("it has no ready endpoints"), nil
}
