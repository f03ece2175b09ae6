package validate_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

var podStateKind = workloadKind{resource: "persistentpodstates", base: map[string]string{
	onlyAlpha: `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"PersistentPodState","metadata":{"name":"s","namespace":"default","resourceVersion":"1"},
		"spec":{"targetRef":{"apiVersion":"apps/v1","kind":"StatefulSet","name":"sts"},"requiredPersistentTopology":{"nodeTopologyKeys":["zone"]}}}`,
	onlyBeta: `{"apiVersion":"apps.kruise.io/v1beta1","kind":"PersistentPodState","metadata":{"name":"s","namespace":"default","resourceVersion":"1"},
		"spec":{"targetRef":{"apiVersion":"apps/v1","kind":"StatefulSet","name":"sts"},"requiredPersistentTopology":{"keys":["zone"]}}}`,
}}

// podStates is a cluster with a white list and one PersistentPodState, in namespace default unless it is elsewhere.
type podStates struct {
	whiteList string
	other     *v1beta1.PersistentPodState
	elsewhere bool
}

func (c podStates) Setting(key string) (string, bool) {
	return c.whiteList, key == "PPS_Watch_Custom_Workload_WhiteList" && c.whiteList != ""
}

func (c podStates) PersistentPodStates(namespace string) []*v1beta1.PersistentPodState {
	if c.other == nil || (namespace == "default") == c.elsewhere {
		return nil
	}
	return []*v1beta1.PersistentPodState{c.other}
}

func allowing(whiteList string) validate.PersistentPodState {
	return validate.PersistentPodState{Cluster: podStates{whiteList: whiteList}}
}

// besideState is a cluster with a PersistentPodState for a workload named sts.
func besideState(name, apiVersion, kind string) validate.PersistentPodState {
	other := &v1beta1.PersistentPodState{}
	other.Name = name
	other.Spec.TargetReference = v1beta1.TargetReference{APIVersion: apiVersion, Kind: kind, Name: "sts"}
	return validate.PersistentPodState{Cluster: podStates{other: other}}
}

func target(apiVersion, kind string) []string {
	return inSpec("targetRef", `{"apiVersion":"`+apiVersion+`","kind":"`+kind+`","name":"sts"}`)
}

const games = `{"workloads":[{"Group":"example.com","Version":"v1beta1","Kind":"GameServerSet"}]}`

