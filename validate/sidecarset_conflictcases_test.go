package validate_test

// The cases of TestSidecarSetRules about other SidecarSets, updates and this project's own rules.

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

func conflictCases() []sidecarSetCase {
	one := func(change func(*v1beta1.SidecarSet)) []func(*v1beta1.SidecarSet) {
		return []func(*v1beta1.SidecarSet){change}
	}
	namespaces := func(value string) func(*v1beta1.SidecarSet) {
		return func(s *v1beta1.SidecarSet) { s.Spec.NamespaceSelector = labelled("app", value) }
	}
	clash := []string{"Invalid spec.containers[0].name"}
	mine, theirs := renamed("mine"), renamed("theirs")
	write := func(policy v1beta1.SidecarSetPatchPolicyType) func(*v1beta1.SidecarSet) {
		return writes(policy, "k", "{}")
	}
	fight := []string{"Invalid spec.patchPodMetadata[0].annotations[k]"}
	cases := []sidecarSetCase{
		{rule: "c6.a", name: "66 same init container", change: all(mine, inits(plainInit("i"))), others: one(all(theirs, inits(plainInit("i")))), want: []string{"Invalid spec.initContainers[0].name"}},
		{rule: "c6.a", name: "other init container", change: all(mine, inits(plainInit("i"))), others: one(all(theirs, inits(plainInit("j"))))},
		{rule: "c6.b", name: "66 all at once, with an equal volume", change: all(inits(plainInit("i")), volume("v", hostPath("/x"))), others: one(all(inits(plainInit("i")), volume("v", hostPath("/x")))),
			want: []string{"Invalid spec.initContainers[0].name", "Invalid spec.containers[0].name"}},
		{rule: "c6.b", name: "67 other namespaces", change: namespaces("nginx"), others: one(namespaces("redis"))},
		{rule: "c6.b", name: "same namespaces", change: namespaces("nginx"), others: one(namespaces("nginx")), want: clash},
		{rule: "c6.b", name: "68 one for all namespaces", change: namespaces("nginx"), others: one(asIs), want: clash},
		{rule: "c6.b", name: "a stored SidecarSet without selector", change: asIs, others: one(pods(nil))},
		{rule: "c6.b", name: "a stored SidecarSet with a broken selector", change: asIs, others: one(pods(expressed("a", "Near")))},
		{rule: "c6.b", name: "only when valid by itself", change: first(func(c *v1beta1.SidecarContainer) { c.Image = "" }), others: one(asIs), want: []string{"Required spec.containers[0].image"}},
		{rule: "c6.b", name: "already so before", change: all(mine, renamed("test-sidecar")), before: asIs, others: one(asIs)},
		{rule: "c6.c", name: "73 equal", change: all(mine, volume("v", hostPath("/data/x"))), others: one(all(theirs, volume("v", hostPath("/data/x"))))},
		{rule: "c6.c", name: "73 different", change: all(mine, volume("v", hostPath("/data/x"))), others: one(all(theirs, volume("v", hostPath("/data/y")))), want: []string{"Invalid spec.volumes[0].name"}},
		{rule: "c6.d", name: "74 Overwrite MergePatchJson", change: all(mine, write("Overwrite")), others: one(all(theirs, write("MergePatchJson"))), want: fight},
		{rule: "c6.d", name: "74 MergePatchJson Overwrite", change: all(mine, write("MergePatchJson")), others: one(all(theirs, write("Overwrite"))), want: fight},
		{rule: "c6.d", name: "74 MergePatchJson twice", change: all(mine, write("MergePatchJson")), others: one(all(theirs, write("MergePatchJson")))},
		{rule: "c6.d", name: "74 Retain", change: all(mine, write("Retain")), others: one(all(theirs, write("Overwrite")))},
	}
	for _, c := range []struct {
		name     string
		selector *metav1.LabelSelector
		overlaps bool
	}{
		{"69 another value", labelled("a", "i"), false},
		{"70 another key", labelled("b", "i"), true},
		{"71 In with the value", expressed("a", metav1.LabelSelectorOpIn, "h", "i", "j"), true},
		{"71 In without the value", expressed("a", metav1.LabelSelectorOpIn, "i", "j"), false},
		{"71 NotIn with the value", expressed("a", metav1.LabelSelectorOpNotIn, "h", "i"), false},
		{"71 NotIn without the value", expressed("a", metav1.LabelSelectorOpNotIn, "i"), true},
		{"71 Exists", expressed("a", metav1.LabelSelectorOpExists), true},
		{"71 DoesNotExist", expressed("a", metav1.LabelSelectorOpDoesNotExist), false},
	} {
		test := sidecarSetCase{rule: "c6.b", name: c.name, change: pods(labelled("a", "h")), others: one(pods(c.selector))}
		if c.overlaps {
			test.want = clash
		}
		cases = append(cases, test)
	}
	return append(cases,
		sidecarSetCase{rule: "own.52", name: "72 Exists on another key", change: pods(labelled("a", "h")), others: one(pods(expressed("c", metav1.LabelSelectorOpExists))), want: clash},
		sidecarSetCase{rule: "own.52", name: "Exists against DoesNotExist", change: pods(expressed("c", metav1.LabelSelectorOpDoesNotExist)), others: one(pods(expressed("c", metav1.LabelSelectorOpExists)))},
		sidecarSetCase{rule: "own.53", name: "container named like an init container", change: renamed("i"), others: one(all(theirs, inits(plainInit("i")))), want: clash},
		sidecarSetCase{rule: "own.53", name: "init container named like a container", change: all(mine, inits(plainInit("theirs"))), others: one(theirs), want: []string{"Invalid spec.initContainers[0].name"}},
		sidecarSetCase{rule: "own.53", name: "name of a hot-upgrade container", change: renamed("theirs-2"), others: one(all(theirs, hot("empty"))), want: clash},
		sidecarSetCase{rule: "own.53", name: "name like it without hot upgrade", change: renamed("theirs-2"), others: one(theirs)},
		sidecarSetCase{rule: "own.41", name: "82 base against its canary", change: asIs, before: asIs, others: one(all(canaryOf("test-sidecarset"), named("canary")))},
		sidecarSetCase{rule: "own.41", name: "two canaries of one base", change: canaryOf("base"),
			others: []func(*v1beta1.SidecarSet){named("base"), all(canaryOf("base"), named("sibling"))}},
		sidecarSetCase{rule: "own.41", name: "canary of another base", change: canaryOf("base"),
			others: []func(*v1beta1.SidecarSet){named("base"), all(canaryOf("elsewhere"), named("stranger"))}, want: clash},
	)
}

