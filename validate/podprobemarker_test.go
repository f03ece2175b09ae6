package validate_test

import (
	"net/http"
	"testing"

	"github.com/kruise-admission/kruise-admission/validate"
)

// probeMarkerKind has one version.
var probeMarkerKind = workloadKind{resource: "podprobemarkers", base: map[string]string{
	onlyAlpha: `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"PodProbeMarker","metadata":{"name":"m","namespace":"default","resourceVersion":"1"},
		"spec":{"selector":{"matchLabels":{"app":"test"}},"probes":[{"name":"healthy","containerName":"main","probe":{"exec":{"command":["/check"]}},
			"podConditionType":"game.kruise.io/healthy","markerPolicy":[{"state":"Succeeded","labels":{"healthy":"true"}},{"state":"Failed","annotations":{"healthy":"false"}}]}]}}`,
}}

type probeMarkerCase = workloadCase[validate.PodProbeMarker]

const (
	probe0  = "spec.probes.0"
	inProbe = "spec.probes[0]"
	handler = "spec.probes[0].probe"
)

// probeWith replaces a member of the only probe.
func probeWith(member, value string) []string { return []string{probe0 + "." + member + " = " + value} }

func handledBy(value string) []string { return probeWith("probe", value) }

// secondProbe adds a probe.
func secondProbe(probe string) []string {
	return []string{`spec.probes = [{"name":"healthy","containerName":"main","probe":{"exec":{"command":["/check"]}},"podConditionType":"a/b"},` + probe + `]`}
}

