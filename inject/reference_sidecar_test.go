package inject

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/expr"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// How the reference makes the containers of one sidecar.

// build makes the containers of a sidecar from the pod as it was posted.
func (s *referenceSidecar) build(pod *corev1.Pod, all []*referenceSidecar, mountPaths ClashPolicy) error {
	c := s.from.Container.DeepCopy()
	c.Env = slices.DeleteFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == sidecarset.InjectedEnv })
	c.Env = append(c.Env, corev1.EnvVar{Name: sidecarset.InjectedEnv, Value: sidecarset.InjectedEnvValue})
	if s.from.ResourcesPolicy != nil {
		resources, err := s.resources(pod, all)
		if err != nil {
			return err
		}
		c.Resources = resources
	}
	add := func(e corev1.EnvVar) {
		if !slices.ContainsFunc(c.Env, func(known corev1.EnvVar) bool { return known.Name == e.Name }) {
			c.Env = append(c.Env, e)
		}
	}
	for _, e := range s.transferred(pod) {
		add(e)
	}
	variables, refused := s.share(c, pod, mountPaths)
	if refused {
		return errReferenceRefuses
	}
	for _, e := range variables {
		add(e)
	}
	if s.from.UpgradeStrategy.UpgradeType != v1beta1.SidecarContainerHotUpgrade || s.init && !s.native() {
		s.containers = []corev1.Container{*c}
		return nil
	}
	for i := range 2 {
		v := c.DeepCopy()
		v.Name += []string{"-1", "-2"}[i]
		if i == 1 {
			v.Image = s.from.UpgradeStrategy.HotUpgradeEmptyImage
		}
		for name, prefix := range map[string]string{"SIDECARSET_VERSION": "version.sidecarset.kruise.io/", "SIDECARSET_VERSION_ALT": "versionalt.sidecarset.kruise.io/"} {
			v.Env = append(v.Env, corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{
				FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.annotations['" + prefix + v.Name + "']"},
			}})
		}
		slices.SortStableFunc(v.Env[len(v.Env)-2:], func(a, b corev1.EnvVar) int { return strings.Compare(a.Name, b.Name) })
		s.containers = append(s.containers, *v)
	}
	return nil
}

func (s *referenceSidecar) transferred(pod *corev1.Pod) []corev1.EnvVar {
	var result []corev1.EnvVar
	for _, t := range s.from.TransferEnv {
		source := t.SourceContainerName
		if from := t.SourceContainerNameFrom; from != nil && from.FieldRef != nil {
			field := parsePodField(from.FieldRef.FieldPath)
			if field == nil {
				continue
			}
			source = pod.Labels[field.key]
			if field.annotation {
				source = pod.Annotations[field.key]
			}
		}
		for _, name := range slices.Sorted(slices.Values(append(slices.Clone(t.EnvNames), t.EnvName))) {
			var found *corev1.EnvVar
			for _, c := range pod.Spec.Containers {
				for i := range c.Env {
					if c.Name == source && c.Env[i].Name == name {
						found = &c.Env[i]
					}
				}
			}
			if found != nil && (name != "" || slices.Contains(t.EnvNames, "")) {
				result = append(result, *found)
			}
		}
	}
	return result
}

// share adds mounts and devices of the pod's own containers, and returns the variables that mounts need.
func (s *referenceSidecar) share(c *corev1.Container, pod *corev1.Pod, mountPaths ClashPolicy) (variables []corev1.EnvVar, refused bool) {
	compared := map[string]bool{} // paths of its own mounts
	usesPath := func(path string) bool {
		return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == path }) ||
			slices.ContainsFunc(c.VolumeDevices, func(d corev1.VolumeDevice) bool { return d.DevicePath == path })
	}
	mounts := func(name string) bool {
		return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == name })
	}
	maps := func(name string) bool {
		return slices.ContainsFunc(c.VolumeDevices, func(d corev1.VolumeDevice) bool { return d.Name == name })
	}
	own := slices.DeleteFunc(slices.Clone(pod.Spec.Containers), referenceInjected)
	if s.from.ShareVolumePolicy.Type == v1beta1.ShareVolumePolicyEnabled {
		for _, other := range own {
			for _, m := range other.VolumeMounts {
				elsewhere := false
				for _, match := range regexp.MustCompile(`\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)`).FindAllStringSubmatch(m.SubPathExpr, -1) {
					i := slices.IndexFunc(other.Env, func(e corev1.EnvVar) bool { return e.Name == match[1] })
					if i >= 0 {
						variables = append(variables, other.Env[i])
					} else if other.EnvFrom != nil {
						elsewhere = true
					}
				}
				if elsewhere || maps(m.Name) {
					continue
				}
				i := slices.IndexFunc(s.from.VolumeMounts, func(o corev1.VolumeMount) bool { return o.MountPath == m.MountPath })
				switch {
				case i < 0 && !usesPath(m.MountPath):
					c.VolumeMounts = append(c.VolumeMounts, m)
				case i < 0 || compared[m.MountPath]:
				default:
					compared[m.MountPath] = true
					own := s.from.VolumeMounts[i]
					same := own.Name == m.Name && own.SubPath == m.SubPath && own.SubPathExpr == m.SubPathExpr
					refused = refused || !same && mountPaths == ClashRefuse
					if !same && mountPaths == ClashKeep {
						c.VolumeMounts[i] = m
					}
				}
			}
		}
	}
	if p := s.from.ShareVolumeDevicePolicy; p != nil && p.Type == v1beta1.ShareVolumePolicyEnabled {
		for _, other := range own {
			for _, d := range other.VolumeDevices {
				if !usesPath(d.DevicePath) && !mounts(d.Name) && !maps(d.Name) {
					c.VolumeDevices = append(c.VolumeDevices, d)
				}
			}
		}
	}
	return variables, refused
}

