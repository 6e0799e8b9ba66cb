//go:build charts

package charts

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// A flowList is charts/flows.yaml, which explains itself.
type flowList struct {
	Peers    map[string]peer              `json:"peers"`
	Variants map[string]map[string]string `json:"variants"`
	Flows    []flow                       `json:"flows"`
}

type peer struct {
	Namespace string     `json:"namespace"`
	Labels    labels.Set `json:"labels"`
	CIDRs     []string   `json:"cidrs"`
	Except    []string   `json:"except"`
}

type flow struct {
	From  string   `json:"from"`
	To    string   `json:"to"`
	Ports []string `json:"ports"`
	Why   string   `json:"why"`
	In    []string `json:"in"`
}

// ours are the pods whose flows are listed, by name; what else runs in the
// namespace has none.
type ours map[string]labels.Set

func TestPoliciesAllowTheListedFlowsAndNoOthers(t *testing.T) {
	list := readFlows(t)
	for variant := range list.Variants {
		t.Run(variant, func(t *testing.T) {
			pods, policies := renderVariant(t, list, variant)
			for i, difference := range list.compare(variant, pods, policies, 5) {
				if i == 0 {
					t.Error("the policies and charts/flows.yaml differ:")
				}
				t.Error(difference)
			}
		})
	}
}

