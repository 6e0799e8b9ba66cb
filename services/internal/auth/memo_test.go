package auth

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/treehouse-ml/treehouse/services/internal/principal"
)

// What was verified is recalled for as long as the token is valid, and a memo
// never keeps more than it may.
func TestMemo(t *testing.T) {
	const length, most = 100, 1000
	m := newMemo(most)
	sum := func(i int) [sha256.Size]byte { return sha256.Sum256(fmt.Append(nil, i)) }
	for i := range 1000 {
		caller := &principal.Principal{Name: fmt.Sprint(i)}
		m.keep(sum(i), length, vouched{caller, now.Add(time.Minute)})
		if got, ok := m.recall(sum(i), length, now.Add(time.Minute)); !ok || got != caller {
			t.Fatalf("%d is not remembered: %v", i, got)
		}
		if _, ok := m.recall(sum(0), length, now); !ok {
			t.Fatalf("what is asked for again and again is forgotten at %d", i)
		}
		if n := (len(m.young) + len(m.old)) * length; n > most {
			t.Fatalf("it keeps %d bytes, more than %d", n, most)
		}
	}
	if _, ok := m.recall(sum(500), length, now); ok {
		t.Error("what nobody asked for is not forgotten")
	}
	if _, ok := m.recall(sum(999), length, now.Add(time.Minute+1)); ok {
		t.Error("a token is valid after it expired")
	}
}

// A token that was verified is as good as its keys and its expiry, whatever is
// remembered of it.
func TestRememberedTokens(t *testing.T) {
	i := newIssuer(t)
	tokens := tokensOf(t, i)
	good := sign(t, jose.ES256, i.key, i.claims(nil))
	until(t, tokens, good, nil)
	first, _ := tokens.Verify(t.Context(), good)
	if again, err := tokens.Verify(t.Context(), good); err != nil || again != first {
		t.Errorf("%v, %v: verified twice", again, err)
	}
	for _, forged := range []string{good[:len(good)-1], good + "x"} {
		if p, err := tokens.Verify(t.Context(), forged); !errors.Is(err, ErrUnknown) {
			t.Errorf("a token that differs in its last byte is %v, %v", p, err)
		}
	}
	soon := sign(t, jose.ES256, i.key, i.claims(map[string]any{"exp": time.Now().Add(2 * time.Second).Unix()}))
	if _, err := tokens.Verify(t.Context(), soon); err != nil {
		t.Fatal(err)
	}
	until(t, tokens, soon, ErrExpired)
	i.set(func() { i.key = ecKey(t) })
	until(t, tokens, sign(t, jose.ES256, i.key, i.claims(nil)), nil) // the keys were read again
	if _, err := tokens.Verify(t.Context(), good); !errors.Is(err, ErrUnknown) {
		t.Errorf("a token of a key that the issuer took back: %v", err)
	}
}

func TestRememberedTokensAllocateLittle(t *testing.T) {
	i := newIssuer(t)
	tokens := tokensOf(t, i)
	good := sign(t, jose.ES256, i.key, i.claims(nil))
	until(t, tokens, good, nil)
	if n := testing.AllocsPerRun(100, func() { _, _ = tokens.Verify(t.Context(), good) }); n > 1 {
		t.Errorf("%v allocations, want that of the copy", n)
	}
}

func BenchmarkVerifyToken(b *testing.B) {
	i := newIssuer(b)
	tokens := tokensOf(b, i)
	good := sign(b, jose.ES256, i.key, i.claims(nil))
	until(b, tokens, good, nil)
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			v := tokens.verifier.Load()
			v.memo = newMemo(maxRemembered)
			if _, err := tokens.Verify(b.Context(), good); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("again", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := tokens.Verify(b.Context(), good); err != nil {
				b.Fatal(err)
			}
		}
	})
}
