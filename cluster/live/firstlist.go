package live

import "sync"

// steadily is how many tries in a row must fail for their reason to count as the reason why a list is missing. With the pauses of package follow
// these are some two seconds, in which a replica that is just being replaced leaves the endpoints of its Service.
const steadily = 5

// firstList is how the first list of one resource stands.
type firstList struct {
	mu   sync.Mutex
	came bool
	// failures are those of the last tries in a row, at most steadily of them.
	failures []error
	// arrived is called when the list has come, once.
	arrived func()
}

// filled says that a complete list has come. It fits [sink].
func (f *firstList) filled() {
	f.mu.Lock()
	first := !f.came
	f.came, f.failures = true, nil
	f.mu.Unlock()
	if first {
		f.arrived()
	}
}

// failed remembers why a try failed.
func (f *firstList) failed(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.came {
		return
	}
	f.failures = append(f.failures, err)
	if len(f.failures) > steadily {
		f.failures = f.failures[1:]
	}
}

// readable says that the API server can read the objects again.
func (f *firstList) readable() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures = nil
}

// missing reports that no list has come yet.
func (f *firstList) missing() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.came
}

// missingBecause reports that the list has not come, and that each of the last tries failed for this reason.
func (f *firstList) missingBecause(reason func(error) bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.came || len(f.failures) < steadily {
		return false
	}
	for _, failure := range f.failures {
		if !reason(failure) {
			return false
		}
	}
	return true
}
