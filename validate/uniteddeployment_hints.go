package validate

// What a UnitedDeployment may say but hardly means. OpenKruise accepts it, so it is a warning.

import (
	"fmt"
	"maps"
	"slices"
)

func unitedDeploymentHints(united *unitedDeployment, found *findings) {
	historyHint(united.spec.RevisionHistoryLimit, found)
	if manual := united.spec.UpdateStrategy.ManualUpdate; manual != nil {
		for _, name := range slices.Sorted(maps.Keys(manual.Partitions)) {
			if partition := manual.Partitions[name]; partition < 0 {
				found.warn(fmt.Sprintf("%s is %d: write 0 to update all pods", updateStrategyPath.Child("manualUpdate", "partitions").Key(name), partition))
			}
		}
	}
	tuning := united.spec.Topology.ScheduleStrategy.Adaptive
	if tuning == nil {
		return
	}
	path := specPath.Child("topology", "scheduleStrategy", "adaptive")
	if !adaptive(&united.spec) {
		found.warn(path.String() + " has no effect without scheduleStrategy.type Adaptive")
	}
	for _, member := range []struct {
		name    string
		seconds *int32
	}{{"rescheduleCriticalSeconds", tuning.RescheduleCriticalSeconds}, {"unschedulableDuration", tuning.UnschedulableDuration}} {
		if member.seconds != nil && *member.seconds < 0 {
			found.warn(fmt.Sprintf("%s is %d: write a number of seconds, 0 or more", path.Child(member.name), *member.seconds))
		}
	}
}
