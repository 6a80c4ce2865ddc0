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
func (st stage) cluster(t target) *clusterv3.Cluster {
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
	if st.table.Strict() {
		c.TransportSocket = towards(st.table.ID(t.service))
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

// instances is where a target is answered: each release in a locality of its own, since clients of
// gRPC part calls by the weights of localities alone. One without a weight gets nothing (gRFC
// A27), and an assignment without endpoints is one of nobody.
func instances(t target, a answers) *endpointv3.ClusterLoadAssignment {
	out := &endpointv3.ClusterLoadAssignment{ClusterName: t.cluster()}
	if a.weight < 100 {
		out.Endpoints = append(out.Endpoints, locality(a.addr, a.release, 100-a.weight)...)
	}
	if a.weight > 0 {
		out.Endpoints = append(out.Endpoints, locality(a.next, a.upcoming, a.weight)...)
	}
	return out
}

// locality is an instance of a release with its weight; an address that is none has none.
func locality(addr, release string, weight int) []*endpointv3.LocalityLbEndpoints {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil
	}
	return []*endpointv3.LocalityLbEndpoints{{
		Locality:            &corev3.Locality{Zone: "local", SubZone: release},
		LoadBalancingWeight: wrapperspb.UInt32(uint32(weight)),
		LbEndpoints: []*endpointv3.LbEndpoint{{
			HealthStatus:   corev3.HealthStatus_HEALTHY,
			HostIdentifier: &endpointv3.LbEndpoint_Endpoint{Endpoint: &endpointv3.Endpoint{Address: address(at)}},
		}},
	}}
}

func address(at netip.AddrPort) *corev3.Address {
	return &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
		Address: at.Addr().String(), PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: uint32(at.Port())},
	}}}
}
