package follow

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
)

// calmAfter is how long all must have been well for the waiting to start from the beginning. Reflectors have the same time.
const calmAfter = 2 * time.Minute

// Backoff is how long to wait between two tries.
func Backoff() wait.Backoff {
	return wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Steps: 7, Cap: 5 * time.Second, Jitter: 0.5}
}

// Forever calls try again and again until ctx ends, with the pauses of [Backoff].
func Forever(ctx context.Context, try func(ctx context.Context)) {
	_ = Backoff().DelayWithReset(clock.RealClock{}, calmAfter).Until(ctx, true, true, func(ctx context.Context) (bool, error) {
		try(ctx)
		return false, nil
	}) // ends only with ctx
}
