package validate_test

// The cases of TestSidecarSetRules. Numbers in names are those of the table of cases in the specification
// (spec/validate-sidecarset.md, section i).

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

func sidecarSetCases() []sidecarSetCase {
	var cases []sidecarSetCase
	for _, list := range [][]sidecarSetCase{
		metadataCases(), canaryCases(), specCases(), revisionCases(), strategyCases(), containerCases(), transferCases(),
		resourcesCases(), patchCases(), conflictCases(), updateCases(), ownCases(),
	} {
		cases = append(cases, list...)
	}
	return cases
}

func metadataCases() []sidecarSetCase {
	return []sidecarSetCase{
		{rule: "c1.1", name: "plain", change: asIs},
		{rule: "c1.1", name: "namespace", change: func(s *v1beta1.SidecarSet) { s.Namespace = "default" }, want: []string{"Forbidden metadata.namespace"}},
		{rule: "c1.1", name: "no name", change: named(""), want: []string{"Required metadata.name"}},
		{rule: "c1.1", name: "label", change: func(s *v1beta1.SidecarSet) { s.Labels = map[string]string{"a b": "c"} }, want: []string{"Invalid metadata.labels"}},
		{rule: "c1.1", name: "finalizer", change: func(s *v1beta1.SidecarSet) { s.Finalizers = []string{"hold it"} }, want: []string{"Invalid metadata.finalizers"}},
		{rule: "c1.1", name: "a finalizer without domain is fine here", change: func(s *v1beta1.SidecarSet) { s.Finalizers = []string{"mine"} }},
		{rule: "c1.2", name: "92 dots", change: named("a.b"), want: []string{"Invalid metadata.name"}},
		{rule: "c1.2", name: "92 underscore", change: named("a_b"), want: []string{"Invalid metadata.name"}},
		{rule: "c1.2", name: "upper case", change: named("A-9")},
		{rule: "c1.3", name: "92 63 characters", change: named(strings.Repeat("s", 63))},
		{rule: "c1.3", name: "92 64 characters", change: named(strings.Repeat("s", 64)), want: []string{"Invalid metadata.name"}},
		{rule: "c1.4", name: "prefix", change: func(s *v1beta1.SidecarSet) { s.GenerateName = "side-" }},
		{rule: "c1.4", name: "prefix with dot", change: func(s *v1beta1.SidecarSet) { s.GenerateName = "side." }, want: []string{"Invalid metadata.generateName"}},
	}
}

func canaryCases() []sidecarSetCase {
	base := []func(*v1beta1.SidecarSet){all(named("base"), disjoint)}
	annotation := "metadata.annotations[" + sidecarset.BaseAnnotation + "]"
	return []sidecarSetCase{
		{rule: "c2.1", name: "75 itself", change: canaryOf("test-sidecarset"), want: []string{"Invalid " + annotation}},
		{rule: "c2.1", name: "76 another", change: canaryOf("base"), others: base},
		{rule: "c2.2", name: "80 changed", change: canaryOf("base"), before: canaryOf("other"), others: base, want: []string{"Invalid " + annotation}},
		{rule: "c2.2", name: "turned into a canary", change: canaryOf("base"), before: notUpdate, others: base, want: []string{"Invalid " + annotation}},
		{rule: "c2.2", name: "kept", change: canaryOf("base"), before: canaryOf("base"), others: base},
		{rule: "c2.2", name: "no longer a canary", change: notUpdate, before: canaryOf("base"), others: base},
		{rule: "c2.3", name: "77 missing", change: canaryOf("base"), want: []string{"Invalid " + annotation}},
		{rule: "c2.3", name: "76 there", change: canaryOf("base"), others: base},
		{rule: "c2.4", name: "78 canary of a canary", change: canaryOf("base"),
			others: []func(*v1beta1.SidecarSet){all(disjoint, canaryOf("first"), named("base"))}, want: []string{"Invalid " + annotation}},
		{rule: "c2.4", name: "81 TRUE is no canary", change: canaryOf("base"),
			others: []func(*v1beta1.SidecarSet){all(disjoint, canaryOf("first"), named("base"), func(s *v1beta1.SidecarSet) {
				s.Annotations[sidecarset.CanaryAnnotation] = "TRUE"
			})}},
		{rule: "c2.5", name: "79 RollingUpdate", change: all(canaryOf("base"), strategy(func(u *v1beta1.SidecarSetUpdateStrategy) {
			u.Type = v1beta1.RollingUpdateSidecarSetStrategyType
		})), others: base, want: []string{"Invalid spec.updateStrategy.type"}},
		{rule: "c2.5", name: "NotUpdate", change: canaryOf("base"), others: base},
	}
}

