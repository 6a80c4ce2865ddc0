package xds_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	secretv3 "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/workloadapi"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds/bootstrap"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// web has every process be of the workload web.
type web struct{}

func (web) Workload(int) (kernel.Scope, string, bool) { return dev("acme"), "web", true }

// TestAnEnvoyProvesItselfByItsSecret has what comes from the Workload API open the stream at which
// the node, whatever it calls itself, is told what is of that identity.
func TestAnEnvoyProvesItselfByItsSecret(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.answer(dev("acme"), "orders", "127.0.0.1:9")
	api, err := workloadapi.New(workloadapi.Config{Issuer: f.pki, Trust: f.pki.Workloads(), Processes: web{}, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	l, err := api.Listen(t.Context(), filepath.Join(t.TempDir(), "w.sock"))
	must(t, err)
	t.Cleanup(func() { must(t, l.Close()) })
	conn, err := grpc.NewClient("unix://"+l.Path(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	secrets, err := secretv3.NewSecretDiscoveryServiceClient(conn).StreamSecrets(within(t))
	must(t, err)
	must(t, secrets.Send(&discoveryv3.DiscoveryRequest{Node: &corev3.Node{Id: "orders"}, ResourceNames: []string{bootstrap.CertificateSecret}}))
	got, err := secrets.Recv()
	must(t, err)
	pair := unpack(t, got.GetResources()[0], &tlsv3.Secret{}).GetTlsCertificate()
	s := svid{Identity: bootstrap.Within(t.TempDir())}
	must(t, os.WriteFile(s.Certificate, pair.GetCertificateChain().GetInlineBytes(), 0o600))
	must(t, os.WriteFile(s.Key, pair.GetPrivateKey().GetInlineBytes(), 0o600))
	if _, answer, err := clusters(t, f.asks(t, &s), "orders"); err != nil || len(answer.GetResources()) != 1 {
		t.Errorf("%v, %v", answer, err)
	}
}
