package validate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	workloadlist "github.com/kruise-admission/kruise-admission/api/whitelist"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

const workloadSpreadSpec = `"metadata":{"name":"ws","namespace":"default","uid":"u1","resourceVersion":"1"},
	"spec":{"targetRef":{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet","name":"web"},"subsets":[{"name":"a","maxReplicas":50},{"name":"b"}]}`

var workloadSpreadKind = workloadKind{
	resource: "workloadspreads",
	base: map[string]string{
		onlyAlpha: `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"WorkloadSpread",` + workloadSpreadSpec + `}`,
		onlyBeta:  `{"apiVersion":"apps.kruise.io/v1beta1","kind":"WorkloadSpread",` + workloadSpreadSpec + `}`,
	},
}

func TestWorkloadSpread(t *testing.T) {
	runCases(t, workloadSpreadKind, workloadSpreadCases, func(reviewer validate.WorkloadSpread) validate.WorkloadSpread {
		if reviewer.Cluster == nil {
			reviewer.Cluster = spreadCluster{}
		}
		return reviewer
	})
}

// Rules 4 and 22 are about look-ups that fail: see TestWorkloadSpreadThatCannotBeJudged. OpenKruise lists from an API, here it is memory.
func TestEveryWorkloadSpreadRuleHasAPassingAndAFailingCase(t *testing.T) {
	passing, failing, present := map[string]bool{}, map[string]bool{}, map[int]bool{}
	for _, test := range workloadSpreadCases {
		present[test.number] = true
		for rule := range strings.FieldsSeq(test.rules) {
			passing[rule] = passing[rule] || len(test.want) == 0
			failing[rule] = failing[rule] || len(test.want) > 0
		}
	}
	rules := []string{"d1", "d2"}
	for i := 1; i <= 23; i++ {
		if i != 4 && i != 22 {
			rules = append(rules, fmt.Sprintf("c%d", i))
		}
	}
	for _, rule := range rules {
		if !passing[rule] || !failing[rule] {
			t.Errorf("rule %s: passing case %t, failing case %t", rule, passing[rule], failing[rule])
		}
	}
	for number := 1; number <= 40; number++ {
		if !present[number] && number != 2 {
			t.Errorf("case %d of the specification is missing", number)
		}
	}
}

// Case 2 of the specification.
func TestWorkloadSpreadWithoutGate(t *testing.T) {
	reviewer, base := validate.WorkloadSpread{Cluster: spreadCluster{}, Disabled: true}, []byte(workloadSpreadKind.base[onlyBeta])
	changed := workloadSpreadKind.edited(t, onlyBeta, []string{`spec.subsets.0.maxReplicas = 3`})
	for name, old := range map[string][]byte{"a creation": nil, "an update of the spec": base} {
		if answer := workloadSpreadKind.review(t, reviewer, onlyBeta, changed, old); answer.Allowed || answer.Code != 403 || !strings.Contains(answer.Message, "WorkloadSpread") {
			t.Errorf("%s: %+v", name, answer)
		}
	}
	labelled := workloadSpreadKind.edited(t, onlyBeta, []string{`metadata.labels = {"a":"b"}`})
	if answer := workloadSpreadKind.review(t, reviewer, onlyBeta, labelled, base); !answer.Allowed {
		t.Errorf("a new label: %+v", answer)
	}
}

func TestWorkloadSpreadRequests(t *testing.T) {
	reviewer := validate.WorkloadSpread{Cluster: spreadCluster{}}
	base := []byte(workloadSpreadKind.base[onlyBeta])
	for name, test := range map[string]struct {
		version     string
		object, old []byte
	}{
		"an unknown version":         {"v1gamma1", base, nil},
		"no JSON":                    {onlyBeta, []byte("no JSON"), nil},
		"another version":            {onlyAlpha, base, nil},
		"an old object of no object": {onlyBeta, base, []byte("[]")},
	} {
		if answer := workloadSpreadKind.review(t, reviewer, test.version, test.object, test.old); answer.Allowed || answer.Code != 400 {
			t.Errorf("%s: %+v", name, answer)
		}
	}
	deletion := workloadSpreadKind.request(onlyBeta, nil, base)
	deletion.Operation = "DELETE"
	if answer, err := reviewer.Review(t.Context(), deletion); err != nil || !answer.Allowed {
		t.Errorf("a deletion: %+v, %v", answer, err)
	}
}

