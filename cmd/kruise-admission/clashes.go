package main

// What happens when a pod has already what a SidecarSet brings: flags that the server and the commands share.

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/kruise-admission/kruise-admission/inject"
)

// clashFlags are the names of the policies.
type clashFlags struct {
	container, volume, mountPath string
}

func (c *clashFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&c.container, "container-clash", inject.ClashReplace.String(),
		"what happens when a pod's own container has the name of a sidecar: replace it (as OpenKruise does, but with a warning), keep it, or refuse the pod")
	flags.StringVar(&c.volume, "volume-clash", inject.ClashKeep.String(),
		"what happens when a pod's volume has the name of another volume of a SidecarSet: keep it (as OpenKruise does, but with a warning), replace it, or refuse the pod")
	flags.StringVar(&c.mountPath, "mount-path-clash", inject.ClashReplace.String(),
		"what happens when a sidecar that shares the pod's volumes has another one mounted at the same path: replace the shared mount by its own (as OpenKruise does, but with a warning), keep the shared one, or refuse the pod")
}

// complete offers the values.
func (c *clashFlags) complete() map[string][]string {
	policies := inject.ClashPolicies()
	return map[string][]string{"container-clash": policies, "volume-clash": policies, "mount-path-clash": policies}
}

// policies reads the names; an error names flag and value.
func (c *clashFlags) policies() (clashes inject.Clashes, err error) {
	if *c == (clashFlags{}) { // a command without these flags
		return clashes, nil
	}
	for _, flag := range []struct {
		name, value string
		into        *inject.ClashPolicy
	}{
		{"--container-clash", c.container, &clashes.Container},
		{"--volume-clash", c.volume, &clashes.Volume},
		{"--mount-path-clash", c.mountPath, &clashes.MountPath},
	} {
		if *flag.into, err = inject.ParseClashPolicy(flag.value); err != nil {
			return inject.Clashes{}, fmt.Errorf("%s: invalid value %q: %w", flag.name, flag.value, err)
		}
	}
	return clashes, nil
}
