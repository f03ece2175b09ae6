package convert

// WorkloadSpread: v1beta1 has other names for the node selectors of a subset, and conditions that need a reason and know the generation
// (spec/server.md 12.2).

const (
	subsetRequiredAlpha, subsetRequiredBeta   = "requiredNodeSelectorTerm", "requiredNodeSelector"
	subsetPreferredAlpha, subsetPreferredBeta = "preferredNodeSelectorTerms", "preferredNodeSelector"

	// unknownReason is what OpenKruise gives a condition without reason.
	unknownReason = "Unknown"
)

func workloadSpreadUp(root *object) error {
	if err := eachSubset(root, func(subset *object) error {
		subset.rename(subsetRequiredAlpha, subsetRequiredBeta)
		subset.rename(subsetPreferredAlpha, subsetPreferredBeta)
		return nil
	}); err != nil {
		return err
	}
	return eachSubsetCondition(root, bothCanSay)
}

func workloadSpreadDown(root *object) error {
	if err := eachSubset(root, func(subset *object) error {
		subset.rename(subsetRequiredBeta, subsetRequiredAlpha)
		subset.rename(subsetPreferredBeta, subsetPreferredAlpha)
		return nil
	}); err != nil {
		return err
	}
	return eachSubsetCondition(root, bothCanSay)
}

// bothCanSay gives a condition what v1beta1 requires and takes from it what v1alpha1 does not know.
func bothCanSay(condition *object) error {
	reason, err := condition.text("reason")
	if err != nil {
		return err
	}
	if reason == "" {
		condition.set("reason", unknownReason)
	}
	if !condition.has("message") {
		condition.set("message", "")
	}
	condition.delete("observedGeneration")
	return nil
}

func eachSubset(root *object, change func(subset *object) error) error {
	spec, err := root.child("spec")
	if err != nil {
		return err
	}
	return spec.each("subsets", change)
}

// eachSubsetCondition changes the conditions of all subsets, in the status over all versions of the workload and in that of each version.
func eachSubsetCondition(root *object, change func(condition *object) error) error {
	status, err := root.child("status")
	if err != nil {
		return err
	}
	conditions := func(subset *object) error { return subset.each("conditions", change) }
	if err := status.each("subsetStatuses", conditions); err != nil {
		return err
	}
	versions, err := status.child("versionedSubsetStatuses")
	if err != nil {
		return err
	}
	for version := range versions.members {
		if err := versions.each(version, conditions); err != nil {
			return err
		}
	}
	return nil
}
