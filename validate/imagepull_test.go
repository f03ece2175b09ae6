package validate_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

// imageKind is a kind of jobs or nodes that pull images; spec is that of its base object.
func imageKind(kind, resource, spec string) workloadKind {
	base := map[string]string{}
	for _, version := range []string{onlyAlpha, onlyBeta} {
		base[version] = fmt.Sprintf(`{"apiVersion":"apps.kruise.io/%s","kind":%q,"metadata":{"name":"a","namespace":"default","resourceVersion":"1"},"spec":%s}`,
			version, kind, spec)
	}
	return workloadKind{resource: resource, base: base}
}

var (
	imagePullJobKind     = imageKind("ImagePullJob", "imagepulljobs", `{"image":"nginx:latest","completionPolicy":{"type":"Always"}}`)
	imageListPullJobKind = imageKind("ImageListPullJob", "imagelistpulljobs", `{"images":["nginx:latest"],"completionPolicy":{"type":"Always"}}`)
	nodeImageKind        = imageKind("NodeImage", "nodeimages",
		`{"images":{"nginx":{"tags":[{"tag":"1","createdAt":"2026-05-01T12:00:00Z","pullPolicy":{"ttlSecondsAfterFinished":300}}]}}}`)
)

func imageIs(reference string) []string { return []string{fmt.Sprintf("spec.image = %q", reference)} }

func inSpec(member, value string) []string { return []string{"spec." + member + " = " + value} }

func pullPolicyOf(timeout string) string {
	return `spec.pullPolicy = {"timeoutSeconds":` + timeout + `}`
}

