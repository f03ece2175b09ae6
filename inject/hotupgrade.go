package inject

import (
	"encoding/json"
	"fmt"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// A hot-upgrade sidecar x becomes two containers: x-1, which works, and x-2, which idles on the empty image until the controller
// upgrades it (spec/inject.md 5).

// versionEnv tells a container of the pair its own version and its sibling's. OpenKruise leaves apiVersion out, so do we; the API
// server defaults it.
func versionEnv(container string) []envVar {
	variable := func(name, prefix string) envVar {
		raw := fmt.Sprintf(`{"name":%s,"valueFrom":{"fieldRef":{"fieldPath":%s}}}`,
			encodeString(name), encodeString("metadata.annotations['"+prefix+container+"']"))
		return envVar{Name: name, raw: json.RawMessage(raw)}
	}
	return []envVar{
		variable(sidecarset.VersionEnv, sidecarset.VersionAnnotationPrefix),
		variable(sidecarset.VersionAltEnv, sidecarset.VersionAltAnnotationPrefix),
	}
}

// annotateHotUpgrade writes the versions of a new pair ("1" is injected and never upgraded, "0" is idle), and which one works.
func annotateHotUpgrade(a *annotations, s *sidecar) {
	for i, v := range s.variants {
		version, sibling := "1", "0"
		if i == 1 {
			version, sibling = sibling, version
		}
		a.set(sidecarset.VersionAnnotationPrefix+v.name, version)
		a.set(sidecarset.VersionAltAnnotationPrefix+v.name, sibling)
	}
	text, _ := a.get(sidecarset.WorkingHotUpgradeAnnotation)
	var working map[string]string
	// What cannot be read counts as empty, and an entry that is no string as an empty string: the controller reads it so too
	// (spec/inject.md 5.4, case hot-odd-work-info). The text null leaves the map nil (quirk 14).
	_ = json.Unmarshal([]byte(text), &working)
	if working == nil {
		working = map[string]string{}
	}
	working[s.name] = s.variants[0].name
	a.set(sidecarset.WorkingHotUpgradeAnnotation, string(encodeStrings(working)))
}
