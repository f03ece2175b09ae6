package inject

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// secret is an imagePullSecrets entry of a SidecarSet.
type secret struct {
	name string
	raw  json.RawMessage
}

func compileSecrets(typed []corev1.LocalObjectReference, stored []json.RawMessage) ([]secret, error) {
	secrets := make([]secret, len(typed))
	for i := range typed {
		raw, err := json.Marshal(&typed[i])
		if err != nil {
			return nil, fmt.Errorf("spec.imagePullSecrets[%d]: %w", i, err)
		}
		// A nameless entry is stored with an empty name, which the CRD defaults and the type omits.
		if typed[i].Name != "" && i < len(stored) {
			raw = stored[i]
		}
		secrets[i] = secret{name: typed[i].Name, raw: raw}
	}
	return secrets, nil
}

// addSecrets puts the secrets of all SidecarSets behind those of the pod, each name once. Repetitions within the pod's own list go
// as well, as OpenKruise has it (quirk 38).
func (in *injection) addSecrets() decidedList {
	posted := &in.spec.imagePullSecrets
	list := decidedList{path: "/spec/imagePullSecrets", posted: posted}
	known := map[string]bool{}
	for i, name := range posted.names {
		if !known[name] {
			known[name] = true
			list.elements = append(list.elements, element{from: i})
		}
	}
	for _, c := range in.choices {
		for _, s := range c.content.secrets {
			if !known[s.name] {
				known[s.name] = true
				list.elements = append(list.elements, element{from: -1, value: s.raw})
			}
		}
	}
	return list
}
