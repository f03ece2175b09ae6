package convert

// ResourceDistribution: v1beta1 has other names for the namespace selector and for the namespaces of a condition
// (spec/server.md 12.2).

func resourceDistributionUp(root *object) error {
	return renameInResourceDistribution(root, "namespaceLabelSelector", "namespaceSelector", "failedNamespace", "failedNamespaces")
}

func resourceDistributionDown(root *object) error {
	return renameInResourceDistribution(root, "namespaceSelector", "namespaceLabelSelector", "failedNamespaces", "failedNamespace")
}

func renameInResourceDistribution(root *object, selector, newSelector, namespaces, newNamespaces string) error {
	spec, err := root.child("spec")
	if err != nil {
		return err
	}
	targets, err := spec.child("targets")
	if err != nil {
		return err
	}
	targets.rename(selector, newSelector)
	status, err := root.child("status")
	if err != nil {
		return err
	}
	return status.each("conditions", func(condition *object) error {
		condition.rename(namespaces, newNamespaces)
		return nil
	})
}
