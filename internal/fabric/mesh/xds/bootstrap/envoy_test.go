package bootstrap_test

import (
	"encoding/json"
	"testing"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	httpv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds/bootstrap"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func envoy() bootstrap.Envoy {
	return bootstrap.Envoy{
		Workload: "web", Server: "control.example:7083", Roots: "/etc/root.pem", Socket: "unix:///run/w.sock", Outbound: "127.0.0.1:15001",
		Inbound: "0.0.0.0:15443", Application: "127.0.0.1:8080", Admin: "127.0.0.1:15000", Zone: "a", GRPC: true,
	}
}

func read(t *testing.T, e bootstrap.Envoy) *bootstrapv3.Bootstrap {
	t.Helper()
	file, err := e.File()
	must(t, err)
	raw, err := json.Marshal(file)
	must(t, err)
	var b bootstrapv3.Bootstrap
	must(t, protojson.Unmarshal(raw, &b)) // it refuses fields that there are not
	must(t, b.ValidateAll())
	return &b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func unpack[M interface {
	proto.Message
	ValidateAll() error
}](t *testing.T, a *anypb.Any, to M,
) M {
	t.Helper()
	must(t, a.UnmarshalTo(to))
	must(t, to.ValidateAll())
	return to
}

func TestAnEnvoyIsStartedWithWhatItsProtocolHas(t *testing.T) {
	t.Parallel()
	b := read(t, envoy())
	clusters := map[string]*clusterv3.Cluster{}
	for _, c := range b.GetStaticResources().GetClusters() {
		clusters[c.GetName()] = c
		o := unpack(t, c.GetTypedExtensionProtocolOptions()["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"], &httpv3.HttpProtocolOptions{})
		if o.GetExplicitHttpConfig().GetHttp2ProtocolOptions() == nil {
			t.Errorf("%s does not speak gRPC", c.GetName())
		}
	}
	ads := clusters[b.GetDynamicResources().GetAdsConfig().GetGrpcServices()[0].GetEnvoyGrpc().GetClusterName()]
	tls := unpack(t, ads.GetTransportSocket().GetTypedConfig(), &tlsv3.UpstreamTlsContext{})
	own := tls.GetCommonTlsContext().GetTlsCertificateSdsSecretConfigs()[0]
	socket := clusters[own.GetSdsConfig().GetApiConfigSource().GetGrpcServices()[0].GetEnvoyGrpc().GetClusterName()]
	if own.GetName() != bootstrap.CertificateSecret || socket.GetName() != bootstrap.SecretsCluster ||
		socket.GetLoadAssignment().GetEndpoints()[0].GetLbEndpoints()[0].GetEndpoint().GetAddress().GetPipe().GetPath() != "/run/w.sock" {
		t.Errorf("the certificate comes from %v", socket)
	}
	name := tls.GetCommonTlsContext().GetValidationContext().GetMatchTypedSubjectAltNames()[0]
	if tls.GetSni() != "control.example" || name.GetSanType() != tlsv3.SubjectAltNameMatcher_DNS || name.GetMatcher().GetExact() != "control.example" {
		t.Errorf("the control plane is anybody: %v", name)
	}
	if b.GetAdmin().GetAddress().GetSocketAddress().GetAddress() != "127.0.0.1" || b.GetNode().GetId() != "web" || b.GetNode().GetLocality().GetZone() != "a" {
		t.Errorf("%v, %v", b.GetAdmin(), b.GetNode())
	}
}

func TestAControlPlaneMayBeAnAddress(t *testing.T) {
	t.Parallel()
	e := envoy()
	e.Server = "[::1]:7083"
	c := read(t, e).GetStaticResources().GetClusters()[0]
	tls := unpack(t, c.GetTransportSocket().GetTypedConfig(), &tlsv3.UpstreamTlsContext{})
	if c.GetType() != clusterv3.Cluster_STATIC || tls.GetSni() != "" || tls.GetCommonTlsContext().GetValidationContext().GetMatchTypedSubjectAltNames()[0].GetSanType() != tlsv3.SubjectAltNameMatcher_IP_ADDRESS {
		t.Errorf("%v", c)
	}
}

func TestWhatNoEnvoyCouldBeStartedWithIsInvalid(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]func(*bootstrap.Envoy){
		"a control plane without a port": func(e *bootstrap.Envoy) { e.Server = "localhost" },
		"an open admin":                  func(e *bootstrap.Envoy) { e.Admin = "0.0.0.0:15000" },
		"an open outbound":               func(e *bootstrap.Envoy) { e.Outbound = "10.0.0.1:15001" },
		"no application":                 func(e *bootstrap.Envoy) { e.Application = "" },
		"a name for an address":          func(e *bootstrap.Envoy) { e.Inbound = "web:15443" },
	} {
		e := envoy()
		wrong(&e)
		if _, err := e.File(); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
