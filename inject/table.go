package inject

import (
	"hash/maphash"
	"iter"
	"maps"
)

// tableShards is chosen so that one shard of ten thousand entries is copied in microseconds.
const tableShards = 256

// tableSeed only spreads keys over shards; nothing that is decided depends on it.
var tableSeed = maphash.MakeSeed()

// table is an immutable map. It is cut into shards, so that the next table, which differs in a few entries, shares nearly all of
// them; see tableEdit.
type table[K comparable, V any] struct {
	shards [tableShards]map[K]V
}

func shardOf[K comparable](key K) uint64 { return maphash.Comparable(tableSeed, key) % tableShards }

func (t *table[K, V]) get(key K) V { return t.shards[shardOf(key)][key] }

// all gives every entry, in no order.
func (t *table[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, shard := range t.shards {
			for key, value := range shard {
				if !yield(key, value) {
					return
				}
			}
		}
	}
}

// tableEdit is a table in the making. It must not be used after the table is published.
type tableEdit[K comparable, V any] struct {
	table[K, V]
	owned [tableShards]bool // shards that were copied
}

func (t *table[K, V]) edit() *tableEdit[K, V] { return &tableEdit[K, V]{table: *t} }

func (e *tableEdit[K, V]) set(key K, value V) {
	e.own(key)[key] = value
}

func (e *tableEdit[K, V]) remove(key K) {
	delete(e.own(key), key)
}

func (e *tableEdit[K, V]) own(key K) map[K]V {
	i := shardOf(key)
	if !e.owned[i] {
		e.owned[i] = true
		e.shards[i] = maps.Clone(e.shards[i])
		if e.shards[i] == nil {
			e.shards[i] = map[K]V{}
		}
	}
	return e.shards[i]
}
