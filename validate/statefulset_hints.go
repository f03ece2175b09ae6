package validate

// What a StatefulSet may say but hardly means. OpenKruise accepts it, so it is a warning.

import (
	"fmt"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

func statefulSetHints(set *statefulSet, found *findings) {
	if scale := set.spec.ScaleStrategy; scale != nil {
		moreThanAll(scale.MaxUnavailable, set.newerPath.Child("scaleStrategy", "maxUnavailable"), found)
	}
	if rollout := set.spec.UpdateStrategy.RollingUpdate; rollout != nil {
		moreThanAll(rollout.MaxUnavailable, rollingUpdatePath.Child("maxUnavailable"), found)
		partitionHint(set, rollout, found)
	}
	historyHint(set.spec.RevisionHistoryLimit, found)
	if ordinals := set.spec.Ordinals; ordinals != nil && ordinals.Start < 0 {
		found.warn(fmt.Sprintf("%s is %d: ordinals begin at 0 or above", set.newerPath.Child("ordinals", "start"), ordinals.Start))
	}
	switch strategy := set.spec.VolumeClaimUpdateStrategy.Type; strategy {
	case "", v1beta1.OnPVCDeleteVolumeClaimUpdateStrategyType, v1beta1.OnPodRollingUpdateVolumeClaimUpdateStrategyType:
	default:
		found.warn(fmt.Sprintf("%s is %q: write OnPodRollingUpdate or OnDelete", set.newerPath.Child("volumeClaimUpdateStrategy", "type"), strategy))
	}
}

// partitionHint warns of a partition beyond every pod. Equal to replicas it is the usual way to hold an update back.
func partitionHint(set *statefulSet, rollout *v1beta1.RollingUpdateStatefulSetStrategy, found *findings) {
	if rollout.Partition == nil || set.spec.Replicas == nil || set.spec.Ordinals != nil || len(set.spec.ReserveOrdinals) > 0 {
		return // other ordinals may be above replicas
	}
	if partition, replicas := *rollout.Partition, *set.spec.Replicas; partition > replicas && replicas > 0 {
		found.warn(fmt.Sprintf("%s is %d and spec.replicas %d: no pod will be updated", rollingUpdatePath.Child("partition"), partition, replicas))
	}
}
