package xds

import (
	"fmt"
	"net/netip"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	httpv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds/bootstrap"
)

// What Envoys call the resources that each has once. Services have no slash in their names.
const (
	envoyOutbound    = "terrace/outbound"
	envoyInbound     = "terrace/inbound"
	envoyApplication = "terrace/application"
)

// proxy is the ports of an Envoy, as the metadata of its node says. What is zero it has not.
type proxy struct {
	// outbound is where its application calls others, inbound where these come in, which the
	// Envoy passes on to application.
	outbound, inbound, application netip.AddrPort
	// grpc tells that the application speaks gRPC.
	grpc bool
	// release is the one that the application is of, "" where it does not say.
	release string
}

// proxyOf reads who asks; it is nil for who is no Envoy. The error is a status of gRPC.
func proxyOf(n *corev3.Node) (*proxy, error) {
	if n.GetUserAgentName() != bootstrap.EnvoyAgent {
		return nil, nil //nolint:nilnil // most clients are none
	}
	said := n.GetMetadata().GetFields()[bootstrap.EnvoyMetadata].GetStructValue().GetFields()
	p := &proxy{grpc: said[bootstrap.EnvoyGRPC].GetBoolValue(), release: said[bootstrap.EnvoyRelease].GetStringValue()}
	for key, to := range map[string]*netip.AddrPort{bootstrap.EnvoyOutbound: &p.outbound, bootstrap.EnvoyInbound: &p.inbound, bootstrap.EnvoyApplication: &p.application} {
		text := said[key].GetStringValue()
		at, err := netip.ParseAddrPort(text)
		if text != "" && (err != nil || at.Port() == 0 || at.Addr().Zone() != "") {
			return nil, status.Errorf(codes.InvalidArgument, "the node's metadata %s.%s is %.100q, and has to be an address of IP with a port", bootstrap.EnvoyMetadata, key, text)
		}
		*to = at
	}
	switch {
	case p.inbound.IsValid() != p.application.IsValid():
		return nil, status.Errorf(codes.InvalidArgument, "the node's metadata %s has to have both %s and %s, or none of them", bootstrap.EnvoyMetadata, bootstrap.EnvoyInbound, bootstrap.EnvoyApplication)
	case !p.inbound.IsValid() && !p.outbound.IsValid():
		return nil, status.Errorf(codes.InvalidArgument, "the node's metadata %s says neither %s nor %s: write the file with terrace mesh bootstrap", bootstrap.EnvoyMetadata, bootstrap.EnvoyInbound, bootstrap.EnvoyOutbound)
	case p.outbound.IsValid() && !p.outbound.Addr().IsLoopback():
		return nil, status.Errorf(codes.InvalidArgument, "the node's metadata %s.%s is %s: whoever reaches it asks as the workload, so it has to be a loopback address", bootstrap.EnvoyMetadata, bootstrap.EnvoyOutbound, p.outbound)
	}
	return p, nil
}

// key tells apart the Envoys of a workload.
func (p *proxy) key() string {
	return fmt.Sprintf("#%s>%s>%s", p.outbound, p.inbound, p.application)
}

// listeners are those of an Envoy of a workload.
func (p *proxy) listeners(st stage, workload string) (out []types.Resource) {
	if p.outbound.IsValid() {
		out = append(out, listener(envoyOutbound, p.outbound, &listenerv3.FilterChain{Filters: managed(&managerv3.HttpConnectionManager{
			StatPrefix: "outbound", HttpFilters: []*managerv3.HttpFilter{router()},
			RouteSpecifier: &managerv3.HttpConnectionManager_Rds{Rds: &managerv3.Rds{ConfigSource: ads(), RouteConfigName: envoyOutbound}},
		})}))
	}
	if p.inbound.IsValid() {
		out = append(out, listener(envoyInbound, p.inbound, &listenerv3.FilterChain{TransportSocket: st.inwards(), Filters: managed(&managerv3.HttpConnectionManager{
			StatPrefix: "inbound", HttpFilters: append(st.authorization(workload), router()),
			RouteSpecifier: &managerv3.HttpConnectionManager_RouteConfig{RouteConfig: toApplication(workload)},
			// What is authorized is the path that the application gets.
			NormalizePath: wrapperspb.Bool(true), PathWithEscapedSlashesAction: managerv3.HttpConnectionManager_REJECT_REQUEST,
			ForwardClientCertDetails:    managerv3.HttpConnectionManager_SANITIZE_SET,
			SetCurrentClientCertDetails: &managerv3.HttpConnectionManager_SetCurrentClientCertDetails{Uri: true},
		})}))
	}
	return out
}

