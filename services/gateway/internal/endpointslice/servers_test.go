package endpointslice

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
)

var yes, no = true, false

// The conditions of an endpoint, as the controller of Services sets them.
var (
	ready       = discoveryv1.EndpointConditions{Ready: &yes, Serving: &yes, Terminating: &no}
	notReady    = discoveryv1.EndpointConditions{Ready: &no, Serving: &no, Terminating: &no}
	leaving     = discoveryv1.EndpointConditions{Ready: &no, Serving: &yes, Terminating: &yes}
	gone        = discoveryv1.EndpointConditions{Ready: &no, Serving: &no, Terminating: &yes}
	unsaid      = discoveryv1.EndpointConditions{}
	publishAll  = discoveryv1.EndpointConditions{Ready: &yes, Serving: &yes, Terminating: &yes}
	servingOnly = discoveryv1.EndpointConditions{Ready: &no, Serving: &yes, Terminating: &no}
)

func slice(family discoveryv1.AddressType, ports []discoveryv1.EndpointPort, endpoints ...discoveryv1.Endpoint) any {
	return &discoveryv1.EndpointSlice{AddressType: family, Ports: ports, Endpoints: endpoints}
}

func v4(endpoints ...discoveryv1.Endpoint) any {
	return slice(discoveryv1.AddressTypeIPv4, ports("grpc", 9000), endpoints...)
}

func v6(endpoints ...discoveryv1.Endpoint) any {
	return slice(discoveryv1.AddressTypeIPv6, ports("grpc", 9000), endpoints...)
}

func ports(name string, number int32) []discoveryv1.EndpointPort {
	tcp := corev1.ProtocolTCP
	return []discoveryv1.EndpointPort{{Name: &name, Port: &number, Protocol: &tcp}}
}

func endpoint(c discoveryv1.EndpointConditions, addresses ...string) discoveryv1.Endpoint {
	return discoveryv1.Endpoint{Addresses: addresses, Conditions: c}
}

// of makes an endpoint that of a pod.
func of(uid string, e discoveryv1.Endpoint) discoveryv1.Endpoint {
	e.TargetRef = &corev1.ObjectReference{Kind: "Pod", UID: types.UID(uid)}
	return e
}