func TestWorkloadSpreadThatCannotBeJudged(t *testing.T) {
	patched := workloadSpreadKind.edited(t, onlyBeta, []string{`spec.subsets.0.patch = {"metadata":{"annotations":{"a":"b"}}}`})
	custom := workloadSpreadKind.edited(t, onlyBeta, []string{`spec.targetRef = {"apiVersion":"example.com/v1","kind":"Gizmo","name":"web"}`})
	unreadable := spreadCluster{list: "{"}
	for name, test := range map[string]struct {
		object   []byte
		reviewer validate.WorkloadSpread
	}{
		"the white list":                    {custom, validate.WorkloadSpread{Cluster: unreadable}},
		"the workload":                      {patched, validate.WorkloadSpread{Cluster: spreadCluster{}, Workloads: spreadWorkloads{err: decision.CannotTell("forbidden")}}},
		"the workload's template":           {patched, validate.WorkloadSpread{Cluster: spreadCluster{}, Workloads: spreadWorkloads{object: `{"spec":[]}`}}},
		"the pods, and nobody answers that": {patched, validate.WorkloadSpread{Cluster: spreadCluster{}, Workloads: spreadCloneSet, Templates: always(clusterAnswer{err: decision.CannotTell("refused")})}},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := test.reviewer.Review(t.Context(), workloadSpreadKind.request(onlyBeta, test.object, nil))
			var unable *decision.Unable
			if !errors.As(err, &unable) {
				t.Errorf("answer %+v, error %v; want cannot tell", answer, err)
			}
		})
	}
	if answer := workloadSpreadKind.review(t, validate.WorkloadSpread{Cluster: unreadable}, onlyBeta, []byte(workloadSpreadKind.base[onlyBeta]), nil); !answer.Allowed {
		t.Errorf("a broken white list matters to kinds that are built in: %s", answer.Message)
	}
}

// The API server is asked about the patched template of the workload, and its causes get the path of the patch.
func TestWorkloadSpreadPatchIsJudgedByTheCluster(t *testing.T) {
	var asked string
	cluster := &cluster{answer: func(template string) clusterAnswer {
		asked = template
		return clusterAnswer{causes: []metav1.StatusCause{{Type: "FieldValueInvalid", Field: "spec.priority", Message: "no"}, {Type: "FieldValueInvalid", Message: "nothing fits"}}}
	}}
	object := workloadSpreadKind.edited(t, onlyAlpha, []string{`spec.subsets.0.patch = {"metadata":{"annotations":{"a":"b"}}}`})
	answer := workloadSpreadKind.review(t, validate.WorkloadSpread{Cluster: spreadCluster{}, Workloads: spreadCloneSet, Templates: cluster}, onlyAlpha, object, nil)
	if answer.Allowed || answer.Message != "[spec.subsets[0].patch.spec.priority: no, spec.subsets[0].patch: nothing fits]" {
		t.Errorf("got %+v", answer)
	}
	if !strings.Contains(asked, `"annotations":{"a":"b"}`) || !strings.Contains(asked, `"unknown":1.50`) {
		t.Errorf("asked about %s", asked)
	}
}

