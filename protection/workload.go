package protection

import "fmt"

// workloadSpec is what Cascading reads of a workload.
type workloadSpec struct {
	Replicas *int32 `json:"replicas"`
}

// finding decides Cascading of a workload by spec.replicas alone (spec §4.1): pods that still run or terminate below a
// workload scaled to 0 do not block, and one that never got a pod does. Absent counts as 0, because whoever fills in
// the default 1 did not see the object.
func (w workloadSpec) finding(subject string) finding {
	if w.Replicas == nil {
		return free("spec.replicas is not set")
	}
	if *w.Replicas <= 0 {
		return free("spec.replicas is %d", *w.Replicas)
	}
	return blocked(fmt.Sprintf("replicas %d>0", *w.Replicas), fmt.Sprintf("to delete %s, scale it to 0 replicas first", subject))
}