func specCases() []sidecarSetCase {
	broken := expressed("app-name", metav1.LabelSelectorOpNotIn, "app-group", "app-risk-")
	return []sidecarSetCase{
		{rule: "c3.1", name: "37 native sidecar", change: inits(native("n")), want: []string{"Required spec.updateStrategy"}},
		{rule: "c3.1", name: "two of them say it once", change: inits(native("n"), native("m")), want: []string{"Required spec.updateStrategy"}},
		{rule: "c3.1", name: "38 NotUpdate", change: all(inits(native("n")), notUpdate)},
		{rule: "c3.1", name: "plain init container", change: inits(plainInit("i"))},
		{rule: "c3.2", name: "1 nil", change: pods(nil), want: []string{"Required spec.selector"}},
		{rule: "c3.2", name: "there", change: asIs},
		{rule: "c3.3", name: "3 bad value", change: pods(broken), want: []string{"Invalid spec.selector.matchExpressions[0].values[1]"}},
		{rule: "c3.3", name: "In without values", change: pods(expressed("a", metav1.LabelSelectorOpIn)), want: []string{"Required spec.selector.matchExpressions[0].values"}},
		{rule: "c3.3", name: "In", change: pods(expressed("a", metav1.LabelSelectorOpIn, "b"))},
		{rule: "c3.4", name: "2 empty", change: pods(&metav1.LabelSelector{}), want: []string{"Invalid spec.selector"}},
		{rule: "c3.4", name: "one expression", change: pods(expressed("a", metav1.LabelSelectorOpExists))},
		{rule: "c3.5", name: "operator", change: pods(expressed("a", "Near", "b")), want: []string{"Invalid spec.selector.matchExpressions[0].operator"}},
		{rule: "c3.5", name: "Exists", change: pods(expressed("a", metav1.LabelSelectorOpExists))},
		{rule: "c3.6", name: "4 bad value", change: func(s *v1beta1.SidecarSet) { s.Spec.NamespaceSelector = broken }, want: []string{"Invalid spec.namespaceSelector.matchExpressions[0].values[1]"}},
		{rule: "c3.6", name: "5 empty", change: func(s *v1beta1.SidecarSet) { s.Spec.NamespaceSelector = &metav1.LabelSelector{} }, want: []string{"Invalid spec.namespaceSelector"}},
		{rule: "c3.6", name: "6 label", change: func(s *v1beta1.SidecarSet) { s.Spec.NamespaceSelector = labelled("a", "b") }},
		{rule: "c3.16", name: "20 none", change: func(s *v1beta1.SidecarSet) { s.Spec.Containers = nil }, want: []string{"Required spec.containers"}},
		{rule: "c3.16", name: "an init container is enough", change: func(s *v1beta1.SidecarSet) {
			s.Spec.Containers, s.Spec.InitContainers = nil, []v1beta1.SidecarContainer{plainInit("i")}
		}},
		{rule: "c3.17", name: "21 init container without image", change: inits(v1beta1.SidecarContainer{Container: corev1.Container{Name: "i"}}), want: []string{"Required spec.initContainers[0].image"}},
		{rule: "c3.17", name: "valid", change: inits(plainInit("i"))},
		{rule: "c3.18", name: "no annotations", change: writes("Retain"), want: []string{"Required spec.patchPodMetadata[0].annotations"}},
		{rule: "c3.18", name: "one annotation", change: writes("Retain", "key", "value")},
	}
}