func referenceInjected(c corev1.Container) bool {
	i := slices.IndexFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == sidecarset.InjectedEnv })
	return i >= 0 && c.Env[i].Value == sidecarset.InjectedEnvValue
}

func (s *referenceSidecar) resources(pod *corev1.Pod, all []*referenceSidecar) (corev1.ResourceRequirements, error) {
	policy, result := s.from.ResourcesPolicy, corev1.ResourceRequirements{Claims: s.from.Resources.Claims}
	pattern, err := regexp.Compile(policy.TargetContainersNameRegex)
	if err != nil {
		return result, errReferenceRefuses
	}
	var targets []corev1.Container
	native := slices.DeleteFunc(slices.Clone(pod.Spec.InitContainers), func(c corev1.Container) bool {
		return c.RestartPolicy == nil || *c.RestartPolicy != corev1.ContainerRestartPolicyAlways
	})
	for _, c := range slices.Concat(native, pod.Spec.Containers) {
		sidecar := slices.ContainsFunc(all, func(s *referenceSidecar) bool {
			hot := s.from.UpgradeStrategy.UpgradeType == v1beta1.SidecarContainerHotUpgrade && (!s.init || s.native())
			return c.Name == s.from.Name || hot && (c.Name == s.from.Name+"-1" || c.Name == s.from.Name+"-2")
		})
		if sidecar || !pattern.MatchString(c.Name) {
			continue
		}
		for _, list := range []corev1.ResourceList{c.Resources.Limits, c.Resources.Requests} {
			for _, quantity := range list {
				if !computable(quantity) {
					return result, errReferenceRefuses
				}
			}
		}
		targets = append(targets, c)
	}
	if len(targets) == 0 {
		return result, errReferenceRefuses
	}
	for _, kind := range []struct {
		texts  *v1beta1.ResourceExprs
		into   *corev1.ResourceList
		limit  bool
		listOf func(corev1.Container) corev1.ResourceList
	}{
		{policy.ResourcesExpr.Limits, &result.Limits, true, func(c corev1.Container) corev1.ResourceList { return c.Resources.Limits }},
		{policy.ResourcesExpr.Requests, &result.Requests, false, func(c corev1.Container) corev1.ResourceList { return c.Resources.Requests }},
	} {
		if kind.texts == nil {
			continue
		}
		for name, text := range map[corev1.ResourceName]string{corev1.ResourceCPU: kind.texts.CPU, corev1.ResourceMemory: kind.texts.Memory} {
			var values []resource.Quantity
			for _, c := range targets {
				if value, ok := kind.listOf(c)[name]; ok {
					values = append(values, value)
				}
			}
			if text == "" || kind.limit && len(values) < len(targets) {
				continue
			}
			var total resource.Quantity
			switch policy.TargetContainersMode {
			case v1beta1.TargetContainersModeSum:
				for _, value := range values {
					total.Add(value)
				}
			case v1beta1.TargetContainersModeMax:
				if len(values) > 0 {
					total = slices.MaxFunc(values, func(a, b resource.Quantity) int { return a.Cmp(b) }).DeepCopy()
				}
			default:
				if kind.limit {
					continue
				}
			}
			parsed, err := expr.Parse(text)
			if err == nil {
				total, err = parsed.Eval(total)
			}
			if err != nil {
				return result, errReferenceRefuses
			}
			if *kind.into == nil {
				*kind.into = corev1.ResourceList{}
			}
			(*kind.into)[name] = total
		}
	}
	return result, nil
}
