package inject

import (
	"maps"
	"slices"
)

// annotations are the annotations of a pod and the changes that were decided so far.
type annotations struct {
	before  map[string]string // as posted; nil when the pod has none
	changed map[string]string
}

func (a *annotations) get(key string) (value string, ok bool) {
	if value, ok = a.changed[key]; ok {
		return value, true
	}
	value, ok = a.before[key]
	return value, ok
}

func (a *annotations) set(key, value string) {
	if a.changed == nil {
		a.changed = map[string]string{}
	}
	a.changed[key] = value
}

// changes lists the keys whose values differ from what was posted, sorted.
func (a *annotations) changes() []string {
	maps.DeleteFunc(a.changed, func(key, value string) bool {
		before, ok := a.before[key]
		return ok && before == value
	})
	return slices.Sorted(maps.Keys(a.changed))
}