func TestServers(t *testing.T) {
	admin, udp := ports("admin", 9091), ports("grpc", 9000)
	dns := corev1.ProtocolUDP
	udp[0].Protocol = &dns
	unlimited := []discoveryv1.EndpointPort{{}}
	for _, c := range []struct {
		name   string
		slices []any
		port   string
		want   string // servers, apart by spaces; the addresses of one by |
		err    string
	}{
		{name: "nothing at all", port: "9000"},
		{name: "no endpoints", slices: []any{v4()}, port: "9000"},
		{name: "ready ones", slices: []any{v4(endpoint(ready, "10.0.0.2"), endpoint(ready, "10.0.0.1"))}, port: "9000", want: "10.0.0.1:9000 10.0.0.2:9000"},
		{name: "not the others", slices: []any{v4(endpoint(ready, "10.0.0.1"), endpoint(notReady, "10.0.0.2"), endpoint(leaving, "10.0.0.3"), endpoint(gone, "10.0.0.4"), endpoint(servingOnly, "10.0.0.5"))}, port: "9000", want: "10.0.0.1:9000"},
		{name: "leaving ones if no other is there", slices: []any{v4(endpoint(notReady, "10.0.0.2"), endpoint(leaving, "10.0.0.3"), endpoint(gone, "10.0.0.4"))}, port: "9000", want: "10.0.0.3:9000"},
		{name: "unready ones if that is all there is", slices: []any{v4(endpoint(notReady, "10.0.0.2"), endpoint(notReady, "10.0.0.1"), endpoint(gone, "10.0.0.4"))}, port: "9000", want: "10.0.0.1:9000 10.0.0.2:9000"},
		{name: "none that ends and serves no more", slices: []any{v4(endpoint(gone, "10.0.0.4"))}, port: "9000"},
		{name: "nothing said is ready", slices: []any{v4(endpoint(unsaid, "10.0.0.1"))}, port: "9000", want: "10.0.0.1:9000"},
		{name: "ready unsaid but terminating", slices: []any{v4(endpoint(discoveryv1.EndpointConditions{Terminating: &yes}, "10.0.0.1"), endpoint(ready, "10.0.0.2"))}, port: "9000", want: "10.0.0.2:9000"},
		{name: "terminating but called ready", slices: []any{v4(endpoint(publishAll, "10.0.0.1"), endpoint(ready, "10.0.0.2"))}, port: "9000", want: "10.0.0.2:9000"},
		{name: "terminating but called ready, alone", slices: []any{v4(endpoint(publishAll, "10.0.0.1"))}, port: "9000", want: "10.0.0.1:9000"},

		{name: "several slices", slices: []any{v4(endpoint(ready, "10.0.0.1")), v4(endpoint(leaving, "10.0.0.2")), v4(endpoint(ready, "10.0.0.3"))}, port: "9000", want: "10.0.0.1:9000 10.0.0.3:9000"},
		{name: "one endpoint in two slices", slices: []any{v4(of("a", endpoint(ready, "10.0.0.1"))), v4(of("a", endpoint(ready, "10.0.0.1")))}, port: "9000", want: "10.0.0.1:9000"},
		{name: "one address of two pods, one of them of the past", slices: []any{v4(of("a", endpoint(leaving, "10.0.0.1")), of("b", endpoint(ready, "10.0.0.1")))}, port: "9000", want: "10.0.0.1:9000"},
		{name: "two families, one pod each", slices: []any{v6(of("a", endpoint(ready, "fd00::1")), of("b", endpoint(ready, "fd00::2"))), v4(of("b", endpoint(ready, "10.0.0.2")), of("a", endpoint(ready, "10.0.0.1")))}, port: "9000", want: "10.0.0.1:9000|[fd00::1]:9000 10.0.0.2:9000|[fd00::2]:9000"},
		{name: "two families, no pods", slices: []any{v6(endpoint(ready, "fd00::1")), v4(endpoint(ready, "10.0.0.1"))}, port: "9000", want: "10.0.0.1:9000 [fd00::1]:9000"},
		{name: "the first address alone counts", slices: []any{v4(endpoint(ready, "10.0.0.1", "10.0.0.9"))}, port: "9000", want: "10.0.0.1:9000"},
		{name: "names are not addresses", slices: []any{slice(discoveryv1.AddressTypeFQDN, ports("grpc", 9000), endpoint(ready, "predict.example.com")), v4(endpoint(ready, "10.0.0.1"))}, port: "9000", want: "10.0.0.1:9000"},
		{name: "what is no address is left out", slices: []any{v4(endpoint(ready, "here"), endpoint(ready, "10.0.0.1"), endpoint(ready))}, port: "9000", want: "10.0.0.1:9000"},

		{name: "a port by name", slices: []any{v4(endpoint(ready, "10.0.0.1"))}, port: "grpc", want: "10.0.0.1:9000"},
		{name: "its number may differ", slices: []any{slice(discoveryv1.AddressTypeIPv4, ports("grpc", 9001), endpoint(ready, "10.0.0.2")), v4(endpoint(ready, "10.0.0.1"))}, port: "grpc", want: "10.0.0.1:9000 10.0.0.2:9001"},
		{name: "one of several ports", slices: []any{slice(discoveryv1.AddressTypeIPv4, append(admin, ports("grpc", 9000)...), endpoint(ready, "10.0.0.1"))}, port: "9000", want: "10.0.0.1:9000"},
		{name: "every port", slices: []any{slice(discoveryv1.AddressTypeIPv4, unlimited, endpoint(ready, "10.0.0.1"))}, port: "9000", want: "10.0.0.1:9000"},
		{name: "another port", slices: []any{slice(discoveryv1.AddressTypeIPv4, admin, endpoint(ready, "10.0.0.1"))}, port: "9000", err: "have no TCP port 9000, but [admin:9091]"},
		{name: "another name", slices: []any{v4(endpoint(ready, "10.0.0.1"))}, port: "http", err: "have no TCP port http, but [grpc:9000]"},
		{name: "no port at all", slices: []any{slice(discoveryv1.AddressTypeIPv4, nil, endpoint(ready, "10.0.0.1"))}, port: "9000", err: "have no TCP port 9000, but [none]"},
		{name: "another protocol", slices: []any{slice(discoveryv1.AddressTypeIPv4, udp, endpoint(ready, "10.0.0.1"))}, port: "9000", err: "have no TCP port 9000, but [grpc:9000/UDP]"},
		{name: "some have the port", slices: []any{slice(discoveryv1.AddressTypeIPv4, admin, endpoint(ready, "10.0.0.1")), v4(endpoint(ready, "10.0.0.2"))}, port: "9000", want: "10.0.0.2:9000"},
		{name: "another port of no server", slices: []any{slice(discoveryv1.AddressTypeIPv4, admin, endpoint(gone, "10.0.0.1"))}, port: "9000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := servers(c.slices, c.port)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got error %v, want %q", err, c.err)
				}
				return
			}
			var text []string
			for _, server := range found {
				var addresses []string
				for _, a := range server.Addresses {
					addresses = append(addresses, a.Addr)
				}
				text = append(text, strings.Join(addresses, "|"))
			}
			if got := strings.Join(text, " "); err != nil || got != c.want {
				t.Errorf("got %q and %v, want %q", got, err, c.want)
			}
		})
	}
}
