package revisions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"

	"github.com/kruise-admission/kruise-admission/survive"
)

const (
	// managerLease is the Lease with which OpenKruise's manager elects its leader.
	managerLease = "kruise-manager"
	// managerNamespace is where OpenKruise is installed unless somebody chose otherwise.
	managerNamespace = "kruise-system"
	// managerLeaseDuration is what its Lease says by default.
	managerLeaseDuration = 15 * time.Second
	// lookEvery is the time between two looks at the Lease.
	lookEvery = 5 * time.Second
)

// manager tells whether OpenKruise's manager runs, by its Lease. It is for one goroutine at a time.
type manager struct {
	leases     coordinationv1.LeasesGetter
	namespaces []string
	log        logr.Logger
	// seen is when each Lease last changed, by namespace.
	seen map[string]sighting
	// blind says that the last look failed, which is logged once.
	blind bool
}

// sighting is a state of a Lease and when it was first seen. The Lease's own times are those of another machine's clock.
type sighting struct {
	resourceVersion string
	at              time.Time
}

func newManager(leases coordinationv1.LeasesGetter, namespace string, log logr.Logger) *manager {
	return &manager{
		leases:     leases,
		namespaces: slices.Compact([]string{namespace, managerNamespace}),
		log:        log,
		seen:       map[string]sighting{},
	}
}

// await waits until the manager runs, or until it does not, or until ctx ends.
func (m *manager) await(ctx context.Context, wanted bool) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		runs := true // while it is unknown
		err := survive.Try(ctx, func() (err error) {
			runs, err = m.runs(ctx)
			return err
		})
		if err != nil && ctx.Err() == nil && !m.blind {
			m.log.Error(err, "revisions are not recorded while it is unknown whether OpenKruise's manager runs")
		}
		m.blind = err != nil
		if runs == wanted {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// runs says whether the manager runs. With an error it is unknown, which counts as yes.
func (m *manager) runs(ctx context.Context) (bool, error) {
	for _, namespace := range m.namespaces {
		lease, err := m.leases.Leases(namespace).Get(ctx, managerLease, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			delete(m.seen, namespace)
			continue
		}
		if err != nil {
			return true, fmt.Errorf("read Lease %s of namespace %s: %w", managerLease, namespace, err)
		}
		if lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity == "" {
			continue // released
		}
		lasting := managerLeaseDuration
		if seconds := lease.Spec.LeaseDurationSeconds; seconds != nil {
			lasting = max(lasting, time.Duration(*seconds)*time.Second)
		}
		now := time.Now()
		last := m.seen[namespace]
		if last.resourceVersion != lease.ResourceVersion {
			last = sighting{lease.ResourceVersion, now}
			m.seen[namespace] = last
		}
		if now.Sub(last.at) <= lasting {
			return true, nil
		}
	}
	return false, nil
}
