package xds_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds/bootstrap"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
)

// ports are those that the file of an Envoy says to the control plane.
func ports(t *testing.T) map[string]any {
	t.Helper()
	file, err := bootstrap.Envoy{
		Workload: "web", Server: "localhost:7083", Roots: "root.pem", Socket: "/run/w.sock", Outbound: "127.0.0.1:15001",
		Inbound: "127.0.0.1:15443", Application: "127.0.0.1:8080", Admin: "127.0.0.1:15000",
	}.File()
	must(t, err)
	raw, err := json.Marshal(file)
	must(t, err)
	var said struct {
		Node struct {
			Metadata struct{ Terrace map[string]any }
		}
	}
	must(t, json.Unmarshal(raw, &said))
	return said.Node.Metadata.Terrace
}

const splitOrders = `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders}
spec:
  parentRefs: [{kind: Service, name: orders}]
  rules:
    - matches: [{path: {value: /orders}, method: GET, headers: [{name: X-Team, value: blue}]}]
      backendRefs: [{name: orders, port: 50051, weight: 95}, {name: orders-next, port: 50051, weight: 5}]
      timeouts: {request: 2s}
      retry: {attempts: 2, codes: [503, 502], backoff: 50ms}
`

func TestAnEnvoyHasRoutesOfItsStage(t *testing.T) {
	t.Parallel()
	for _, form := range forms() {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.answer(dev("acme"), "orders", "127.0.0.1:9")
			f.answer(dev("acme"), "orders-next", "127.0.0.1:10")
			f.answer(dev("other"), "secrets", "127.0.0.1:11")
			f.say(t, dev("acme"), strict+splitOrders)
			e := f.envoy(t, form, dev("acme"), "web", ports(t))
			e.warm()
			e.until("endpoints", func() bool { return e.has[resourcev3.EndpointType]["orders:50051"] != nil })
			if got := e.host("orders:50051"); got == nil || got != e.host("orders") || e.host("secrets") != nil || e.host("*") != nil {
				t.Errorf("hosts: %v", got.GetDomains())
			}
			judgeSplit(t, e.host("orders").GetRoutes())
			if got := e.answers("orders:50051"); !slices.Equal(got, []string{"127.0.0.1:9"}) {
				t.Error(got)
			}
			next := e.host("orders-next").GetRoutes()
			if len(next) != 1 || next[0].GetRoute().GetTimeout() == nil || next[0].GetRoute().GetTimeout().AsDuration() != 0 {
				t.Errorf("a call without a route is bounded: %v", next)
			}
			tlsOf := e.towards("orders:50051")
			peer := tlsOf.GetCombinedValidationContext()
			want := pki.Workload{Scope: dev("acme"), Name: "orders"}.URI("localhost").String()
			if s := tlsOf.GetTlsCertificateSdsSecretConfigs(); len(s) != 1 || s[0].GetName() != "default" || len(tlsOf.GetTlsCertificates()) != 0 {
				t.Errorf("the certificate is no secret of the node: %v", tlsOf)
			}
			if names := peer.GetDefaultValidationContext().GetMatchTypedSubjectAltNames(); len(names) != 1 || names[0].GetSanType() != tlsv3.SubjectAltNameMatcher_URI ||
				names[0].GetMatcher().GetExact() != want || peer.GetValidationContextSdsSecretConfig().GetName() != "ROOTCA" {
				t.Errorf("who may answer: %v", peer)
			}
			in := e.has[resourcev3.ListenerType]["terrace/inbound"].(*listenerv3.Listener)
			down := unpack(t, in.GetFilterChains()[0].GetTransportSocket().GetTypedConfig(), &tlsv3.DownstreamTlsContext{})
			if !down.GetRequireClientCertificate().GetValue() || !down.GetDisableStatelessSessionResumption() || !down.GetDisableStatefulSessionResumption() || in.GetAddress().GetSocketAddress().GetPortValue() != 15443 || len(e.rules()) != 0 {
				t.Errorf("who comes in proves nothing, or is let in: %v", e.rules())
			}
		})
	}
}

