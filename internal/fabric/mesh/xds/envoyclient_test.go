package xds_test

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	rbacv3 "github.com/envoyproxy/go-control-plane/envoy/config/rbac/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	rbacfilter "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/rbac/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	httpv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// update is what a stream has brought: resources by name, and names of such that are gone.
type update struct {
	kind, version, nonce string
	resources            []*anypb.Any
	removed              []string
	// whole tells that what it does not name is gone, of listeners and clusters.
	whole bool
}

// stream is ADS in one of its forms.
type stream interface {
	// ask subscribes to names beside those of before, to all of a type without any.
	ask(kind string, names []string) error
	next() (update, error)
	// answer takes an update, or refuses it with a reason.
	answer(u update, refused string) error
}

type whole struct {
	discoveryv3.AggregatedDiscoveryService_StreamAggregatedResourcesClient

	node           *corev3.Node
	names          map[string][]string
	version, nonce map[string]string
}

func (w *whole) ask(kind string, names []string) error {
	w.names[kind] = append(w.names[kind], names...)
	return w.send(kind, "")
}

func (w *whole) send(kind, refused string) error {
	req := &discoveryv3.DiscoveryRequest{Node: w.node, TypeUrl: kind, ResourceNames: w.names[kind], VersionInfo: w.version[kind], ResponseNonce: w.nonce[kind]}
	if refused != "" {
		req.ErrorDetail = status.New(codes.Internal, refused).Proto()
	}
	w.node = nil // it is said once
	return w.Send(req)
}

func (w *whole) next() (update, error) {
	r, err := w.Recv()
	return update{r.GetTypeUrl(), r.GetVersionInfo(), r.GetNonce(), r.GetResources(), nil, true}, err
}

func (w *whole) answer(u update, refused string) error {
	w.nonce[u.kind] = u.nonce
	if refused == "" {
		w.version[u.kind] = u.version
	}
	return w.send(u.kind, refused)
}

type changes struct {
	discoveryv3.AggregatedDiscoveryService_DeltaAggregatedResourcesClient

	node *corev3.Node
}

func (c *changes) ask(kind string, names []string) error {
	node := c.node
	c.node = nil
	return c.Send(&discoveryv3.DeltaDiscoveryRequest{Node: node, TypeUrl: kind, ResourceNamesSubscribe: names})
}

func (c *changes) next() (update, error) {
	r, err := c.Recv()
	u := update{kind: r.GetTypeUrl(), version: r.GetSystemVersionInfo(), nonce: r.GetNonce(), removed: r.GetRemovedResources()}
	for _, one := range r.GetResources() {
		u.resources = append(u.resources, one.GetResource())
	}
	return u, err
}

func (c *changes) answer(u update, refused string) error {
	req := &discoveryv3.DeltaDiscoveryRequest{TypeUrl: u.kind, ResponseNonce: u.nonce}
	if refused != "" {
		req.ErrorDetail = status.New(codes.Internal, refused).Proto()
	}
	return c.Send(req)
}

// envoy asks as an Envoy does: all clusters first, their endpoints, all listeners, their routes.
type envoy struct {
	stream

	t    *testing.T
	svid svid
	has  map[string]map[string]proto.Message
}

// forms are those of ADS.
func forms() []string { return []string{"whole", "delta"} }