func readFlows(t *testing.T) flowList {
	t.Helper()
	text, err := os.ReadFile(root + "charts/flows.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list flowList
	if err := yaml.UnmarshalStrict(text, &list); err != nil {
		t.Fatalf("charts/flows.yaml: %v", err)
	}
	return list
}

func renderVariant(t *testing.T, list flowList, variant string) (ours, []networking.NetworkPolicy) {
	t.Helper()
	pods := ours{"gateway": nil, "gateway-test": nil, "predict": nil, "predict-test": nil}
	policies := typed[networking.NetworkPolicy](t, manifests(t), "NetworkPolicy")
	for _, chart := range []string{"gateway", "predict"} {
		objects := render(t, chart, list.Variants[variant][chart])
		policies = append(policies, typed[networking.NetworkPolicy](t, objects, "NetworkPolicy")...)
		for _, deployment := range typed[apps.Deployment](t, objects, "Deployment") {
			pods[deployment.Name] = deployment.Spec.Template.Labels
		}
		for _, pod := range typed[core.Pod](t, objects, "Pod") {
			pods[pod.Name] = pod.Labels
		}
	}
	for name, set := range pods {
		if len(set) == 0 {
			t.Fatalf("the charts render no pod %s", name)
		}
	}
	for _, policy := range policies {
		if policy.Namespace != namespace {
			t.Fatalf("the policy %s is in the namespace %q", policy.Name, policy.Namespace)
		}
	}
	return pods, policies
}

// compare asks of every pod, every endpoint and every port that could make a
// difference what the list and what the policies say, and returns up to most
// differences.
func (list flowList) compare(variant string, pods ours, policies []networking.NetworkPolicy, most int) []string {
	subjects := maps.Clone(pods)
	for name, set := range pods { // as policies select them, but for one label
		for key, changed := range nearby(set, "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component") {
			subjects[name+" with "+key] = changed
		}
	}
	subjects["any other pod"] = labels.Set{"app": "other"}

	var differences []string
	endpoints, ports := list.endpoints(pods, policies), list.ports(policies)
	for _, name := range slices.Sorted(maps.Keys(subjects)) {
		for _, direction := range []networking.PolicyType{networking.PolicyTypeEgress, networking.PolicyTypeIngress} {
			allFlows := list.flowsOf(variant, name, direction)
			allRules := rulesFor(policies, direction, subjects[name])
			for _, other := range endpoints {
				flows := filter(allFlows, func(f listedFlow) bool { return f.peer.matches(other) })
				rules := filter(allRules, func(r rule) bool { return r.includes(other) })
				if len(flows) == 0 && len(rules) == 0 {
					continue
				}
				for _, to := range ports {
					listed := slices.ContainsFunc(flows, func(f listedFlow) bool { return f.ports[to] })
					if listed == slices.ContainsFunc(rules, func(r rule) bool { return r.covers(to) }) {
						continue
					}
					differences = append(differences, difference(name, direction, other, to, listed))
					if len(differences) == most {
						return differences
					}
				}
			}
		}
	}
	return differences
}

func filter[T any](all []T, keep func(T) bool) []T {
	var kept []T
	for _, one := range all {
		if keep(one) {
			kept = append(kept, one)
		}
	}
	return kept
}

func difference(pod string, direction networking.PolicyType, other endpoint, to port, listed bool) string {
	what := fmt.Sprintf("%s connects to %s on %s", pod, other, to)
	if direction == networking.PolicyTypeIngress {
		what = fmt.Sprintf("%s connects to %s on %s", other, pod, to)
	}
	if listed {
		return "listed, but the policies of " + pod + " do not allow it: " + what
	}
	return "the policies of " + pod + " allow it, but it is not listed: " + what
}

// A listedFlow is a flow of the list as one pod sees it.
type listedFlow struct {
	peer  peer
	ports map[port]bool
}

func (list flowList) flowsOf(variant, pod string, direction networking.PolicyType) []listedFlow {
	var flows []listedFlow
	for _, f := range list.Flows {
		mine, other := f.From, f.To
		if direction == networking.PolicyTypeIngress {
			mine, other = f.To, f.From
		}
		if mine != pod || len(f.In) > 0 && !slices.Contains(f.In, variant) {
			continue
		}
		ports := map[port]bool{}
		for _, text := range f.Ports {
			ports[parsePort(text)] = true
		}
		flows = append(flows, listedFlow{list.Peers[other], ports})
	}
	return flows
}

func (p peer) matches(e endpoint) bool {
	if len(p.CIDRs) > 0 {
		in := func(block string) bool { return contains(block, e.address) }
		return e.address.IsValid() && slices.ContainsFunc(p.CIDRs, in) && !slices.ContainsFunc(p.Except, in)
	}
	return !e.address.IsValid() && e.namespace == p.home() && p.Labels.AsSelector().Matches(e.labels)
}

func (p peer) home() string {
	if p.Namespace == "" {
		return namespace
	}
	return p.Namespace
}

func parsePort(text string) port {
	var to port
	number, protocol, _ := strings.Cut(text, "/")
	_, _ = fmt.Sscan(number, &to.number)
	to.protocol = core.Protocol(protocol)
	return to
}

func TestFlowListIsSound(t *testing.T) {
	list := readFlows(t)
	pods := []string{"gateway", "gateway-test", "predict", "predict-test"}
	used := map[string]bool{}
	for i, f := range list.Flows {
		at := fmt.Sprintf("flows[%d] (%s → %s)", i, f.From, f.To)
		for _, side := range []string{f.From, f.To} {
			if _, known := list.Peers[side]; !known && !slices.Contains(pods, side) {
				t.Errorf("%s: %q is neither a peer nor one of %s", at, side, strings.Join(pods, ", "))
			}
			used[side] = true
		}
		if slices.Contains(pods, f.From) == slices.Contains(pods, f.To) {
			t.Errorf("%s: expected one of our pods on one side and a peer on the other", at)
		}
		if len(f.Ports) == 0 || f.Why == "" {
			t.Errorf("%s: expected ports and why", at)
		}
		for _, text := range f.Ports {
			if p := parsePort(text); p.number < 1 || p.String() != text {
				t.Errorf("%s: port %q, expected one as in 9000/TCP", at, text)
			}
		}
		for _, variant := range f.In {
			if list.Variants[variant] == nil {
				t.Errorf("%s: no variant %q", at, variant)
			}
		}
	}
	for name := range list.Peers {
		if !used[name] {
			t.Errorf("peers: no flow names %q", name)
		}
	}
}
