package inject

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestForgedInjection checks that a container which pretends to be injected, records and all, does not get away with more than its
// author could bring into the sidecar anyway.
func TestForgedInjection(t *testing.T) {
	engine := newEngine(t, viewOf(t, simpleSet("plain", "plain", ""),
		[]byte(`{"kind":"SidecarSet","metadata":{"name":"open"},"spec":{"selector":{"matchLabels":{"app":"open"}},"containers":[{"name":"c-open","image":"i:1",
			"env":[{"name":"OWN","value":"1"}],"shareVolumePolicy":{"type":"enabled"},"transferEnv":[{"sourceContainerName":"gone","envName":"MOVED"}]}]}}`),
		[]byte(`{"kind":"SidecarSet","metadata":{"name":"moved"},"spec":{"selector":{"matchLabels":{"app":"moved"}},"containers":[{"name":"c-moved","image":"i:1",
			"env":[{"name":"OWN","value":"1"}],"transferEnv":[{"sourceContainerName":"gone","envName":"MOVED"}]}]}}`)), Options{})
	tests := []struct {
		name, app, old, forged string
		stays                  bool
	}{
		{"untouched", "plain", `"image":"i:1"`, `"image":"i:1"`, true},
		{"image", "plain", `"image":"i:1"`, `"image":"evil:1"`, false},
		{"command", "plain", `"image":"i:1"`, `"image":"i:1","command":["sleep"]`, false},
		{"probe", "plain", `"image":"i:1"`, `"image":"i:1","livenessProbe":{"exec":{"command":["true"]}}`, false},
		{"variable", "plain", `"env":[`, `"env":[{"name":"X","value":"1"},`, false},
		{"mount", "plain", `"image":"i:1"`, `"image":"i:1","volumeMounts":[{"name":"v","mountPath":"/etc"}]`, false},
		{"device", "plain", `"image":"i:1"`, `"image":"i:1","volumeDevices":[{"name":"v","devicePath":"/dev/x"}]`, false},
		{"list of another type", "plain", `"image":"i:1"`, `"image":"i:1","volumeDevices":{"a":1}`, false},
		{"token of the service account", "plain", `"image":"i:1"`, `"image":"i:1","volumeMounts":[{"name":"v","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]`, true},
		{"resources of a LimitRange", "plain", `"resources":{}`, `"resources":{"limits":{"cpu":"1"}}`, true},
		{"claims", "plain", `"resources":{}`, `"resources":{"claims":[{"name":"gpu"}]}`, false},
		{"transferred variable", "moved", `"env":[`, `"env":[{"name":"MOVED","value":"1"},`, true},
		{"variable that is not transferred", "moved", `"env":[`, `"env":[{"name":"X","value":"1"},`, false},
		{"variable that overrides the sidecar's", "moved", `"name":"IS_INJECTED","value":"true"}`, `"name":"IS_INJECTED","value":"true"},{"name":"OWN","value":"2"}`, false},
		{"shared mount", "open", `"image":"i:1"`, `"image":"i:1","volumeMounts":[{"name":"v","mountPath":"/v"}]`, true},
		{"variable of a shared mount", "open", `"env":[`, `"env":[{"name":"X","value":"1"},`, true},
		{"variable that overrides, with shared mounts", "open", `"name":"IS_INJECTED","value":"true"}`, `"name":"IS_INJECTED","value":"true"},{"name":"OWN","value":"2"}`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			first, err := engine.Review(t.Context(), createPod("shop", simplePod(test.app)))
			if err != nil || len(first.Patch) == 0 {
				t.Fatalf("%v %+v", err, first)
			}
			pod := string(applyPatch(t, simplePod(test.app), first.Patch))
			if strings.Count(pod, test.old) != 1 {
				t.Fatalf("%s not once in %s", test.old, pod)
			}
			forged := []byte(strings.Replace(pod, test.old, test.forged, 1))
			second, err := engine.Review(t.Context(), createPod("shop", forged))
			if err != nil {
				t.Fatal(err)
			}
			if stays := second.Allowed && len(second.Patch) == 0; stays != test.stays {
				t.Errorf("allowed %v %s, patch %s", second.Allowed, second.Message, second.Patch)
			}
		})
	}
}

// TestReinvocation plays the API server between two calls of one creation: it defaults, adds the service account's mount and
// pulls always. The second call changes nothing.
func TestReinvocation(t *testing.T) {
	engine := newEngine(t, viewOf(t, simpleSet("s", "x", ""), []byte(`{"kind":"SidecarSet","metadata":{"name":"hot"},"spec":{"selector":{"matchLabels":{"app":"x"}},
		"containers":[{"name":"h","image":"h:1","imagePullPolicy":"IfNotPresent","shareVolumePolicy":{"type":"enabled"},"upgradeStrategy":{"upgradeType":"HotUpgrade","hotUpgradeEmptyImage":"e:1"}}]}}`)), Options{Clock: time.Now})
	first, err := engine.Review(t.Context(), createPod("shop", simplePod("x")))
	if err != nil || len(first.Patch) == 0 {
		t.Fatalf("%v %+v", err, first)
	}
	between := string(applyPatch(t, simplePod("x"), first.Patch))
	for _, name := range []string{"app", "c-s", "h-1", "h-2"} {
		plain := fmt.Sprintf(`"name":%q`, name)
		if strings.Count(between, plain) != 1 {
			t.Fatalf("%s not once in %s", name, between)
		}
		between = strings.Replace(between, plain, plain+`,"volumeMounts":[{"name":"token","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","readOnly":true}],"terminationMessagePath":"/dev/termination-log"`, 1)
	}
	between = strings.ReplaceAll(between, `"imagePullPolicy":"IfNotPresent"`, `"imagePullPolicy":"Always"`)
	between = strings.ReplaceAll(between, `{"fieldPath":`, `{"apiVersion":"v1","fieldPath":`)
	second, err := engine.Review(t.Context(), createPod("shop", []byte(between)))
	if err != nil || !second.Allowed || len(second.Patch) > 0 {
		t.Errorf("%v %+v\n%s", err, second, between)
	}
}