func revisionCases() []sidecarSetCase {
	mine := func(version string, number int64, data string) *appsv1.ControllerRevision {
		return revision("mine", "test-sidecarset", version, number, data)
	}
	list := func(revisions ...*appsv1.ControllerRevision) []*appsv1.ControllerRevision { return revisions }
	const path = "spec.injectionStrategy.revision"
	return []sidecarSetCase{
		{rule: "c3.7", name: "91 empty", change: pinned(nil, nil, ""), want: []string{"Invalid " + path}},
		{rule: "c3.7", name: "name", change: pinned(ptr.To("mine"), nil, ""), revisions: list(mine("", 1, goodData))},
		{rule: "c3.8", name: "89 unknown version", change: pinned(nil, ptr.To("2"), ""), revisions: list(mine("1", 1, goodData)), want: []string{"Invalid " + path + ".customVersion"}},
		{rule: "c3.8", name: "unknown name", change: pinned(ptr.To("gone"), nil, ""), want: []string{"Invalid " + path + ".revisionName"}},
		{rule: "c3.8", name: "empty name", change: pinned(ptr.To(""), nil, ""), want: []string{"Invalid " + path + ".revisionName"}},
		{rule: "c3.8", name: "the name wins", change: pinned(ptr.To("mine"), ptr.To("no such"), ""), revisions: list(mine("1", 1, goodData))},
		{rule: "c3.8", name: "version", change: pinned(nil, ptr.To("1"), ""), revisions: list(mine("1", 1, goodData))},
		{rule: "c3.8", name: "version of another SidecarSet", change: pinned(nil, ptr.To("1"), ""),
			revisions: list(revision("theirs", "other", "1", 1, goodData)), want: []string{"Invalid " + path + ".customVersion"}},
		{rule: "c3.8", name: "the newest of a version counts", change: pinned(nil, ptr.To("1"), ""),
			revisions: list(mine("1", 2, `{"spec":{"containers":"broken"}}`), mine("1", 1, goodData)), want: []string{"Invalid " + path + ".customVersion"}},
		{rule: "c3.8", name: "an old broken one does not", change: pinned(nil, ptr.To("1"), ""),
			revisions: list(mine("1", 1, `{"spec":{"containers":"broken"}}`), mine("1", 2, goodData))},
		{rule: "c3.8", name: "not JSON", change: pinned(ptr.To("mine"), nil, ""), revisions: list(mine("", 1, "{")), want: []string{"Invalid " + path + ".revisionName"}},
		{rule: "c3.8", name: "no data", change: pinned(ptr.To("mine"), nil, ""), revisions: list(mine("", 1, "")), want: []string{"Invalid " + path + ".revisionName"}},
		{rule: "c3.8", name: "no spec", change: pinned(ptr.To("mine"), nil, ""), revisions: list(mine("", 1, "{}")), want: []string{"Invalid " + path + ".revisionName"}},
		{rule: "c3.9", name: "unknown", change: pinned(ptr.To("mine"), nil, "Random"), revisions: list(mine("", 1, goodData)), want: []string{"Invalid " + path + ".policy"}},
		{rule: "c3.9", name: "Partial", change: pinned(ptr.To("mine"), nil, "Partial"), revisions: list(mine("", 1, goodData))},
		{rule: "c3.9", name: "unknown, and the revision is missing", change: pinned(ptr.To("mine"), nil, "Random"), want: []string{"Invalid " + path + ".revisionName", "Invalid " + path + ".policy"}},
		{rule: "own.7", name: "90 revision of something else", change: pinned(ptr.To("theirs"), nil, ""),
			revisions: list(revision("theirs", "other", "", 1, goodData)), want: []string{"Invalid " + path + ".revisionName"}},
		{rule: "own.7", name: "own revision", change: pinned(ptr.To("mine"), nil, ""), revisions: list(mine("", 1, goodData))},
	}
}