func judgeSplit(t *testing.T, routes []*routev3.Route) {
	t.Helper()
	if len(routes) != 2 {
		t.Fatalf("%d routes: %v", len(routes), routes)
	}
	split := routes[1]
	weights := split.GetRoute().GetWeightedClusters().GetClusters()
	if len(weights) != 2 || weights[0].GetWeight().GetValue() != 95 || weights[1].GetName() != "orders-next:50051" {
		t.Errorf("weights: %v", weights)
	}
	if split.GetMatch().GetPrefix() != "/orders/" || routes[0].GetMatch().GetPath() != "/orders" || split.GetRoute().GetTimeout().AsDuration() != 2*time.Second {
		t.Errorf("match or timeout: %v", split)
	}
	headers := map[string]string{}
	for _, h := range split.GetMatch().GetHeaders() {
		headers[h.GetName()] = h.GetStringMatch().GetExact()
	}
	if headers["x-team"] != "blue" || headers[":method"] != "GET" {
		t.Errorf("headers: %v", headers)
	}
	r := split.GetRoute().GetRetryPolicy()
	if r.GetNumRetries().GetValue() != 2 || !slices.Equal(r.GetRetriableStatusCodes(), []uint32{503, 502}) || !strings.Contains(r.GetRetryOn(), "retriable-status-codes,unavailable") ||
		r.GetRetryBackOff().GetBaseInterval().AsDuration() != 50*time.Millisecond {
		t.Errorf("retries: %v", r)
	}
}

func TestAChangedAuthorizationIsPushedToAnEnvoy(t *testing.T) {
	t.Parallel()
	for _, form := range forms() {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			e := f.envoy(t, form, dev("acme"), "orders", ports(t))
			e.warm()
			if p := e.rules()["tenant/0"].GetPrincipals(); len(p) != 1 || p[0].GetAuthenticated().GetPrincipalName().GetSafeRegex().GetRegex() != `spiffe://localhost/tenant/acme/.+` {
				t.Errorf("where nothing is said, others than the tenant's come in: %v", p)
			}
			f.say(t, dev("acme"), strict)
			e.until("that nobody comes in", func() bool { return len(e.rules()) == 0 })
			f.say(t, dev("acme"), strict+`---
apiVersion: mesh.terrace.dev/v1
kind: AuthorizationPolicy
metadata: {name: orders}
spec:
  targetRef: {kind: Service, name: orders}
  rules: [{from: [{workload: web}], methods: [GET], paths: [/orders/*]}]
`)
			e.until("the rule", func() bool { return len(e.rules()) == 1 })
			one := e.rules()["orders/0"]
			of := one.GetPrincipals()[0].GetAuthenticated().GetPrincipalName().GetExact()
			if of != (pki.Workload{Scope: dev("acme"), Name: "web"}.URI("localhost").String()) || len(one.GetPermissions()[0].GetAndRules().GetRules()) != 2 {
				t.Errorf("%v", one)
			}
		})
	}
}

func TestServicesAreReachedAtTheEnvoysBesideThem(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.answer(dev("acme"), "orders", "127.0.0.1:8080")
	caller := f.envoy(t, "delta", dev("acme"), "web", map[string]any{"outbound": "127.0.0.1:15001"})
	caller.warm()
	caller.until("the instance", func() bool { return len(caller.has[resourcev3.EndpointType]) == 1 })
	if caller.towards("orders:50051") != nil || !slices.Equal(caller.answers("orders:50051"), []string{"127.0.0.1:8080"}) || caller.has[resourcev3.ListenerType]["terrace/inbound"] != nil {
		t.Fatal("what nothing stands beside is not spoken to in the clear")
	}
	e := f.envoy(t, "whole", dev("acme"), "orders", ports(t))
	e.warm()
	caller.until("the Envoy", func() bool {
		return caller.towards("orders:50051") != nil && slices.Equal(caller.answers("orders:50051"), []string{"127.0.0.1:15443"})
	})
	if got := e.has[resourcev3.ClusterType]["terrace/application"]; got == nil {
		t.Error("the application is not there")
	}
	if got := f.placeForGRPC(t, "orders:50051"); got != 8080 {
		t.Errorf("programs of gRPC without a certificate are sent to %d", got)
	}
	f.say(t, dev("acme"), strict)
	until(t, "that programs of gRPC are sent to the Envoy", func() bool { return f.placeForGRPC(t, "orders:50051") == 15443 })
}

