package conformance

// Posting many cases and settling what comes back.

import (
	"strings"
	"sync"
	"testing"

	"github.com/kruise-admission/kruise-admission/internal/recorded"
	"github.com/kruise-admission/kruise-admission/test/process"
)

// workers is how many cases are posted, and objects created, at once.
const workers = 4

// inParallel calls do for all items, with their indices, and returns when all are done.
func inParallel[T any](items []T, do func(i int, item T)) {
	queue := make(chan int)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for i := range queue {
				do(i, items[i])
			}
		})
	}
	for i := range items {
		queue <- i
	}
	close(queue)
	running.Wait()
}

// outcome is what became of a case.
type outcome struct {
	answer recorded.Answer
	// noAnswer is why there is none; nothing excuses it.
	noAnswer string
	// deviation excuses a difference.
	deviation *recorded.Deviation
	// difference is what nothing excuses.
	difference string
}

// ask posts all cases and settles what comes back, in the order of the cases.
func ask(t *testing.T, s *server, ledger *recorded.Ledger, cases []*recorded.Case) []outcome {
	outcomes := make([]outcome, len(cases))
	inParallel(cases, func(i int, c *recorded.Case) {
		o := &outcomes[i]
		var back reply
		o.answer, back, o.noAnswer = s.ask(t.Context(), c)
		if o.noAnswer != "" {
			return
		}
		o.deviation, o.difference = ledger.Settle(c, o.answer)
		if o.difference == "" && o.deviation == nil {
			o.difference = wireDifference(c, back)
		}
	})
	for _, o := range outcomes {
		if o.noAnswer != "" {
			t.Log("\n" + s.replica.Tail(process.TailLines))
			break
		}
	}
	return outcomes
}

// compare posts cases and reports each that differs.
func compare(t *testing.T, set string, s *server, ledger *recorded.Ledger, cases []*recorded.Case) {
	t.Helper()
	excused, failed := 0, 0
	for i, o := range ask(t, s, ledger, cases) {
		problem := o.noAnswer + o.difference
		if problem != "" {
			failed++
			t.Errorf("%s (%s)\n    %s", cases[i].ID, cases[i].About, problem)
		}
		if o.deviation != nil {
			excused++
		}
		totals.ran(set, cases[i].ID, problem == "")
	}
	t.Logf("%d cases: %d agree, %d are listed deviations, %d fail", len(cases), len(cases)-excused-failed, excused, failed)
}

// compareWithoutCluster posts cases and reports those that are refused, or not decided, though the recorded decision accepts them. How
// many agree in full, and which do not, is logged.
func compareWithoutCluster(t *testing.T, set string, s *server, ledger *recorded.Ledger, cases []*recorded.Case) {
	t.Helper()
	agreed, excused, failed := 0, 0, 0
	var lenient []string
	for i, o := range ask(t, s, ledger, cases) {
		c := cases[i]
		refused := o.noAnswer != "" || !o.answer.Allowed && c.Expect.Allowed && o.deviation == nil
		switch {
		case refused:
			failed++
			t.Errorf("%s (%s)\n    %s", c.ID, c.About, o.noAnswer+o.difference)
		case o.deviation != nil:
			excused++
		case o.difference != "":
			lenient = append(lenient, c.ID)
		default:
			agreed++
		}
		totals.ran(set, c.ID, !refused)
	}
	t.Logf("%d cases without a cluster: %d agree, %d are listed deviations, %d fail, %d are accepted as they are, which takes a cluster to refuse or default: %s",
		len(cases), agreed, excused, failed, len(lenient), strings.Join(lenient, " "))
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
