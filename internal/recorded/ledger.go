package recorded

// How the differences of a run are settled.

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Ledger settles the differences of a run against the deviations of a set. It is safe for concurrent use.
type Ledger struct {
	deviations []Deviation

	mutex   sync.Mutex
	known   []string        // all case ids that were seen
	differs map[string]bool // whether those that ran differ
}

// NewLedger returns a ledger for one set.
func NewLedger(set string) (*Ledger, error) {
	all, err := readDeviations()
	if err != nil {
		return nil, err
	}
	return newLedger(slices.DeleteFunc(all, func(d Deviation) bool { return d.Set != set })), nil
}

func newLedger(deviations []Deviation) *Ledger {
	return &Ledger{deviations: deviations, differs: map[string]bool{}}
}

// Settle notes whether a case differs. It returns the entry that excuses the difference, or what is wrong, which is "" for a
// case that agrees. An entry excuses the decision that it announces and no other.
func (l *Ledger) Settle(c *Case, answer Answer) (*Deviation, string) {
	difference := c.difference(answer)
	l.mutex.Lock()
	l.known = append(l.known, c.ID)
	l.differs[c.ID] = difference != ""
	l.mutex.Unlock()
	if difference == "" {
		return nil, ""
	}
	for i := range l.deviations {
		d := &l.deviations[i]
		if !d.lists(c.ID) {
			continue
		}
		if answer.Allowed == (d.Decision == "allow") {
			return d, ""
		}
		return nil, fmt.Sprintf("deviations.yaml (%s) announces %q, but: %s", d.Title, d.Decision, difference)
	}
	return nil, difference
}

// NotRun notes a case that this run leaves out.
func (l *Ledger) NotRun(c *Case) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.known = append(l.known, c.ID)
}

// Stale returns what is wrong with the list, by a run that noted all own cases: patterns of ids that match no case or one that agrees,
// and those of elsewhere that match one.
func (l *Ledger) Stale() []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	slices.Sort(l.known)
	var stale []string
	for _, d := range l.deviations {
		for _, pattern := range d.patterns() {
			var listed, agreeing []string
			for _, id := range l.known {
				if !matches(pattern, id) {
					continue
				}
				listed = append(listed, id)
				if differs, ran := l.differs[id]; ran && !differs {
					agreeing = append(agreeing, id)
				}
			}
			switch elsewhere := slices.Contains(d.Elsewhere, pattern); {
			case elsewhere && listed != nil:
				stale = append(stale, fmt.Sprintf("%q (%s) is not only elsewhere, move it to ids: %s", pattern, d.Title, strings.Join(listed, " ")))
			case !elsewhere && listed == nil:
				stale = append(stale, fmt.Sprintf("%q (%s) lists no case", pattern, d.Title))
			case agreeing != nil:
				stale = append(stale, fmt.Sprintf("%q (%s) lists cases that agree: %s", pattern, d.Title, strings.Join(agreeing, " ")))
			}
		}
	}
	return stale
}
