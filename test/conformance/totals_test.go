package conformance

// What the runner says at its end.

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// totals are those of all tests. A case passes when it does everywhere it ran.
var totals = summary{sets: map[string]*tally{}}

type summary struct {
	mutex sync.Mutex
	sets  map[string]*tally
}

type tally struct {
	passed    map[string]bool // by case id
	notServed map[string]int  // by family
}

func (s *summary) of(set string) *tally {
	if s.sets[set] == nil {
		s.sets[set] = &tally{passed: map[string]bool{}, notServed: map[string]int{}}
	}
	return s.sets[set]
}

// ran counts a case.
func (s *summary) ran(set, id string, passed bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	before, again := s.of(set).passed[id]
	s.of(set).passed[id] = passed && (before || !again)
}

// notServed counts a case whose endpoint does not exist.
func (s *summary) notServed(set, family string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.of(set).notServed[family]++
}

func (s *summary) print(to io.Writer) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, set := range slices.Sorted(maps.Keys(s.sets)) {
		t, passed := s.sets[set], 0
		for _, ok := range t.passed {
			if ok {
				passed++
			}
		}
		if len(t.notServed) > 0 {
			all, families := 0, []string{}
			for _, family := range slices.Sorted(maps.Keys(t.notServed)) {
				all += t.notServed[family]
				families = append(families, fmt.Sprintf("%s %d", family, t.notServed[family]))
			}
			fmt.Fprintf(to, "%s: %d cases not run, no endpoint serves them: %s\n", set, all, strings.Join(families, ", "))
		}
		fmt.Fprintf(to, "%s: %d passed, %d failed\n", set, passed, len(t.passed)-passed)
	}
}