func strategyCases() []sidecarSetCase {
	selecting := strategy(func(u *v1beta1.SidecarSetUpdateStrategy) { u.Selector = labelled("canary", "yes") })
	otherType := func(name v1beta1.SidecarSetUpdateStrategyType) func(*v1beta1.SidecarSet) {
		return strategy(func(u *v1beta1.SidecarSetUpdateStrategy) { u.Type = name })
	}
	both := strategy(func(u *v1beta1.SidecarSetUpdateStrategy) {
		u.PriorityStrategy = &v1beta1.UpdatePriorityStrategy{
			WeightPriority: []v1beta1.UpdatePriorityWeightTerm{{Weight: 1, MatchSelector: *labelled("a", "b")}},
			OrderPriority:  []v1beta1.UpdatePriorityOrderTerm{{OrderedKey: "k"}},
		}
	})
	twice := scatter(v1beta1.UpdateScatterTerm{Key: "k", Value: "v"}, v1beta1.UpdateScatterTerm{Key: "k", Value: "v"})
	const path = "spec.updateStrategy"
	return []sidecarSetCase{
		{rule: "c3.10", name: "12 partition 0", change: all(selecting, partition(intstr.FromInt32(0)))},
		{rule: "c3.10", name: "13 0%", change: all(selecting, partition(intstr.FromString("0%"))), want: []string{"Invalid " + path}},
		{rule: "c3.10", name: "partition 2", change: all(selecting, partition(intstr.FromInt32(2))), want: []string{"Invalid " + path}},
		{rule: "c3.11", name: "empty", change: strategy(func(u *v1beta1.SidecarSetUpdateStrategy) { u.Selector = &metav1.LabelSelector{} }), want: []string{"Invalid " + path + ".selector"}},
		{rule: "c3.11", name: "operator", change: strategy(func(u *v1beta1.SidecarSetUpdateStrategy) { u.Selector = expressed("a", "Near", "b") }), want: []string{"Invalid " + path + ".selector.matchExpressions[0].operator"}},
		{rule: "c3.11", name: "label", change: selecting},
		{rule: "c3.12", name: "14 \"5\"", change: partition(intstr.FromString("5")), want: []string{"Invalid " + path + ".partition"}},
		{rule: "c3.12", name: "15 -1", change: partition(intstr.FromInt32(-1)), want: []string{"Invalid " + path + ".partition"}},
		{rule: "c3.12", name: "150%", change: partition(intstr.FromString("150%"))},
		{rule: "c3.12", name: "11 not looked at with another type", change: all(otherType("Foo"), partition(intstr.FromString("abc")))},
		{rule: "c3.13", name: "16 0", change: maxUnavailable(intstr.FromInt32(0))},
		{rule: "c3.13", name: "16 150%", change: maxUnavailable(intstr.FromString("150%"))},
		{rule: "c3.13", name: "17 10.5%", change: maxUnavailable(intstr.FromString("10.5%")), want: []string{"Invalid " + path + ".maxUnavailable"}},
		{rule: "c3.14", name: "18 weight 101", change: weight(101), want: []string{"Required " + path + ".priorityStrategy"}},
		{rule: "c3.14", name: "18 weight 0", change: weight(0)},
		{rule: "c3.14", name: "18 weight 100", change: weight(100)},
		{rule: "c3.14", name: "19 weights and orders", change: both, want: []string{"Required " + path + ".priorityStrategy"}},
		{rule: "c3.15", name: "9 twice", change: twice, want: []string{"Required " + path + ".scatterStrategy"}},
		{rule: "c3.15", name: "10 twice with NotUpdate", change: all(twice, notUpdate)},
		{rule: "c3.15", name: "no key", change: scatter(v1beta1.UpdateScatterTerm{Value: "v"}), want: []string{"Required " + path + ".scatterStrategy"}},
		{rule: "c3.15", name: "no value", change: scatter(v1beta1.UpdateScatterTerm{Key: "k"})},
	}
}

