//go:build charts

package charts

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// A policy that is dropped, narrowed or widened in any one place must show. This
// makes each such change to the policies of a variant and compares again.
func TestEveryChangeOfAPolicyShows(t *testing.T) {
	list := readFlows(t)
	for variant := range list.Variants {
		t.Run(variant, func(t *testing.T) {
			pods, policies := renderVariant(t, list, variant)
			mutants := mutate(policies)
			if len(mutants) < 60 {
				t.Errorf("%d mutants, expected more than that of %d policies", len(mutants), len(policies))
			}
			for _, m := range mutants {
				if len(list.compare(variant, pods, m.policies, 1)) == 0 {
					t.Errorf("does not show: %s", m.what)
				}
			}
		})
	}
}

type mutant struct {
	what     string
	policies []networking.NetworkPolicy
}

// mutate returns copies of the policies, each with one change.
func mutate(policies []networking.NetworkPolicy) []mutant {
	var all []mutant
	for i, policy := range policies {
		all = append(all, mutant{"without the policy " + policy.Name, slices.Delete(slices.Clone(policies), i, i+1)})
		change := func(what string, edit func(*networking.NetworkPolicySpec)) {
			changed := policy.DeepCopy()
			edit(&changed.Spec)
			copied := slices.Clone(policies)
			copied[i] = *changed
			all = append(all, mutant{policy.Name + ": " + what, copied})
		}
		change("egress to anything", func(s *networking.NetworkPolicySpec) {
			s.Egress = append(s.Egress, networking.NetworkPolicyEgressRule{})
		})
		change("ingress from anything", func(s *networking.NetworkPolicySpec) {
			s.Ingress = append(s.Ingress, networking.NetworkPolicyIngressRule{})
		})
		for key := range policy.Spec.PodSelector.MatchLabels {
			change("selects pods with any "+key, func(s *networking.NetworkPolicySpec) {
				delete(s.PodSelector.MatchLabels, key)
			})
		}
		for r := range policy.Spec.Egress {
			change(fmt.Sprintf("without egress %d", r), func(s *networking.NetworkPolicySpec) {
				s.Egress = slices.Delete(s.Egress, r, r+1)
			})
			mutatePeers(policy.Spec.Egress[r].To, func(what string, peers []networking.NetworkPolicyPeer) {
				change(fmt.Sprintf("egress %d %s", r, what), func(s *networking.NetworkPolicySpec) { s.Egress[r].To = peers })
			})
			mutatePorts(policy.Spec.Egress[r].Ports, func(what string, ports []networking.NetworkPolicyPort) {
				change(fmt.Sprintf("egress %d %s", r, what), func(s *networking.NetworkPolicySpec) { s.Egress[r].Ports = ports })
			})
		}
		for r := range policy.Spec.Ingress {
			change(fmt.Sprintf("without ingress %d", r), func(s *networking.NetworkPolicySpec) {
				s.Ingress = slices.Delete(s.Ingress, r, r+1)
			})
			mutatePeers(policy.Spec.Ingress[r].From, func(what string, peers []networking.NetworkPolicyPeer) {
				change(fmt.Sprintf("ingress %d %s", r, what), func(s *networking.NetworkPolicySpec) { s.Ingress[r].From = peers })
			})
			mutatePorts(policy.Spec.Ingress[r].Ports, func(what string, ports []networking.NetworkPolicyPort) {
				change(fmt.Sprintf("ingress %d %s", r, what), func(s *networking.NetworkPolicySpec) { s.Ingress[r].Ports = ports })
			})
		}
	}
	return all
}

func mutatePeers(peers []networking.NetworkPolicyPeer, emit func(string, []networking.NetworkPolicyPeer)) {
	emit("with any peer", nil)
	for i, p := range peers {
		if len(peers) > 1 { // the last one's absence would mean any peer
			emit(fmt.Sprintf("without peer %d", i), slices.Delete(slices.Clone(peers), i, i+1))
		}
		change := func(what string, edit func(*networking.NetworkPolicyPeer)) {
			changed := p.DeepCopy()
			edit(changed)
			copied := slices.Clone(peers)
			copied[i] = *changed
			emit(fmt.Sprintf("peer %d %s", i, what), copied)
		}
		if p.IPBlock != nil {
			block := netip.MustParsePrefix(p.IPBlock.CIDR)
			if block.Bits() >= 2 { // by two bits: a neighbouring block may be listed, too
				wider, _ := block.Addr().Prefix(block.Bits() - 2)
				change("with wider addresses", func(p *networking.NetworkPolicyPeer) { p.IPBlock.CIDR = wider.String() })
			}
			if len(p.IPBlock.Except) > 0 {
				change("without its exception", func(p *networking.NetworkPolicyPeer) { p.IPBlock.Except = nil })
			}
			continue
		}
		change("in any namespace", func(p *networking.NetworkPolicyPeer) { p.NamespaceSelector = &meta.LabelSelector{} })
		if p.NamespaceSelector != nil {
			change("in this namespace", func(p *networking.NetworkPolicyPeer) { p.NamespaceSelector = nil })
		}
		if p.PodSelector == nil {
			change("with a label", func(p *networking.NetworkPolicyPeer) {
				p.PodSelector = &meta.LabelSelector{MatchLabels: labels.Set{"a": "b"}}
			})
			continue
		}
		for key := range p.PodSelector.MatchLabels {
			change("with any "+key, func(p *networking.NetworkPolicyPeer) { delete(p.PodSelector.MatchLabels, key) })
		}
	}
}

func mutatePorts(ports []networking.NetworkPolicyPort, emit func(string, []networking.NetworkPolicyPort)) {
	emit("on any port", nil)
	for i, p := range ports {
		if len(ports) > 1 {
			emit(fmt.Sprintf("without port %d", i), slices.Delete(slices.Clone(ports), i, i+1))
		}
		change := func(what string, edit func(*networking.NetworkPolicyPort)) {
			changed := p.DeepCopy()
			edit(changed)
			copied := slices.Clone(ports)
			copied[i] = *changed
			emit(fmt.Sprintf("port %d %s", i, what), copied)
		}
		change("and the next", func(p *networking.NetworkPolicyPort) { next := p.Port.IntVal + 1; p.EndPort = &next })
		change("moved", func(p *networking.NetworkPolicyPort) { moved := intstr.FromInt32(p.Port.IntVal + 1); p.Port = &moved })
		change("over another protocol", func(p *networking.NetworkPolicyPort) {
			protocol := core.ProtocolSCTP
			p.Protocol = &protocol
		})
		change("whichever it is", func(p *networking.NetworkPolicyPort) { p.Port = nil })
	}
}