func FuzzWorkloadSpread(f *testing.F) {
	for version, object := range workloadSpreadKind.base {
		f.Add(version, object, "")
		f.Add(version, object, object)
	}
	f.Add(onlyBeta, `{"spec":{"subsets":[null,{"patch":{"spec":{"containers":[null]}},"maxReplicas":"%%-1","preferredNodeSelector":[null]}],"targetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"x"},
		"scheduleStrategy":{"adaptive":{"rescheduleCriticalSeconds":-1}},"targetFilter":{"selector":{"matchExpressions":[{}]}}}}`, `{"spec":{"subsets":[{"patch":null}]}}`)
	f.Add(onlyAlpha, `{"spec":{"subsets":[{"requiredNodeSelectorTerm":{"matchFields":[null],"matchExpressions":[{}]},"tolerations":[null],"maxReplicas":"9999999999999"}],"targetRef":{}}}`, ``)
	f.Add(onlyAlpha, `{"spec":{"subsets":[{"patch":{"spec":{"containers":[{"name":"main","$patch":"delete"}],"$setElementOrder/containers":1}}}],"targetRef":{"apiVersion":"apps.kruise.io/v1","kind":"CloneSet","name":"x"}}}`, `{}`)
	fuzzReviewers(f, workloadSpreadKind,
		validate.WorkloadSpread{Cluster: spreadCluster{}},
		validate.WorkloadSpread{Cluster: spreadCluster{list: gizmos}, Workloads: spreadCloneSet},
		validate.WorkloadSpread{Cluster: spreadCluster{}, Workloads: spreadCloneSet, Templates: always(clusterAnswer{causes: []metav1.StatusCause{{Message: "no"}}})},
	)
}

const gizmos = `{"workloads":[{"Group":"example.com","Version":"v1","Kind":"Gizmo"}]}`

// spreadCluster has one WorkloadSpread in namespace default, "taken", and a white list.
type spreadCluster struct{ list string }

func (c spreadCluster) WorkloadSpreads(namespace string) []*v1beta1.WorkloadSpread {
	if namespace != "default" {
		return nil
	}
	taken := func(name string, reference *v1beta1.TargetReference) *v1beta1.WorkloadSpread {
		spread := &v1beta1.WorkloadSpread{Spec: v1beta1.WorkloadSpreadSpec{TargetReference: reference}}
		spread.Name = name
		return spread
	}
	return []*v1beta1.WorkloadSpread{
		taken("broken", nil),
		taken("taken", &v1beta1.TargetReference{APIVersion: "apps.kruise.io/v1beta1", Kind: "CloneSet", Name: "taken"}),
		taken("ws", &v1beta1.TargetReference{APIVersion: "apps.kruise.io/v1alpha1", Kind: "CloneSet", Name: "web"}),
	}
}

func (c spreadCluster) Setting(key string) (string, bool) {
	return c.list, key == workloadlist.WorkloadSpreadKey
}

// spreadWorkloads has one workload, of any kind and name.
type spreadWorkloads struct {
	object string
	err    error
}

func (w spreadWorkloads) Workload(context.Context, schema.GroupVersionKind, string, string) (json.RawMessage, error) {
	if w.err != nil {
		return nil, w.err
	}
	if w.object == "" {
		return nil, nil
	}
	return json.RawMessage(w.object), nil
}

var (
	spreadCloneSet = spreadWorkloads{object: `{"spec":{"volumeClaimTemplates":[{"metadata":{"name":"data"}}],
		"template":{"metadata":{"labels":{"app":"web"}},"spec":{"unknown":1.50,"containers":[{"name":"main","image":"i","volumeMounts":[{"name":"data","mountPath":"/d"}]}]}}}}`}
	brokenCloneSet = spreadWorkloads{object: `{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"i","volumeMounts":[{"name":"data","mountPath":"/d"}]}]}}}}`}
	noWorkload     = spreadWorkloads{}
)

// onlyKind has a workload of one kind.
type onlyKind struct {
	kind schema.GroupVersionKind
	spreadWorkloads
}

func (w onlyKind) Workload(ctx context.Context, kind schema.GroupVersionKind, namespace, name string) (json.RawMessage, error) {
	if kind != w.kind {
		return nil, nil
	}
	return w.spreadWorkloads.Workload(ctx, kind, namespace, name)
}
