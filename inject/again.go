package inject

import (
	"encoding/json"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// A pod may be injected twice: API servers call webhooks again when another one changed the pod (reinvocationPolicy), and people
// create pods from dumps. The second pass must not undo what the API server added after the first, because its plugins do
// not run a third time, and must not decide anew what depends on the pod, because now the sidecars are in it.

// tokenPath is where the API server's ServiceAccount plugin mounts the token into every container.
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

const (
	// LaunchBarrierEnv is the variable by which a container waits for its launch priority (package podsteps). Sidecars get it after they
	// are injected.
	LaunchBarrierEnv = "KRUISE_CONTAINER_BARRIER"
	// SavedProbesAnnotation holds, on a pod, the liveness probes that OpenKruise's daemon runs in the kubelet's stead, as a JSON list of objects
	// with name, that of the container, and livenessProbe. Sidecars lose theirs to it after they are injected. Package podsteps writes it.
	SavedProbesAnnotation = "apps.kruise.io/container-probe-context"
	// EnhancedLivenessAnnotation with the value true hands the liveness probes of a pod over to OpenKruise's daemon, with the gate
	// EnhancedLivenessProbe; see [Owner.WantsEnhancedLiveness].
	EnhancedLivenessAnnotation = "apps.kruise.io/using-enhanced-liveness"
)

// alreadyIn says whether present, the pod's container of that name, is the arriving container already.
//
// Equal containers are. If the SidecarSet's records on the pod are those that it would get now, present may also differ in what
// the first pass took from the pod, and in what the API server's plugins write. Records can be forged, so nothing passes here that
// the author of a pod could not bring into the sidecar anyway by means of other containers. keepsMounts says that containers of
// the pod may have taken the paths of the sidecar's own mounts, and probeSaved that its liveness probe may be gone.
func (arriving incoming) alreadyIn(present json.RawMessage, keepsMounts, probeSaved bool) bool {
	if rawSame(present, arriving.raw) {
		return true
	}
	if !arriving.choice.recorded || outOfProportion(present, arriving.raw) {
		return false
	}
	haveTree, haveErr := parseTree(present)
	wantTree, wantErr := parseTree(arriving.sidecar.alone(arriving.variant))
	have, haveObject := haveTree.(map[string]any)
	want, wantObject := wantTree.(map[string]any)
	if haveErr != nil || wantErr != nil || !haveObject || !wantObject {
		return false
	}
	s := arriving.sidecar
	delete(want, "resources")
	if _, probed := have["livenessProbe"]; probeSaved && !probed {
		delete(want, "livenessProbe")
	}
	haveMounts, wantMounts := take(have, "volumeMounts"), take(want, "volumeMounts")
	if keepsMounts && s.share {
		wantMounts = withoutTaken(wantMounts, haveMounts)
	}
	return grown(take(have, "env"), take(want, "env"), "name", s.mayGainVariable) &&
		grown(haveMounts, wantMounts, "mountPath", s.mayGainMount) &&
		grown(take(have, "volumeDevices"), take(want, "volumeDevices"), "devicePath", func(string) bool { return s.shareDevices }) &&
		resourcesGrown(take(have, "resources"), arriving.resources) &&
		policyKept(take(have, "imagePullPolicy"), take(want, "imagePullPolicy")) &&
		same(have, want)
}

// take moves a member out of an object.
func take(object map[string]any, member string) any {
	value := object[member]
	delete(object, member)
	return value
}

// grown says whether the list have is the list want with nothing but permitted entries added, none of which has the key of a
// wanted one.
func grown(have, want any, key string, permitted func(value string) bool) bool {
	entries, ok := have.([]any)
	if !ok && have != nil {
		return false
	}
	wanted, _ := want.([]any)
	keys := map[any]bool{}
	for _, entry := range wanted {
		if members, ok := entry.(map[string]any); ok {
			keys[members[key]] = true
		}
	}
	for _, entry := range entries {
		if len(wanted) > 0 && same(entry, wanted[0]) {
			wanted = wanted[1:]
			continue
		}
		members, object := entry.(map[string]any)
		value, text := members[key].(string) // one that is missing is empty
		if !object || !text && members[key] != nil || keys[value] || !permitted(value) {
			return false
		}
	}
	return len(wanted) == 0
}

// withoutTaken leaves out the wanted mounts at whose paths there are others.
func withoutTaken(want, have any) any {
	present, _ := have.([]any)
	wanted, _ := want.([]any)
	return slices.DeleteFunc(wanted, func(entry any) bool {
		mount, _ := entry.(map[string]any)
		return slices.ContainsFunc(present, func(other any) bool {
			there, _ := other.(map[string]any)
			return there["mountPath"] == mount["mountPath"] && !same(there, mount)
		})
	})
}

// probesSaved names the containers whose liveness probes an earlier pass has moved to the annotation.
func (in *injection) probesSaved() map[string]bool {
	names := map[string]bool{}
	if !in.options.ProbesMove || !in.pod.controllerOwner().WantsEnhancedLiveness(in.pod.annotations[EnhancedLivenessAnnotation]) {
		return names
	}
	var saved []struct {
		Name string `json:"name"`
	}
	if text := in.pod.annotations[SavedProbesAnnotation]; text == "" || decode([]byte(text), &saved) != nil {
		return names
	}
	for _, probe := range saved {
		names[probe.Name] = true
	}
	return names
}

// mayGainVariable permits the launch barrier, variables that transferEnv names and, because a shared mount brings what its subPathExpr uses, any
// variable if mounts are shared.
func (s *sidecar) mayGainVariable(name string) bool {
	return name == LaunchBarrierEnv || s.share || slices.ContainsFunc(s.transfers, func(t transfer) bool { return slices.Contains(t.names, name) })
}

// mayGainMount permits shared mounts and the service account's token.
func (s *sidecar) mayGainMount(path string) bool { return s.share || path == tokenPath }

// resourcesGrown says whether the wanted resources are there, with nothing but limits and requests added, of which the API server's
// LimitRanger plugin writes those that are missing.
func resourcesGrown(have any, want json.RawMessage) bool {
	present, _ := have.(map[string]any)
	wantTree, err := parseTree(want)
	wanted, ok := wantTree.(map[string]any)
	if want != nil && (err != nil || !ok) {
		return false
	}
	for _, member := range []string{"limits", "requests"} {
		values, _ := take(present, member).(map[string]any)
		quantities, _ := take(wanted, member).(map[string]any)
		for name, quantity := range quantities {
			if values[name] != quantity {
				return false
			}
		}
	}
	return same(present, wanted)
}

// policyKept also accepts what the API server's AlwaysPullImages plugin writes: the plugin refuses the pod if somebody changes that back.
func policyKept(have, want any) bool {
	return want == nil || have == want || have == string(corev1.PullAlways)
}
