package cache

import (
	"hash/maphash"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// shards is into how many parts a store is divided, so that requests rarely
// wait for one another.
const shards = 16

// A store keeps the answers of a model, of all its versions together.
type store struct {
	seed   maphash.Seed // of this store, so that no client can know which rows collide
	shards [shards]*shard
}

func newStore(bytes int64) *store {
	s := &store{seed: maphash.MakeSeed()}
	for i := range s.shards {
		s.shards[i] = newShard(int(bytes) / shards)
	}
	return s
}

func (s *store) hash(key []byte) uint64 { return maphash.Bytes(s.seed, key) }

// of is the shard of a hash: its last bits choose the chain.
func (s *store) of(hash uint64) *shard { return s.shards[hash>>60%shards] }

// get sets a row of a result, if it is known.
func (s *store) get(hash uint64, key []byte, w *widths, out *scoring.Result, row int) bool {
	part := s.of(hash)
	part.mu.Lock()
	defer part.mu.Unlock()
	value := part.find(hash, key)
	if value == nil {
		part.misses++
		return false
	}
	part.hits++
	w.read(value, out, row)
	return true
}

// put keeps a row's value for a version, unless that is gone, or another
// request was quicker.
func (s *store) put(hash uint64, key, value []byte, of *cached) {
	part := s.of(hash)
	part.mu.Lock()
	defer part.mu.Unlock()
	if !of.gone.Load() && part.find(hash, key) == nil {
		part.insert(hash, key, value)
	}
}

// forget frees what is kept of a version, which is gone.
func (s *store) forget(of *cached) {
	for _, part := range s.shards {
		part.drop(of.prefix[:])
	}
}

// A usage is what a store did, and what it holds.
type usage struct {
	counts
	bytes, limit int
}

func (s *store) usage() (u usage) {
	for _, part := range s.shards {
		part.mu.Lock()
		u.hits += part.hits
		u.misses += part.misses
		u.evictions += part.evictions
		u.bytes += int(part.next-part.oldest) + 8*len(part.heads)
		u.limit += part.size()
		part.mu.Unlock()
	}
	return u
}
