package conformance

// Posting many cases and settling what comes back.

import (
	"sync"
	"testing"

	"github.com/kruise-admission/kruise-admission/internal/recorded"
)

// workers is how many cases are posted, and objects created, at once.
const workers = 4

// inParallel calls do for all items and returns when all are done.
func inParallel[T any](items []T, do func(T)) {
	queue := make(chan T)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for item := range queue {
				do(item)
			}
		})
	}
	for _, item := range items {
		queue <- item
	}
	close(queue)
	running.Wait()
}

// compare posts cases, settles them with the ledger, and reports each that differs.
func compare(t *testing.T, set string, s *server, ledger *recorded.Ledger, cases []*recorded.Case) {
	t.Helper()
	var mutex sync.Mutex
	agreed, excused := 0, 0
	inParallel(cases, func(c *recorded.Case) {
		answer, back, problem := s.ask(t.Context(), c)
		var deviation *recorded.Deviation
		if problem == "" {
			deviation, problem = ledger.Settle(c, answer)
		}
		if problem == "" && deviation == nil {
			problem = wireDifference(c, back)
		}
		totals.ran(set, c.ID, problem == "")
		mutex.Lock()
		defer mutex.Unlock()
		switch {
		case problem != "":
			t.Errorf("%s (%s)\n    %s", c.ID, c.About, problem)
		case deviation != nil:
			excused++
		default:
			agreed++
		}
	})
	t.Logf("%d cases: %d agree, %d are listed deviations, %d fail", len(cases), agreed, excused, len(cases)-agreed-excused)
}

// compareWithoutCluster posts cases and reports those that are refused, or not decided, though the recorded decision accepts them. How
// many agree in full is logged.
func compareWithoutCluster(t *testing.T, set string, s *server, ledger *recorded.Ledger, cases []*recorded.Case) {
	t.Helper()
	var mutex sync.Mutex
	agreed, excused, lenient, failed := 0, 0, 0, 0
	inParallel(cases, func(c *recorded.Case) {
		answer, _, problem := s.ask(t.Context(), c)
		refuses := problem != "" || !answer.Allowed && c.Expect.Allowed
		var deviation *recorded.Deviation
		if problem == "" {
			deviation, problem = ledger.Settle(c, answer)
		}
		refuses = refuses && deviation == nil
		totals.ran(set, c.ID, !refuses)
		mutex.Lock()
		defer mutex.Unlock()
		switch {
		case refuses:
			failed++
			t.Errorf("%s (%s)\n    %s", c.ID, c.About, problem)
		case deviation != nil:
			excused++
		case problem != "":
			lenient++
		default:
			agreed++
		}
	})
	t.Logf("%d cases without a cluster: %d agree, %d are listed deviations, %d are accepted that the cluster would refuse or default, %d fail",
		len(cases), agreed, excused, lenient, failed)
}

// settled fails for entries of deviations.yaml that nothing needs.
func settled(t *testing.T, ledger *recorded.Ledger) {
	t.Helper()
	for _, stale := range ledger.Stale() {
		t.Error("deviations.yaml: " + stale)
	}
}

func newLedger(t *testing.T, set string) *recorded.Ledger {
	t.Helper()
	ledger, err := recorded.NewLedger(set)
	if err != nil {
		t.Fatal(err)
	}
	return ledger
}
