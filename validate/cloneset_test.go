package validate_test

import (
	"context"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

// cloneSetBase is the base object of the specification's cases, by version.
var cloneSetBase = map[string]string{
	"v1alpha1": `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet",
		"metadata":{"name":"cs","namespace":"default","uid":"u1","resourceVersion":"1"},
		"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},
			"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"abc","image":"image"}]}},
			"updateStrategy":{"type":"ReCreate","partition":0,"maxUnavailable":1,"maxSurge":0}}}`,
	"v1beta1": `{"apiVersion":"apps.kruise.io/v1beta1","kind":"CloneSet",
		"metadata":{"name":"cs","namespace":"default","uid":"u1","resourceVersion":"1"},
		"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},
			"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"abc","image":"image"}]}},
			"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"podUpdatePolicy":"ReCreate","partition":0,"maxUnavailable":1,"maxSurge":0}}}}`,
}

var cloneSetKind = workloadKind{
	resource: "clonesets",
	base:     cloneSetBase,
	update:   map[string]string{onlyAlpha: "spec.updateStrategy", onlyBeta: "spec.updateStrategy.rollingUpdate"},
	policy:   map[string]string{onlyAlpha: "spec.updateStrategy.type", onlyBeta: "spec.updateStrategy.rollingUpdate.podUpdatePolicy"},
}

type cloneSetCase = workloadCase[validate.CloneSet]

// edited is an edited CloneSet.
func edited(t *testing.T, version string, edits []string) []byte {
	t.Helper()
	return cloneSetKind.edited(t, version, edits)
}

var podsInCluster = podsByName{
	"p0":    {Name: "p0", OwnerReferences: []metav1.OwnerReference{{Kind: "CloneSet", Name: "cs", UID: "u1", Controller: ptr.To(true)}}},
	"going": {Name: "going", DeletionTimestamp: &metav1.Time{}, OwnerReferences: []metav1.OwnerReference{{Kind: "CloneSet", Name: "cs", UID: "u1", Controller: ptr.To(true)}}},
	"other": {Name: "other", OwnerReferences: []metav1.OwnerReference{{Kind: "CloneSet", Name: "cs", UID: "u2", Controller: ptr.To(true)}}},
	"owned": {Name: "owned", OwnerReferences: []metav1.OwnerReference{{Kind: "CloneSet", Name: "cs", UID: "u1"}}},
}

type podsByName map[string]*metav1.ObjectMeta

func (p podsByName) Pods(_ context.Context, namespace string, names []string) (map[string]*metav1.ObjectMeta, error) {
	found := map[string]*metav1.ObjectMeta{}
	for _, name := range names {
		if pod := p[name]; pod != nil && namespace == "default" {
			found[name] = pod
		}
	}
	return found, nil
}

func reviewCloneSet(t *testing.T, reviewer validate.CloneSet, version string, object, old []byte) decision.Decision {
	t.Helper()
	return cloneSetKind.review(t, reviewer, version, object, old)
}

func TestCloneSet(t *testing.T) {
	runCases(t, cloneSetKind, cloneSetCases, func(reviewer validate.CloneSet) validate.CloneSet {
		reviewer.Pods, reviewer.Defaults = podsInCluster, withDefaults
		return reviewer
	})
}

// Cases 76 to 78 of the specification are package protection's, 79 and 80 package defaults'.
func TestEveryCloneSetRuleHasAPassingAndAFailingCase(t *testing.T) {
	checkCoverage(t, cloneSetCases, 26, 4, 75)
}