const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// imagePullJobCases are the cases of the specification's table (i), with its numbers, and those that our departures from OpenKruise need.
var imagePullJobCases = []workloadCase[validate.ImagePullJob]{
	{number: 1, about: "base", rules: "c1 c2 c3 c4 c5 c6 c7 c8 c9 c10 c11"},
	{number: 4, about: "parallelism 2", rules: "c8", new: inSpec("parallelism", `2`)},
	{number: 4, about: "parallelism 0", rules: "c8", new: inSpec("parallelism", `0`)},
	{number: 4, about: `parallelism "50"`, rules: "c8", new: inSpec("parallelism", `"50"`)},
	{number: 4, about: `parallelism "0"`, rules: "c8", new: inSpec("parallelism", `"0"`)},
	{number: 5, about: "parallelism -1", rules: "c8", new: inSpec("parallelism", `-1`), want: []string{"Invalid spec.parallelism"}},
	{number: 5, about: `parallelism "-1"`, rules: "c8", new: inSpec("parallelism", `"-1"`), want: []string{"Invalid spec.parallelism"}},
	{number: 6, about: `parallelism "50%"`, rules: "c8", new: inSpec("parallelism", `"50%"`), want: []string{"Invalid spec.parallelism"}},
	{number: 6, about: `parallelism "abc"`, rules: "c8", new: inSpec("parallelism", `"abc"`), want: []string{"Invalid spec.parallelism"}},
	{number: 6, about: `parallelism "1.5"`, rules: "c8", new: inSpec("parallelism", `"1.5"`), want: []string{"Invalid spec.parallelism"}},
	{about: "parallelism of more than 32 bits", rules: "c8", new: inSpec("parallelism", `"99999999999"`), want: []string{"Invalid spec.parallelism"}},
	{about: "no image", rules: "c6", new: []string{"spec.image"}, want: []string{"Required spec.image"}},
	{number: 7, about: "empty image", rules: "c6", new: imageIs(""), want: []string{"Required spec.image"}},
	{number: 7, about: "capital letter", rules: "c7", new: imageIs("Nginx"), want: []string{"Invalid spec.image"}},
	{number: 7, about: "empty tag", rules: "c7", new: imageIs("nginx:"), want: []string{"Invalid spec.image"}},
	{number: 7, about: "short digest", rules: "c7", new: imageIs("nginx@sha256:12"), want: []string{"Invalid spec.image"}},
	{number: 8, about: "tag and digest", rules: "c7", new: imageIs("repo/app:1" + digest)},
	{number: 9, about: "a node twice", rules: "c3", new: inSpec("selector", `{"names":["a","b","a"]}`), want: []string{"Duplicate spec.selector.names[2]"}},
	{about: "nodes by name", rules: "c1 c3", new: inSpec("selector", `{"names":["a","b"]}`)},
	{about: "nodes by label", rules: "c1 c2", new: inSpec("selector", `{"matchLabels":{"a":"b"}}`)},
	{about: "all nodes", rules: "c1 c2", new: inSpec("selector", `{}`)},
	{about: "nodes by a label that is none", rules: "c2", new: inSpec("selector", `{"matchLabels":{"a":"b c"}}`), want: []string{"Invalid spec.selector.matchLabels"}},
	{about: "nodes by an unknown operator", rules: "c2", new: inSpec("selector", `{"matchExpressions":[{"key":"a","operator":"Gt","values":["1"]}]}`),
		want: []string{"Invalid spec.selector.matchExpressions[0].operator"}},
	{number: 10, about: "names and no labels at all", rules: "c1", new: inSpec("selector", `{"names":["a"],"matchLabels":{}}`), want: []string{"Forbidden spec.selector.names"}},
	{about: "names and labels", rules: "c1", new: inSpec("selector", `{"names":["a"],"matchExpressions":[{"key":"a","operator":"Exists"}]}`),
		want: []string{"Forbidden spec.selector.names"}},
	{number: 11, about: "nodes and pods", rules: "c4", new: append(inSpec("selector", `{}`), inSpec("podSelector", `{}`)...), want: []string{"Forbidden spec.podSelector"}},
	{about: "pods", rules: "c4 c5", new: inSpec("podSelector", `{"matchLabels":{"a":"b"}}`)},
	{number: 12, about: "pods without operator", rules: "c5", new: inSpec("podSelector", `{"matchExpressions":[{"key":"a"}]}`),
		want: []string{"Invalid spec.podSelector.matchExpressions[0].operator"}},
	{number: 13, about: "deadline as long as the timeout", rules: "c9", new: inSpec("completionPolicy.activeDeadlineSeconds", "600")},
	{number: 14, about: "deadline below the timeout", rules: "c9", new: inSpec("completionPolicy.activeDeadlineSeconds", "599"),
		want: []string{"Invalid spec.completionPolicy.activeDeadlineSeconds"}},
	{number: 15, about: "deadline and timeout", rules: "c9", new: append(inSpec("completionPolicy.activeDeadlineSeconds", "300"), pullPolicyOf("300"))},
	{about: "deadline below a timeout", rules: "c9", new: append(inSpec("completionPolicy.activeDeadlineSeconds", "300"), pullPolicyOf("301")),
		want: []string{"Invalid spec.completionPolicy.activeDeadlineSeconds"}},
	{number: 16, about: "Never with limits", rules: "c10", new: inSpec("completionPolicy", `{"type":"Never","ttlSecondsAfterFinished":1,"activeDeadlineSeconds":1}`),
		want: []string{"Invalid spec.completionPolicy.ttlSecondsAfterFinished", "Invalid spec.completionPolicy.activeDeadlineSeconds"}},
	{number: 16, about: "Never", rules: "c10", new: inSpec("completionPolicy", `{"type":"Never"}`)},
	{number: 17, about: "no type", rules: "c11", new: inSpec("completionPolicy", `{"type":""}`), want: []string{"NotSupported spec.completionPolicy.type"}},
	{about: "another type", rules: "c11", new: inSpec("completionPolicy", `{"type":"Later"}`), want: []string{"NotSupported spec.completionPolicy.type"}},
	{number: 18, about: "secrets come", rules: "d1", new: inSpec("pullSecrets", `["s"]`), old: unchanged, want: []string{"Forbidden spec.pullSecrets"}},
	{number: 18, about: "secrets go", rules: "d1", new: unchanged, old: inSpec("pullSecrets", `["s"]`), want: []string{"Forbidden spec.pullSecrets"}},
	{number: 18, about: "secrets change", rules: "d1", new: inSpec("pullSecrets", `["s","t"]`), old: inSpec("pullSecrets", `["t","s"]`), want: []string{"Forbidden spec.pullSecrets"}},
	{number: 19, about: "secrets stay", rules: "d1", new: append(inSpec("pullSecrets", `["s"]`), imageIs("httpd")...), old: inSpec("pullSecrets", `["s"]`)},
	{number: 20, about: "no secrets, spelled otherwise", rules: "d1", new: append(inSpec("pullSecrets", `[]`), imageIs("httpd")...), old: unchanged},
	{about: "all faults at once", new: append(imageIs(""), "spec.parallelism = -1", "spec.completionPolicy.type"),
		want: []string{"Required spec.image", "Invalid spec.parallelism", "NotSupported spec.completionPolicy.type"}},
	{about: "a stored fault and another label", new: append(imageIs(""), `metadata.labels = {"a":"b"}`), old: imageIs("")},
	{about: "a stored fault and another change", new: append(imageIs(""), "spec.parallelism = 3"), old: imageIs(""), want: []string{"Required spec.image"}},
	{about: "a pull policy that nobody knows", new: inSpec("imagePullPolicy", `"Never"`), warns: "spec.imagePullPolicy"},
	{about: "a negative timeout", new: []string{pullPolicyOf("-1")}, warns: "spec.pullPolicy.timeoutSeconds is -1"},
	{about: "a negative number of tries", new: inSpec("pullPolicy", `{"backoffLimit":-2}`), warns: "spec.pullPolicy.backoffLimit is -2"},
}

