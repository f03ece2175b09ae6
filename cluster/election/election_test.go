package election

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/kubernetes/fake"

	"github.com/kruise-admission/kruise-admission/internal/panics"
)

// TestOneLeads: of two replicas with one name only one leads, and the other takes over when the first ends.
func TestOneLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset().CoordinationV1()
		var leaders, terms atomic.Int32
		var stops []context.CancelFunc
		for range 2 {
			candidate, err := New(Options{Leases: client, Namespace: "n", Lease: "l", Identity: "same"})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			stops = append(stops, stop)
			go func() {
				err := candidate.Run(ctx, func(ctx context.Context) {
					if leaders.Add(1) > 1 {
						t.Error("two lead")
					}
					terms.Add(1)
					<-ctx.Done()
					leaders.Add(-1)
				})
				if err != nil {
					t.Error(err)
				}
			}()
			time.Sleep(time.Second) // the clock of a bubble
			synctest.Wait()
		}
		if leaders.Load() != 1 || terms.Load() != 1 {
			t.Errorf("%d lead after %d elections, want 1 after 1", leaders.Load(), terms.Load())
		}
		stops[0]()
		time.Sleep(2 * RetryPeriod)
		synctest.Wait()
		if leaders.Load() != 1 || terms.Load() != 2 {
			t.Errorf("%d lead after %d elections, want 1 after 2", leaders.Load(), terms.Load())
		}
		stops[1]()
		synctest.Wait()
	})
}

// TestAPanicGivesTheLeaseBack: whoever panics does not go on to hold the Lease, and leads again when nobody else does.
func TestAPanicGivesTheLeaseBack(t *testing.T) {
	panics.Expect(t)
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset().CoordinationV1()
		var terms [2]atomic.Int32
		var stops []context.CancelFunc
		for replica := range terms {
			candidate, err := New(Options{Leases: client, Namespace: "n", Lease: "l", Identity: "i"})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			stops = append(stops, stop)
			go func() {
				err := candidate.Run(ctx, func(ctx context.Context) {
					if terms[replica].Add(1) == 1 && replica == 0 {
						panic("mistake")
					}
					<-ctx.Done()
				})
				if err != nil {
					t.Error(err)
				}
			}()
			if replica == 0 {
				synctest.Wait()
			}
		}
		time.Sleep(LeaseDuration)
		synctest.Wait()
		if first, second := terms[0].Load(), terms[1].Load(); first != 1 || second != 1 {
			t.Errorf("the first led %d times and the second %d times, want once each", first, second)
		}
		stops[1]()
		time.Sleep(LeaseDuration)
		synctest.Wait()
		if first := terms[0].Load(); first != 2 {
			t.Errorf("the first led %d times, want twice", first)
		}
		stops[0]()
		synctest.Wait()
	})
}

func TestRequiredOptions(t *testing.T) {
	leases := fake.NewClientset().CoordinationV1()
	for missing, options := range map[string]Options{
		"namespace": {Leases: leases, Lease: "l", Identity: "i"},
		"lease":     {Leases: leases, Namespace: "n", Identity: "i"},
		"identity":  {Leases: leases, Namespace: "n", Lease: "l"},
		"leases":    {Namespace: "n", Lease: "l", Identity: "i"},
	} {
		if _, err := New(options); err == nil || !strings.HasPrefix(err.Error(), missing+":") {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}
