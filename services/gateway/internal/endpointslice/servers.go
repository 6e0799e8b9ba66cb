package endpointslice

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"google.golang.org/grpc/resolver"
)

// servers are those that calls may go to: the ready ones that stay, or if
// there are none, those that still serve while they terminate, or if there are
// none of these either, those that are not ready. When nodes could not report
// to the control plane for a while, it calls all of their pods unready,
// although nothing is wrong with them; which of them serve, the balancer asks
// the servers themselves. It is an error if there would be servers, but none
// has the port.
func servers(all []any, port string) ([]resolver.Endpoint, error) {
	var staying, leaving, doubtful set
	var others []string // ports of servers that lack the one
	for _, object := range all {
		slice, ok := object.(*discoveryv1.EndpointSlice)
		if !ok || (slice.AddressType != discoveryv1.AddressTypeIPv4 && slice.AddressType != discoveryv1.AddressTypeIPv6) {
			continue // a name needs another look-up, which no Service of pods needs
		}
		number, found := portOf(slice.Ports, port)
		for i := range slice.Endpoints {
			e := &slice.Endpoints[i]
			to := choose(e.Conditions, &staying, &leaving, &doubtful)
			switch {
			case to == nil || len(e.Addresses) == 0:
			case !found:
				others = append(others, describe(slice.Ports))
			default:
				to.add(e, number)
			}
		}
	}
	for _, found := range []*set{&staying, &leaving, &doubtful} {
		if len(found.servers) > 0 {
			return found.sorted(), nil
		}
	}
	if len(others) > 0 {
		slices.Sort(others)
		return nil, fmt.Errorf("its servers have no TCP port %s, but %v", port, slices.Compact(others))
	}
	return nil, nil
}

// choose returns nil for a server that must get nothing. What is not said has
// the API's defaults: ready, serving, not terminating.
func choose(c discoveryv1.EndpointConditions, staying, leaving, doubtful *set) *set {
	is := func(p *bool, otherwise bool) bool {
		if p == nil {
			return otherwise
		}
		return *p
	}
	switch {
	case is(c.Terminating, false):
		// Some Services call even these ready (publishNotReadyAddresses).
		if is(c.Serving, true) {
			return leaving
		}
	case is(c.Ready, true):
		return staying
	default:
		return doubtful
	}
	return nil
}

// portOf returns the number of a TCP port that is given as a number or a name.
func portOf(ports []discoveryv1.EndpointPort, want string) (string, bool) {
	_, err := strconv.ParseUint(want, 10, 16)
	byNumber := err == nil
	for _, p := range ports {
		switch {
		case p.Protocol != nil && *p.Protocol != corev1.ProtocolTCP:
		case p.Port == nil: // every port
			if byNumber {
				return want, true
			}
		case byNumber && strconv.Itoa(int(*p.Port)) == want, !byNumber && p.Name != nil && *p.Name == want:
			return strconv.Itoa(int(*p.Port)), true
		}
	}
	return "", false
}

func describe(ports []discoveryv1.EndpointPort) string {
	text := "none"
	for i, p := range ports {
		if i == 0 {
			text = ""
		} else {
			text += " "
		}
		if p.Name != nil {
			text += *p.Name + ":"
		}
		if p.Port != nil {
			text += strconv.Itoa(int(*p.Port))
		}
		if p.Protocol != nil && *p.Protocol != corev1.ProtocolTCP {
			text += "/" + string(*p.Protocol)
		}
	}
	return text
}

// set gathers servers. An address counts once, although several slices may
// have it, and a pod with an address of each family is one server.
type set struct {
	servers []*resolver.Endpoint
	seen    map[string]bool
	pods    map[string]*resolver.Endpoint
}

func (s *set) add(e *discoveryv1.Endpoint, port string) {
	// Addresses after the first mean nothing, says the API.
	ip, err := netip.ParseAddr(e.Addresses[0])
	if err != nil {
		return
	}
	if s.seen == nil {
		s.seen, s.pods = map[string]bool{}, map[string]*resolver.Endpoint{}
	}
	address := net.JoinHostPort(ip.String(), port)
	if s.seen[address] {
		return
	}
	s.seen[address] = true
	pod := address
	if e.TargetRef != nil && e.TargetRef.UID != "" {
		pod = string(e.TargetRef.UID)
	}
	server := s.pods[pod]
	if server == nil {
		server = &resolver.Endpoint{}
		s.pods[pod] = server
		s.servers = append(s.servers, server)
	}
	server.Addresses = append(server.Addresses, resolver.Address{Addr: address})
}

// sorted returns the servers in an order that depends on nothing else.
func (s *set) sorted() []resolver.Endpoint {
	byAddress := func(a, b resolver.Address) int { return cmp.Compare(a.Addr, b.Addr) }
	all := make([]resolver.Endpoint, 0, len(s.servers))
	for _, server := range s.servers {
		slices.SortFunc(server.Addresses, byAddress)
		all = append(all, *server)
	}
	slices.SortFunc(all, func(a, b resolver.Endpoint) int { return byAddress(a.Addresses[0], b.Addresses[0]) })
	return all
}
