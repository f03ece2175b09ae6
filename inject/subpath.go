package inject

// Which variables a mount with a subPathExpr brings with it when it is shared (spec/inject.md 4.6).

import (
	"fmt"
	"regexp"
	"slices"
)

// subPathVariable finds the variables of a subPathExpr. An escaped $$(X) is found as well, which does no harm.
var subPathVariable = regexp.MustCompile(`\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)`)

// maxSubPathVariables bounds the variables that are looked for in a subPathExpr: more than a path has characters to name.
const maxSubPathVariables = 1000

// firstByName finds variables by name; of several, the first one counts.
func firstByName(env []envVar) map[string]*envVar {
	found := make(map[string]*envVar, len(env))
	for i := range slices.Backward(env) {
		found[env[i].Name] = &env[i]
	}
	return found
}

// findVariables finds those of subPathExpr among the variables of the container.
func (s *sharedMount) findVariables(defined map[string]*envVar) {
	matches := subPathVariable.FindAllStringSubmatch(s.SubPathExpr, maxSubPathVariables+1)
	if len(matches) > maxSubPathVariables {
		s.unshared = fmt.Sprintf("uses more than %d variables", maxSubPathVariables)
		return
	}
	found := make(map[string]bool, len(matches))
	for _, match := range matches {
		name := match[1]
		if found[name] {
			continue
		}
		found[name] = true
		if variable, ok := defined[name]; ok {
			s.variables = append(s.variables, variable)
		} else if !absent(s.container.EnvFrom) {
			// The kubelet never starts a container whose subPathExpr it cannot expand. OpenKruise copies such a mount (quirk 11).
			s.unshared = "uses " + name + ", which comes from envFrom"
		}
	}
}

// neededVariables are those that shared mounts bring into a sidecar. Most mounts need none, so nothing is made before one does.
type neededVariables struct {
	own       []envVar // what the sidecar has already
	variables []envVar // each name once, the first one of it
	known     map[string]bool
	byName    map[string]*envVar // own; the first one of a name counts
	differs   map[*envVar]bool   // what otherwise has found out
}

func (n *neededVariables) add(variables []*envVar) {
	for _, variable := range variables {
		if !n.known[variable.Name] {
			if n.known == nil {
				n.known = map[string]bool{}
			}
			n.known[variable.Name] = true
			n.variables = append(n.variables, *variable)
		}
	}
}

// otherwise says whether the sidecar has another value of a variable.
func (n *neededVariables) otherwise(variable *envVar) bool {
	if n.byName == nil {
		n.byName, n.differs = firstByName(n.own), map[*envVar]bool{}
	}
	own, ok := n.byName[variable.Name]
	if !ok {
		return false
	}
	differs, compared := n.differs[variable]
	if !compared {
		differs = !rawSame(own.raw, variable.raw)
		n.differs[variable] = differs
	}
	return differs
}
