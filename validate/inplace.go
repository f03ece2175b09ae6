package validate

// What an InPlaceOnly workload may change in its pod template: everything in the template's metadata, and the image of a regular
// container that has an image before and after (spec/validate-workload-common.md 12, CloneSet's pattern). Anything else would
// need a new pod.

import (
	"fmt"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxInPlaceErrors bounds how many changes one refusal names, so that a rewritten template gives a readable answer.
const maxInPlaceErrors = 20

// inPlaceErrors compares the pod specs of two templates, as made by comparablePodSpec, and reports every change that cannot
// be made in place. path is that of the pod spec.
func inPlaceErrors(old, now map[string]any, path *field.Path) field.ErrorList {
	c := &inPlaceComparison{}
	c.compare(old, now, position{path: path})
	if extra := len(c.errs) - maxInPlaceErrors; extra > 0 {
		c.errs = append(c.errs[:maxInPlaceErrors:maxInPlaceErrors],
			field.Forbidden(path, fmt.Sprintf("and %d more changes that cannot be made in place", extra)))
	}
	return c.errs
}

// position is a place in a pod spec.
type position struct {
	path *field.Path
	// keys are the member names from the pod spec down to here; an element of a list is "*".
	keys []string
}

func (p position) member(key string) position {
	child := p.path.Key(key)
	if isPlainName(key) {
		child = p.path.Child(key)
	}
	return position{path: child, keys: append(slices.Clip(p.keys), key)}
}

func (p position) element(i int) position {
	return position{path: p.path.Index(i), keys: append(slices.Clip(p.keys), "*")}
}

// isPlainName tells the members of Kubernetes types from the keys of maps such as nodeSelector.
func isPlainName(key string) bool {
	for _, r := range key {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return key != ""
}

// isContainerImage reports whether p is the image of a regular container.
func (p position) isContainerImage() bool {
	return slices.Equal(p.keys, []string{"containers", "*", "image"})
}

type inPlaceComparison struct{ errs field.ErrorList }

func (c *inPlaceComparison) forbid(at position, detail string) {
	c.errs = append(c.errs, field.Forbidden(at.path, detail))
}

func (c *inPlaceComparison) compare(old, now any, at position) {
	if isNothing(old) && isNothing(now) {
		return
	}
	switch o := old.(type) {
	case map[string]any:
		if n, ok := now.(map[string]any); ok {
			c.compareMembers(o, n, at)
			return
		}
	case []any:
		if n, ok := now.([]any); ok {
			c.compareElements(o, n, at)
			return
		}
	}
	if isNothing(old) {
		c.forbid(at, "cannot be added in place"+valueText(": ", now, at))
		return
	}
	if isNothing(now) {
		c.forbid(at, "cannot be removed in place"+valueText(": it was ", old, at))
		return
	}
	if old == now || at.isContainerImage() {
		return
	}
	c.forbid(at, "cannot be changed in place"+valueText(": from ", old, at)+valueText(" to ", now, at))
}

func (c *inPlaceComparison) compareMembers(old, now map[string]any, at position) {
	for _, key := range sortedKeys(old, now) {
		c.compare(old[key], now[key], at.member(key))
	}
}

// compareElements compares lists of named things by name, so that one more environment variable is one change and not as
// many as come after it. Other lists are compared by position.
func (c *inPlaceComparison) compareElements(old, now []any, at position) {
	oldIndex, oldNamed := indexByName(old)
	newIndex, newNamed := indexByName(now)
	if !oldNamed || !newNamed {
		for i := range max(len(old), len(now)) {
			c.compare(elementAt(old, i), elementAt(now, i), at.element(i))
		}
		return
	}
	var kept []int // positions in old of what is in both, in the order of new
	for i, element := range now {
		name := nameOf(element)
		before, found := oldIndex[name]
		if !found {
			c.forbid(at.element(i), "cannot be added in place: "+strconv.Quote(name))
			continue
		}
		kept = append(kept, before)
		c.compare(old[before], element, at.element(i))
	}
	for i, element := range old {
		if _, found := newIndex[nameOf(element)]; !found {
			c.forbid(at.element(i), "cannot be removed in place: it was "+strconv.Quote(nameOf(element)))
		}
	}
	if !slices.IsSorted(kept) {
		c.forbid(at, "the order cannot be changed in place")
	}
}

// indexByName gives the position of each element by its name; named is false when an element has none, or two have the same.
func indexByName(list []any) (index map[string]int, named bool) {
	index = make(map[string]int, len(list))
	for i, element := range list {
		name := nameOf(element)
		if _, taken := index[name]; name == "" || taken {
			return nil, false
		}
		index[name] = i
	}
	return index, true
}

func nameOf(element any) string {
	members, _ := element.(map[string]any)
	name, _ := members["name"].(string)
	return name
}

func elementAt(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// isNothing reports whether a value says no more than its absence. An empty text is one: of the image of a container for
// example, which may then not be set in place.
func isNothing(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

// showable are the members whose text is known to be no secret. Everything else may be one: the values of environment
// variables and the arguments of a command surely, and a member that this build does not know possibly.
var showable = map[string]bool{
	"name": true, "image": true, "imagePullPolicy": true, "restartPolicy": true, "dnsPolicy": true, "schedulerName": true,
	"serviceAccountName": true, "nodeName": true, "priorityClassName": true, "runtimeClassName": true, "preemptionPolicy": true,
	"hostname": true, "subdomain": true, "workingDir": true, "mountPath": true, "subPath": true, "mountPropagation": true,
	"terminationMessagePath": true, "terminationMessagePolicy": true, "protocol": true, "scheme": true, "port": true,
	"cpu": true, "memory": true, "ephemeral-storage": true, "sizeLimit": true, "medium": true, "claimName": true,
	"topologyKey": true, "whenUnsatisfiable": true, "effect": true, "operator": true, "fieldPath": true,
}

// valueText is before and the value, or nothing when the value is composite, or when it may be a secret.
func valueText(before string, value any, at position) string {
	switch v := value.(type) {
	case string:
		if len(at.keys) > 0 && showable[at.keys[len(at.keys)-1]] {
			return before + strconv.Quote(v)
		}
	case bool, int64, float64:
		return before + fmt.Sprint(v)
	}
	return ""
}

func sortedKeys(maps ...map[string]any) []string {
	var keys []string
	for _, m := range maps {
		for key := range m {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
