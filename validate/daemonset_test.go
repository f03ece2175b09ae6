package validate_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
)

const daemonSetSpec = `"spec":{"selector":{"matchLabels":{"app":"test"}},
	"template":{"metadata":{"labels":{"app":"test"}},"spec":{"containers":[{"name":"test","image":"test:v1"}]}},
	"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"rollingUpdateType":"Standard","maxUnavailable":1}}}`

var daemonSetKind = workloadKind{
	resource: "daemonsets",
	base: map[string]string{
		onlyAlpha: `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"DaemonSet","metadata":{"name":"ds","namespace":"default","uid":"u1","resourceVersion":"1"},` + daemonSetSpec + `}`,
		onlyBeta:  `{"apiVersion":"apps.kruise.io/v1beta1","kind":"DaemonSet","metadata":{"name":"ds","namespace":"default","uid":"u1","resourceVersion":"1"},` + daemonSetSpec + `}`,
	},
	update: map[string]string{onlyAlpha: "spec.updateStrategy.rollingUpdate", onlyBeta: "spec.updateStrategy.rollingUpdate"},
	policy: map[string]string{onlyAlpha: "spec.updateStrategy.rollingUpdate.rollingUpdateType", onlyBeta: "spec.updateStrategy.rollingUpdate.rollingUpdateType"},
}

func TestDaemonSet(t *testing.T) {
	runCases(t, daemonSetKind, daemonSetCases, func(reviewer validate.DaemonSet) validate.DaemonSet {
		reviewer.Defaults = withDefaults
		return reviewer
	})
}

// Cases 36, 37 and 66 to 68 of the specification are package defaults'.
func TestEveryDaemonSetRuleHasAPassingAndAFailingCase(t *testing.T) {
	checkCoverage(t, daemonSetCases, 21, 3, 68, 36, 37, 63, 64, 65, 66, 67, 68)
}

// Cases 63 to 65 of the specification.
func TestDaemonSetRequests(t *testing.T) {
	base := []byte(daemonSetKind.base[onlyBeta])
	if answer := daemonSetKind.review(t, validate.DaemonSet{}, "v1gamma1", base, nil); answer.Allowed || answer.Code != 400 {
		t.Errorf("an unknown version: allowed %t, code %d", answer.Allowed, answer.Code)
	}
	if answer := daemonSetKind.review(t, validate.DaemonSet{}, onlyBeta, []byte("no JSON"), nil); answer.Allowed || answer.Code != 400 {
		t.Errorf("no JSON: allowed %t, code %d", answer.Allowed, answer.Code)
	}
	protected := daemonSetKind.request(onlyBeta, nil, daemonSetKind.edited(t, onlyBeta, []string{`metadata.labels = {"policy.kruise.io/delete-protection":"Always"}`}))
	protected.Operation = "DELETE"
	if answer, err := (validate.DaemonSet{}).Review(t.Context(), protected); err != nil || !answer.Allowed {
		t.Errorf("a deletion: %+v, %v", answer, err)
	}
}

// The template is judged with the defaults of admission, which are not stored.
func TestDaemonSetTemplateIsJudgedWithDefaults(t *testing.T) {
	hostPorts := func(template json.RawMessage) (json.RawMessage, error) { return defaults.PodTemplate(template, true) }
	var asked string
	cluster := &cluster{answer: func(template string) clusterAnswer {
		asked = template
		return clusterAnswer{defaulted: template}
	}}
	object := daemonSetKind.edited(t, onlyBeta, []string{`S.hostNetwork = true`, `C.ports = [{"containerPort":80}]`})
	answer := daemonSetKind.review(t, validate.DaemonSet{Templates: cluster, Defaults: hostPorts}, onlyBeta, object, nil)
	if !answer.Allowed || !strings.Contains(asked, `"hostPort":80`) {
		t.Errorf("allowed %t, asked about %s", answer.Allowed, asked)
	}
	two := daemonSetKind.edited(t, onlyBeta, []string{`S.hostNetwork = true`,
		`S.containers = [{"name":"a","image":"i","ports":[{"containerPort":80}]},{"name":"b","image":"i","ports":[{"containerPort":80}]}]`})
	answer = daemonSetKind.review(t, validate.DaemonSet{Defaults: hostPorts}, onlyBeta, two, nil)
	if answer.Allowed || !strings.Contains(answer.Message, "spec.template.spec.containers[1].ports[0].hostPort") {
		t.Errorf("one port of the node taken twice: allowed %t, message %s", answer.Allowed, answer.Message)
	}
}

func TestDaemonSetTemplateThatCannotBeJudgedIsCannotTell(t *testing.T) {
	unreachable := always(clusterAnswer{err: decision.CannotTell("connection refused")})
	broken := func(json.RawMessage) (json.RawMessage, error) { return nil, errors.New("broken") }
	unreadable := func(json.RawMessage) (json.RawMessage, error) { return json.RawMessage(`[]`), nil }
	for name, reviewer := range map[string]validate.DaemonSet{
		"the API server is unreachable": {Templates: unreachable},
		"defaulting fails":              {Defaults: broken},
		"defaulting gives no template":  {Defaults: unreadable},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := reviewer.Review(t.Context(), daemonSetKind.request(onlyBeta, []byte(daemonSetKind.base[onlyBeta]), nil))
			var unable *decision.Unable
			if !errors.As(err, &unable) {
				t.Errorf("answer %+v, error %v; want cannot tell", answer, err)
			}
		})
	}
}

// FuzzDaemonSet holds that any two objects give a decision: an allowance, or a refusal that says why.
func FuzzDaemonSet(f *testing.F) {
	for version, object := range daemonSetKind.base {
		f.Add(version, object, "")
		f.Add(version, object, object)
	}
	f.Add(onlyAlpha, `{"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"rollingUpdateType":"Surging","maxUnavailable":"","maxSurge":"99999999999999999999%"}}}}`, ``)
	f.Add(onlyBeta, `{"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":"%","selector":{"matchExpressions":[{}]}}},"burstReplicas":"-1%"}}`, `{"spec":null}`)
	f.Add(onlyBeta, `{"spec":{"lifecycle":{"inPlaceUpdate":null},"template":{"spec":{"containers":[null]}}}}`, `{"spec":{"template":null}}`)
	fuzzReviewers(f, daemonSetKind,
		validate.DaemonSet{},
		validate.DaemonSet{Templates: always(clusterAnswer{defaulted: `{}`}), Defaults: withDefaults},
		validate.DaemonSet{Templates: always(clusterAnswer{causes: []metav1.StatusCause{{Message: "no"}}}), NamesWarnOnly: true},
	)
}