func TestImagePullJob(t *testing.T) {
	runCases(t, imagePullJobKind, imagePullJobCases, func(reviewer validate.ImagePullJob) validate.ImagePullJob { return reviewer })
}

// Cases 2 and 3 of the specification are about gates; those from 21 on are about other kinds and package defaults, and 35 about versions.
func TestEveryImagePullJobRuleHasAPassingAndAFailingCase(t *testing.T) {
	checkCoverage(t, imagePullJobCases, 11, 1, 20, 2, 3)
}

func listed(count int) []string {
	images := make([]string, count)
	for i := range images {
		images[i] = fmt.Sprintf(`"nginx:%d"`, i)
	}
	return inSpec("images", "["+strings.Join(images, ",")+"]")
}

var imageListPullJobCases = []workloadCase[validate.ImageListPullJob]{
	{about: "base"},
	{number: 21, about: "other secrets", new: inSpec("pullSecrets", `["s"]`), old: unchanged},
	{number: 22, about: "no images", new: inSpec("images", `[]`), want: []string{"Required spec.images"}},
	{number: 22, about: "an image twice", new: inSpec("images", `["a","b","a"]`), want: []string{"Duplicate spec.images[2]"}},
	{number: 22, about: "256 images", new: listed(256), want: []string{"TooMany spec.images"}},
	{number: 22, about: "255 images", new: listed(255)},
	{about: "images that are none", new: inSpec("images", `["","a","B:1"]`), want: []string{"Required spec.images[0]", "Invalid spec.images[2]"}},
	{number: 23, about: "deadline 1", new: inSpec("completionPolicy.activeDeadlineSeconds", "1"), warns: "will be refused"},
	{about: "where", new: append(inSpec("selector", `{"names":["a","a"]}`), inSpec("podSelector", `{}`)...),
		want: []string{"Duplicate spec.selector.names[1]", "Forbidden spec.podSelector"}},
	{about: "how many at a time", new: inSpec("parallelism", `"5%"`), want: []string{"Invalid spec.parallelism"}},
	{about: "how long", new: inSpec("completionPolicy", `{"type":"Never","ttlSecondsAfterFinished":1}`), want: []string{"Invalid spec.completionPolicy.ttlSecondsAfterFinished"}},
	{about: "a stored fault and another label", new: append(inSpec("images", `[]`), `metadata.labels = {"a":"b"}`), old: inSpec("images", `[]`)},
	{about: "a pull policy that nobody knows", new: inSpec("imagePullPolicy", `"Never"`), warns: "spec.imagePullPolicy"},
}

func TestImageListPullJob(t *testing.T) {
	runCases(t, imageListPullJobKind, imageListPullJobCases, func(reviewer validate.ImageListPullJob) validate.ImageListPullJob { return reviewer })
}

func nodeImages(count int) []string {
	images := make([]string, count)
	for i := range images {
		images[i] = fmt.Sprintf(`"nginx%d":{"tags":[]}`, i)
	}
	return inSpec("images", "{"+strings.Join(images, ",")+"}")
}

// nodeTags are the tags of the one image of a NodeImage.
func nodeTags(list string) []string { return inSpec("images", `{"nginx":{"tags":`+list+`}}`) }

