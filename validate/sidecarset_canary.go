package validate

// Rules c2: a canary replaces its base SidecarSet in the pods that both select, so it needs one.

import (
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

func (c *sidecarSetCheck) canary() {
	base, isCanary := sidecarset.CanaryBase(c.set.Annotations)
	if !isCanary {
		return
	}
	path := metadataPath.Child("annotations").Key(sidecarset.BaseAnnotation)
	if base == c.set.Name {
		c.invalid(path, base, "a canary cannot be its own base: name the SidecarSet that it replaces")
		return
	}
	if c.old != nil {
		if was := c.old.Annotations[sidecarset.BaseAnnotation]; was != base {
			c.invalid(path, base, "the base of a canary cannot change (it was %q): create another canary", was)
		}
	}
	set, _, found := c.rules.Cluster.SidecarSet(base)
	if !found {
		c.invalid(path, base, "there is no SidecarSet of that name: create the base first")
	} else if _, nested := sidecarset.CanaryBase(set.Annotations); nested {
		c.invalid(path, base, "the base is a canary itself: name the SidecarSet that both replace")
	}
	if got := c.set.Spec.UpdateStrategy.Type; got != v1beta1.NotUpdateSidecarSetStrategyType {
		c.invalid(updateStrategyPath.Child("type"), got, "a canary injects new pods only: it must be NotUpdate")
	}
}
