package validate_test

// Table tests of the rules of SidecarSets. Every rule of the specification has a number here (its section and its place
// in it), and TestEverySidecarSetRuleIsTested proves that each has a case that passes and one that fails.

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
)

// sidecarSetRules are the rules of validate-sidecarset.md (c) and (d), in its order. Letters follow where a table has no
// numbers of its own; the last group is this project's own.
var sidecarSetRules = map[string]string{
	"c1.1": "metadata is valid, without a namespace",
	"c1.2": "the name has letters, digits and '-' only",
	"c1.3": "the name has at most 63 characters",
	"c1.4": "generateName follows the name rules",

	"c2.1": "a canary is not its own base",
	"c2.2": "the base of a canary does not change",
	"c2.3": "the base of a canary exists",
	"c2.4": "the base of a canary is no canary",
	"c2.5": "a canary is NotUpdate",

	"c3.1":  "no native sidecar with RollingUpdate",
	"c3.2":  "there is a selector",
	"c3.3":  "the selector is valid",
	"c3.4":  "the selector is not empty",
	"c3.5":  "the selector can be converted",
	"c3.6":  "the namespace selector follows the same rules",
	"c3.7":  "a revision has a name or a version",
	"c3.8":  "the revision exists and fits",
	"c3.9":  "the revision policy is known",
	"c3.10": "an update selector excludes a partition",
	"c3.11": "the update selector is valid",
	"c3.12": "the partition is valid",
	"c3.13": "maxUnavailable is valid",
	"c3.14": "the priority strategy is valid",
	"c3.15": "the scatter strategy is valid",
	"c3.16": "there is a container",
	"c3.17": "the containers are valid",
	"c3.18": "patchPodMetadata is valid",

	"c4.a": "resourcesPolicy on an init container needs restartPolicy Always",
	"c4.b": "podInjectPolicy is known",
	"c4.c": "shareVolumePolicy is known",
	"c4.d": "transferEnv fieldRef has an apiVersion",
	"c4.e": "transferEnv fieldRef has a fieldPath",
	"c4.f": "transferEnv fieldRef is a label or an annotation",
	"c4.g": "transferEnv fieldRef has a valid key",
	"c4.h": "containers and volumes make a valid pod",
	"c4.i": "resourcesPolicy excludes resources",
	"c4.j": "resourcesPolicy has a container name regex",
	"c4.k": "the container name regex compiles",
	"c4.l": "resourcesPolicy has limits or requests",
	"c4.m": "resource expressions make sense",

	"c5.1": "the whitelist allows the annotations",
	"c5.2": "an entry has annotations",
	"c5.3": "annotation keys are valid",
	"c5.4": "an entry has a policy",
	"c5.5": "an annotation is in one entry only",

	"c6.a": "init container names do not clash",
	"c6.b": "container names do not clash",
	"c6.c": "volumes of one name are equal",
	"c6.d": "nobody overwrites an annotation of another SidecarSet",

	"d.1": "containers are not added",
	"d.2": "the upgrade type does not change",

	"own.7":  "a pinned revision is one of the SidecarSet",
	"own.15": "a MergePatchJson text is a JSON object or array",
	"own.34": "a hot-upgrade sidecar can be injected twice",
	"own.41": "a base and its canaries do not clash",
	"own.48": "the patch policy is known",
	"own.52": "selectors that can match one pod overlap",
	"own.53": "names clash across containers and init containers",
}

// sidecarSetCase is a change of a valid SidecarSet. want lists "type field" of the expected causes; none means accepted.
type sidecarSetCase struct {
	rule, name string
	change     func(*v1beta1.SidecarSet)
	// before changes the stored object of an UPDATE; nil means CREATE.
	before func(*v1beta1.SidecarSet)
	// others are the SidecarSets of the cluster, changes of the same valid one.
	others []func(*v1beta1.SidecarSet)
	// undefaulted skips the mutating webhook.
	undefaulted bool
	// noGate turns SidecarSetPatchPodMetadataDefaultsAllowed off.
	noGate    bool
	whitelist string
	revisions []*appsv1.ControllerRevision
	want      []string
}

