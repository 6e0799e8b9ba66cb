package auth

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// clock always tells the same time.
func clock(t time.Time) func() time.Time { return func() time.Time { return t } }

func newKey(t testing.TB, name string, groups []string, expires time.Time) (secret, line string) {
	t.Helper()
	secret, line, err := NewKey(name, groups, expires)
	if err != nil {
		t.Fatal(err)
	}
	return secret, line
}

func parse(t testing.TB, lines ...string) *Keys {
	t.Helper()
	keys, err := ParseKeys([]byte(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// Two keys of one principal are valid at a time, until the old one expires.
func TestRotation(t *testing.T) {
	before, oldLine := newKey(t, "checkout", []string{"shop", "eu"}, now.Add(time.Hour))
	after, newLine := newKey(t, "checkout", nil, time.Time{})
	keys := parse(t, "# keys of the shop", oldLine, newLine)
	for _, c := range []struct {
		secret string
		at     time.Time
		groups string
		err    error
	}{
		{before, now, "[shop eu]", nil},
		{after, now, "[]", nil},
		{before, now.Add(time.Hour), "", ErrExpired},
		{after, now.Add(1000 * time.Hour), "[]", nil},
	} {
		p, err := keys.Verify(c.secret, clock(c.at))
		if !errors.Is(err, c.err) {
			t.Errorf("got %v, want %v", err, c.err)
		}
		if err == nil && (p.Name != "checkout" || p.Method != "key" || fmt.Sprint(p.Groups) != c.groups) {
			t.Errorf("got %+v, want groups %s", p, c.groups)
		}
	}
}

func TestWrongKeys(t *testing.T) {
	secret, line := newKey(t, "checkout", nil, time.Time{})
	other, otherLine := newKey(t, "billing", nil, time.Time{})
	unlisted, _ := newKey(t, "checkout", nil, time.Time{})
	keys := parse(t, line, otherLine)
	flipped := []byte(secret)
	flipped[len(flipped)-2] ^= 1
	for name, c := range map[string]struct {
		secret string
		err    error
	}{
		"empty":                        {"", ErrMalformed},
		"the prefix":                   {"th_", ErrMalformed},
		"short":                        {secret[:len(secret)-1], ErrMalformed},
		"long":                         {secret + "A", ErrMalformed},
		"another shape":                {strings.ReplaceAll(secret, "_", "-"), ErrMalformed},
		"not listed":                   {unlisted, ErrUnknown},
		"one bit":                      {string(flipped), ErrUnknown},
		"the id of another":            {other[:len("th_")+idLength] + secret[len("th_")+idLength:], ErrUnknown},
		"the id, and nothing but zero": {secret[:len("th_")+idLength+1] + strings.Repeat("\x00", 43), ErrUnknown},
	} {
		for _, when := range []string{"before the right ones were", "after"} {
			if p, err := keys.Verify(c.secret, clock(now)); !errors.Is(err, c.err) || p != nil {
				t.Errorf("%s, shown %s: %v, %v; want %v", name, when, p, err, c.err)
			}
			for whose, right := range map[string]string{"checkout": secret, "billing": other} {
				if p, err := keys.Verify(right, clock(now)); err != nil || p.Name != whose {
					t.Errorf("the right one of %s: %v, %v", whose, p, err)
				}
			}
		}
		keys = parse(t, line, otherLine) // to which nothing was shown
	}
	if _, err := new(Keys).Verify(secret, clock(now)); !errors.Is(err, ErrUnknown) {
		t.Errorf("without keys: %v", err)
	}
}

// An error names the line, and never holds what might be a key.
func TestBadKeyFiles(t *testing.T) {
	secret, line := newKey(t, "checkout", nil, time.Time{})
	for _, c := range []struct{ data, want string }{
		{line + "\n" + line, "line 2: the id "},
		{"keys: []", "line 1: cannot unmarshal !!map into []auth.keyEntry"},
		{"- {principal: a, key: b}", "line 1: field key not found"},
		{"\n- {principal: a}", "key 1, near line 2, has no "},
		{"- {principal: [a]}", "line 1: found a list or a mapping; expected text"},
		{strings.Replace(line, `"checkout"`, `"a b"`, 1), `line 1: principal is "a b"; expected`},
		{strings.Replace(line, `id: "`, `id: "x`, 1), "line 1: the id is not 16 lower-case hexadecimal digits"},
		{strings.Replace(line, `sha256: "`, `sha256: "`+secret, 1), "line 1: sha256 is not 64 hexadecimal digits"},
		{strings.Replace(line, "}", ", expires: soon}", 1), `line 1: expires is "soon"; expected a time such as`},
		{strings.Replace(line, "}", ", groups: ['']}", 1), `line 1: a group is ""; expected`},
		{line + "\n---\n" + line, "found a second document"},
		{"- {principal: a, principal: b}", "line 1: mapping key"},
		{strings.Repeat("#", 2<<20), "at most 1048576 are accepted"},
	} {
		_, err := ParseKeys([]byte(c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%.80q: %v; want %s", c.data, err, c.want)
		}
	}
}

func TestNewKeyRefusesNames(t *testing.T) {
	for _, name := range []string{"", "two words", `"quoted"`, `back\slash`, "ümlaut", strings.Repeat("x", 257)} {
		if _, _, err := NewKey(name, nil, time.Time{}); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
}

// What was shown before counts for nothing once the file says otherwise, or the
// key has expired.
func TestShownKeys(t *testing.T) {
	secret, line := newKey(t, "checkout", nil, now.Add(time.Hour))
	_, otherLine := newKey(t, "checkout", nil, time.Time{})
	keys := parse(t, line)
	for range 2 {
		if _, err := keys.Verify(secret, clock(now)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := keys.Verify(secret, clock(now.Add(time.Hour))); !errors.Is(err, ErrExpired) {
		t.Errorf("expired: %v", err)
	}
	if _, err := parse(t, otherLine).Verify(secret, clock(now)); !errors.Is(err, ErrUnknown) {
		t.Errorf("taken out of the file: %v", err)
	}
}

func TestVerifyAllocatesNothing(t *testing.T) {
	secret, line := newKey(t, "checkout", nil, time.Time{})
	keys := parse(t, line)
	if n := testing.AllocsPerRun(100, func() { _, _ = keys.Verify(secret, clock(now)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkVerifyKey(b *testing.B) {
	secret, line := newKey(b, "checkout", nil, time.Time{})
	keys := parse(b, line)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keys.Verify(secret, clock(now)); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzKeys holds this: whatever file comes, it is refused or taken, a key that
// is not listed is never accepted, and one that is always is.
func FuzzKeys(f *testing.F) {
	secret, line := newKey(f, "checkout", []string{"a"}, now.Add(time.Hour))
	f.Add([]byte(line), secret)
	f.Add([]byte("- &a {principal: x}\n- *a"), "th_")
	f.Add([]byte("[]"), "")
	f.Fuzz(func(t *testing.T, data []byte, credential string) {
		keys, err := ParseKeys(data)
		if err != nil {
			return
		}
		if p, err := keys.Verify(credential, clock(now)); err == nil && (p.Name == "" || !strings.Contains(string(data), credential[len(keyPrefix):len(keyPrefix)+idLength])) {
			t.Errorf("%q is %v", credential, p)
		}
	})
}
