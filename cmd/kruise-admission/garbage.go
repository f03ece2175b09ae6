package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/kruise-admission/kruise-admission/cluster"
)

// garbagePercent is how much garbage may gather, in percent of what is in use, before it is collected. Each collection visits all that is known of
// the cluster, and with Go's 100 it is the largest single cost of a review. With 150 a server with 1,000 SidecarSets stays below 64 MiB
// (docs/performance.md). GOMEMLIMIT, which the manifests set to the limit of the container, has the last word.
const garbagePercent = 150

// collectLessOften applies garbagePercent, unless the environment says GOGC.
func collectLessOften() {
	if os.Getenv(garbageEnv) == "" {
		debug.SetGCPercent(garbagePercent)
	}
}

// keepNoMemoryProfile saves what a memory profile takes, 1.5 MiB: this program has no way to ask for one. It must come before the first allocation that
// would be sampled, as far as that is possible.
func keepNoMemoryProfile() { runtime.MemProfileRate = 0 }

// releaseAfterFill gives back to the system what the first reading of the cluster has left behind, which is several times what is kept. By itself that
// happens within minutes.
func releaseAfterFill(view cluster.Source) {
	release := sync.OnceFunc(func() { go debug.FreeOSMemory() })
	view.OnChange(func([]string) { release() })
}