func containerCases() []sidecarSetCase {
	device := func(path string) func(*v1beta1.SidecarSet) {
		return first(func(c *v1beta1.SidecarContainer) {
			c.VolumeDevices = []corev1.VolumeDevice{{Name: "disk0", DevicePath: path}}
		})
	}
	mount := func(name, path string) func(*v1beta1.SidecarSet) {
		return first(func(c *v1beta1.SidecarContainer) {
			c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: name, MountPath: path})
		})
	}
	claim := corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "claim"}}
	token := corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
		{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token", ExpirationSeconds: ptr.To(int64(43200))}}}}}
	startup := first(func(c *v1beta1.SidecarContainer) {
		c.StartupProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(80)}}}
	})
	return []sidecarSetCase{
		{rule: "c4.b", name: "24 Middle", change: first(func(c *v1beta1.SidecarContainer) { c.PodInjectPolicy = "Middle" }), want: []string{"Invalid spec.containers[0].podInjectPolicy"}},
		{rule: "c4.b", name: "AfterAppContainer", change: first(func(c *v1beta1.SidecarContainer) { c.PodInjectPolicy = "AfterAppContainer" })},
		{rule: "c4.b", name: "25 Middle in an init container", change: inits(v1beta1.SidecarContainer{PodInjectPolicy: "Middle", Container: corev1.Container{Name: "i", Image: "i"}})},
		{rule: "c4.c", name: "23 empty", change: first(func(c *v1beta1.SidecarContainer) {
			c.PodInjectPolicy, c.ImagePullPolicy, c.TerminationMessagePolicy = "BeforeAppContainer", "Always", "File"
		}), undefaulted: true, want: []string{"Invalid spec.containers[0].shareVolumePolicy.type"}},
		{rule: "c4.c", name: "Enabled", change: first(func(c *v1beta1.SidecarContainer) { c.ShareVolumePolicy.Type = "Enabled" }), want: []string{"Invalid spec.containers[0].shareVolumePolicy.type"}},
		{rule: "c4.c", name: "enabled", change: first(func(c *v1beta1.SidecarContainer) { c.ShareVolumePolicy.Type = "enabled" })},
		{rule: "c4.h", name: "22 an init container may be called test", change: func(s *v1beta1.SidecarSet) {
			s.Spec.Containers, s.Spec.InitContainers = nil, []v1beta1.SidecarContainer{plainInit("test")}
		}},
		{rule: "c4.h", name: "28 volume without source", change: volume("v", corev1.VolumeSource{})},
		{rule: "c4.h", name: "30 device without volume", change: device("/dev/x"), want: []string{"NotFound spec.containers[0].volumeDevices[0].name"}},
		{rule: "c4.h", name: "31 device of a claim", change: all(device("/dev/x"), volume("disk0", claim))},
		{rule: "c4.h", name: "32 device path equals mount path", change: all(device("/data"), volume("disk0", claim), volume("v", corev1.VolumeSource{}), mount("v", "/data")),
			want: []string{"Invalid spec.containers[0].volumeMounts[0].mountPath", "Invalid spec.containers[0].volumeDevices[0].devicePath"}},
		{rule: "c4.h", name: "33 mount of an application's volume", change: mount("theirs", "/data"), want: []string{"NotFound spec.containers[0].volumeMounts[0].name"}},
		{rule: "c4.h", name: "34 projected token", change: volume("v", token)},
		{rule: "c4.h", name: "35 same name twice", change: func(s *v1beta1.SidecarSet) { s.Spec.Containers = append(s.Spec.Containers, s.Spec.Containers[0]) }, want: []string{"Duplicate spec.containers[1].name"}},
		{rule: "c4.h", name: "36 restartPolicy", change: first(func(c *v1beta1.SidecarContainer) { c.RestartPolicy = ptr.To(corev1.ContainerRestartPolicyAlways) }), want: []string{"Forbidden spec.containers[0].restartPolicy"}},
		{rule: "c4.h", name: "39 blank before the image", change: first(func(c *v1beta1.SidecarContainer) { c.Image = " nginx" }), want: []string{"Invalid spec.containers[0].image"}},
		{rule: "c4.h", name: "40 startup probe gets its defaults", change: startup},
		{rule: "c4.h", name: "41 liveness probe", change: first(func(c *v1beta1.SidecarContainer) {
			c.LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Port: intstr.FromInt32(80)}}}
		})},
		{rule: "c4.h", name: "42 env name", change: first(func(c *v1beta1.SidecarContainer) { c.Env = []corev1.EnvVar{{Name: "1ABC"}} }), want: []string{"Invalid spec.containers[0].env[0].name"}},
	}
}