// persistentPodStateCases are the cases of the specification's table (i), with its numbers, and those that our departures from OpenKruise
// need. The specification's rule 4 is about a look-up that fails, which one from memory does not; c4 is its rule 5.
var persistentPodStateCases = []workloadCase[validate.PersistentPodState]{
	{number: 1, about: "base", rules: "c1 c2 c3 c4"},
	{number: 2, about: "base of the other version", versions: onlyAlpha, rules: "c3"},
	{number: 3, about: "no target", rules: "c1", new: inSpec("targetRef", `{}`),
		want: []string{"Required spec.targetRef.apiVersion", "Required spec.targetRef.kind", "Required spec.targetRef.name"}},
	{number: 4, about: "a Deployment", rules: "c2", new: target("apps/v1", "Deployment"), want: []string{"Invalid spec.targetRef.kind"}},
	{number: 5, about: "an Advanced StatefulSet", rules: "c2", new: target("apps.kruise.io/v1beta1", "StatefulSet")},
	{number: 5, about: "an old Advanced StatefulSet", rules: "c2", new: target("apps.kruise.io/v1alpha1", "StatefulSet")},
	{number: 6, about: "a version to come", rules: "c2", new: target("apps.kruise.io/v9", "StatefulSet")},
	{number: 7, about: "two slashes", rules: "c2", new: target("a/b/c", "StatefulSet"), want: []string{"Invalid spec.targetRef.apiVersion"}},
	{about: "a StatefulSet of others", rules: "c2", new: target("example.com/v1", "StatefulSet"), want: []string{"Invalid spec.targetRef.kind"}},
	{number: 8, about: "a kind that is not listed", rules: "c2", new: target("example.com/v1", "GameServerSet"), want: []string{"Invalid spec.targetRef.kind"}},
	{number: 9, about: "a kind that is listed with another version", rules: "c2", new: target("example.com/v1", "GameServerSet"), reviewer: allowing(games)},
	{number: 10, about: "another kind of a listed group", rules: "c2", new: target("example.com/v1", "Game"), reviewer: allowing(games), want: []string{"Invalid spec.targetRef.kind"}},
	{number: 11, about: "no topology", rules: "c3", new: []string{"spec.requiredPersistentTopology"}, want: []string{"Required spec.requiredPersistentTopology"}},
	{number: 12, about: "preferred topology", rules: "c3", versions: onlyBeta,
		new: append(inSpec("preferredPersistentTopology", `[{"weight":1,"preference":{"keys":["zone"]}}]`), "spec.requiredPersistentTopology")},
	{number: 13, about: "no keys", rules: "c3", versions: onlyBeta, new: inSpec("requiredPersistentTopology", `{"keys":[]}`), warns: "spec.requiredPersistentTopology.keys is empty"},
	{about: "no keys in v1alpha1", rules: "c3", versions: onlyAlpha, new: inSpec("requiredPersistentTopology", `{}`), warns: "spec.requiredPersistentTopology.nodeTopologyKeys is empty"},
	{number: 14, about: "empty preferences", rules: "c3", new: append(inSpec("preferredPersistentTopology", `[]`), "spec.requiredPersistentTopology"),
		want: []string{"Required spec.requiredPersistentTopology"}},
	{number: 15, about: "no name", rules: "c1", new: inSpec("targetRef.name", `""`), want: []string{"Required spec.targetRef.name"}},
	{number: 16, about: "another one with this target", rules: "c4", reviewer: besideState("other", "apps/v1", "StatefulSet"), want: []string{"Invalid spec.targetRef.name"}},
	{number: 17, about: "another one with this target in another version", rules: "c4", reviewer: besideState("other", "apps/v1beta2", "StatefulSet"),
		want: []string{"Invalid spec.targetRef.name"}},
	{number: 18, about: "another one with a target of another group", rules: "c4", reviewer: besideState("other", "apps.kruise.io/v1beta1", "StatefulSet")},
	{about: "another one with a target of another kind", rules: "c4", reviewer: besideState("other", "apps/v1", "GameServerSet")},
	{number: 19, about: "the same target in another namespace", rules: "c4", reviewer: validate.PersistentPodState{Cluster: podStates{
		elsewhere: true, other: besideState("other", "apps/v1", "StatefulSet").Cluster.PersistentPodStates("default")[0]}}},
	{number: 20, about: "itself", rules: "c4", reviewer: besideState("s", "apps/v1", "StatefulSet")},
	{number: 21, about: "the target stays", rules: "d1", new: inSpec("persistentPodAnnotations", `[{"key":"a"}]`), old: unchanged},
	{number: 22, about: "another target", rules: "d1", new: inSpec("targetRef.name", `"other"`), old: unchanged, want: []string{"Forbidden spec.targetRef"}},
	{number: 23, about: "another version of the target", rules: "d1", new: target("apps.kruise.io/v1beta1", "StatefulSet"), old: target("apps.kruise.io/v1alpha1", "StatefulSet"),
		want: []string{"Forbidden spec.targetRef"}},
	{number: 24, about: "the topology goes", new: []string{"spec.requiredPersistentTopology"}, old: unchanged, want: []string{"Required spec.requiredPersistentTopology"}},
	{number: 25, about: "other keys and weights", rules: "d1", versions: onlyBeta, new: append(inSpec("requiredPersistentTopology.keys", `["host"]`),
		inSpec("preferredPersistentTopology", `[{"weight":7,"preference":{"keys":["zone"]}}]`)...), old: unchanged},
	{number: 26, about: "no settings", rules: "c2", new: target("apps/v1", "StatefulSet"), reviewer: allowing("")},
	{number: 27, about: "a broken white list that nobody asks", reviewer: allowing("{")},
	{number: 29, about: "a negative weight", versions: onlyAlpha, new: inSpec("preferredPersistentTopology", `[{"weight":-1,"preference":{"nodeTopologyKeys":["zone"]}}]`), warns: "weight is -1"},
	{about: "a preference without keys", versions: onlyAlpha, new: inSpec("preferredPersistentTopology", `[{"weight":1}]`), warns: "preference.nodeTopologyKeys is empty"},
	{number: 30, about: "an unknown retention policy", new: inSpec("persistentPodStateRetentionPolicy", `"Foo"`), warns: "spec.persistentPodStateRetentionPolicy"},
	{about: "a stored fault and another label", new: append(inSpec("targetRef.kind", `"Deployment"`), `metadata.labels = {"a":"b"}`), old: inSpec("targetRef.kind", `"Deployment"`)},
}

func TestPersistentPodState(t *testing.T) {
	runCases(t, podStateKind, persistentPodStateCases, func(reviewer validate.PersistentPodState) validate.PersistentPodState {
		if reviewer.Cluster == nil {
			return allowing("")
		}
		return reviewer
	})
}

// Case 28 of the specification is about versions.
func TestEveryPersistentPodStateRuleHasAPassingAndAFailingCase(t *testing.T) {
	checkCoverage(t, persistentPodStateCases, 4, 1, 30, 28)
}

func TestWithABrokenWhiteListNobodyCanTell(t *testing.T) { // rule 0
	request := podStateKind.request(onlyBeta, podStateKind.edited(t, onlyBeta, target("example.com/v1", "GameServerSet")), nil)
	_, err := allowing("{").Review(context.Background(), request)
	var unable *decision.Unable
	if !errors.As(err, &unable) {
		t.Errorf("error %v, want that it cannot tell", err)
	}
}

func TestPersistentPodStatesThatCannotBeRead(t *testing.T) {
	base := podStateKind.base
	for about, test := range map[string]struct{ version, object, old string }{
		"28 another version":     {"v1", base[onlyBeta], base[onlyBeta]},
		"a version in the body":  {onlyAlpha, base[onlyBeta], base[onlyBeta]},
		"a spec of another type": {onlyBeta, `{"spec":[]}`, base[onlyBeta]},
		"an old object of none":  {onlyBeta, base[onlyBeta], `"old"`},
	} {
		answer := podStateKind.review(t, allowing(""), test.version, []byte(test.object), []byte(test.old))
		if answer.Allowed || answer.Code != http.StatusBadRequest {
			t.Errorf("%s: %+v", about, answer)
		}
	}
}

func FuzzPersistentPodState(f *testing.F) {
	for version, object := range podStateKind.base {
		f.Add(version, object, "")
		f.Add(version, object, object)
	}
	f.Add(onlyAlpha, `{"spec":{"targetRef":{"apiVersion":"//","kind":"StatefulSet"},"preferredPersistentTopology":[null,{"weight":-1}],"persistentPodStateRetentionPolicy":"x"}}`, `{}`)
	fuzzReviewers(f, podStateKind, allowing(games), besideState("other", "apps/v1", "StatefulSet"))
}