// podProbeMarkerCases are the cases of the specification's table (i), with its numbers, and those that our departures from OpenKruise need.
var podProbeMarkerCases = []probeMarkerCase{
	{number: 1, about: "base", rules: "c1 c2 c3 c4 c5 c6 c7 c8 c9 c10 c11 c12 c13 c14 c15 c16 c17 c18"},
	{number: 2, about: "no selector", rules: "c1", new: []string{"spec.selector"}, want: []string{"Required spec.selector"}},
	{number: 3, about: "empty selector", rules: "c3", new: inSpec("selector", `{}`), want: []string{"Invalid spec.selector"}},
	{number: 4, about: "unknown operator", rules: "c2 c4", new: inSpec("selector", `{"matchExpressions":[{"key":"a","operator":"Near"}]}`),
		want: []string{"Invalid spec.selector.matchExpressions[0].operator"}},
	{number: 5, about: "no probes", rules: "c5", new: inSpec("probes", `[]`), want: []string{"Required spec.probes"}},
	{number: 6, about: "a name twice, in different containers", rules: "c10",
		new:  secondProbe(`{"name":"healthy","containerName":"other","probe":{"exec":{"command":["/x"]}},"podConditionType":"c/d"}`),
		want: []string{"Duplicate spec.probes[1].name"}},
	{number: 7, about: "a second probe by HTTP", rules: "c10 c11 c13",
		new: secondProbe(`{"name":"web","containerName":"main","probe":{"httpGet":{"path":"/index.html","port":80,"scheme":"HTTP"}},"podConditionType":"c/d"}`)},
	{number: 8, about: "HTTP without scheme", rules: "c11", new: handledBy(`{"httpGet":{"path":"/","port":80}}`), want: []string{"NotSupported " + handler + ".httpGet.scheme"}},
	{about: "HTTP without path", rules: "c11", new: handledBy(`{"httpGet":{"port":80,"scheme":"HTTPS"}}`), want: []string{"Required " + handler + ".httpGet.path"}},
	{number: 9, about: "exec without command", rules: "c11", new: handledBy(`{"exec":{}}`), want: []string{"Required " + handler + ".exec.command"}},
	{number: 10, about: "an unknown state", rules: "c16", new: probeWith("markerPolicy.0.state", `"Unknown"`), want: []string{"NotSupported " + inProbe + ".markerPolicy[0].state"}},
	{number: 11, about: "a label that is none", rules: "c18", new: probeWith("markerPolicy.0.labels", `{"server-/$healthy":"a b"}`),
		want: []string{"Invalid " + inProbe + ".markerPolicy[0].labels", "Invalid " + inProbe + ".markerPolicy[0].labels", "Invalid " + inProbe + ".markerPolicy[0].labels"}},
	{about: "an annotation that is none", rules: "c18", new: probeWith("markerPolicy.0.annotations", `{"a b":"c"}`), want: []string{"Invalid " + inProbe + ".markerPolicy[0].annotations"}},
	{number: 12, about: "the name Initialized", rules: "c9", new: probeWith("name", `"Initialized"`), want: []string{"Invalid " + inProbe + ".name"}},
	{number: 12, about: "the name Ready", rules: "c9", new: probeWith("name", `"Ready"`), want: []string{"Invalid " + inProbe + ".name"}},
	{number: 12, about: "the name InPlaceUpdateReady", rules: "c9", new: probeWith("name", `"InPlaceUpdateReady"`), want: []string{"Invalid " + inProbe + ".name"}},
	{number: 13, about: "a condition that is no name", rules: "c14", new: probeWith("podConditionType", `"#5invalid"`), want: []string{"Invalid " + inProbe + ".podConditionType"}},
	{number: 14, about: "no name", rules: "c7", new: probeWith("name", `""`), want: []string{"Required " + inProbe + ".name"}},
	{number: 14, about: "a name with #", rules: "c6", new: probeWith("name", `"a#b"`), want: []string{"Invalid " + inProbe + ".name"}},
	{number: 15, about: "no container", rules: "c8", new: probeWith("containerName", `""`), want: []string{"Required " + inProbe + ".containerName"}},
	{number: 16, about: "no condition and no policy", rules: "c12", new: []string{probe0 + ".podConditionType", probe0 + ".markerPolicy"},
		want: []string{"Required " + inProbe + ".podConditionType"}},
	{number: 17, about: "condition only", rules: "c12", new: []string{probe0 + ".markerPolicy"}},
	{number: 17, about: "policy only", rules: "c12", new: []string{probe0 + ".podConditionType"}},
	{number: 18, about: "a condition twice", rules: "c13", new: secondProbe(`{"name":"b","containerName":"main","probe":{"exec":{"command":["/x"]}},"podConditionType":"a/b"}`),
		want: []string{"Duplicate spec.probes[1].podConditionType"}},
	{number: 19, about: "a policy that writes nothing", rules: "c17", new: probeWith("markerPolicy.0.labels", `{}`), want: []string{"Required " + inProbe + ".markerPolicy[0].labels"}},
	{number: 20, about: "a state twice", rules: "c15", new: probeWith("markerPolicy.1.state", `"Succeeded"`), want: []string{"Duplicate " + inProbe + ".markerPolicy[1].state"}},
	{number: 21, about: "exec and TCP", rules: "c11", new: handledBy(`{"exec":{"command":["/x"]},"tcpSocket":{"port":80}}`), want: []string{"Forbidden " + handler + ".tcpSocket"}},
	{number: 22, about: "no handler", rules: "c11", new: handledBy(`{}`), want: []string{"Required " + handler}},
	{number: 22, about: "gRPC only", rules: "c11", new: handledBy(`{"grpc":{"port":80}}`), want: []string{"Required " + handler}},
	{about: "gRPC beside TCP does not count", rules: "c11", new: handledBy(`{"grpc":{"port":80},"tcpSocket":{"port":80}}`)},
	{number: 23, about: "TCP by number", rules: "c11", new: handledBy(`{"tcpSocket":{"port":8000}}`)},
	{number: 23, about: "TCP by name", rules: "c11", new: handledBy(`{"tcpSocket":{"port":"container-port"}}`)},
	{number: 24, about: "TCP port -1", rules: "c11", new: handledBy(`{"tcpSocket":{"port":-1}}`), want: []string{"Invalid " + handler + ".tcpSocket.port"}},
	{number: 24, about: "TCP port of 17 letters", rules: "c11", new: handledBy(`{"tcpSocket":{"port":"container-port-v2"}}`), want: []string{"Invalid " + handler + ".tcpSocket.port"}},
	{number: 24, about: "TCP port of no letter", rules: "c11", new: handledBy(`{"tcpSocket":{"port":""}}`),
		want: []string{"Invalid " + handler + ".tcpSocket.port", "Invalid " + handler + ".tcpSocket.port"}},
	{number: 25, about: "TCP to another host", rules: "c11", new: handledBy(`{"tcpSocket":{"port":80,"host":"localhost"}}`), want: []string{"Invalid " + handler + ".tcpSocket.host"}},
	{number: 26, about: "HTTP port 65536", rules: "c11", new: handledBy(`{"httpGet":{"path":"/","scheme":"HTTP","port":65536}}`), want: []string{"Invalid " + handler + ".httpGet.port"}},
	{number: 27, about: "HTTP port with odd characters", rules: "c11", new: handledBy(`{"httpGet":{"path":"/","scheme":"HTTP","port":"invalid-port-name-!@#"}}`),
		want: []string{"Invalid " + handler + ".httpGet.port", "Invalid " + handler + ".httpGet.port"}},
	{number: 28, about: "HTTP path with a bad escape", rules: "c11", new: handledBy(`{"httpGet":{"path":"path%notvalid","scheme":"HTTP","port":80}}`),
		want: []string{"Invalid " + handler + ".httpGet.path"}},
	{number: 29, about: "HTTP to another host", rules: "c11", new: handledBy(`{"httpGet":{"path":"/","scheme":"HTTP","port":80,"host":"127.0.0.1"}}`),
		want: []string{"Invalid " + handler + ".httpGet.host"}},
	{about: "hosts of a handler that is one too many", rules: "c11", new: handledBy(`{"exec":{"command":["/x"]},"tcpSocket":{"port":80,"host":"localhost"}}`),
		want: []string{"Forbidden " + handler + ".tcpSocket", "Invalid " + handler + ".tcpSocket.host"}},
	{number: 30, about: "a header that is none", rules: "c11", new: handledBy(`{"httpGet":{"path":"/","scheme":"HTTP","port":80,"httpHeaders":[{"name":"Invalid Header:Name","value":"x"}]}}`),
		want: []string{"Invalid " + handler + ".httpGet.httpHeaders"}},
	{number: 31, about: "a negative period", rules: "c11", new: probeWith("probe.periodSeconds", `-1`), want: []string{"Invalid " + handler + ".periodSeconds"}},
	{about: "a grace period that does not count", rules: "c11", new: probeWith("probe.terminationGracePeriodSeconds", `-1`)},
	{number: 32, about: "another selector", rules: "d1", new: inSpec("selector", `{"matchLabels":{"app":"other"}}`), old: unchanged, want: []string{"Forbidden spec.selector"}},
	{number: 33, about: "other probes", rules: "d1", new: probeWith("probe.periodSeconds", `7`), old: unchanged},
	{number: 36, about: "a deletion cost that is none", rules: "c18", new: probeWith("markerPolicy.0.annotations", `{"controller.kubernetes.io/pod-deletion-cost":"abc"}`)},
	{about: "a condition of Kubernetes", new: probeWith("podConditionType", `"Ready"`), warns: "is written by others"},
	{about: "faults of several probes", new: []string{`spec.probes = [null,{"name":"Ready","probe":{"exec":{"command":["/x"]}}}]`},
		want: []string{"Required spec.probes[0].name", "Required spec.probes[0].containerName", "Required spec.probes[0].probe", "Required spec.probes[0].podConditionType",
			"Invalid spec.probes[1].name", "Required spec.probes[1].containerName", "Required spec.probes[1].podConditionType"}},
	{about: "a stored fault and another label", new: append(inSpec("probes", `[]`), `metadata.labels = {"a":"b"}`), old: inSpec("probes", `[]`)},
}