func (f *fixture) envoy(t *testing.T, form string, scope kernel.Scope, workload string, ports map[string]any) *envoy {
	t.Helper()
	s := f.svid(t, scope, workload)
	e := &envoy{t: t, svid: s, has: map[string]map[string]proto.Message{}}
	said, err := structpb.NewStruct(map[string]any{"terrace": ports})
	must(t, err)
	node := &corev3.Node{Id: "whoever", UserAgentName: "envoy", Metadata: said}
	if form == "whole" {
		w := &whole{node: node, names: map[string][]string{}, version: map[string]string{}, nonce: map[string]string{}}
		w.AggregatedDiscoveryService_StreamAggregatedResourcesClient, err = f.asks(t, &s).StreamAggregatedResources(within(t))
		e.stream = w
	} else {
		c := &changes{node: node}
		c.AggregatedDiscoveryService_DeltaAggregatedResourcesClient, err = f.asks(t, &s).DeltaAggregatedResources(within(t))
		e.stream = c
	}
	must(t, err)
	return e
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// warm asks for everything, until a listener calls by routes that are there.
func (e *envoy) warm() {
	e.t.Helper()
	must(e.t, e.ask(resourcev3.ClusterType, nil))
	e.until("clusters", func() bool { return e.has[resourcev3.ClusterType] != nil })
	must(e.t, e.ask(resourcev3.ListenerType, nil))
	e.until("routes", func() bool {
		l := e.has[resourcev3.ListenerType]
		return l != nil && (l["terrace/outbound"] == nil || e.has[resourcev3.RouteType] != nil)
	})
}

// until takes updates until a condition holds.
func (e *envoy) until(what string, holds func() bool) {
	e.t.Helper()
	for !holds() {
		u, err := e.next()
		if err != nil {
			e.t.Fatalf("%s: %v", what, err)
		}
		e.take(u)
		must(e.t, e.answer(u, ""))
		e.follow(u.kind)
	}
}

// settle waits until the server has seen the answers to all updates: it asks for the endpoints of
// a spare service, of which there is one for each call.
func (e *envoy) settle(spare string) {
	e.t.Helper()
	must(e.t, e.ask(resourcev3.EndpointType, []string{spare}))
	e.until(spare, func() bool { return e.has[resourcev3.EndpointType][spare] != nil })
}

// take has what an update says be what there is; each resource holds by the rules of the
// protocol, and names what is there.
func (e *envoy) take(u update) {
	e.t.Helper()
	if e.has[u.kind] == nil || u.whole && (u.kind == resourcev3.ClusterType || u.kind == resourcev3.ListenerType) {
		e.has[u.kind] = map[string]proto.Message{}
	}
	for _, r := range u.resources {
		m, err := r.UnmarshalNew()
		must(e.t, err)
		valid(e.t, m)
		e.has[u.kind][cachev3.GetResourceName(m)] = m
	}
	for _, name := range u.removed {
		delete(e.has[u.kind], name)
	}
	for _, name := range e.called() {
		if e.has[resourcev3.ClusterType][name] == nil {
			e.t.Errorf("after an update of %s a route is to the cluster %s, which is not there", u.kind, name)
		}
	}
}

// valid judges a message with all that it has packed within.
func valid(t *testing.T, m proto.Message) {
	t.Helper()
	if err := m.(interface{ ValidateAll() error }).ValidateAll(); err != nil {
		t.Fatalf("%T: %v", m, err)
	}
	for _, packed := range packedIn(m) {
		inner, err := packed.UnmarshalNew()
		must(t, err)
		valid(t, inner)
	}
}

func packedIn(m proto.Message) (out []*anypb.Any) {
	switch m := m.(type) {
	case *clusterv3.Cluster:
		out = append(out, m.GetTransportSocket().GetTypedConfig())
		for _, o := range m.GetTypedExtensionProtocolOptions() {
			out = append(out, o)
		}
	case *listenerv3.Listener:
		for _, c := range m.GetFilterChains() {
			out = append(out, c.GetTransportSocket().GetTypedConfig(), c.GetFilters()[0].GetTypedConfig())
		}
	case *managerv3.HttpConnectionManager:
		for _, f := range m.GetHttpFilters() {
			out = append(out, f.GetTypedConfig())
		}
	}
	return slices.DeleteFunc(out, func(a *anypb.Any) bool { return a == nil })
}

// follow asks for what an update names: endpoints of clusters, routes of listeners.
func (e *envoy) follow(kind string) {
	e.t.Helper()
	asks := map[string][]string{}
	for name, m := range e.has[kind] {
		switch m := m.(type) {
		case *clusterv3.Cluster:
			if m.GetEdsClusterConfig() != nil && !strings.HasPrefix(name, "spare") && e.has[resourcev3.EndpointType][name] == nil {
				asks[resourcev3.EndpointType] = append(asks[resourcev3.EndpointType], name)
			}
		case *listenerv3.Listener:
			if rds := manager(e.t, m).GetRds(); rds != nil && e.has[resourcev3.RouteType] == nil {
				asks[resourcev3.RouteType] = append(asks[resourcev3.RouteType], rds.GetRouteConfigName())
			}
		}
	}
	for kind, names := range asks {
		must(e.t, e.ask(kind, names))
	}
}

// called are the clusters that routes are to.
func (e *envoy) called() (names []string) {
	for _, m := range e.has[resourcev3.RouteType] {
		for _, h := range m.(*routev3.RouteConfiguration).GetVirtualHosts() {
			for _, r := range h.GetRoutes() {
				if one := r.GetRoute().GetCluster(); one != "" {
					names = append(names, one)
				}
				for _, c := range r.GetRoute().GetWeightedClusters().GetClusters() {
					names = append(names, c.GetName())
				}
			}
		}
	}
	return names
}

func unpack[M proto.Message](t *testing.T, a *anypb.Any, to M) M {
	t.Helper()
	must(t, a.UnmarshalTo(to))
	return to
}

func manager(t *testing.T, l *listenerv3.Listener) *managerv3.HttpConnectionManager {
	t.Helper()
	return unpack(t, l.GetFilterChains()[0].GetFilters()[0].GetTypedConfig(), &managerv3.HttpConnectionManager{})
}

// rules are those of authorization of the inbound listener, by policy and rule.
func (e *envoy) rules() map[string]*rbacv3.Policy {
	e.t.Helper()
	in := manager(e.t, e.has[resourcev3.ListenerType]["terrace/inbound"].(*listenerv3.Listener))
	filter := unpack(e.t, in.GetHttpFilters()[0].GetTypedConfig(), &rbacfilter.RBAC{})
	if filter.GetRules().GetAction() != rbacv3.RBAC_ALLOW || filter.GetRules() == nil {
		e.t.Error("what no rule is for is not refused")
	}
	return filter.GetRules().GetPolicies()
}

// host is what becomes of calls of a host.
func (e *envoy) host(name string) *routev3.VirtualHost {
	for _, m := range e.has[resourcev3.RouteType] {
		for _, h := range m.(*routev3.RouteConfiguration).GetVirtualHosts() {
			if slices.Contains(h.GetDomains(), name) {
				return h
			}
		}
	}
	return nil
}

// answers is where a cluster answers.
func (e *envoy) answers(cluster string) (addrs []string) {
	for _, l := range e.has[resourcev3.EndpointType][cluster].(*endpointv3.ClusterLoadAssignment).GetEndpoints() {
		for _, one := range l.GetLbEndpoints() {
			at := one.GetEndpoint().GetAddress().GetSocketAddress()
			addrs = append(addrs, net.JoinHostPort(at.GetAddress(), strconv.Itoa(int(at.GetPortValue()))))
		}
	}
	return addrs
}

// towards is how a cluster proves who it is, and whom it takes; nil is in the clear.
func (e *envoy) towards(cluster string) *tlsv3.CommonTlsContext {
	e.t.Helper()
	c := e.has[resourcev3.ClusterType][cluster].(*clusterv3.Cluster)
	o := unpack(e.t, c.GetTypedExtensionProtocolOptions()["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"], &httpv3.HttpProtocolOptions{})
	if o.GetUseDownstreamProtocolConfig().GetHttp2ProtocolOptions() == nil {
		e.t.Errorf("%s does not take HTTP/2 as it comes", cluster)
	}
	if c.GetTransportSocket() == nil {
		return nil
	}
	return unpack(e.t, c.GetTransportSocket().GetTypedConfig(), &tlsv3.UpstreamTlsContext{}).GetCommonTlsContext()
}
