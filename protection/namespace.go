package protection

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/decision"
)

var (
	pods           = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	claims         = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}
	endpointSlices = schema.GroupVersionResource{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"}
)

// namespaceContent decides Cascading of a Namespace (spec/protection.md 4.2): active pods block, and when there are none, bound claims do.
// Nothing else in the namespace counts, not even objects that are protected themselves.
func (r *Reviewer) namespaceContent(ctx context.Context, user authenticationv1.UserInfo, namespace string) (finding, error) {
	names, more, err := r.options.Dependents.ActivePods(ctx, namespace)
	if err != nil {
		return finding{}, decision.CannotTell("look for active pods in namespace %q, protected by %s=%s: %w", namespace, Label, Cascading, err)
	}
	if len(names) > 0 {
		return blocked(fmt.Sprintf("active pods %d>0", len(names)),
			fmt.Sprintf("to delete Namespace %q, first delete its pods%s and what creates them",
				namespace, r.mention(ctx, user, pods, namespace, names, more))), nil
	}
	names, more, err = r.options.Dependents.BoundClaims(ctx, namespace)
	if err != nil {
		return finding{}, decision.CannotTell("look for bound claims in namespace %q, protected by %s=%s: %w", namespace, Label, Cascading, err)
	}
	if len(names) > 0 {
		return blocked(fmt.Sprintf(`"Bound" status pvc %d>0`, len(names)),
			fmt.Sprintf("to delete Namespace %q, first delete its PersistentVolumeClaims%s",
				namespace, r.mention(ctx, user, claims, namespace, names, more))), nil
	}
	return free("it holds no active pods and no bound claims"), nil
}