// TestNothingEndsACallOfAnEnvoyThatIsSilentForLong, and it may become a WebSocket.
func TestNothingEndsACallOfAnEnvoyThatIsSilentForLong(t *testing.T) {
	t.Parallel()
	f := start(t)
	e := f.envoy(t, "whole", dev("acme"), "web", ports(t))
	e.warm()
	for _, name := range []string{"terrace/inbound", "terrace/outbound"} {
		l, _ := e.has[resourcev3.ListenerType][name].(*listenerv3.Listener)
		by := manager(t, l)
		if by.GetStreamIdleTimeout() == nil || by.GetStreamIdleTimeout().AsDuration() != 0 || len(by.GetUpgradeConfigs()) != 1 || by.GetUpgradeConfigs()[0].GetUpgradeType() != "websocket" {
			t.Errorf("%s: %v", name, by)
		}
	}
}

// TestAnEnvoyOfTheNextReleaseAloneGetsNoMoreThanItsShare where the release that serves has none.
func TestAnEnvoyOfTheNextReleaseAloneGetsNoMoreThanItsShare(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.answer(dev("acme"), "orders", "127.0.0.1:8080")
	said := ports(t)
	said["release"] = "two"
	f.envoy(t, "delta", dev("acme"), "orders", said).warm()
	caller := f.envoy(t, "whole", dev("acme"), "web", map[string]any{"outbound": "127.0.0.1:15001"})
	caller.warm()
	at := func(proven bool, want ...string) func() bool {
		return func() bool {
			return caller.has[resourcev3.EndpointType]["orders:50051"] != nil && slices.Equal(caller.answers("orders:50051"), want) && (caller.towards("orders:50051") != nil) == proven
		}
	}
	caller.until("the release that serves alone, as it is", at(false, "127.0.0.1:8080"))
	f.change(func() { f.next, f.weight = "127.0.0.1:8081", 25 })
	caller.until("both as they are", at(false, "127.0.0.1:8080", "127.0.0.1:8081"))
	f.say(t, dev("acme"), strict)
	caller.until("both by what they prove", at(true, "127.0.0.1:8080", "127.0.0.1:15443"))
}

func TestEnvoysOfAReleaseThatTakesOverGetItsShare(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.answer(dev("acme"), "orders", "127.0.0.1:8080")
	for release, inbound := range map[string]string{"one": "127.0.0.1:15443", "two": "127.0.0.1:15444"} {
		said := ports(t)
		said["inbound"], said["release"] = inbound, release
		f.envoy(t, "delta", dev("acme"), "orders", said).warm()
	}
	caller := f.envoy(t, "whole", dev("acme"), "web", map[string]any{"outbound": "127.0.0.1:15001"})
	caller.warm()
	at := func(want ...string) func() bool {
		return func() bool {
			return caller.has[resourcev3.EndpointType]["orders:50051"] != nil && slices.Equal(caller.answers("orders:50051"), want)
		}
	}
	caller.until("the release that serves alone", at("127.0.0.1:15443"))
	f.change(func() { f.next, f.weight = "127.0.0.1:8081", 25 })
	caller.until("both", at("127.0.0.1:15443", "127.0.0.1:15444"))
	parts := caller.has[resourcev3.EndpointType]["orders:50051"].(*endpointv3.ClusterLoadAssignment).GetEndpoints()
	if len(parts) != 2 || parts[0].GetLoadBalancingWeight().GetValue() != 75 || parts[1].GetLoadBalancingWeight().GetValue() != 25 {
		t.Errorf("shares: %v", parts)
	}
}

// placeForGRPC is the port that programs of gRPC are told a cluster answers at.
func (f *fixture) placeForGRPC(t *testing.T, cluster string) uint32 {
	t.Helper()
	s := f.svid(t, dev("acme"), "caller")
	stream, err := f.asks(t, &s).StreamAggregatedResources(within(t))
	must(t, err)
	must(t, stream.Send(&discoveryv3.DiscoveryRequest{TypeUrl: resourcev3.EndpointType, ResourceNames: []string{cluster}}))
	r, err := stream.Recv()
	must(t, err)
	must(t, stream.CloseSend())
	at := unpack(t, r.GetResources()[0], &endpointv3.ClusterLoadAssignment{})
	return at.GetEndpoints()[0].GetLbEndpoints()[0].GetEndpoint().GetAddress().GetSocketAddress().GetPortValue()
}

