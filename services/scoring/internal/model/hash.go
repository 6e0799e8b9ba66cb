package model

import (
	"encoding/binary"
	"math/bits"
)

// HashText is CatBoost's hash of a category: the low half of CityHash64, in
// the first version of that function, as a signed number.
func HashText(s string) int32 { return int32(uint32(city64(s))) } // #nosec G115 -- the low half is meant

// KeyHash takes one more part into the key of a [Statistic].
func KeyHash(key, part uint64) uint64 {
	const factor = 0x4906ba494954cb65
	return factor * (key + factor*part)
}

// CityHash64 by Geoff Pike and Jyrki Alakuijala, version 1.0: k0 to k3 are its
// primes. Later versions give other numbers.
const (
	k0 = 0xc3a5c85c97cb3127
	k1 = 0xb492b66fbe98f273
	k2 = 0x9ae16a3b2f90404f
	k3 = 0xc949d7c7509e6557
)

func word(s string, at int) uint64 {
	return binary.LittleEndian.Uint64([]byte(s[at : at+8]))
}

func half(s string, at int) uint64 {
	return uint64(binary.LittleEndian.Uint32([]byte(s[at : at+4])))
}

func right(x uint64, by int) uint64 { return bits.RotateLeft64(x, -by) }

func shifted(x uint64) uint64 { return x ^ x>>47 }

// pair hashes 16 bytes.
func pair(low, high uint64) uint64 {
	const factor = 0x9ddfea08eb382d69
	a := shifted((low ^ high) * factor)
	return shifted((high^a)*factor) * factor
}

func city64(s string) uint64 {
	n := len(s)
	switch size := uint64(n); {
	case n == 0:
		return k2
	case n < 4:
		y := uint64(s[0]) + uint64(s[n/2])<<8
		z := size + uint64(s[n-1])<<2
		return shifted(y*k2^z*k3) * k2
	case n <= 8:
		return pair(size+half(s, 0)<<3, half(s, n-4))
	case n <= 16:
		last := word(s, n-8)
		return pair(word(s, 0), right(last+size, n)) ^ last
	case n <= 32:
		a, b := word(s, 0)*k1, word(s, 8)
		c, d := word(s, n-8)*k2, word(s, n-16)*k0
		return pair(right(a-b, 43)+right(c, 30)+d, a+right(b^k3, 20)-c+size)
	case n <= 64:
		return city33to64(s)
	}
	return cityLong(s)
}

func city33to64(s string) uint64 {
	n := len(s)
	z := word(s, 24)
	a := word(s, 0) + (uint64(n)+word(s, n-16))*k0
	b, c := right(a+z, 52), right(a, 37)
	a += word(s, 8)
	c += right(a, 7)
	a += word(s, 16)
	firstLow, firstHigh := a+z, b+right(a, 31)+c
	a = word(s, 16) + word(s, n-32)
	z = word(s, n-8)
	b, c = right(a+z, 52), right(a, 37)
	a += word(s, n-24)
	c += right(a, 7)
	a += word(s, n-16)
	lastLow, lastHigh := a+z, b+right(a, 31)+c
	r := shifted((firstLow+lastHigh)*k2 + (lastLow+firstHigh)*k0)
	return shifted(r*k0+firstHigh) * k2
}

// weak hashes 32 bytes, with two seeds.
func weak(s string, at int, a, b uint64) (low, high uint64) {
	z := word(s, at+24)
	a += word(s, at)
	b = right(b+a+z, 21)
	c := a
	a += word(s, at+8)
	a += word(s, at+16)
	return a + z, b + right(a, 44) + c
}

// cityLong hashes more than 64 bytes: the last 64 first, then blocks of 64.
func cityLong(s string) uint64 {
	n := len(s)
	x := word(s, 0)
	y := word(s, n-16) ^ k1
	z := word(s, n-56) ^ k0
	v0, v1 := weak(s, n-64, uint64(n), y)
	w0, w1 := weak(s, n-32, uint64(n)*k1, k0)
	z += shifted(v1) * k1
	x = right(z+x, 39) * k1
	y = right(y, 33) * k1
	for at := 0; at < (n-1)&^63; at += 64 {
		x = right(x+y+v0+word(s, at+16), 37) * k1
		y = right(y+v1+word(s, at+48), 42) * k1
		x ^= w1
		y ^= v0
		z = right(z^w0, 33)
		v0, v1 = weak(s, at, v1*k1, x+w0)
		w0, w1 = weak(s, at+32, z+w1, y)
		z, x = x, z
	}
	return pair(pair(v0, w0)+shifted(y)*k1+z, pair(v1, w1)+x)
}
