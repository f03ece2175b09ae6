package validate_test

// The changes of a valid SidecarSet from which the cases are made.

import (
	"context"
	"slices"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

func first(change func(*v1beta1.SidecarContainer)) func(*v1beta1.SidecarSet) {
	return func(s *v1beta1.SidecarSet) { change(&s.Spec.Containers[0]) }
}

func native(name string) v1beta1.SidecarContainer {
	return v1beta1.SidecarContainer{Container: corev1.Container{
		Name: name, Image: "image", RestartPolicy: ptr.To(corev1.ContainerRestartPolicyAlways)}}
}

func plainInit(name string) v1beta1.SidecarContainer {
	return v1beta1.SidecarContainer{Container: corev1.Container{Name: name, Image: "image"}}
}

func all(changes ...func(*v1beta1.SidecarSet)) func(*v1beta1.SidecarSet) {
	return func(s *v1beta1.SidecarSet) {
		for _, change := range changes {
			change(s)
		}
	}
}

func asIs(*v1beta1.SidecarSet) {}

func named(name string) func(*v1beta1.SidecarSet) {
	return func(s *v1beta1.SidecarSet) { s.Name = name }
}

func notUpdate(s *v1beta1.SidecarSet) {
	s.Spec.UpdateStrategy.Type = v1beta1.NotUpdateSidecarSetStrategyType
}

func canaryOf(base string) func(*v1beta1.SidecarSet) {
	return func(s *v1beta1.SidecarSet) {
		notUpdate(s)
		s.Annotations = map[string]string{sidecarset.CanaryAnnotation: "true", sidecarset.BaseAnnotation: base}
	}
}

// disjoint makes a SidecarSet select other pods than the valid one.
func disjoint(s *v1beta1.SidecarSet) { s.Spec.Selector = labelled("a", "elsewhere") }

func pods(selector *metav1.LabelSelector) func(*v1beta1.SidecarSet) {
	return func(s *v1beta1.SidecarSet) { s.Spec.Selector = selector }
}

func strategy(change func(*v1beta1.SidecarSetUpdateStrategy)) func(*v1beta1.SidecarSet) {
	return func(s *v1beta1.SidecarSet) { change(&s.Spec.UpdateStrategy) }
}

func partition(value intstr.IntOrString) func(*v1beta1.SidecarSet) {
	return strategy(func(u *v1beta1.SidecarSetUpdateStrategy) { u.Partition = &value })
}

func maxUnavailable(value intstr.IntOrString) func(*v1beta1.SidecarSet) {
	return strategy(func(u *v1beta1.SidecarSetUpdateStrategy) { u.MaxUnavailable = &value })
}

func weight(weight int32) func(*v1beta1.SidecarSet) {
	return strategy(func(u *v1beta1.SidecarSetUpdateStrategy) {
		u.PriorityStrategy = &v1beta1.UpdatePriorityStrategy{WeightPriority: []v1beta1.UpdatePriorityWeightTerm{
			{Weight: weight, MatchSelector: *labelled("a", "b")}}}
	})
}

func scatter(terms ...v1beta1.UpdateScatterTerm) func(*v1beta1.SidecarSet) {
	return strategy(func(u *v1beta1.SidecarSetUpdateStrategy) { u.ScatterStrategy = terms })
}

func pinned(name, version *string, policy v1beta1.SidecarSetInjectRevisionPolicy) func(*v1beta1.SidecarSet) {
	return func(s *v1beta1.SidecarSet) {
		s.Spec.InjectionStrategy.Revision = &v1beta1.SidecarSetInjectRevision{RevisionName: name, CustomVersion: version, Policy: policy}
	}
}

func revision(name, owner, version string, number int64, data string) *appsv1.ControllerRevision {
	r := &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "kruise-system", Labels: map[string]string{sidecarset.NameLabel: owner}},
		Revision:   number, Data: runtime.RawExtension{Raw: []byte(data)},
	}
	if version != "" {
		r.Labels[sidecarset.CustomVersionLabel] = version
	}
	return r
}