const (
	tag1    = "spec.images.nginx.tags.0"
	inTags  = "spec.images[nginx].tags"
	goodTag = `{"tag":"1","createdAt":"2026-05-01T12:00:00Z","pullPolicy":{"ttlSecondsAfterFinished":0}}`
)

var nodeImageCases = []workloadCase[validate.NodeImage]{
	{about: "base", rules: "c1 c2 c3 c4 c5 c6 c7 c8"},
	{number: 29, about: "a tag for ever", rules: "c8", new: []string{tag1 + ".pullPolicy = {}"}, want: []string{"Required " + inTags + "[0].pullPolicy.ttlSecondsAfterFinished"}},
	{about: "no pull policy", rules: "c7", new: []string{tag1 + ".pullPolicy"}, want: []string{"Required " + inTags + "[0].pullPolicy"}},
	{number: 30, about: "257 images", rules: "c1", new: nodeImages(257), want: []string{"TooMany spec.images"}},
	{number: 30, about: "256 images", rules: "c1", new: nodeImages(256)},
	{about: "an image without name", rules: "c2", new: inSpec("images", `{"":{"tags":[]}}`), want: []string{"Required spec.images[]"}},
	{about: "an odd name", rules: "c2", new: inSpec("images", `{"Not an image!":{"tags":[]}}`)},
	{about: "an empty tag", rules: "c3", new: []string{tag1 + `.tag = ""`}, want: []string{"Required " + inTags + "[0].tag"}},
	{number: 32, about: "a tag twice", rules: "c4", new: nodeTags("[" + goodTag + "," + goodTag + "]"), want: []string{"Duplicate " + inTags + "[1].tag"}},
	{about: "no time", rules: "c5", new: []string{tag1 + ".createdAt"}, want: []string{"Required " + inTags + "[0].createdAt"}},
	{number: 33, about: "a negative version", rules: "c6", new: []string{tag1 + ".version = -1"}, want: []string{"Invalid " + inTags + "[0].version"}},
	{number: 34, about: "no images", new: []string{"spec.images"}},
	{about: "a tag twice by an update", new: nodeTags("[" + goodTag + "," + goodTag + "]"), old: unchanged, want: []string{"Duplicate " + inTags + "[1].tag"}},
	{about: "a stored fault and another label", new: []string{tag1 + ".pullPolicy", `metadata.labels = {"a":"b"}`}, old: []string{tag1 + ".pullPolicy"}},
	{about: "faults in the order of names", new: inSpec("images", `{"b":{"tags":[null]},"a":{"tags":[{"tag":"x"}]}}`),
		want: []string{"Required spec.images[a].tags[0].createdAt", "Required spec.images[a].tags[0].pullPolicy",
			"Required spec.images[b].tags[0].tag", "Required spec.images[b].tags[0].createdAt", "Required spec.images[b].tags[0].pullPolicy"}},
}

func TestNodeImage(t *testing.T) {
	runCases(t, nodeImageKind, nodeImageCases, func(reviewer validate.NodeImage) validate.NodeImage { return reviewer })
}

// Cases below 29 are those of the jobs, and 31 is package defaults'.
func TestEveryNodeImageRuleHasAPassingAndAFailingCase(t *testing.T) {
	var others []int
	for number := 1; number < 29; number++ {
		others = append(others, number)
	}
	checkCoverage(t, nodeImageCases, 8, 0, 34, append(others, 31)...)
}

// gated are the kinds of this file and what makes one with a gate off.
var gated = map[string]struct {
	kind workloadKind
	off  func(gate string) decision.Reviewer
}{
	"ImagePullJob":     {imagePullJobKind, func(gate string) decision.Reviewer { return validate.ImagePullJob{GateOff: gate} }},
	"ImageListPullJob": {imageListPullJobKind, func(gate string) decision.Reviewer { return validate.ImageListPullJob{GateOff: gate} }},
	"NodeImage":        {nodeImageKind, func(gate string) decision.Reviewer { return validate.NodeImage{GateOff: gate} }},
}

func TestImageKindsWithAGateOff(t *testing.T) { // cases 2 and 3
	for name, test := range gated {
		t.Run(name, func(t *testing.T) { checkGateOff(t, test.kind, onlyBeta, test.off("KruiseDaemon")) })
	}
}