func TestClustersComeBeforeRoutesAndGoAfterThem(t *testing.T) {
	t.Parallel()
	for _, form := range forms() {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.answer(dev("acme"), "orders", "127.0.0.1:9")
			for i := range 10 {
				f.answer(dev("acme"), "spare"+strconv.Itoa(i), "127.0.0.1:9")
			}
			e := f.envoy(t, form, dev("acme"), "web", ports(t))
			e.warm()
			for i := range 5 { // take judges each update
				e.settle("spare" + strconv.Itoa(2*i) + ":50051")
				f.answer(dev("acme"), "orders-next", "127.0.0.1:10")
				f.say(t, dev("acme"), splitOrders[4:])
				e.until("the other", func() bool {
					return e.host("orders-next") != nil && len(e.host("orders").GetRoutes()) == 2 && e.has[resourcev3.ClusterType]["orders-next:50051"] != nil
				})
				e.settle("spare" + strconv.Itoa(2*i+1) + ":50051")
				f.change(func() { delete(f.addrs[dev("acme")], "orders-next"); f.policies[dev("acme")] = nil })
				e.until("its end", func() bool {
					return e.host("orders-next") == nil && e.has[resourcev3.ClusterType]["orders-next:50051"] == nil
				})
			}
		})
	}
}

// refused is how often Envoys have refused listeners.
func (f *fixture) refused(t *testing.T) float64 {
	t.Helper()
	all, err := f.metrics.Gather()
	must(t, err)
	for _, family := range all {
		for _, m := range family.GetMetric() {
			if l := m.GetLabel(); family.GetName() == "terrace_mesh_xds_refused_total" && l[0].GetValue() == "envoy" && l[1].GetValue() == "listener" {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestWhatAnEnvoyRefusesIsCountedAndNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, form := range forms() {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			e := f.envoy(t, form, dev("acme"), "orders", ports(t))
			must(t, e.ask(resourcev3.ListenerType, nil))
			first, err := e.next()
			must(t, err)
			e.take(first)
			must(t, e.answer(first, "the address is in use"))
			until(t, "the count", func() bool { return f.refused(t) == 1 })
			f.say(t, dev("acme"), strict)
			second, err := e.next()
			must(t, err)
			if second.version == first.version {
				t.Error("what was refused is sent again as it is")
			}
			e.take(second)
			if f.refused(t) != 1 || len(e.rules()) != 0 {
				t.Errorf("%v times, %v", f.refused(t), e.rules())
			}
		})
	}
}

func TestAnEnvoyThatSaysNoPortsIsRefused(t *testing.T) {
	t.Parallel()
	f := start(t)
	for name, said := range map[string]map[string]any{
		"nothing":              nil,
		"no address":           {"outbound": "localhost:1"},
		"open to all":          {"outbound": "0.0.0.0:15001"},
		"without its own port": {"inbound": "127.0.0.1:15443"},
	} {
		e := f.envoy(t, "whole", dev("acme"), "web", said)
		must(t, e.ask(resourcev3.ClusterType, nil))
		if _, err := e.next(); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnEnvoyThatHoldsSomethingWaitsForTheOthers has a control plane that was started anew say
// nothing about where sidecars stand before they had the time to come back.
func TestAnEnvoyThatHoldsSomethingWaitsForTheOthers(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits as long as sidecars may take")
	}
	f := start(t)
	e := f.envoy(t, "whole", dev("acme"), "web", ports(t))
	e.stream.(*whole).version[resourcev3.ClusterType] = "1"
	must(t, e.ask(resourcev3.ClusterType, nil))
	if _, err := e.next(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-f.beside.Complete():
	default:
		t.Error("it is told who stands where while others are still to come")
	}
}

func TestARevokedEnvoyLearnsNothingMore(t *testing.T) {
	t.Parallel()
	f := start(t)
	e := f.envoy(t, "delta", dev("acme"), "web", ports(t))
	e.warm()
	f.revoke(t, e.svid)
	f.say(t, dev("acme"), strict)
	for { // what was on its way before may come first
		if u, err := e.next(); err != nil {
			if status.Code(err) != codes.Unauthenticated {
				t.Errorf("the stream ends with %v", err)
			}
			return
		} else if e.take(u); len(e.rules()) == 0 {
			t.Fatal("it is told what came after")
		}
	}
}