func TestSidecarSetRules(t *testing.T) {
	for _, c := range sidecarSetCases() {
		t.Run(c.rule+" "+c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, causes(c.review(t))); diff != "" {
				t.Errorf("causes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEverySidecarSetRuleIsTested(t *testing.T) {
	passing, failing := map[string]bool{}, map[string]bool{}
	for _, c := range sidecarSetCases() {
		if _, known := sidecarSetRules[c.rule]; !known {
			t.Errorf("case %q tests a rule %q that is not listed", c.name, c.rule)
		}
		if len(c.want) == 0 {
			passing[c.rule] = true
		} else {
			failing[c.rule] = true
		}
	}
	for rule, words := range sidecarSetRules {
		if !passing[rule] {
			t.Errorf("rule %s (%s) has no case that passes", rule, words)
		}
		if !failing[rule] {
			t.Errorf("rule %s (%s) has no case that fails", rule, words)
		}
	}
}

// validSidecarSet is what the cases change.
func validSidecarSet(changes ...func(*v1beta1.SidecarSet)) *v1beta1.SidecarSet {
	set := &v1beta1.SidecarSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "SidecarSet"},
		ObjectMeta: metav1.ObjectMeta{Name: "test-sidecarset"},
		Spec: v1beta1.SidecarSetSpec{
			Selector: labelled("a", "b"),
			Containers: []v1beta1.SidecarContainer{{
				Container: corev1.Container{Name: "test-sidecar", Image: "test-image"},
			}},
		},
	}
	for _, change := range changes {
		if change != nil {
			change(set)
		}
	}
	return set
}

func labelled(key, value string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
}

func expressed(key string, operator metav1.LabelSelectorOperator, values ...string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: key, Operator: operator, Values: values}}}
}

func (c sidecarSetCase) review(t *testing.T) decision.Decision {
	t.Helper()
	u := &universe{settings: map[string]string{}, revisions: c.revisions}
	for _, other := range c.others {
		set := validSidecarSet(func(s *v1beta1.SidecarSet) { s.Name = "other" }, other)
		u.sidecarSets = append(u.sidecarSets, decodeSidecarSet(t, defaulted(t, encode(t, set))))
	}
	if c.whitelist != "" {
		u.settings[sidecarset.PatchPodMetadataWhiteListKey] = c.whitelist
	}
	request := &admissionv1.AdmissionRequest{Operation: admissionv1.Create}
	request.Resource.Version = v1beta1.GroupVersion.Version
	request.Object.Raw = encode(t, validSidecarSet(c.change))
	if !c.undefaulted {
		request.Object.Raw = defaulted(t, request.Object.Raw)
	}
	if c.before != nil {
		request.Operation = admissionv1.Update
		request.OldObject.Raw = encode(t, validSidecarSet(c.before))
	}
	reviewer := validate.SidecarSet{Cluster: u, PatchPodMetadataDefaultsAllowed: !c.noGate}
	answer, err := reviewer.Review(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func encode(t *testing.T, object any) []byte {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func decodeSidecarSet(t *testing.T, object []byte) *v1beta1.SidecarSet {
	t.Helper()
	return readInto[v1beta1.SidecarSet](t, object)
}

// defaulted sends a v1beta1 object through the mutating rule.
func defaulted(t *testing.T, object []byte) []byte {
	t.Helper()
	request := &admissionv1.AdmissionRequest{Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: object}}
	request.Resource.Version = v1beta1.GroupVersion.Version
	answer, err := defaults.SidecarSet{}.Review(context.Background(), request)
	if err != nil || !answer.Allowed {
		t.Fatalf("defaulting refused: %s %v", answer.Message, err)
	}
	result, err := apply(object, answer.Patch)
	if err != nil {
		t.Fatal(err)
	}
	return encode(t, result)
}

// causes lists the causes of a refusal as "type field", nil for an allowed request.
func causes(answer decision.Decision) []string {
	var list []string
	for _, cause := range answer.Causes {
		list = append(list, strings.TrimPrefix(string(cause.Type), "FieldValue")+" "+cause.Field)
	}
	if !answer.Allowed && list == nil {
		list = append(list, answer.Message)
	}
	return list
}
