package podtemplate

import (
	"container/list"
	"crypto/sha256"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// key names a question: the SHA-256 of the canonical template, because templates may be large and hold secrets.
type key [sha256.Size]byte

func keyOf(canonical []byte) key { return sha256.Sum256(canonical) }

// memory remembers definite answers for a while. When there are too many, or they take too many bytes, it forgets the one
// that nobody has asked for the longest.
type memory struct {
	entries   int
	bytes     int
	freshness time.Duration
	clock     clock.PassiveClock

	mu     sync.Mutex
	byKey  map[key]*list.Element // of *remembered
	recent *list.List            // the one asked for last is in front
	used   int
}

type remembered struct {
	key    key
	answer *answer
	size   int
	since  time.Time
}

func newMemory(entries, bytes int, freshness time.Duration, clock clock.PassiveClock) *memory {
	return &memory{
		entries: entries, bytes: bytes, freshness: freshness, clock: clock,
		byKey: map[key]*list.Element{}, recent: list.New(),
	}
}

func (m *memory) get(k key) (*answer, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	element, ok := m.byKey[k]
	if !ok {
		return nil, false
	}
	entry := element.Value.(*remembered)
	if m.clock.Since(entry.since) >= m.freshness {
		m.forget(element)
		return nil, false
	}
	m.recent.MoveToFront(element)
	return entry.answer, true
}

func (m *memory) put(k key, a *answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if element, ok := m.byKey[k]; ok {
		m.forget(element)
	}
	entry := &remembered{key: k, answer: a, size: a.size(), since: m.clock.Now()}
	m.byKey[k] = m.recent.PushFront(entry)
	m.used += entry.size
	for m.recent.Len() > m.entries || m.used > m.bytes {
		m.forget(m.recent.Back())
	}
}

func (m *memory) forget(element *list.Element) {
	entry := m.recent.Remove(element).(*remembered)
	delete(m.byKey, entry.key)
	m.used -= entry.size
}
