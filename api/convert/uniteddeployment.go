package convert

import (
	"maps"
	"slices"
)

// UnitedDeployment: what the user writes is the same. The status of v1alpha1 says twice how many pods a subset has and how many of them
// keep the old revision: by subset, and in two maps, which are right where the two differ. v1beta1 has no maps (spec/server.md 12.2).

func unitedDeploymentUp(root *object) error {
	status, update, err := unitedDeploymentStatus(root)
	if err != nil {
		return err
	}
	if err := intoSubsets(status, "subsetReplicas", status, "replicas"); err != nil {
		return err
	}
	if err := intoSubsets(update, "currentPartitions", status, "partition"); err != nil {
		return err
	}
	status.delete("updatedRevision")
	update.move("updatedRevision", status)
	return nil
}

// intoSubsets hands the numbers of a map over to the subsets of these names. Names without subset get one.
func intoSubsets(from *object, numbersName string, status *object, member string) error {
	var numbers map[string]int32
	if err := from.read(numbersName, &numbers, "an object of integers"); err != nil {
		return err
	}
	from.delete(numbersName)
	subsets, err := status.elements("subsetStatuses")
	if err != nil {
		return err
	}
	missing := maps.Clone(numbers)
	for _, subset := range subsets {
		name, err := subset.text("name")
		if err != nil {
			return err
		}
		is, err := subset.number(member)
		if err != nil {
			return err
		}
		if wanted, ok := numbers[name]; ok && is != wanted {
			subset.set(member, wanted)
		}
		delete(missing, name)
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		subset := &object{}
		subset.set("name", name)
		if missing[name] != 0 {
			subset.set(member, missing[name])
		}
		subsets = append(subsets, subset)
	}
	status.setElements("subsetStatuses", subsets)
	return nil
}

func unitedDeploymentDown(root *object) error {
	status, update, err := unitedDeploymentStatus(root)
	if err != nil {
		return err
	}
	subsets, err := status.elements("subsetStatuses")
	if err != nil {
		return err
	}
	replicas, partitions := map[string]int32{}, map[string]int32{}
	for _, subset := range subsets {
		name, err := subset.text("name")
		if err != nil {
			return err
		}
		if replicas[name], err = subset.number("replicas"); err != nil {
			return err
		}
		if partitions[name], err = subset.number("partition"); err != nil {
			return err
		}
	}
	status.delete("subsetReplicas")
	update.delete("currentPartitions")
	update.delete("updatedRevision")
	if len(subsets) > 0 {
		status.set("subsetReplicas", replicas)
		update.set("currentPartitions", partitions)
	}
	status.move("updatedRevision", update)
	return nil
}

// unitedDeploymentStatus opens the status, and the part of it that only v1alpha1 has.
func unitedDeploymentStatus(root *object) (status, update *object, err error) {
	if status, err = root.child("status"); err != nil {
		return nil, nil, err
	}
	update, err = status.child("updateStatus")
	return status, update, err
}
