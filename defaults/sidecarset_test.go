package defaults

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

func sidecarSetRequest(version, object string) *admissionv1.AdmissionRequest {
	return &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Name: "agents",
		Resource: metav1.GroupVersionResource{Group: "apps.kruise.io", Version: version, Resource: "sidecarsets"},
		Object:   runtime.RawExtension{Raw: []byte(object)},
	}
}

// Members that the defaults add to everything, in the order of the tests' JSON.
const (
	strategyDefaults  = `"updateStrategy":{"type":"RollingUpdate","maxUnavailable":1,"partition":0}`
	specDefaults      = strategyDefaults + `,"revisionHistoryLimit":10`
	containerDefaults = `"podInjectPolicy":"BeforeAppContainer","upgradeStrategy":{"upgradeType":"ColdUpgrade"},"shareVolumePolicy":{"type":"disabled"},` +
		`"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"`
)

// TestSidecarSetDefaults checks every row of the table of defaults, in both versions. The hashes are looked at elsewhere.
func TestSidecarSetDefaults(t *testing.T) {
	spec := func(members string) (string, string) { return `{"spec":{` + members + `}}`, "" }
	container := func(members string) string {
		return `{"spec":{"containers":[{"name":"c","image":"i:1",` + members + `}]}}`
	}
	defaultedContainer := func(members string) string {
		return `{"spec":{"containers":[{"name":"c","image":"i:1",` + containerDefaults + `,` + members + `}],` + specDefaults + `}}`
	}
	empty, _ := spec("")
	for _, test := range []struct{ name, sent, want string }{
		{"nothing", empty, `{"spec":{` + specDefaults + `}}`},
		{"no spec", `{}`, `{"spec":{` + specDefaults + `}}`},
		{"null spec", `{"spec":null}`, `{"spec":{` + specDefaults + `}}`},
		{"null members", `{"spec":{"updateStrategy":{"type":"","maxUnavailable":null,"partition":null},"revisionHistoryLimit":null}}`, `{"spec":{` + specDefaults + `}}`},
		{"strategy stays", `{"spec":{"updateStrategy":{"type":"NotUpdate","maxUnavailable":"20%","partition":0},"revisionHistoryLimit":0}}`,
			`{"spec":{"updateStrategy":{"type":"NotUpdate","maxUnavailable":"20%","partition":0},"revisionHistoryLimit":0}}`},
		{"NotUpdate gets numbers as well", `{"spec":{"updateStrategy":{"type":"NotUpdate"},"revisionHistoryLimit":3}}`,
			`{"spec":{"updateStrategy":{"type":"NotUpdate","maxUnavailable":1,"partition":0},"revisionHistoryLimit":3}}`},
		{"init container", `{"spec":{"initContainers":[{"name":"c","image":"i:1"}]}}`,
			`{"spec":{"initContainers":[{"name":"c","image":"i:1",` + strings.Replace(containerDefaults, "Before", "After", 1) + `}],` + specDefaults + `}}`},
		{"container", container(`"command":["x"]`), defaultedContainer(`"command":["x"]`)},
		{"null container", `{"spec":{"containers":[null]}}`,
			`{"spec":{"containers":[{` + containerDefaults + `}],` + specDefaults + `}}`},
		{"sharing of devices has no default", container(`"shareVolumeDevicePolicy":{}`), defaultedContainer(`"shareVolumeDevicePolicy":{}`)},
		{"port", container(`"ports":[{"containerPort":1},{"containerPort":2,"protocol":"UDP"}]`),
			defaultedContainer(`"ports":[{"containerPort":1,"protocol":"TCP"},{"containerPort":2,"protocol":"UDP"}]`)},
		{"env", container(`"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},{"name":"B","valueFrom":{}},{"name":"C"}]`),
			defaultedContainer(`"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.name","apiVersion":"v1"}}},{"name":"B","valueFrom":{}},{"name":"C"}]`)},
		{"transferEnv", container(`"transferEnv":[{"sourceContainerNameFrom":{"fieldRef":{"fieldPath":"metadata.labels['a']"}}},{"sourceContainerNameFrom":{}},{"envName":"A"}]`),
			defaultedContainer(`"transferEnv":[{"sourceContainerNameFrom":{"fieldRef":{"fieldPath":"metadata.labels['a']","apiVersion":"v1"}}},{"sourceContainerNameFrom":{}},{"envName":"A"}]`)},
		{"quantities", container(`"resources":{"limits":{"cpu":"1000m","memory":1048576,"a/b":null},"requests":{"cpu":"0.0005","memory":"1024Mi"},"claims":[{"name":"x"}]}`),
			defaultedContainer(`"resources":{"limits":{"cpu":"1","memory":"1048576","a/b":null},"requests":{"cpu":"1m","memory":"1Gi"},"claims":[{"name":"x"}]}`)},
		{"probes", container(`"livenessProbe":{"httpGet":{"port":1}},"readinessProbe":{"exec":{},"periodSeconds":3},"startupProbe":{"httpGet":{"port":1}}`),
			defaultedContainer(`"livenessProbe":{"httpGet":{"port":1,"path":"/","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},` +
				`"readinessProbe":{"exec":{},"periodSeconds":3,"timeoutSeconds":1,"successThreshold":1,"failureThreshold":3},"startupProbe":{"httpGet":{"port":1}}`)},
		{"hooks", container(`"lifecycle":{"postStart":{"httpGet":{"port":1,"path":"/x"}},"preStop":{"exec":{}}}`),
			defaultedContainer(`"lifecycle":{"postStart":{"httpGet":{"port":1,"path":"/x","scheme":"HTTP"}},"preStop":{"exec":{}}}`)},
		{"volumes", `{"spec":{"volumes":[{"name":"a"},{"name":"b","emptyDir":null},{"name":"c","hostPath":{"path":"/"}},{"name":"d","secret":{}},{"name":"e","configMap":{"defaultMode":256}},
			{"name":"f","downwardAPI":{"items":[{"path":"p","fieldRef":{"fieldPath":"metadata.name"}}]}},
			{"name":"g","projected":{"sources":[{"serviceAccountToken":{"path":"t"}},{"downwardAPI":{"items":[{"fieldRef":{}}]}}]}},{"name":"h","future":{}}]}}`,
			`{"spec":{"volumes":[{"name":"a","emptyDir":{}},{"name":"b","emptyDir":{}},{"name":"c","hostPath":{"path":"/","type":""}},{"name":"d","secret":{"defaultMode":420}},{"name":"e","configMap":{"defaultMode":256}},
			{"name":"f","downwardAPI":{"defaultMode":420,"items":[{"path":"p","fieldRef":{"fieldPath":"metadata.name","apiVersion":"v1"}}]}},
			{"name":"g","projected":{"defaultMode":420,"sources":[{"serviceAccountToken":{"path":"t","expirationSeconds":3600}},{"downwardAPI":{"items":[{"fieldRef":{"apiVersion":"v1"}}]}}]}},{"name":"h","future":{}}],` + specDefaults + `}}`},
		{"patches", `{"spec":{"patchPodMetadata":[{"annotations":{"a":"b"}},{"patchPolicy":"Overwrite"}]}}`,
			`{"spec":{"patchPodMetadata":[{"annotations":{"a":"b"},"patchPolicy":"Retain"},{"patchPolicy":"Overwrite"}],` + specDefaults + `}}`},
		{"revision", `{"spec":{"injectionStrategy":{"revision":{"revisionName":"r"}}}}`,
			`{"spec":{"injectionStrategy":{"revision":{"revisionName":"r","policy":"Always"}},` + specDefaults + `}}`},
		{"no revision", `{"spec":{"injectionStrategy":{"paused":true,"revision":null}}}`,
			`{"spec":{"injectionStrategy":{"paused":true,"revision":null},` + specDefaults + `}}`},
		{"unknown members stay", `{"colour":1,"spec":{"colour":{"a":[1.50]},"containers":[{"name":"c","image":"i:1","colour":"red"}]},"status":{"colour":2}}`,
			`{"colour":1,"spec":{"colour":{"a":[1.50]},"containers":[{"name":"c","image":"i:1",` + containerDefaults + `,"colour":"red"}],` + specDefaults + `},"status":{"colour":2}}`},
	} {
		for _, version := range []string{"v1alpha1", "v1beta1"} {
			t.Run(test.name+" "+version, func(t *testing.T) {
				compareJSON(t, test.want, withoutHashes(t, defaulted(t, SidecarSet{}, sidecarSetRequest(version, test.sent))))
			})
		}
	}
}