func updateCases() []sidecarSetCase {
	second := func(s *v1beta1.SidecarSet) {
		s.Spec.Containers = append(s.Spec.Containers, v1beta1.SidecarContainer{Container: corev1.Container{Name: "second", Image: "i"}})
	}
	upgrade := func(name v1beta1.SidecarContainerUpgradeType) func(*v1beta1.SidecarSet) {
		return first(func(c *v1beta1.SidecarContainer) {
			c.UpgradeStrategy = v1beta1.SidecarContainerUpgradeStrategy{UpgradeType: name, HotUpgradeEmptyImage: "empty"}
		})
	}
	return []sidecarSetCase{
		{rule: "d.1", name: "83 added", change: second, before: asIs, want: []string{"Invalid spec.containers[1].name"}},
		{rule: "d.1", name: "renamed", change: renamed("new"), before: asIs, want: []string{"Invalid spec.containers[0].name"}},
		{rule: "d.1", name: "84 removed", change: asIs, before: second},
		{rule: "d.1", name: "87 init container added", change: inits(plainInit("i")), before: asIs},
		{rule: "d.1", name: "88 selector changed", change: pods(labelled("c", "d")), before: asIs},
		{rule: "d.2", name: "85 Cold to Hot", change: upgrade("HotUpgrade"), before: upgrade("ColdUpgrade"), want: []string{"Invalid spec.containers[0].upgradeStrategy.upgradeType"}},
		{rule: "d.2", name: "86 nothing to Hot", change: upgrade("HotUpgrade"), before: asIs},
		{rule: "d.2", name: "same", change: upgrade("HotUpgrade"), before: upgrade("HotUpgrade")},
	}
}

func ownCases() []sidecarSetCase {
	port := first(func(c *v1beta1.SidecarContainer) { c.Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: 80}} })
	sibling := func(name string) func(*v1beta1.SidecarSet) {
		return func(s *v1beta1.SidecarSet) {
			s.Spec.Containers = append(s.Spec.Containers, v1beta1.SidecarContainer{Container: corev1.Container{Name: name, Image: "i"}})
		}
	}
	return []sidecarSetCase{
		{rule: "own.34", name: "26 unknown type", change: first(func(c *v1beta1.SidecarContainer) { c.UpgradeStrategy.UpgradeType = "WarmUpgrade" })},
		{rule: "own.34", name: "27 no empty image", change: hot(""), want: []string{"Required spec.containers[0].upgradeStrategy.hotUpgradeEmptyImage"}},
		{rule: "own.34", name: "27 no empty image already before", change: hot(""), before: hot("")},
		{rule: "own.34", name: "empty image", change: hot("empty")},
		{rule: "own.34", name: "host port", change: all(hot("empty"), port), want: []string{"Invalid spec.containers[0].ports[0].hostPort"}},
		{rule: "own.34", name: "host port without hot upgrade", change: port},
		{rule: "own.34", name: "61 characters", change: all(hot("empty"), renamed(strings.Repeat("c", 61)))},
		{rule: "own.34", name: "62 characters", change: all(hot("empty"), renamed(strings.Repeat("c", 62))), want: []string{"Invalid spec.containers[0].name"}},
		{rule: "own.34", name: "name taken", change: all(hot("empty"), sibling("test-sidecar-1")), want: []string{"Duplicate spec.containers[0].name"}},
		{rule: "own.34", name: "similar name", change: all(hot("empty"), sibling("test-sidecar-3"))},
		{rule: "own.34", name: "a plain init container is never injected twice", change: inits(v1beta1.SidecarContainer{
			Container:       corev1.Container{Name: "i", Image: "i"},
			UpgradeStrategy: v1beta1.SidecarContainerUpgradeStrategy{UpgradeType: v1beta1.SidecarContainerHotUpgrade}})},
	}
}
