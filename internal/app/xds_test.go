package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"testing"
	"time"

	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAnAppliedRouteReachesWhoAsksByXDS has a workload ask before its stage has a route.
func TestAnAppliedRouteReachesWhoAsksByXDS(t *testing.T) {
	t.Parallel()
	a := benchApp(t, func(c *config.Config) { c.XDS = unused(t) })
	ctx, cancel := context.WithTimeout(kernel.WithActor(t.Context(), kernel.System("test", "default")), 30*time.Second)
	defer cancel()
	if err := a.controlPlane.listen(ctx, a.platform, a.fabric, a.local); err != nil {
		t.Fatal(err)
	}
	loop, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.controlPlane.server.Serve(loop) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	scope := kernel.Scope{Tenant: "default", Project: "shop", Stage: "dev"}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := a.fabric.pki.Issue(ctx, pki.Order{Holder: pki.Holder{Kind: pki.HolderWorkload, Scope: scope, Name: "web"}, PublicKey: key.Public(), Profile: pki.ProfilePeer})
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
	defer func() { _ = conn.Close() }()
	stream, err := discoveryv3.NewAggregatedDiscoveryServiceClient(conn).DeltaAggregatedResources(ctx)
	if err != nil {
		t.Fatal(err)
	}
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
`}}, false); err != nil {
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