const goodData = `{"spec":{"$patch":"replace","containers":[{"name":"c","image":"i"}],"volumes":null}}`

func transferFrom(apiVersion, fieldPath string) func(*v1beta1.SidecarSet) {
	return first(func(c *v1beta1.SidecarContainer) {
		c.TransferEnv = []v1beta1.TransferEnvVar{{EnvName: "E", SourceContainerNameFrom: &v1beta1.SourceContainerNameSource{
			FieldRef: &corev1.ObjectFieldSelector{APIVersion: apiVersion, FieldPath: fieldPath}}}}
	})
}

func policyWith(regex string, limits, requests *v1beta1.ResourceExprs) *v1beta1.ResourcesPolicy {
	return &v1beta1.ResourcesPolicy{TargetContainersMode: v1beta1.TargetContainersModeSum, TargetContainersNameRegex: regex,
		ResourcesExpr: v1beta1.ResourcesExpr{Limits: limits, Requests: requests}}
}

func computed(policy *v1beta1.ResourcesPolicy) func(*v1beta1.SidecarSet) {
	return first(func(c *v1beta1.SidecarContainer) { c.ResourcesPolicy = policy })
}

func cpu(expression string) func(*v1beta1.SidecarSet) {
	return computed(policyWith(".*", &v1beta1.ResourceExprs{CPU: expression}, nil))
}

func memory(expression string) func(*v1beta1.SidecarSet) {
	return computed(policyWith(".*", nil, &v1beta1.ResourceExprs{Memory: expression}))
}

func writes(policy v1beta1.SidecarSetPatchPolicyType, pairs ...string) func(*v1beta1.SidecarSet) {
	return func(s *v1beta1.SidecarSet) {
		annotations := map[string]string{}
		for pair := range slices.Chunk(pairs, 2) {
			annotations[pair[0]] = pair[1]
		}
		s.Spec.PatchPodMetadata = append(s.Spec.PatchPodMetadata, v1beta1.SidecarSetPatchPodMetadata{PatchPolicy: policy, Annotations: annotations})
	}
}

func volume(name string, source corev1.VolumeSource) func(*v1beta1.SidecarSet) {
	return func(s *v1beta1.SidecarSet) {
		s.Spec.Volumes = append(s.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: source})
	}
}

func hostPath(path string) corev1.VolumeSource {
	return corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path}}
}

// renamed gives the container another name, so that only what else is in the SidecarSet can clash.
func renamed(name string) func(*v1beta1.SidecarSet) {
	return first(func(c *v1beta1.SidecarContainer) { c.Name = name })
}

func inits(containers ...v1beta1.SidecarContainer) func(*v1beta1.SidecarSet) {
	return func(s *v1beta1.SidecarSet) { s.Spec.InitContainers = append(s.Spec.InitContainers, containers...) }
}

func hot(image string) func(*v1beta1.SidecarSet) {
	return first(func(c *v1beta1.SidecarContainer) {
		c.UpgradeStrategy = v1beta1.SidecarContainerUpgradeStrategy{UpgradeType: v1beta1.SidecarContainerHotUpgrade, HotUpgradeEmptyImage: image}
	})
}

func limited(s *v1beta1.SidecarSet) {
	s.Spec.Containers[0].Resources.Limits = corev1.ResourceList{"cpu": resource.MustParse("1")}
}

// v1alpha1Review sends a v1alpha1 object, without defaulting.
func v1alpha1Review(t *testing.T, set *v1alpha1.SidecarSet, others ...*v1beta1.SidecarSet) decision.Decision {
	t.Helper()
	set.TypeMeta = metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "SidecarSet"}
	request := &admissionv1.AdmissionRequest{Operation: admissionv1.Create}
	request.Resource.Version = v1alpha1.GroupVersion.Version
	request.Object.Raw = encode(t, set)
	answer, err := validate.SidecarSet{Cluster: &universe{sidecarSets: others}}.Review(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}
