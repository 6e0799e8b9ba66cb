// Package address tells where a request comes from, behind proxies that append
// to X-Forwarded-For.
package address

import (
	"net/netip"
	"strings"
)

// Of is the address of a client. Of hops proxies in front of this server each
// appends whom it was called by to X-Forwarded-For, so that what the outermost
// of them saw is as many entries from the end: whatever a client writes itself
// stands before that, and is never looked at. Where there are fewer entries, or
// that one is no address, somebody came another way, or a proxy does not append:
// then it is the peer of the connection (host:port), and so it is with 0 hops.
//
// It is invalid only where the peer is no address either. It allocates nothing.
func Of(peer string, forwarded []string, hops int) netip.Addr {
	if hops > 0 {
		if a := parse(entry(forwarded, hops)); a.IsValid() {
			return a
		}
	}
	if port, err := netip.ParseAddrPort(peer); err == nil {
		return plain(port.Addr())
	}
	return parse(peer)
}

// entry is the nth from the end of all the headers' entries, "" if there are
// fewer.
func entry(headers []string, n int) string {
	for i := len(headers) - 1; i >= 0; i-- {
		rest := headers[i]
		for more := true; more; n-- {
			last := rest
			at := strings.LastIndexByte(rest, ',')
			if more = at >= 0; more {
				rest, last = rest[:at], rest[at+1:]
			}
			if n == 1 {
				return strings.Trim(last, " \t")
			}
		}
	}
	return ""
}

// parse reads an address, with a port or without one.
func parse(s string) netip.Addr {
	if len(s) > 100 { // no address is
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		if port, portErr := netip.ParseAddrPort(s); portErr == nil {
			a, err = port.Addr(), nil
		} else if inner, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(inner, "]") {
			a, err = netip.ParseAddr(inner[:len(inner)-1])
		}
	}
	if err != nil {
		return netip.Addr{}
	}
	return plain(a)
}

// plain drops what makes one address look like several: the zone, and IPv6
// around IPv4.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// Network is what limits count as one: an IPv4 address, and of IPv6 the first
// 64 bits, of which one client has all addresses.
func Network(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	prefix, err := a.Prefix(64)
	if err != nil { // never: an IPv6 address has 64 bits
		return a
	}
	return prefix.Addr()
}