func listener(name string, at netip.AddrPort, chain *listenerv3.FilterChain) *listenerv3.Listener {
	return &listenerv3.Listener{Name: name, StatPrefix: name, Address: address(at), FilterChains: []*listenerv3.FilterChain{chain}}
}

// managed is a filter of HTTP. What is silent for long is not ended, as Envoy would after five
// minutes: routes say what bounds a call.
func managed(by *managerv3.HttpConnectionManager) []*listenerv3.Filter {
	by.StreamIdleTimeout = durationpb.New(0)
	by.UpgradeConfigs = []*managerv3.HttpConnectionManager_UpgradeConfig{{UpgradeType: "websocket"}}
	return []*listenerv3.Filter{{Name: "envoy.filters.network.http_connection_manager", ConfigType: &listenerv3.Filter_TypedConfig{TypedConfig: packed(by)}}}
}

// toApplication takes as long as the caller waits, who also asks again.
func toApplication(workload string) *routev3.RouteConfiguration {
	return &routev3.RouteConfiguration{Name: envoyInbound, VirtualHosts: []*routev3.VirtualHost{{
		Name: workload, Domains: []string{"*"}, Routes: []*routev3.Route{{Match: prefix("/"), Action: &routev3.Route_Route{Route: &routev3.RouteAction{
			ClusterSpecifier: &routev3.RouteAction_Cluster{Cluster: envoyApplication}, Timeout: durationpb.New(0),
		}}}},
	}}}
}

// clusters are those that an Envoy has beside the stage's: its application.
func (p *proxy) clusters() []types.Resource {
	if p == nil || !p.application.IsValid() {
		return nil
	}
	return []types.Resource{&clusterv3.Cluster{
		Name: envoyApplication, ClusterDiscoveryType: &clusterv3.Cluster_Type{Type: clusterv3.Cluster_STATIC}, ConnectTimeout: durationpb.New(connectPatience),
		LoadAssignment: &endpointv3.ClusterLoadAssignment{
			ClusterName: envoyApplication, Endpoints: []*endpointv3.LocalityLbEndpoints{{LbEndpoints: []*endpointv3.LbEndpoint{endpoint(p.application)}}},
		},
		TypedExtensionProtocolOptions: asAsked(),
	}}
}

// asAsked has a cluster be spoken to in the version of HTTP in which it is asked for: gRPC by
// HTTP/2, others as they came.
func asAsked() map[string]*anypb.Any {
	return map[string]*anypb.Any{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": packed(&httpv3.HttpProtocolOptions{
		UpstreamProtocolOptions: &httpv3.HttpProtocolOptions_UseDownstreamProtocolConfig{UseDownstreamProtocolConfig: &httpv3.HttpProtocolOptions_UseDownstreamHttpConfig{
			HttpProtocolOptions: &corev3.Http1ProtocolOptions{}, Http2ProtocolOptions: &corev3.Http2ProtocolOptions{},
		}},
	})}
}

// hosts is what becomes of calls of all services, by the hosts that they are for.
func (st stage) hosts() *routev3.RouteConfiguration {
	out := &routev3.RouteConfiguration{Name: envoyOutbound}
	at := map[target]*routev3.VirtualHost{}
	for _, n := range st.names() {
		if known := at[n.target]; known != nil {
			known.Domains = append(known.Domains, n.called)
			continue
		}
		host := st.host(n.target.cluster(), []string{n.called}, n.target)
		at[n.target] = host
		out.VirtualHosts = append(out.VirtualHosts, host)
	}
	return out
}

// retryOfEnvoy is when an Envoy makes a call again: by the statuses of HTTP and those that gRPC
// has for them, and always where nobody has seen it.
func retryOfEnvoy(r *meshdoc.Retry) *routev3.RetryPolicy {
	unseen := []string{"connect-failure", "refused-stream"}
	if r == nil {
		return &routev3.RetryPolicy{RetryOn: unseen[0] + "," + unseen[1], NumRetries: wrapperspb.UInt32(1)}
	}
	p := again(r, append(append(unseen, "retriable-status-codes"), grpcCodes(codesOf(r))...))
	for _, code := range codesOf(r) {
		p.RetriableStatusCodes = append(p.RetriableStatusCodes, uint32(code))
	}
	return p
}
