//go:build charts

package charts

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// There are too many endpoints and ports to ask about all. These are those at
// which an answer can change: what the list and the policies name, the edges of
// each block of addresses, and whatever differs in one thing from them.

func (list flowList) endpoints(pods ours, policies []networking.NetworkPolicy) []endpoint {
	found := map[string]endpoint{}
	pod := func(home string, set labels.Set) {
		add := func(e endpoint) { found[e.String()] = e }
		add(endpoint{namespace: home, labels: labels.Merge(set, labels.Set{"more": "labels"})})
		for _, space := range []string{home, namespace, "elsewhere"} {
			add(endpoint{namespace: space, labels: set})
			add(endpoint{namespace: space, labels: labels.Set{}})
		}
		for _, changed := range nearby(set, slices.Collect(maps.Keys(set))...) {
			add(endpoint{namespace: home, labels: changed})
		}
	}
	block := func(cidr string) {
		for _, address := range edges(netip.MustParsePrefix(cidr)) {
			found[address.String()] = endpoint{address: address}
		}
	}

	for _, set := range pods {
		pod(namespace, set)
	}
	for _, p := range list.Peers {
		if len(p.CIDRs) == 0 {
			pod(p.home(), p.Labels)
		}
		for _, cidr := range slices.Concat(p.CIDRs, p.Except) {
			block(cidr)
		}
	}
	for _, p := range policyPeers(policies) {
		if p.IPBlock != nil {
			for _, cidr := range append(p.IPBlock.Except, p.IPBlock.CIDR) {
				block(cidr)
			}
			continue
		}
		home, set := namespace, labels.Set{}
		if p.NamespaceSelector != nil {
			home = p.NamespaceSelector.MatchLabels[core.LabelMetadataName]
		}
		if p.PodSelector != nil {
			set = p.PodSelector.MatchLabels
		}
		pod(home, set)
	}
	var endpoints []endpoint
	for _, name := range slices.Sorted(maps.Keys(found)) {
		endpoints = append(endpoints, found[name])
	}
	return endpoints
}

func policyPeers(policies []networking.NetworkPolicy) []networking.NetworkPolicyPeer {
	var peers []networking.NetworkPolicyPeer
	for _, policy := range policies {
		for _, rule := range policy.Spec.Ingress {
			peers = append(peers, rule.From...)
		}
		for _, rule := range policy.Spec.Egress {
			peers = append(peers, rule.To...)
		}
	}
	return peers
}

// nearby is the set with each label of the keys in turn changed, and without it.
func nearby(set labels.Set, keys ...string) map[string]labels.Set {
	all := map[string]labels.Set{}
	for _, key := range keys {
		changed := maps.Clone(set)
		changed[key] = "changed"
		all["another "+key] = changed
		without := maps.Clone(set)
		delete(without, key)
		all["no "+key] = without
	}
	return all
}

// edges are the first and the last address of a block and those just outside.
func edges(block netip.Prefix) []netip.Addr {
	first := block.Masked().Addr()
	last := first
	if first.Is4() {
		bytes := first.As4()
		number := binary.BigEndian.Uint32(bytes[:]) | uint32(1<<(32-block.Bits())-1)
		last = netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, number)))
	}
	inside := []netip.Addr{first, last, first.Prev(), last.Next()}
	return slices.DeleteFunc(inside, func(a netip.Addr) bool { return !a.IsValid() })
}

func (list flowList) ports(policies []networking.NetworkPolicy) []port {
	numbers := map[int32]bool{1: true, 22: true, 65535: true}
	around := func(number int32) { numbers[number-1], numbers[number], numbers[number+1] = true, true, true }
	for _, f := range list.Flows {
		for _, text := range f.Ports {
			around(parsePort(text).number)
		}
	}
	for _, policy := range policies {
		for _, rule := range policy.Spec.Ingress {
			for _, p := range rule.Ports {
				around(lastPort(p))
			}
		}
		for _, rule := range policy.Spec.Egress {
			for _, p := range rule.Ports {
				around(lastPort(p))
			}
		}
	}
	var ports []port
	for number := range numbers {
		for _, protocol := range []core.Protocol{core.ProtocolTCP, core.ProtocolUDP, core.ProtocolSCTP} {
			ports = append(ports, port{number, protocol})
		}
	}
	return ports
}

func lastPort(p networking.NetworkPolicyPort) int32 {
	if p.EndPort != nil {
		return *p.EndPort
	}
	if p.Port != nil {
		return p.Port.IntVal
	}
	return 0
}