func TestPodProbeMarker(t *testing.T) {
	for i := range podProbeMarkerCases {
		podProbeMarkerCases[i].versions = onlyAlpha
	}
	runCases(t, probeMarkerKind, podProbeMarkerCases, func(reviewer validate.PodProbeMarker) validate.PodProbeMarker { return reviewer })
}

// Cases 34 and 35 of the specification are about gates.
func TestEveryPodProbeMarkerRuleHasAPassingAndAFailingCase(t *testing.T) {
	checkCoverage(t, podProbeMarkerCases, 18, 1, 36, 34, 35)
}

func TestPodProbeMarkersWithAGateOff(t *testing.T) { // cases 34 and 35
	checkGateOff(t, probeMarkerKind, onlyAlpha, validate.PodProbeMarker{GateOff: "KruiseDaemon"})
	answer := probeMarkerKind.review(t, validate.PodProbeMarker{GateOff: "PodProbeMarkerGate"}, onlyAlpha, []byte(`{`), nil)
	if answer.Allowed || answer.Code != http.StatusBadRequest {
		t.Errorf("malformed: %+v", answer)
	}
}

func TestPodProbeMarkersThatCannotBeRead(t *testing.T) {
	base := probeMarkerKind.base[onlyAlpha]
	for about, test := range map[string]struct{ object, old string }{
		"another version":        {`{"apiVersion":"apps.kruise.io/v1beta1"}`, ""},
		"a spec of another type": {`{"spec":[]}`, ""},
		"an old object of none":  {base, `"old"`},
	} {
		var old []byte
		if test.old != "" {
			old = []byte(test.old)
		}
		if answer := probeMarkerKind.review(t, validate.PodProbeMarker{}, onlyAlpha, []byte(test.object), old); answer.Allowed || answer.Code != http.StatusBadRequest {
			t.Errorf("%s: %+v", about, answer)
		}
	}
}

func FuzzPodProbeMarker(f *testing.F) {
	base := probeMarkerKind.base[onlyAlpha]
	f.Add(onlyAlpha, base, "")
	f.Add(onlyAlpha, base, base)
	f.Add(onlyAlpha, `{"spec":{"selector":{"matchExpressions":[{}]},"probes":[null,{"name":"#","probe":{"httpGet":{"path":"%","host":"h","port":"%"},"tcpSocket":{"port":""}},"markerPolicy":[null,{}]}]}}`, `{}`)
	fuzzReviewers(f, probeMarkerKind, validate.PodProbeMarker{}, validate.PodProbeMarker{GateOff: "PodProbeMarkerGate"})
}
