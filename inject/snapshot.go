package inject

import (
	"maps"
	"slices"
)

// snapshot holds all rules at one moment. It is immutable; see edit.
type snapshot struct {
	rules map[string]*rule
	index map[indexKey][]*rule
}

// indexKey is under what a rule is found: a namespace that it is bound to, or "" for all, and a label that it requires, or the zero
// label when it requires none.
type indexKey struct {
	namespace string
	label     label
}

// candidates lists the rules that can select a pod of that namespace with those labels: all that do, and few that do not.
func (s *snapshot) candidates(pod *pod) []*rule {
	var found []*rule
	for _, namespace := range []string{pod.namespace, ""} {
		found = append(found, s.index[indexKey{namespace: namespace}]...)
		for key, value := range pod.labels {
			if key != "" { // an invalid label, which would be taken for none
				found = append(found, s.index[indexKey{namespace, label{key, value}}]...)
			}
		}
	}
	return found
}

// edit is a snapshot in the making. It shares rules and buckets with the one before until they change.
type edit struct {
	snapshot
	owned map[indexKey]bool // buckets that are not shared
}

func (s *snapshot) edit() *edit {
	return &edit{snapshot: snapshot{rules: maps.Clone(s.rules), index: maps.Clone(s.index)}, owned: map[indexKey]bool{}}
}

// put replaces the rule of that name; a nil rule removes it.
func (e *edit) put(name string, r *rule) {
	if old := e.rules[name]; old != nil {
		for _, key := range old.indexKeys() {
			e.index[key] = slices.DeleteFunc(e.own(key), func(r *rule) bool { return r == old })
			if len(e.index[key]) == 0 {
				delete(e.index, key)
			}
		}
		delete(e.rules, name)
	}
	if r == nil {
		return
	}
	e.rules[name] = r
	r.indexed = e.narrowest(r)
	for _, key := range r.indexKeys() {
		e.index[key] = append(e.own(key), r)
	}
}

// own gives a bucket that may be changed.
func (e *edit) own(key indexKey) []*rule {
	if !e.owned[key] {
		e.owned[key] = true
		return slices.Clone(e.index[key])
	}
	return e.index[key]
}

// narrowest chooses, of the labels that the rule requires, the one that the fewest other rules are found under.
func (e *edit) narrowest(r *rule) label {
	var best label
	fewest := -1
	for _, l := range r.required {
		key := indexKey{label: l}
		if len(r.boundTo) > 0 {
			key.namespace = r.boundTo[0]
		}
		if n := len(e.index[key]); fewest < 0 || n < fewest {
			best, fewest = l, n
		}
	}
	return best
}

// indexKeys lists the keys of a rule. A rule that cannot match has none.
func (r *rule) indexKeys() []indexKey {
	if r.broken != nil || r.selector == nil {
		return nil
	}
	namespaces := r.boundTo
	if namespaces == nil {
		namespaces = []string{""}
	}
	keys := make([]indexKey, len(namespaces))
	for i, namespace := range namespaces {
		keys[i] = indexKey{namespace, r.indexed}
	}
	return keys
}