// checkGateOff holds that objects are neither created nor changed while the gate KruiseDaemon is off, and can still lose their finalizers.
func checkGateOff(t *testing.T, kind workloadKind, version string, reviewer decision.Reviewer) {
	t.Helper()
	base := kind.edited(t, version, []string{`metadata.finalizers = ["a/b"]`})
	for name, test := range map[string]struct{ object, old []byte }{
		"created": {object: base},
		"changed": {object: kind.edited(t, version, []string{`spec = {}`}), old: base},
	} {
		answer := kind.review(t, reviewer, version, test.object, test.old)
		if answer.Allowed || answer.Code != http.StatusForbidden || !strings.Contains(answer.Message, "KruiseDaemon") {
			t.Errorf("%s: %+v", name, answer)
		}
	}
	released := kind.edited(t, version, []string{"metadata.finalizers"})
	if answer := kind.review(t, reviewer, version, released, base); !answer.Allowed {
		t.Errorf("released: %+v", answer)
	}
}

func TestImageKindsThatCannotBeRead(t *testing.T) {
	for name, test := range gated {
		for about, sent := range map[string]struct{ version, object string }{
			"35 another version":     {"v1", test.kind.base[onlyBeta]},
			"a version in the body":  {onlyBeta, test.kind.base[onlyAlpha]},
			"a spec of another type": {onlyAlpha, `{"spec":"text"}`},
			"no object":              {onlyAlpha, ""},
		} {
			answer := test.kind.review(t, test.off(""), sent.version, []byte(sent.object), nil)
			if answer.Allowed || answer.Code != http.StatusBadRequest || answer.Message == "" {
				t.Errorf("%s, %s: %+v", name, about, answer)
			}
		}
		// Only an ImagePullJob is compared with what it was.
		answer := test.kind.review(t, test.off(""), onlyBeta, []byte(test.kind.base[onlyBeta]), []byte(`"old"`))
		if answer.Allowed == (name == "ImagePullJob") {
			t.Errorf("%s with an old object that cannot be read: %+v", name, answer)
		}
	}
}

// A hostile object with a fault every few bytes gets an answer of bounded size, soon.
func TestFaultsHaveAnEnd(t *testing.T) {
	nulls := "[null" + strings.Repeat(",null", 100_000) + "]"
	for name, test := range map[string]struct {
		kind     workloadKind
		reviewer decision.Reviewer
		spec     string
	}{
		"tags":            {nodeImageKind, validate.NodeImage{}, `{"images":{"a":{"tags":` + nulls + `}}}`},
		"names of nodes":  {imagePullJobKind, validate.ImagePullJob{}, `{"selector":{"names":` + nulls + `}}`},
		"probes":          {probeMarkerKind, validate.PodProbeMarker{}, `{"probes":` + nulls + `}`},
		"marker policies": {probeMarkerKind, validate.PodProbeMarker{}, `{"probes":[{"markerPolicy":` + nulls + `}]}`},
		"preferences":     {podStateKind, allowing(""), `{"preferredPersistentTopology":` + nulls + `}`},
	} {
		answer := test.kind.review(t, test.reviewer, onlyAlpha, []byte(`{"spec":`+test.spec+`}`), nil)
		if answer.Allowed || len(answer.Causes) > 200 || len(answer.Warnings) > 100 || len(answer.Message) > 50_000 {
			t.Errorf("%s: allowed %t, %d causes, %d warnings, a message of %d bytes", name, answer.Allowed, len(answer.Causes), len(answer.Warnings), len(answer.Message))
		}
	}
}

func FuzzImageKinds(f *testing.F) {
	for _, test := range gated {
		for version, object := range test.kind.base {
			f.Add(version, object, "")
			f.Add(version, object, object)
		}
	}
	f.Add(onlyAlpha, `{"spec":{"selector":{"names":[""],"matchExpressions":[{}]},"podSelector":{},"parallelism":"NaN","images":["",""],"completionPolicy":{"activeDeadlineSeconds":-1}}}`, `{}`)
	f.Add(onlyBeta, `{"spec":{"images":{"":{"tags":[null,{}]}}}}`, `[]`)
	fuzzReviewers(f, imagePullJobKind, validate.ImagePullJob{}, validate.ImageListPullJob{}, validate.NodeImage{}, validate.NodeImage{GateOff: "KruiseDaemon"})
}