func transferCases() []sidecarSetCase {
	const path = "spec.containers[0].transferEnv[0].sourceContainerNameFrom.fieldRef"
	return []sidecarSetCase{
		{rule: "c4.d", name: "empty", change: all(transferFrom("", "metadata.labels['a']"), first(func(c *v1beta1.SidecarContainer) {
			c.PodInjectPolicy, c.ShareVolumePolicy.Type, c.ImagePullPolicy, c.TerminationMessagePolicy = "BeforeAppContainer", "disabled", "Always", "File"
		})), undefaulted: true, want: []string{"Required " + path + ".apiVersion"}},
		{rule: "c4.d", name: "defaulted", change: transferFrom("", "metadata.labels['a']")},
		{rule: "c4.e", name: "empty", change: transferFrom("v1", ""), want: []string{"Required " + path + ".fieldPath"}},
		{rule: "c4.e", name: "there", change: transferFrom("v1", "metadata.annotations['a']")},
		{rule: "c4.f", name: "43 label", change: transferFrom("v1", "metadata.labels['app']")},
		{rule: "c4.f", name: "44 metadata.name", change: transferFrom("v1", "metadata.name"), want: []string{"Invalid " + path + ".fieldPath"}},
		{rule: "c4.f", name: "no subscript", change: transferFrom("v1", "metadata.labels"), want: []string{"Invalid " + path + ".fieldPath"}},
		{rule: "c4.f", name: "subscript of the name", change: transferFrom("v1", "metadata.name['x']"), want: []string{"Invalid " + path + ".fieldPath"}},
		{rule: "c4.f", name: "unclosed", change: transferFrom("v1", "metadata.labels['x'"), want: []string{"Invalid " + path + ".fieldPath"}},
		{rule: "c4.f", name: "another apiVersion", change: transferFrom("v2", "metadata.labels['x']"), want: []string{"Invalid " + path + ".apiVersion"}},
		{rule: "c4.g", name: "blank", change: transferFrom("v1", "metadata.labels['a b']"), want: []string{"Invalid " + path + ".fieldPath"}},
		{rule: "c4.g", name: "capitals in the domain of an annotation", change: transferFrom("v1", "metadata.annotations['Example.COM/Key']")},
		{rule: "c4.g", name: "capitals in the domain of a label", change: transferFrom("v1", "metadata.labels['Example.COM/Key']"), want: []string{"Invalid " + path + ".fieldPath"}},
	}
}

