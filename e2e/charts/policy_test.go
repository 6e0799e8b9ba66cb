//go:build charts

package charts

import (
	"fmt"
	"net/netip"
	"slices"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// An endpoint is one side of a connection: a pod, or an address outside.
type endpoint struct {
	namespace string
	labels    labels.Set
	address   netip.Addr // valid for an address outside, which then is all there is
}

func (e endpoint) String() string {
	if e.address.IsValid() {
		return e.address.String()
	}
	return fmt.Sprintf("a pod of %s with {%s}", e.namespace, e.labels)
}

// A port is where a connection goes.
type port struct {
	number   int32
	protocol core.Protocol
}

func (p port) String() string { return fmt.Sprintf("%d/%s", p.number, p.protocol) }

// A rule lets peers connect to, or be connected to on, ports. No peers are all
// peers, no ports all ports.
type rule struct {
	home  string // the policy's namespace
	peers []networking.NetworkPolicyPeer
	ports []networking.NetworkPolicyPort
}

// rulesFor returns what lets a pod of our namespace connect to others (egress)
// or others to it (ingress). As in Kubernetes, a pod that no policy of that
// direction selects may do anything, and one that some select may do what any
// of them allows.
func rulesFor(policies []networking.NetworkPolicy, direction networking.PolicyType, pod labels.Set) []rule {
	var rules []rule
	isolated := false
	for _, policy := range policies {
		if !slices.Contains(policy.Spec.PolicyTypes, direction) || !selects(&policy.Spec.PodSelector, pod) {
			continue
		}
		isolated = true
		if direction == networking.PolicyTypeEgress {
			for _, r := range policy.Spec.Egress {
				rules = append(rules, rule{policy.Namespace, r.To, r.Ports})
			}
			continue
		}
		for _, r := range policy.Spec.Ingress {
			rules = append(rules, rule{policy.Namespace, r.From, r.Ports})
		}
	}
	if !isolated {
		return []rule{{}}
	}
	return rules
}

func (r rule) includes(peer endpoint) bool {
	return len(r.peers) == 0 || slices.ContainsFunc(r.peers, func(p networking.NetworkPolicyPeer) bool { return includes(p, r.home, peer) })
}

func (r rule) covers(to port) bool {
	return len(r.ports) == 0 || slices.ContainsFunc(r.ports, func(p networking.NetworkPolicyPort) bool { return covers(p, to) })
}

func includes(p networking.NetworkPolicyPeer, home string, peer endpoint) bool {
	if p.IPBlock != nil {
		return peer.address.IsValid() && contains(p.IPBlock.CIDR, peer.address) &&
			!slices.ContainsFunc(p.IPBlock.Except, func(block string) bool { return contains(block, peer.address) })
	}
	if peer.address.IsValid() {
		return false
	}
	if p.NamespaceSelector == nil && peer.namespace != home {
		return false
	}
	if p.NamespaceSelector != nil && !selects(p.NamespaceSelector, labels.Set{core.LabelMetadataName: peer.namespace}) {
		return false
	}
	return p.PodSelector == nil || selects(p.PodSelector, peer.labels)
}

func covers(p networking.NetworkPolicyPort, to port) bool {
	if protocol := core.ProtocolTCP; p.Protocol == nil && to.protocol != protocol || p.Protocol != nil && to.protocol != *p.Protocol {
		return false
	}
	if p.Port == nil {
		return true
	}
	last := p.Port.IntVal
	if p.EndPort != nil {
		last = *p.EndPort
	}
	return p.Port.IntVal <= to.number && to.number <= last
}

func contains(block string, address netip.Addr) bool {
	return netip.MustParsePrefix(block).Contains(address)
}

func selects(selector *meta.LabelSelector, set labels.Set) bool {
	for key, value := range selector.MatchLabels {
		if got, ok := set[key]; !ok || got != value {
			return false
		}
	}
	if len(selector.MatchExpressions) == 0 {
		return true
	}
	expressions, err := meta.LabelSelectorAsSelector(&meta.LabelSelector{MatchExpressions: selector.MatchExpressions})
	return err == nil && expressions.Matches(set)
}
