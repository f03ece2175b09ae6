package inject

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// transfer copies variables of one container of the pod into a sidecar (spec/inject.md 4.7).
type transfer struct {
	container string
	from      *podField // says which container instead
	names     []string  // sorted, each once
}

// podField is a label or annotation of the pod.
type podField struct {
	annotation bool
	key        string
}

// compileTransfers leaves out what can never transfer anything: fields other than a label or annotation (quirk 36).
func compileTransfers(variables []v1beta1.TransferEnvVar) []transfer {
	var transfers []transfer
	for _, v := range variables {
		t := transfer{container: v.SourceContainerName, names: slices.Clone(v.EnvNames)}
		if v.EnvName != "" {
			t.names = append(t.names, v.EnvName)
		}
		slices.Sort(t.names)
		t.names = slices.Compact(t.names)
		if v.SourceContainerNameFrom != nil && v.SourceContainerNameFrom.FieldRef != nil {
			if t.from = parsePodField(v.SourceContainerNameFrom.FieldRef.FieldPath); t.from == nil {
				continue
			}
		}
		transfers = append(transfers, t)
	}
	return transfers
}

// parsePodField reads metadata.labels['KEY'] and metadata.annotations['KEY']; nil for everything else. Annotation keys are
// checked in lower case, as Kubernetes does for the downward API, but looked up as they are.
func parsePodField(path string) *podField {
	field, rest, ok := strings.Cut(path, "['")
	key, closed := strings.CutSuffix(rest, "']")
	if !ok || !closed {
		return nil
	}
	switch field {
	case "metadata.labels":
		if len(validation.IsQualifiedName(key)) == 0 {
			return &podField{key: key}
		}
	case "metadata.annotations":
		if len(validation.IsQualifiedName(strings.ToLower(key))) == 0 {
			return &podField{annotation: true, key: key}
		}
	}
	return nil
}

// transferred collects the variables that a sidecar gets from the pod. A name may occur several times; mergeEnv keeps the first.
func (in *injection) transferred(s *sidecar) ([]envVar, error) {
	var env []envVar
	for _, t := range s.transfers {
		container := t.container
		switch {
		case t.from != nil && t.from.annotation:
			container, _ = in.annotations.get(t.from.key)
		case t.from != nil:
			container = in.pod.labels[t.from.key]
		}
		known, err := in.envOf(container)
		if err != nil {
			return nil, err
		}
		for _, name := range t.names {
			if variable, ok := known[name]; ok {
				env = append(env, variable)
			}
		}
	}
	return env, nil
}

// envOf gives the variables of the pod's regular containers of that name; the last one of a name counts.
func (in *injection) envOf(container string) (map[string]envVar, error) {
	if known, ok := in.envByContainer[container]; ok {
		return known, nil
	}
	known := map[string]envVar{}
	for i := range in.spec.containers.containers {
		c := &in.spec.containers.containers[i]
		if c.Name != container {
			continue
		}
		env, err := c.env()
		if err != nil {
			return nil, err
		}
		for _, variable := range env {
			known[variable.Name] = variable
		}
	}
	if in.envByContainer == nil {
		in.envByContainer = map[string]map[string]envVar{}
	}
	in.envByContainer[container] = known
	return known, nil
}

// mergeEnv adds the variables whose names are not there yet; the first of a name wins (spec/inject.md 4.5).
func mergeEnv(own, more []envVar) []envVar {
	if len(more) == 0 {
		return own
	}
	known := make(map[string]bool, len(own)+len(more))
	for _, variable := range own {
		known[variable.Name] = true
	}
	merged := slices.Clone(own)
	for _, variable := range more {
		if !known[variable.Name] {
			known[variable.Name] = true
			merged = append(merged, variable)
		}
	}
	return merged
}

// sortedKeys lists the keys of a map in a fixed order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