// withoutHashes removes what recordHashes wrote.
func withoutHashes(t *testing.T, object string) string {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(object), &members); err != nil {
		t.Fatal(err)
	}
	metadata, _ := members["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	for _, key := range []string{sidecarset.HashAnnotation, sidecarset.HashWithoutImageAnnotation} {
		if annotations[key] == nil {
			t.Errorf("annotation %s is missing", key)
		}
		delete(annotations, key)
	}
	if len(metadata) == 1 && len(annotations) == 0 {
		delete(members, "metadata")
	}
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPullPolicyByTag(t *testing.T) {
	for image, want := range map[string]string{
		"nginx": "Always", "nginx:latest": "Always", "reg.example:5000/a/b": "Always", "nginx:latest@sha256:" + strings.Repeat("a", 64): "Always",
		"nginx:1.2": "IfNotPresent", "reg.example:5000/a/b:1": "IfNotPresent", "nginx@sha256:" + strings.Repeat("a", 64): "IfNotPresent",
		"": "IfNotPresent", "Not An Image": "IfNotPresent",
	} {
		if got := pullPolicyByTag(image); got != want {
			t.Errorf("%q: %s, want %s", image, got, want)
		}
	}
}

// TestSidecarSetHashes checks the golden vector of the specification, that a user cannot choose the hashes, and which lists
// differ.
func TestSidecarSetHashes(t *testing.T) {
	const (
		golden      = "6wbd76bd7984x24fb4f44fv9222cw9v9bcf85x766744wddd4zwx927zzz2zb684" // GV5
		goldenPlain = "82684vwf9d4cb4wz4vffx4ddfbb47ww4z4wwxdbwb8w2zbb7zvf4524cdd49bv94" // GV6
		null        = "x5vwx9w6vv4dv72c9w4c2f6v74fbwx545b45bbfz6z2dvf8w887xw86fvcb4cf48" // GV7
		none        = "5662x672v59974vdzvf4bdfwc4v526wx5w7884vx5c7fc2f246v484v5988xb9z7" // GV8
	)
	for _, test := range []struct{ name, sent, hash, withoutImage string }{
		{"golden", `{"spec":{"containers":[{"name":"dns-f","image":"dns:1.0"}]}}`, golden, goldenPlain},
		{"overwritten", `{"metadata":{"annotations":{"kruise.io/sidecarset-hash":"mine","a":"b"}},"spec":{"containers":[{"name":"dns-f","image":"dns:1.0"}]}}`, golden, goldenPlain},
		{"null metadata", `{"metadata":null,"spec":{"containers":[{"name":"dns-f","image":"dns:1.0"}]}}`, golden, goldenPlain},
		{"unknown members do not count", `{"spec":{"containers":[{"name":"dns-f","image":"dns:1.0","colour":"red"}]}}`, golden, goldenPlain},
		{"plain init containers do not count", `{"spec":{"containers":[{"name":"dns-f","image":"dns:1.0"}],"initContainers":[{"name":"i"}]}}`, golden, goldenPlain},
		{"no list", `{"spec":{}}`, null, null},
		{"empty list", `{"spec":{"containers":[]}}`, none, none},
	} {
		t.Run(test.name, func(t *testing.T) {
			var object struct {
				Metadata metav1.ObjectMeta `json:"metadata"`
			}
			if err := json.Unmarshal([]byte(defaulted(t, SidecarSet{}, sidecarSetRequest("v1beta1", test.sent))), &object); err != nil {
				t.Fatal(err)
			}
			if got := object.Metadata.Annotations[sidecarset.HashAnnotation]; got != test.hash {
				t.Errorf("hash %s, want %s", got, test.hash)
			}
			if got := object.Metadata.Annotations[sidecarset.HashWithoutImageAnnotation]; got != test.withoutImage {
				t.Errorf("hash without image %s, want %s", got, test.withoutImage)
			}
		})
	}
}

