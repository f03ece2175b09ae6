package inject

import (
	"maps"
	"slices"
)

// snapshot holds all rules at one moment. It is immutable; see edit.
type snapshot struct {
	rules table[string, *rule]
	index table[indexKey, []*rule]
	// How many rules are found under a namespace, or under a label of a key: most pods have few that any rule asks for.
	namespaces map[string]int
	labelKeys  map[string]int

	count int      // of rules
	few   []string // their names, sorted, unless there are more than maxNamed
	alone string   // what others says about a pod that none of them selects
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
		if s.namespaces[namespace] == 0 {
			continue
		}
		if s.labelKeys[""] > 0 {
			found = append(found, s.index.get(indexKey{namespace: namespace})...)
		}
		for key, value := range pod.labels {
			if key != "" && s.labelKeys[key] > 0 { // a label without a key is invalid, and would be taken for none
				found = append(found, s.index.get(indexKey{namespace, label{key, value}})...)
			}
		}
	}
	return found
}

// edit is a snapshot in the making. It shares rules and buckets with the one before until they change.
type edit struct {
	rules *tableEdit[string, *rule]
	index *tableEdit[indexKey, []*rule]
	owned map[indexKey]bool // buckets that were copied

	namespaces map[string]int
	labelKeys  map[string]int
	count      int
}

func (s *snapshot) edit() *edit {
	e := &edit{
		rules: s.rules.edit(), index: s.index.edit(), owned: map[indexKey]bool{},
		namespaces: map[string]int{}, labelKeys: map[string]int{}, count: s.count,
	}
	maps.Copy(e.namespaces, s.namespaces)
	maps.Copy(e.labelKeys, s.labelKeys)
	return e
}

// snapshot ends the edit.
func (e *edit) snapshot() *snapshot {
	s := &snapshot{rules: e.rules.table, index: e.index.table, namespaces: e.namespaces, labelKeys: e.labelKeys, count: e.count}
	s.few = s.names()
	s.alone = s.others(nil)
	return s
}

// put replaces the rule of that name; a nil rule removes it.
func (e *edit) put(name string, r *rule) {
	if old := e.rules.get(name); old != nil {
		for _, key := range old.indexKeys() {
			e.tally(key, -1)
			if bucket := slices.DeleteFunc(e.own(key), func(r *rule) bool { return r == old }); len(bucket) > 0 {
				e.index.set(key, bucket)
			} else {
				e.index.remove(key)
			}
		}
		e.rules.remove(name)
		e.count--
	}
	if r == nil {
		return
	}
	r.indexed = e.narrowest(r)
	e.rules.set(name, r)
	e.count++
	for _, key := range r.indexKeys() {
		e.tally(key, 1)
		e.index.set(key, append(e.own(key), r))
	}
}

// tally counts a rule in or out.
func (e *edit) tally(key indexKey, by int) {
	add(e.namespaces, key.namespace, by)
	add(e.labelKeys, key.label.key, by)
}

func add(counts map[string]int, name string, by int) {
	if counts[name] += by; counts[name] == 0 {
		delete(counts, name)
	}
}

// own gives a bucket that may be changed.
func (e *edit) own(key indexKey) []*rule {
	bucket := e.index.get(key)
	if !e.owned[key] {
		e.owned[key] = true
		return slices.Clone(bucket)
	}
	return bucket
}

// narrowest chooses, of the labels that the rule requires, the one that the fewest other rules are found under.
func (e *edit) narrowest(r *rule) label {
	var best label
	fewest := -1
	for _, l := range r.selector.required() {
		key := indexKey{label: l}
		if len(r.boundTo) > 0 {
			key.namespace = r.boundTo[0]
		}
		if n := len(e.index.get(key)); fewest < 0 || n < fewest {
			best, fewest = l, n
		}
	}
	return best
}

// indexKeys lists the keys of a rule. A rule that cannot match has none.
func (r *rule) indexKeys() []indexKey {
	if r.broken != nil || r.selector.nothing() {
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
