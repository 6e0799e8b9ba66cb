package cache

import (
	"bytes"
	"encoding/binary"
	"sync"
)

// A shard is a part of a store: a ring of entries, the oldest of which make
// room for new ones, and an index of chains by hash. Its memory is taken once,
// in two slices without pointers, and never grows.
//
// A position counts the bytes that were ever written; modulo the ring's size
// it is a place. So whatever lies before the oldest entry is gone, and a chain,
// which goes from new to old, ends where it leads there: who evicts an entry
// need not look for it in the index.
type shard struct {
	mu           sync.Mutex
	ring         []byte
	heads        []uint64 // position of the newest entry of each chain
	oldest, next uint64   // positions: of the oldest entry, and for the next
	counts
}

// counts are what happened to a shard's rows.
type counts struct{ hits, misses, evictions uint64 }

// An entry is, in 8-byte words but for the last two:
//
//	its size, and the key's length with the flag used; 0 is space that no entry fits in
//	the position of the next older entry of its chain
//	the hash
//	the key
//	the value
const (
	header = 3 * 8
	used   = 1 << 31 // it was found since it came, or was last spared
)

// indexShare is the greatest part of a shard that is the index. It is more than
// half of that: a chain for 90 to 180 bytes of entries, which is one or two of a
// model of ten numbers.
const indexShare = 12

// maxSpared is how many entries in use are spared by one insertion, which must
// not take long.
const maxSpared = 8

// maxEntry is the part of a ring that one entry may take.
const maxEntry = 8

func newShard(size int) *shard {
	chains := 1
	for chains*2*8 <= size/indexShare {
		chains *= 2
	}
	s := &shard{heads: make([]uint64, chains), ring: make([]byte, (size-8*chains)/8*8)}
	s.clear()
	return s
}

// clear forgets all entries.
func (s *shard) clear() {
	clear(s.heads)
	s.oldest = uint64(len(s.ring)) // above 0, which is the end of a chain
	s.next = s.oldest
}

// size is what the shard takes.
func (s *shard) size() int { return len(s.ring) + 8*len(s.heads) }

// find returns the value of a key, in the ring; nil without one. The caller
// holds mu.
func (s *shard) find(hash uint64, key []byte) []byte {
	for at := s.heads[hash&uint64(len(s.heads)-1)]; at >= s.oldest; {
		e := s.at(at)
		if e.hash() == hash && bytes.Equal(e.key(), key) {
			e.setUsed(true)
			return e.value()
		}
		at = e.older()
	}
	return nil
}

// insert adds an entry, unless it is too large. The caller holds mu.
func (s *shard) insert(hash uint64, key, value []byte) {
	size := (header + len(key) + len(value) + 7) / 8 * 8
	if size > len(s.ring)/maxEntry {
		return
	}
	for spared := 0; !s.fits(size); {
		e := s.at(s.oldest)
		s.oldest += uint64(e.size())
		switch {
		case e.keyBytes() == 0: // space
		case e.used() && spared < maxSpared && s.fits(e.size()):
			spared++
			// What is written may lie on what is read, never before it is read.
			at := s.take(e.size())
			copy(at, e)
			at.setUsed(false)
			s.link(at)
		default:
			s.evictions++
		}
	}
	e := s.take(size)
	e.set(size, len(key), hash)
	copy(e[header:], key)
	copy(e[header+len(key):], value)
	s.link(e)
}

// fits reports whether an entry can be taken.
func (s *shard) fits(size int) bool {
	return s.next+uint64(s.skipped(size)+size)-s.oldest <= uint64(len(s.ring))
}

// skipped is the space at the end of the ring that is too small for an entry.
func (s *shard) skipped(size int) int {
	if left := len(s.ring) - int(s.next%uint64(len(s.ring))); left < size {
		return left
	}
	return 0
}

// take returns the place for an entry that fits. It changes next.
func (s *shard) take(size int) entry {
	if n := s.skipped(size); n > 0 {
		binary.LittleEndian.PutUint64(s.ring[len(s.ring)-n:], uint64(n))
		s.next += uint64(n)
	}
	place := s.next % uint64(len(s.ring))
	s.next += uint64(size)
	return entry(s.ring[place : place+uint64(size)])
}

// link makes the entry just taken the newest of its chain.
func (s *shard) link(e entry) {
	head := &s.heads[e.hash()&uint64(len(s.heads)-1)]
	binary.LittleEndian.PutUint64(e[8:], *head)
	*head = s.next - uint64(len(e))
}

// drop forgets the entries whose keys have a prefix. The others keep their
// order.
func (s *shard) drop(prefix []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := shard{ring: s.ring, oldest: s.oldest, next: s.next}
	s.ring = make([]byte, len(old.ring))
	s.clear()
	for old.oldest < old.next {
		e := old.at(old.oldest)
		if e.keyBytes() > 0 && !bytes.HasPrefix(e.key(), prefix) {
			s.insert(e.hash(), e.key(), e.value())
		}
		old.oldest += uint64(e.size())
	}
}

// at returns the entry at a position, or the space.
func (s *shard) at(position uint64) entry {
	e := entry(s.ring[position%uint64(len(s.ring)):])
	return e[:e.size()]
}

type entry []byte

func (e entry) set(size, key int, hash uint64) {
	binary.LittleEndian.PutUint32(e, uint32(size))
	binary.LittleEndian.PutUint32(e[4:], uint32(key))
	binary.LittleEndian.PutUint64(e[16:], hash)
}

func (e entry) setUsed(is bool) {
	lengths := binary.LittleEndian.Uint32(e[4:]) &^ used
	if is {
		lengths |= used
	}
	binary.LittleEndian.PutUint32(e[4:], lengths)
}

func (e entry) size() int     { return int(binary.LittleEndian.Uint32(e)) }
func (e entry) keyBytes() int { return int(binary.LittleEndian.Uint32(e[4:]) &^ used) }
func (e entry) used() bool    { return binary.LittleEndian.Uint32(e[4:])&used != 0 }
func (e entry) older() uint64 { return binary.LittleEndian.Uint64(e[8:]) }
func (e entry) hash() uint64  { return binary.LittleEndian.Uint64(e[16:]) }
func (e entry) key() []byte   { return e[header : header+e.keyBytes()] }

// value is followed by up to 7 bytes that mean nothing.
func (e entry) value() []byte { return e[header+e.keyBytes():] }
