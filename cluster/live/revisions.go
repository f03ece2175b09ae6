package live

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/survive/follow"
)

// watchRevisions keeps the ControllerRevisions of the server's namespace current: all of them, because a SidecarSet may pin by name
// one that somebody made without the label (spec/inject.md 3.4), and there are few others in that namespace.
func (s *Source) watchRevisions(ctx context.Context, first *firstList) {
	into := newSink(ctx, s, first, readRevision, func(delta cluster.Delta[*appsv1.ControllerRevision]) {
		s.store.Apply(cluster.Change{ControllerRevisions: delta})
	})
	wanted := request{resource: "controllerrevisions", first: first}
	watching := reflector(s, s.revisions, wanted, &appsv1.ControllerRevision{}, into)
	follow.Forever(ctx, func(ctx context.Context) { _ = watching.ListAndWatchWithContext(ctx) }) // reported by the reflector's requests
}

func readRevision(object any) (*appsv1.ControllerRevision, error) {
	revision, ok := object.(*appsv1.ControllerRevision)
	if !ok {
		return nil, fmt.Errorf("not a ControllerRevision: %T", object)
	}
	revision.ManagedFields = nil
	return revision, nil
}
