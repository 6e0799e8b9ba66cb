package address

import (
	"net/netip"
	"strings"
	"testing"
)

const peer = "10.0.0.9:41234"

func TestOf(t *testing.T) {
	for _, c := range []struct {
		name      string
		hops      int
		forwarded []string
		want      string
	}{
		{"nobody is trusted", 0, []string{"203.0.113.7"}, "10.0.0.9"},
		{"an ALB", 1, []string{"203.0.113.7"}, "203.0.113.7"},
		{"a client that claims to be another", 1, []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		{"with many entries", 1, []string{"1.1.1.1,2.2.2.2,3.3.3.3,203.0.113.7"}, "203.0.113.7"},
		{"with a header of its own", 1, []string{"198.51.100.1", "203.0.113.7"}, "203.0.113.7"},
		{"with garbage", 1, []string{"\xff,,;[::,'\", 203.0.113.7"}, "203.0.113.7"},
		{"a CDN before the ALB", 2, []string{"203.0.113.7, 192.0.2.5"}, "203.0.113.7"},
		{"over two headers", 2, []string{"198.51.100.1, 203.0.113.7", "192.0.2.5"}, "203.0.113.7"},
		{"and a client that claims", 2, []string{"198.51.100.1,203.0.113.7,192.0.2.5"}, "203.0.113.7"},
		{"past the CDN", 2, []string{"203.0.113.7"}, "10.0.0.9"},
		{"without the header", 1, nil, "10.0.0.9"},
		{"an empty header", 1, []string{""}, "10.0.0.9"},
		{"no address at that place", 1, []string{"203.0.113.7, unknown"}, "10.0.0.9"},
		{"an entry with a port", 1, []string{"203.0.113.7:4711"}, "203.0.113.7"},
		{"IPv6", 1, []string{"2001:db8::1"}, "2001:db8::1"},
		{"IPv6 in brackets", 1, []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"IPv6 with a port", 1, []string{" [2001:db8::1]:4711\t"}, "2001:db8::1"},
		{"with a zone", 1, []string{"fe80::1%eth0"}, "fe80::1"},
		{"IPv4 as IPv6", 1, []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		{"too long", 1, []string{"fe80::1%" + strings.Repeat("x", 1000)}, "10.0.0.9"},
	} {
		if got := Of(peer, c.forwarded, c.hops); got.String() != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
	if got := Of("@", nil, 1); got.IsValid() {
		t.Errorf("no address at all gives %v", got)
	}
}

func TestNetwork(t *testing.T) {
	for from, want := range map[string]string{
		"203.0.113.7": "203.0.113.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "2001:db8:1:2::": "2001:db8:1:2::",
	} {
		if got := Network(netip.MustParseAddr(from)); got.String() != want {
			t.Errorf("%s is of %v, want %s", from, got, want)
		}
	}
	if got := Network(netip.Addr{}); got.IsValid() {
		t.Errorf("no address is of %v", got)
	}
}

// Whatever a client writes into the header, what a proxy appends to it is what
// counts.
func FuzzOf(f *testing.F) {
	f.Add("198.51.100.1", "10.1.1.1, ", uint8(1))
	f.Add(",,,[::1]:80", "\x00\xff", uint8(3))
	f.Fuzz(func(t *testing.T, claimed, more string, hops uint8) {
		n := 1 + int(hops%4)
		appended := []string{"203.0.113.7", "192.0.2.5", "192.0.2.6", "192.0.2.7"}[:n]
		want := netip.MustParseAddr("203.0.113.7")
		for _, forwarded := range [][]string{
			{claimed, more, strings.Join(appended, ",")},
			{claimed + "," + more + "," + strings.Join(appended, " , ")},
			append([]string{more, claimed}, appended...),
		} {
			if got := Of(peer, forwarded, n); got != want {
				t.Errorf("%q with %d hops: %v", forwarded, n, got)
			}
		}
		if got := Of(peer, []string{claimed, more}, 0); got != netip.MustParseAddr("10.0.0.9") {
			t.Errorf("nobody is trusted, but %q gives %v", claimed, got)
		}
		a := Of(claimed, []string{more}, n)
		if a.Zone() != "" || a.Is4In6() || a.IsValid() && Network(Network(a)) != Network(a) {
			t.Errorf("%q, %q: %v of %v", claimed, more, a, Network(a))
		}
	})
}

func BenchmarkOf(b *testing.B) {
	forwarded := []string{"198.51.100.1, 203.0.113.7"}
	b.ReportAllocs()
	for b.Loop() {
		Of(peer, forwarded, 1)
		Of(peer, nil, 0)
	}
}
