package validate

// Rules d: what an update may not do. OpenKruise's controller updates the containers of running pods in place, and pods
// cannot get a container more.

func (c *sidecarSetCheck) update() {
	old := map[string]int{}
	for i := range c.old.Spec.Containers {
		old[c.old.Spec.Containers[i].Name] = i
	}
	for i := range c.set.Spec.Containers {
		container, path := &c.set.Spec.Containers[i], specPath.Child("containers").Index(i)
		before, existed := old[container.Name]
		if !existed {
			c.invalid(path.Child("name"), container.Name,
				"containers cannot be added or renamed, because running pods cannot get them: create another SidecarSet for it")
			continue
		}
		was := c.old.Spec.Containers[before].UpgradeStrategy.UpgradeType
		if now := container.UpgradeStrategy.UpgradeType; was != "" && was != now {
			c.invalid(path.Child("upgradeStrategy", "upgradeType"), now, "cannot change from %s: running pods have the containers of that type", was)
		}
	}
}