func resourcesCases() []sidecarSetCase {
	half := &v1beta1.ResourceExprs{CPU: "cpu*50%"}
	const path = "spec.containers[0].resourcesPolicy"
	badCPU := []string{"Invalid " + path + ".resourcesExpr.limits.cpu"}
	cases := []sidecarSetCase{
		{rule: "c4.a", name: "50 plain init container", change: inits(v1beta1.SidecarContainer{
			ResourcesPolicy: policyWith(".*", half, nil), Container: corev1.Container{Name: "i", Image: "i"}}), want: []string{"Invalid spec.initContainers[0].resourcesPolicy"}},
		{rule: "c4.a", name: "51 native sidecar", change: all(notUpdate, inits(native("n")), func(s *v1beta1.SidecarSet) {
			s.Spec.InitContainers[0].ResourcesPolicy = policyWith(".*", half, nil)
		})},
		{rule: "c4.i", name: "46 limits", change: all(limited, computed(policyWith("", nil, nil))), want: []string{"Invalid " + path}},
		{rule: "c4.i", name: "none", change: computed(policyWith(".*", half, nil))},
		{rule: "c4.j", name: "48 empty", change: computed(policyWith("", half, nil)), want: []string{"Required " + path + ".targetContainersNameRegex"}},
		{rule: "c4.j", name: "there", change: computed(policyWith("^app", half, nil))},
		{rule: "c4.k", name: "47 broken", change: computed(policyWith("[invalid(regex", half, nil)), want: []string{"Invalid " + path + ".targetContainersNameRegex"}},
		{rule: "c4.k", name: "alternatives", change: computed(policyWith("a|b", half, nil))},
		{rule: "c4.l", name: "49 neither", change: computed(policyWith(".*", nil, nil)), want: []string{"Invalid " + path + ".resourcesExpr"}},
		{rule: "c4.l", name: "58 empty limits", change: computed(policyWith(".*", &v1beta1.ResourceExprs{}, nil))},
		{rule: "c4.m", name: "two bad ones", change: computed(policyWith(".*", &v1beta1.ResourceExprs{CPU: "+", Memory: "?"}, nil)),
			want: []string{"Invalid " + path + ".resourcesExpr.limits.cpu", "Invalid " + path + ".resourcesExpr.limits.memory"}},
		{rule: "c4.m", name: "memory refused by its own path", change: memory("mem*2"), want: []string{"Invalid " + path + ".resourcesExpr.requests.memory"}},
		{rule: "c4.m", name: "55 memory-100Mi makes sense", change: memory("memory - 100Mi")},
		{rule: "c4.m", name: "55 cpu-4 makes sense", change: cpu("cpu - 4")},
	}
	for _, good := range []string{"max(cpu*50%, 50m)", "0.5*cpu - 0.3*max(0, cpu-4) + 0.3*max(0, cpu-8)", "10--5", "1e3"} { // 52, 53, 56
		cases = append(cases, sidecarSetCase{rule: "c4.m", name: good, change: cpu(good)})
	}
	for _, bad := range []string{
		"max(cpu*50%)", "max(cpu*50%, 50m", "cpu +*/ 50%", "invalidvar * 50%", "memory*2", "10/0", "+cpu", "max(1,2,3)", // 54
		"100Ei", "40m*2m", "2/40m", "1e3e2", "5..5", "5%%", // 57
		"cpu*cpu", "2/cpu", "5abc", // 56, refused here
		"-cpu",
	} {
		cases = append(cases, sidecarSetCase{rule: "c4.m", name: bad, change: cpu(bad), want: badCPU})
	}
	return cases
}

