package inject

import (
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// sidecar is a compiled container or init container of a SidecarSet.
type sidecar struct {
	name     string
	listed   bool      // whether records name it; plain init containers are not named (spec/inject.md 8.4)
	before   bool      // in front of the pod's own containers
	variants []variant // what goes into the pod: one container, or the two of a hot upgrade
	asItIs   bool      // nothing depends on the pod

	imageless bool // a hot upgrade without an image for the idle container (quirk 34)

	env       []envVar // its own, with the mark
	mounts    []mount
	devices   []device
	resources json.RawMessage // nil when resourcesPolicy computes them, or when absent

	share        bool
	shareDevices bool
	transfers    []transfer
	policy       *resourcesPolicy
	volumes      []volume // that its own mounts and devices ask for, in that order
	undefined    []string // volumes it uses that the SidecarSet does not define
}

// The members of a SidecarSet's container that are not members of a pod's container.
var sidecarMembers = []string{
	"podInjectPolicy", "upgradeStrategy", "shareVolumePolicy", "shareVolumeDevicePolicy", "transferEnv", "resourcesPolicy",
}

// marker is the variable that marks every injected container.
var marker = envVar{
	Name: sidecarset.InjectedEnv, Value: sidecarset.InjectedEnvValue,
	raw: json.RawMessage(`{"name":"` + sidecarset.InjectedEnv + `","value":"` + sidecarset.InjectedEnvValue + `"}`),
}

// compileSidecar compiles typed, whose stored JSON is stored, possibly nil. field is its path in the SidecarSet, such as
// spec.containers[0], and init says that it is an init container.
func compileSidecar(typed *v1beta1.SidecarContainer, stored json.RawMessage, field string, init bool, volumes map[string]volume) (*sidecar, error) {
	tree, err := containerTree(&typed.Container, stored)
	if err != nil {
		return nil, err
	}
	native := typed.RestartPolicy != nil && *typed.RestartPolicy == corev1.ContainerRestartPolicyAlways
	s := &sidecar{
		name:         typed.Name,
		listed:       !init || native,
		before:       typed.PodInjectPolicy == v1beta1.BeforeAppContainerType,
		share:        typed.ShareVolumePolicy.Type == v1beta1.ShareVolumePolicyEnabled,
		shareDevices: typed.ShareVolumeDevicePolicy != nil && typed.ShareVolumeDevicePolicy.Type == v1beta1.ShareVolumePolicyEnabled,
		transfers:    compileTransfers(typed.TransferEnv),
		policy:       compileResourcesPolicy(typed.ResourcesPolicy, field, typed.Resources.Claims),
	}
	if err := s.takeLists(tree, typed); err != nil {
		return nil, err
	}
	s.takeVolumes(volumes)
	s.asItIs = !s.share && !s.shareDevices && len(s.transfers) == 0 && s.policy == nil
	hot := typed.UpgradeStrategy.UpgradeType == v1beta1.SidecarContainerHotUpgrade && (!init || native)
	s.imageless = hot && typed.UpgradeStrategy.HotUpgradeEmptyImage == ""
	return s, s.encodeVariants(tree, hot, typed.UpgradeStrategy.HotUpgradeEmptyImage)
}

// containerTree is the container as the pod gets it, with the fields that the type does not know.
func containerTree(typed *corev1.Container, stored json.RawMessage) (map[string]any, error) {
	typedTree, err := treeOf(typed)
	if err != nil {
		return nil, err
	}
	if stored == nil {
		return typedTree.(map[string]any), nil
	}
	storedTree, err := parseTree(stored)
	if err != nil {
		return nil, err
	}
	tree := canonical(storedTree, typedTree).(map[string]any) // a typed container is an object, so is the result
	for _, member := range sidecarMembers {
		delete(tree, member)
	}
	return tree, nil
}

// takeLists moves the members that may grow out of the tree. A variable of the marker's name is dropped: OpenKruise keeps it
// beside the marker, and whoever reads the first one then takes the sidecar for an application (quirk 33).
func (s *sidecar) takeLists(tree map[string]any, typed *v1beta1.SidecarContainer) error {
	env, err := takeEntries(tree, "env", len(typed.Env))
	if err != nil {
		return err
	}
	s.env = make([]envVar, 0, len(env)+1)
	for i, raw := range env {
		if typed.Env[i].Name != sidecarset.InjectedEnv {
			s.env = append(s.env, envVar{Name: typed.Env[i].Name, Value: typed.Env[i].Value, raw: raw})
		}
	}
	s.env = append(s.env, marker)
	mounts, err := takeEntries(tree, "volumeMounts", len(typed.VolumeMounts))
	if err != nil {
		return err
	}
	s.mounts = make([]mount, 0, len(mounts))
	for i, raw := range mounts {
		m := &typed.VolumeMounts[i]
		s.mounts = append(s.mounts, mount{Name: m.Name, MountPath: m.MountPath, SubPath: m.SubPath, SubPathExpr: m.SubPathExpr, raw: raw})
	}
	devices, err := takeEntries(tree, "volumeDevices", len(typed.VolumeDevices))
	if err != nil {
		return err
	}
	for i, raw := range devices {
		s.devices = append(s.devices, device{Name: typed.VolumeDevices[i].Name, DevicePath: typed.VolumeDevices[i].DevicePath, raw: raw})
	}
	if s.policy == nil {
		s.resources, err = json.Marshal(tree["resources"])
	}
	delete(tree, "resources")
	return err
}

// takeEntries moves a list of count entries out of the tree.
func takeEntries(tree map[string]any, member string, count int) ([]json.RawMessage, error) {
	list, _ := tree[member].([]any)
	delete(tree, member)
	if len(list) != count {
		return nil, fmt.Errorf("%s: the stored object and its decoded form differ", member)
	}
	entries := make([]json.RawMessage, count)
	for i := range list {
		var err error
		if entries[i], err = json.Marshal(list[i]); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// takeVolumes looks up what the sidecar's own mounts and devices need. What the SidecarSet does not define may be in the pod.
func (s *sidecar) takeVolumes(volumes map[string]volume) {
	for _, name := range slices.Concat(namesOf(s.mounts), namesOf(s.devices)) {
		if v, ok := volumes[name]; ok {
			s.volumes = append(s.volumes, v)
		} else {
			s.undefined = append(s.undefined, name)
		}
	}
}

// namesOf lists the volumes that mounts or devices use.
func namesOf[T interface{ volume() string }](entries []T) []string {
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.volume()
	}
	return names
}

func (m mount) volume() string  { return m.Name }
func (d device) volume() string { return d.Name }
