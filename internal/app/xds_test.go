package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshapi"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds/bootstrap"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAnAppliedRouteReachesWhoAsksByXDS has a workload ask before its stage has a route.
func TestAnAppliedRouteReachesWhoAsksByXDS(t *testing.T) {
	t.Parallel()
	a := benchApp(t, func(c *config.Config) { c.XDS = unused(t) })
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "default"))
	scope := kernel.Scope{Tenant: "default", Project: "shop", Stage: "dev"}
	stream := a.asksByXDS(ctx, t, scope, "web")
	const next = "orders-next:50051"
	if err := stream.Send(&discoveryv3.DeltaDiscoveryRequest{TypeUrl: resourcev3.ClusterType, ResourceNamesSubscribe: []string{next}}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.fabric.mesh.Apply(ctx, scope, []meshdoc.File{{Name: "mesh.yaml", Source: `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders}
spec:
  parentRefs: [{kind: Service, name: orders}]
  rules: [{backendRefs: [{name: orders-next, port: 50051}]}]
`}}, mesh.Options{}); err != nil {
		t.Fatal(err)
	}
	for found := false; !found; {
		answer, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range answer.GetResources() {
			found = found || r.GetName() == next
		}
		if err := stream.Send(&discoveryv3.DeltaDiscoveryRequest{TypeUrl: resourcev3.ClusterType, ResponseNonce: answer.GetNonce()}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAnEnvoyIsListedWithItsDaemon has one connect, and asks which there are.
func TestAnEnvoyIsListedWithItsDaemon(t *testing.T) {
	t.Parallel()
	a := benchApp(t, func(c *config.Config) { c.XDS = unused(t) })
	token, other := a.neighbours(t)
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "noisy"))
	stream := a.asksByXDS(ctx, t, kernel.Scope{Tenant: "noisy", Project: "demo", Stage: "dev"}, "orders")
	said, err := structpb.NewStruct(map[string]any{bootstrap.EnvoyMetadata: map[string]any{
		bootstrap.EnvoyInbound: "127.0.0.1:15443", bootstrap.EnvoyApplication: "127.0.0.1:8080", bootstrap.EnvoyRelease: "rel_1",
	}})
	if err != nil {
		t.Fatal(err)
	}
	node := &corev3.Node{Id: "orders", UserAgentName: bootstrap.EnvoyAgent, Metadata: said}
	if err := stream.Send(&discoveryv3.DeltaDiscoveryRequest{TypeUrl: resourcev3.ListenerType, Node: node}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	if err := a.controlPlane.spread.Exchange(ctx); err != nil {
		t.Fatal(err)
	}
	list := func(token string) (page kernel.Page[meshapi.MeshSidecar]) {
		response := request(t.Context(), a.handler(), token, http.MethodGet, "/api/v1/mesh/sidecars?project=demo&stage=dev", nil)
		if err := json.NewDecoder(response.Body).Decode(&page); err != nil || response.StatusCode != http.StatusOK {
			t.Fatal(response.Status, err)
		}
		return page
	}
	want := meshapi.MeshSidecar{Workload: "orders", Address: "127.0.0.1:15443", Kind: beside.KindEnvoy, Port: 8080, Release: "rel_1"}
	if got := list(token).Items; len(got) != 1 || got[0].Since.IsZero() || !strings.HasPrefix(got[0].Daemon, "test-") {
		t.Errorf("the sidecars: %+v", got)
	} else if want.Since, want.Daemon = got[0].Since, got[0].Daemon; got[0] != want {
		t.Errorf("the sidecar: %+v, want %+v", got[0], want)
	}
	if got := list(other).Items; len(got) > 0 {
		t.Errorf("another tenant's: %+v", got)
	}
}

// asksByXDS has the control plane listen, and a workload ask it, until the test ends.
func (a *App) asksByXDS(ctx context.Context, t *testing.T, scope kernel.Scope, workload string) discoveryv3.AggregatedDiscoveryService_DeltaAggregatedResourcesClient {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	t.Cleanup(cancel)
	if err := a.controlPlane.listen(ctx, a.platform, a.fabric, a.local); err != nil {
		t.Fatal(err)
	}
	loop, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- a.controlPlane.server.Serve(loop) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := a.fabric.pki.Issue(ctx, pki.Order{Holder: pki.Holder{Kind: pki.HolderWorkload, Scope: scope, Name: workload}, PublicKey: key.Public(), Profile: pki.ProfilePeer})
	if err != nil {
		t.Fatal(err)
	}
	svid := tls.Certificate{Certificate: [][]byte{issued.Leaf.Raw}, PrivateKey: key}
	conn, err := grpc.NewClient("dns:///"+a.platform.config.XDS, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		RootCAs: a.fabric.authority.Pool(), ServerName: "localhost", Certificates: []tls.Certificate{svid}, MinVersion: tls.VersionTLS13,
	})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	stream, err := discoveryv3.NewAggregatedDiscoveryServiceClient(conn).DeltaAggregatedResources(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}