func patchCases() []sidecarSetCase {
	const path = "spec.patchPodMetadata"
	whitelist := func(rules string) string { return `{"rules":[` + rules + `]}` }
	app := whitelist(`{"allowedAnnotationKeyExprs":["^app\\."]}`)
	elsewhere := whitelist(`{"selector":{"matchLabels":{"tier":"gold"}},"allowedAnnotationKeyExprs":["x"]}`)
	gold := func(s *v1beta1.SidecarSet) { s.Labels = map[string]string{"tier": "gold"} }
	return []sidecarSetCase{
		{rule: "c5.1", name: "59 no whitelist", change: writes("Retain", "k", "v"), noGate: true, want: []string{"Required " + path}},
		{rule: "c5.1", name: "59 no whitelist, gate on", change: writes("Retain", "k", "v")},
		{rule: "c5.1", name: "60 listed", change: writes("Retain", "app.foo", "v"), noGate: true, whitelist: app},
		{rule: "c5.1", name: "60 anchored", change: writes("Retain", "my-app.foo", "v"), whitelist: app, want: []string{"Required " + path}},
		{rule: "c5.1", name: "60 other key", change: writes("Retain", "x", "v"), whitelist: app, want: []string{"Required " + path}},
		{rule: "c5.1", name: "61 not anchored", change: writes("Retain", "my-app", "v"), noGate: true, whitelist: whitelist(`{"allowedAnnotationKeyExprs":["app"]}`)},
		{rule: "c5.1", name: "62 rule for others", change: writes("Retain", "x", "v"), noGate: true, whitelist: elsewhere, want: []string{"Required " + path}},
		{rule: "c5.1", name: "62 rule for others, gate on", change: writes("Retain", "y", "v"), whitelist: elsewhere},
		{rule: "c5.1", name: "rule for this one", change: all(gold, writes("Retain", "x", "v")), noGate: true, whitelist: elsewhere},
		{rule: "c5.1", name: "empty selector", change: writes("Retain", "x", "v"), noGate: true, whitelist: whitelist(`{"selector":{},"allowedAnnotationKeyExprs":["x"]}`)},
		{rule: "c5.1", name: "broken selector", change: writes("Retain", "x", "v"),
			whitelist: whitelist(`{"selector":{"matchExpressions":[{"key":"a","operator":"Near"}]},"allowedAnnotationKeyExprs":["x"]}`), want: []string{"Required " + path}},
		{rule: "c5.1", name: "broken expression", change: writes("Retain", "x", "v"), whitelist: whitelist(`{"allowedAnnotationKeyExprs":["["]}`), want: []string{"Required " + path}},
		{rule: "c5.1", name: "not JSON", change: writes("Retain", "x", "v"), whitelist: "rules:", want: []string{"Required " + path}},
		{rule: "c5.1", name: "misspelt member", change: writes("Retain", "x", "v"), noGate: true, whitelist: whitelist(`{"allowed":["x"]}`), want: []string{"Required " + path}},
		{rule: "c5.1", name: "nothing to write", change: asIs, noGate: true, whitelist: "rules:"},
		{rule: "c5.2", name: "64 empty", change: writes("Retain"), want: []string{"Required " + path + "[0].annotations"}},
		{rule: "c5.2", name: "one", change: writes("Retain", "k", "v")},
		{rule: "c5.3", name: "blank", change: writes("Retain", "a b", "v"), want: []string{"Invalid " + path + "[0].annotations"}},
		{rule: "c5.3", name: "with domain", change: writes("Retain", "example.com/key", "v")},
		{rule: "c5.4", name: "empty", change: all(writes("", "k", "v"), first(func(c *v1beta1.SidecarContainer) {
			c.PodInjectPolicy, c.ShareVolumePolicy.Type, c.ImagePullPolicy, c.TerminationMessagePolicy = "BeforeAppContainer", "disabled", "Always", "File"
		})), undefaulted: true, want: []string{"Required " + path + "[0].patchPolicy"}},
		{rule: "c5.4", name: "defaulted", change: writes("", "k", "v")},
		{rule: "c5.5", name: "63 same key", change: all(writes("MergePatchJson", "k", "{}"), writes("Overwrite", "k", "v")), want: []string{"Required " + path + "[1].annotations[k]"}},
		{rule: "c5.5", name: "different keys", change: all(writes("MergePatchJson", "k", "{}"), writes("Overwrite", "l", "v"))},
		{rule: "own.48", name: "65 unknown", change: writes("Foo", "k", "v"), want: []string{"NotSupported " + path + "[0].patchPolicy"}},
		{rule: "own.48", name: "65 unknown already before", change: writes("Foo", "k", "v"), before: writes("Foo", "k", "v")},
		{rule: "own.15", name: "text", change: writes("MergePatchJson", "k", "v"), want: []string{"Invalid " + path + "[0].annotations[k]"}},
		{rule: "own.15", name: "null", change: writes("MergePatchJson", "k", "null"), want: []string{"Invalid " + path + "[0].annotations[k]"}},
		{rule: "own.15", name: "empty", change: writes("MergePatchJson", "k", ""), want: []string{"Invalid " + path + "[0].annotations[k]"}},
		{rule: "own.15", name: "object", change: writes("MergePatchJson", "k", ` {"a":1}`)},
		{rule: "own.15", name: "array", change: writes("MergePatchJson", "k", `[1]`)},
		{rule: "own.15", name: "text that is not merged", change: writes("Overwrite", "k", "v")},
	}
}
