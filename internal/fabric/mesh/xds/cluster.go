package xds

import (
	"net/netip"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// connectPatience is how long a client waits for a connection to an instance.
const connectPatience = 5 * time.Second

// cluster is how the instances of a service's port are spoken to.
func (st stage) cluster(t target, at place) *clusterv3.Cluster {
	c := &clusterv3.Cluster{
		Name:                 t.cluster(),
		ClusterDiscoveryType: &clusterv3.Cluster_Type{Type: clusterv3.Cluster_EDS},
		EdsClusterConfig:     &clusterv3.Cluster_EdsClusterConfig{EdsConfig: ads(), ServiceName: t.cluster()},
		LbPolicy:             clusterv3.Cluster_ROUND_ROBIN,
		ConnectTimeout:       durationpb.New(connectPatience),
		CommonLbConfig: &clusterv3.Cluster_CommonLbConfig{LocalityConfigSpecifier: &clusterv3.Cluster_CommonLbConfig_LocalityWeightedLbConfig_{
			LocalityWeightedLbConfig: &clusterv3.Cluster_CommonLbConfig_LocalityWeightedLbConfig{}, // Envoy asks for it; gRPC does it anyway
		}},
	}
	if at.proven {
		c.TransportSocket = st.towards(st.table.ID(t.service))
	}
	if st.envoy {
		c.TypedExtensionProtocolOptions = asAsked()
	}
	return c
}

// ads is where a client asks for what a resource names: on the stream that it has.
func ads() *corev3.ConfigSource {
	return &corev3.ConfigSource{
		ResourceApiVersion:    corev3.ApiVersion_V3,
		ConfigSourceSpecifier: &corev3.ConfigSource_Ads{Ads: &corev3.AggregatedConfigSource{}},
	}
}

// instances is where a target answers: each release in a locality of its own, since clients of
// gRPC part calls by the weights of localities alone. One without a weight gets nothing (gRFC
// A27), and an assignment without endpoints is one of nobody.
func instances(t target, at place) *endpointv3.ClusterLoadAssignment {
	out := &endpointv3.ClusterLoadAssignment{ClusterName: t.cluster()}
	weight := at.weight
	switch {
	case len(at.next) == 0:
		weight = 0
	case len(at.addrs) == 0:
		weight = 100
	}
	if weight < 100 {
		out.Endpoints = append(out.Endpoints, locality(at.addrs, at.release, 100-weight)...)
	}
	if weight > 0 {
		out.Endpoints = append(out.Endpoints, locality(at.next, at.upcoming, weight)...)
	}
	return out
}

// locality is a release with its weight, where it has an address.
func locality(addrs []string, release string, weight int) []*endpointv3.LocalityLbEndpoints {
	var all []*endpointv3.LbEndpoint
	for _, addr := range addrs {
		if parsed, err := netip.ParseAddrPort(addr); err == nil {
			all = append(all, endpoint(parsed))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return []*endpointv3.LocalityLbEndpoints{{
		Locality: &corev3.Locality{Zone: "local", SubZone: release}, LoadBalancingWeight: wrapperspb.UInt32(uint32(weight)), LbEndpoints: all,
	}}
}

func endpoint(at netip.AddrPort) *endpointv3.LbEndpoint {
	return &endpointv3.LbEndpoint{
		HealthStatus:   corev3.HealthStatus_HEALTHY,
		HostIdentifier: &endpointv3.LbEndpoint_Endpoint{Endpoint: &endpointv3.Endpoint{Address: address(at)}},
	}
}

func address(at netip.AddrPort) *corev3.Address {
	return &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
		Address: at.Addr().String(), PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: uint32(at.Port())},
	}}}
}
