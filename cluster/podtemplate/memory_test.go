package podtemplate

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

func TestMemoryForgetsTheLeastRecentlyAsked(t *testing.T) {
	big := &answer{defaulted: json.RawMessage(strings.Repeat("x", 1000))}
	for _, test := range []struct {
		name           string
		entries, bytes int
	}{
		{"too many entries", 2, 1 << 20},
		{"too many bytes", 100, 2*big.size() + 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMemory(test.entries, test.bytes, time.Hour, clocktesting.NewFakePassiveClock(time.Unix(0, 0)))
			m.put(keyOf([]byte("a")), big)
			m.put(keyOf([]byte("b")), big)
			m.get(keyOf([]byte("a")))
			m.put(keyOf([]byte("c")), big)
			for name, want := range map[string]bool{"a": true, "b": false, "c": true} {
				if _, ok := m.get(keyOf([]byte(name))); ok != want {
					t.Errorf("%s remembered: %v, want %v", name, ok, want)
				}
			}
			if m.used != 2*big.size() || len(m.byKey) != m.recent.Len() {
				t.Errorf("used %d bytes for %d entries in a list of %d", m.used, len(m.byKey), m.recent.Len())
			}
		})
	}
}

func TestMemoryReplacesAnAnswer(t *testing.T) {
	m := newMemory(10, 1<<20, time.Hour, clocktesting.NewFakePassiveClock(time.Unix(0, 0)))
	k := keyOf([]byte("a"))
	m.put(k, &answer{defaulted: json.RawMessage(`{}`)})
	second := &answer{defaulted: json.RawMessage(`{"spec":{}}`)}
	m.put(k, second)
	if got, _ := m.get(k); got != second || m.used != second.size() {
		t.Errorf("answer %v, %d bytes", got, m.used)
	}
}

func TestMemoryDoesNotKeepWhatIsLargerThanAll(t *testing.T) {
	m := newMemory(10, 100, time.Hour, clocktesting.NewFakePassiveClock(time.Unix(0, 0)))
	m.put(keyOf([]byte("a")), &answer{})
	if _, ok := m.get(keyOf([]byte("a"))); ok || m.used != 0 {
		t.Errorf("kept, %d bytes used", m.used)
	}
}
