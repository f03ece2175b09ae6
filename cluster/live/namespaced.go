package live

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/cluster"
)

// namespacedWatches are the watches of the namespaced kinds that are wanted.
func (s *Source) namespacedWatches() (watches []func(ctx context.Context, first *firstList)) {
	kinds := s.options.Kinds
	if kinds.WorkloadSpreads {
		watches = append(watches, watchNamespaced(s, cluster.WorkloadSpreadKind, func(change *cluster.Change) *cluster.Delta[*v1beta1.WorkloadSpread] {
			return &change.WorkloadSpreads
		}))
	}
	if kinds.PodUnavailableBudgets {
		watches = append(watches, watchNamespaced(s, cluster.PodUnavailableBudgetKind, func(change *cluster.Change) *cluster.Delta[*policyv1beta1.PodUnavailableBudget] {
			return &change.PodUnavailableBudgets
		}))
	}
	if kinds.PersistentPodStates {
		watches = append(watches, watchNamespaced(s, cluster.PersistentPodStateKind, func(change *cluster.Change) *cluster.Delta[*v1beta1.PersistentPodState] {
			return &change.PersistentPodStates
		}))
	}
	if kinds.PodProbeMarkers {
		watches = append(watches, watchNamespaced(s, cluster.PodProbeMarkerKind, func(change *cluster.Change) *cluster.Delta[*v1alpha1.PodProbeMarker] {
			return &change.PodProbeMarkers
		}))
	}
	return watches
}

// watchNamespaced keeps the objects of a namespaced kind current. part is where a change holds them.
func watchNamespaced[T any, P interface {
	*T
	metav1.Object
}](s *Source, kind cluster.Kind, part func(*cluster.Change) *cluster.Delta[P]) func(ctx context.Context, first *firstList) {
	return func(ctx context.Context, first *firstList) {
		read := func(object any) (P, error) {
			custom, stored, err := customObject(object)
			if err != nil {
				return nil, err
			}
			read, err := cluster.ReadObject[T, P](kind, stored)
			if err != nil {
				return nil, fmt.Errorf("%s %q in namespace %q is left out: %w", kind.Kind, custom.GetName(), custom.GetNamespace(), err)
			}
			return read, nil
		}
		into := newSink(ctx, s, first, read, func(delta cluster.Delta[P]) {
			var change cluster.Change
			*part(&change) = delta
			s.store.Apply(change)
		})
		into.key = cluster.Key
		watchCustom(ctx, s, kind, first, into)
	}
}
