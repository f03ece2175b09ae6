package certs

import (
	"errors"
	"testing"
	"time"
)

// TestReadinessOutlastsARepair: a mismatch makes a replica unready only if it lasts, and one that was never in order at once.
func TestReadinessOutlastsARepair(t *testing.T) {
	mismatch := errors.New("does not verify")
	type look struct {
		at    time.Duration
		found error
		ready bool
	}
	for name, looks := range map[string][]look{
		"never in order":         {{0, mismatch, false}, {time.Hour, mismatch, false}},
		"repaired":               {{0, nil, true}, {time.Second, mismatch, true}, {repairTime - 1, mismatch, true}, {repairTime, nil, true}},
		"not repaired":           {{0, nil, true}, {repairTime, mismatch, false}, {time.Hour, nil, true}},
		"again after the repair": {{0, nil, true}, {4 * time.Second, mismatch, true}, {4500 * time.Millisecond, nil, true}, {8 * time.Second, mismatch, true}},
	} {
		t.Run(name, func(t *testing.T) {
			var p patience
			for _, look := range looks {
				if err := p.judge(look.found, start.Add(look.at)); (err == nil) != look.ready {
					t.Errorf("after %s: %v, want ready %t", look.at, err, look.ready)
				}
			}
		})
	}
}
