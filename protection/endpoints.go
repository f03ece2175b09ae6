package protection

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kruise-admission/kruise-admission/decision"
)

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