func TestSidecarSetDefaultsRefuseWhatCannotBeRead(t *testing.T) {
	for _, test := range []struct{ name, version, sent string }{
		{"nothing", "v1beta1", ""},
		{"null", "v1beta1", "null"},
		{"list", "v1alpha1", "[]"},
		{"wrong type", "v1beta1", `{"spec":{"containers":{}}}`},
		{"other kind", "v1alpha1", `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"DaemonSet"}`},
		{"other group", "v1alpha1", `{"apiVersion":"apps/v1","kind":"SidecarSet"}`},
		{"other version", "v1", `{}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, err := SidecarSet{}.Review(context.Background(), sidecarSetRequest(test.version, test.sent))
			if err != nil || answer.Allowed || answer.Code != http.StatusBadRequest || answer.Message == "" {
				t.Errorf("answer %+v, error %v; want a refusal with code 400", answer, err)
			}
		})
	}
}

func TestSidecarSetDefaultsOnOtherOperations(t *testing.T) {
	for _, operation := range []admissionv1.Operation{admissionv1.Delete, admissionv1.Connect, ""} {
		request := sidecarSetRequest("v1beta1", `{`)
		request.Operation = operation
		answer, err := SidecarSet{}.Review(context.Background(), request)
		if err != nil || !answer.Allowed || len(answer.Patch) != 0 {
			t.Errorf("%q: %+v, %v; want allowed unread", operation, answer, err)
		}
	}
}

// FuzzSidecarSetDefaults checks for any object: no panic; the patch applies; nothing that was sent is gone, but for the
// hashes, zero values and the spelling of quantities; and what was defaulted once is not patched again.
func FuzzSidecarSetDefaults(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"metadata":null,"spec":{"containers":[null],"volumes":[{"name":"v"}]}}`,
		`{"spec":{"containers":[{"env":[{"valueFrom":{"fieldRef":{}}}],"resources":{"limits":{"cpu":"1000m"}},"ports":[{}],"lifecycle":{"preStop":{"httpGet":{}}}}]}}`,
		`{"spec":{"updateStrategy":null,"injectionStrategy":{"revision":{}},"patchPodMetadata":[{}],"x":{"y":[1,"z",null]}}}`,
		`{"spec":{"initContainers":[{"restartPolicy":"Always","transferEnv":[{"sourceContainerNameFrom":{}}]}]}}`,
	} {
		f.Add(true, []byte(seed))
		f.Add(false, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, newest bool, sent []byte) {
		version := "v1alpha1"
		if newest {
			version = "v1beta1"
		}
		if hasRepeatedMember(sent) {
			t.Skip("JSON decoders disagree about repeated members")
		}
		request := sidecarSetRequest(version, string(sent))
		answer, err := SidecarSet{}.Review(context.Background(), request)
		if err != nil {
			t.Fatal(err)
		}
		if !answer.Allowed {
			return
		}
		operations, err := json.Marshal(answer.Patch)
		if err != nil {
			t.Fatal(err)
		}
		patch, err := jsonpatch.DecodePatch(operations)
		if err != nil {
			t.Fatal(err)
		}
		result, err := patch.Apply(sent)
		if err != nil {
			t.Fatalf("patch %s does not apply: %v", operations, err)
		}
		var before, after any
		if json.Unmarshal(sent, &before) != nil || json.Unmarshal(result, &after) != nil {
			t.Skip("a number that Go cannot hold")
		}
		if lost := firstLost(before, after, ""); lost != "" {
			t.Errorf("%s is gone or changed\nsent   %s\nresult %s", lost, sent, result)
		}
		again, err := SidecarSet{}.Review(context.Background(), sidecarSetRequest(version, string(result)))
		if err != nil || !again.Allowed || len(again.Patch) != 0 {
			t.Errorf("second pass: %+v, %v", again, err)
		}
	})
}

// firstLost returns the path of a value that was sent and is not in the result.
func firstLost(before, after any, path string) string {
	switch before := before.(type) {
	case map[string]any:
		now, ok := after.(map[string]any)
		if !ok {
			return path
		}
		for key, value := range before {
			if key == sidecarset.HashAnnotation || key == sidecarset.HashWithoutImageAnnotation {
				continue
			}
			if lost := firstLost(value, now[key], path+"/"+key); lost != "" {
				return lost
			}
		}
	case []any:
		now, ok := after.([]any)
		if !ok || len(now) != len(before) {
			return path
		}
		for i := range before {
			if lost := firstLost(before[i], now[i], path+"/-"); lost != "" {
				return lost
			}
		}
	case nil:
	default:
		if !reflect.ValueOf(before).IsZero() && !reflect.DeepEqual(before, after) && !sameQuantity(before, after) {
			return path
		}
	}
	return ""
}

func sameQuantity(before, after any) bool {
	text, ok := after.(string)
	if !ok {
		return false
	}
	sent, err := json.Marshal(before)
	if err != nil {
		return false
	}
	var quantity resource.Quantity
	if quantity.UnmarshalJSON(sent) != nil {
		return false
	}
	quantity.RoundUp(resource.Milli)
	return quantity.String() == text
}

// hasRepeatedMember reports whether some object has a member twice.
func hasRepeatedMember(text []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(text))
	type level struct {
		members map[string]bool // nil in a list
		isValue bool
	}
	var levels []level
	for {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		var top *level
		if len(levels) > 0 {
			top = &levels[len(levels)-1]
		}
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				if top != nil {
					top.isValue = false
				}
				levels = append(levels, level{members: map[string]bool{}})
			case '[':
				if top != nil {
					top.isValue = false
				}
				levels = append(levels, level{})
			default:
				levels = levels[:len(levels)-1]
			}
			continue
		case string:
			if top != nil && top.members != nil && !top.isValue {
				if top.members[token] {
					return true
				}
				top.members[token], top.isValue = true, true
				continue
			}
		}
		if top != nil {
			top.isValue = false
		}
	}
}
