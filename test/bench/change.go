package bench

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/inject"
)

// Changes is what keeping up with SidecarSets costs, in this process.
type Changes struct {
	// SidecarSets that there are.
	SidecarSets int `json:"sidecarSets"`
	// CompileSeconds is the CPU time from the JSON of all of them to a snapshot that decides about pods.
	CompileSeconds float64 `json:"compileSeconds"`
	// ChangeMilliseconds is the CPU time from the JSON of one of them that changed to the next snapshot: the mean of many changes, garbage
	// collection included.
	ChangeMilliseconds float64 `json:"changeMilliseconds"`
}

// changesMeasured is how many changes are measured.
const changesMeasured = 500

// MeasureChanges takes the way that a watch event takes, without the watch.
func MeasureChanges() (*Changes, error) {
	result := &Changes{SidecarSets: setCounts[len(setCounts)-1]}
	manifests := make([][]byte, result.SidecarSets)
	for i := range manifests {
		var err error
		if manifests[i], err = sidecarSet(i); err != nil {
			return nil, err
		}
	}
	view := cluster.NewStore(nil)
	engine, err := inject.New(inject.Options{View: view, Clock: time.Now})
	if err != nil {
		return nil, err
	}
	spent, err := ownCPU(func() error { return apply(view, engine, manifests...) })
	if err != nil {
		return nil, err
	}
	result.CompileSeconds = spent.Seconds()
	spent, err = ownCPU(func() error {
		for i := range changesMeasured {
			image := fmt.Sprintf(`"image":"registry.example.com/agent:%d"`, i+2)
			if err := apply(view, engine, []byte(strings.Replace(string(manifests[i]), `"image":"registry.example.com/agent:1"`, image, 1))); err != nil {
				return err
			}
		}
		return nil
	})
	result.ChangeMilliseconds = float64(spent.Microseconds()) / 1000 / changesMeasured
	return result, err
}

func apply(view *cluster.Store, engine *inject.Engine, manifests ...[]byte) error {
	delta := cluster.Delta[cluster.SidecarSet]{Put: map[string]cluster.SidecarSet{}}
	names := make([]string, len(manifests))
	for i, manifest := range manifests {
		set, err := cluster.ReadSidecarSet(manifest)
		if err != nil {
			return err
		}
		names[i] = set.Object.Name
		delta.Put[set.Object.Name] = set
	}
	view.Apply(cluster.Change{SidecarSets: delta})
	engine.Changed(names)
	return nil
}

// ownCPU is what this process spends while do runs.
func ownCPU(do func() error) (time.Duration, error) {
	before, err := cpuTime(os.Getpid())
	if err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	after, err := cpuTime(os.Getpid())
	return after - before, err
}
