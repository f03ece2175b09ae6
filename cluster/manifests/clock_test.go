package manifests

import (
	"time"

	"k8s.io/utils/clock"
)

// noReread is the real clock without periodic reading, so that only events cause it.
type noReread struct{ clock.RealClock }

func (noReread) NewTicker(time.Duration) clock.Ticker { return silentTicker{} }

type silentTicker struct{}

func (silentTicker) C() <-chan time.Time { return nil }
func (silentTicker) Stop()               {}
