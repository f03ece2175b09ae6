package inject

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// How the reference puts sidecars into the pod, and what it writes down about it.

// referenceSettle decides which sidecars are injected at all.
func referenceSettle(sidecars []*referenceSidecar, pod *corev1.Pod, policy ClashPolicy) error {
	names := map[string]bool{}
	for _, s := range sidecars {
		for _, c := range s.containers {
			if names[c.Name] {
				return errReferenceRefuses
			}
			names[c.Name] = true
		}
		own, other := pod.Spec.Containers, pod.Spec.InitContainers
		if s.init {
			own, other = other, own
		}
		for _, c := range s.containers {
			same := func(posted corev1.Container) bool { return posted.Name == c.Name }
			here, there := slices.DeleteFunc(slices.Clone(own), func(p corev1.Container) bool { return !same(p) }), slices.ContainsFunc(other, same)
			switch {
			case !there && (len(here) == 0 || len(here) == 1 && referenceInjected(here[0])):
			case policy == ClashKeep:
				s.left = true
			case policy == ClashRefuse || there || len(here) > 1:
				return errReferenceRefuses
			}
			if s.left {
				break
			}
		}
	}
	return nil
}

func referencePlace(sets []*v1beta1.SidecarSet, sidecars []*referenceSidecar, pod *corev1.Pod, options Options) error {
	placed := slices.DeleteFunc(slices.Clone(sidecars), func(s *referenceSidecar) bool { return s.left })
	if len(placed) == 0 {
		return nil
	}
	pod.Spec.InitContainers = referenceList(pod.Spec.InitContainers, placed, true, true)
	pod.Spec.Containers = referenceList(pod.Spec.Containers, placed, false, options.SortContainersByName)
	posted, replaced := len(pod.Spec.Volumes), map[string]bool{}
	for _, s := range placed {
		for _, name := range slices.Concat(referenceNames(s.from.VolumeMounts), referenceNames(s.from.VolumeDevices)) {
			var definition *corev1.Volume
			for i := range s.set.Spec.Volumes {
				if s.set.Spec.Volumes[i].Name == name {
					definition = &s.set.Spec.Volumes[i]
				}
			}
			if definition == nil {
				continue
			}
			i := slices.IndexFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == name })
			switch {
			case i < 0:
				pod.Spec.Volumes = append(pod.Spec.Volumes, *definition)
			case referenceSameVolume(pod.Spec.Volumes[i], *definition):
			case options.Clashes.Volume == ClashRefuse:
				return errReferenceRefuses
			case options.Clashes.Volume == ClashReplace && i < posted && !replaced[name]:
				pod.Spec.Volumes[i] = *definition
				replaced[name] = true
			}
		}
	}
	var secrets []corev1.LocalObjectReference
	for _, set := range append([]*v1beta1.SidecarSet{{Spec: v1beta1.SidecarSetSpec{ImagePullSecrets: pod.Spec.ImagePullSecrets}}}, sets...) {
		for _, secret := range set.Spec.ImagePullSecrets {
			if !slices.Contains(secrets, secret) {
				secrets = append(secrets, secret)
			}
		}
	}
	pod.Spec.ImagePullSecrets = secrets
	return referenceRecords(sets, sidecars, pod, options)
}

// referenceSameVolume knows that the API server makes an emptyDir of a volume that has no source.
func referenceSameVolume(a, b corev1.Volume) bool {
	for _, v := range []*corev1.Volume{&a, &b} {
		if v.VolumeSource == (corev1.VolumeSource{}) {
			v.EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
	return apiequality.Semantic.DeepEqual(a, b)
}

func referenceNames[T corev1.VolumeMount | corev1.VolumeDevice](entries []T) []string {
	var names []string
	for _, entry := range entries {
		switch entry := any(entry).(type) {
		case corev1.VolumeMount:
			names = append(names, entry.Name)
		case corev1.VolumeDevice:
			names = append(names, entry.Name)
		}
	}
	return names
}

func referenceList(posted []corev1.Container, placed []*referenceSidecar, init, sorted bool) []corev1.Container {
	type arriving struct {
		corev1.Container
		before bool
	}
	var all []arriving
	for _, s := range placed {
		for _, c := range s.containers {
			if s.init == init {
				all = append(all, arriving{c, s.from.PodInjectPolicy == v1beta1.BeforeAppContainerType})
			}
		}
	}
	if sorted {
		slices.SortStableFunc(all, func(a, b arriving) int { return strings.Compare(a.Name, b.Name) })
	}
	var before, after []corev1.Container
	own := slices.Clone(posted)
	for _, a := range all {
		i := slices.IndexFunc(posted, func(c corev1.Container) bool { return c.Name == a.Name })
		switch {
		case i >= 0:
			own[i] = a.Container
		case a.before:
			before = append(before, a.Container)
		default:
			after = append(after, a.Container)
		}
	}
	return slices.Concat(before, own, after)
}

// referenceRecords writes the annotations.
func referenceRecords(sets []*v1beta1.SidecarSet, sidecars []*referenceSidecar, pod *corev1.Pod, options Options) error {
	set := func(key, value string) { metav1.SetMetaDataAnnotation(&pod.ObjectMeta, key, value) }
	hashes, withoutImage := map[string]*record{}, map[string]*record{}
	var injected []string
	if list := pod.Annotations[sidecarset.InjectedListAnnotation]; list != "" {
		injected = strings.Split(list, ",")
	}
	working := map[string]string{}
	_ = json.Unmarshal([]byte(pod.Annotations[sidecarset.WorkingHotUpgradeAnnotation]), &working)
	if working == nil {
		working = map[string]string{}
	}
	for _, s := range sets {
		injected = append(injected, s.Name)
		names, placed := []string{}, false
		for _, sidecar := range sidecars {
			if sidecar.set != s || sidecar.left {
				continue
			}
			placed = true
			if !sidecar.init || sidecar.native() {
				names = append(names, sidecar.from.Name)
			}
			if len(sidecar.containers) == 2 {
				for i, c := range sidecar.containers {
					set(sidecarset.VersionAnnotationPrefix+c.Name, []string{"1", "0"}[i])
					set(sidecarset.VersionAltAnnotationPrefix+c.Name, []string{"0", "1"}[i])
				}
				working[sidecar.from.Name] = sidecar.from.Name + "-1"
				text, err := json.Marshal(working)
				if err != nil {
					return err
				}
				set(sidecarset.WorkingHotUpgradeAnnotation, string(text))
			}
		}
		if !placed {
			continue
		}
		slices.Sort(names)
		hash, short, err := sidecarset.Hash(s.Spec.Containers, s.Spec.InitContainers)
		if err != nil {
			return err
		}
		r := record{UpdateTimestamp: metav1.NewTime(fixedClock()), SidecarSetName: s.Name, SidecarList: names,
			Hash: cmp.Or(s.Annotations[sidecarset.HashAnnotation], hash), ControllerRevision: s.Status.LatestRevision}
		hashes[s.Name] = &r
		w := r
		w.Hash, w.ControllerRevision = cmp.Or(s.Annotations[sidecarset.HashWithoutImageAnnotation], short), ""
		withoutImage[s.Name] = &w
	}
	slices.Sort(injected)
	set(sidecarset.HashAnnotation, encodeRecords(hashes))
	set(sidecarset.HashWithoutImageAnnotation, encodeRecords(withoutImage))
	set(sidecarset.InjectedListAnnotation, strings.Join(slices.Compact(injected), ","))
	return nil
}
