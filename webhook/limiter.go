package webhook

// limiter bounds how many reviews are decided at once, so that a flood costs CPU only up to a known amount; see bodyMemory for memory.
type limiter struct{ slots chan struct{} }

func newLimiter(capacity int) *limiter { return &limiter{slots: make(chan struct{}, capacity)} }

// acquire takes a slot, or reports false at once when there is none: waiting would only use up the caller's timeout.
func (l *limiter) acquire() bool {
	select {
	case l.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

func (l *limiter) release() { <-l.slots }

func (l *limiter) inFlight() int { return len(l.slots) }
