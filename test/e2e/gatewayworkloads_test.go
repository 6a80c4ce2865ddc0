package e2e_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/test/harness"
)

// shower asks a gateway with the certificate that it has at the time.
type shower struct {
	address string
	roots   *x509.CertPool
	cert    atomic.Pointer[tls.Certificate]
}

// get asks over a connection of its own, so that each request shows the certificate.
func (w *shower) get(ctx context.Context, host string, headers http.Header) (string, error) {
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, w.address)
		},
		TLSClientConfig: &tls.Config{RootCAs: w.roots, MinVersion: tls.VersionTLS12, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if cert := w.cert.Load(); cert != nil {
				return cert, nil
			}
			return &tls.Certificate{}, nil
		}},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/", nil)
	if err != nil {
		return "", err
	}
	req.Header = headers.Clone()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s", resp.StatusCode, body), err
}

// issued has the control plane issue a certificate to a workload, as more arguments say.
func issued(t *testing.T, of harness.Person, name string, more ...string) *tls.Certificate {
	t.Helper()
	file := filepath.Join(t.TempDir(), "workload.key")
	out := of.Must(t.Context(), append([]string{"certificate", "issue", name, "--stage", "dev", "--life", "10m", "--key-out", file}, more...)...)
	key, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := tls.X509KeyPair([]byte(out.Stdout), key)
	if err != nil {
		t.Fatal(err)
	}
	return &cert
}

// TestWorkloadsByCertificatesOfTerrace has workloads prove themselves at the gateway of a
// control plane and at one of its own, while the key that signs is another one again and again.
func TestWorkloadsByCertificatesOfTerrace(t *testing.T) {
	t.Parallel()
	ctx, shared := t.Context(), t.TempDir()
	folder, database := filepath.Join(shared, "pki"), dbtest.NewPostgres(t)
	common := []string{
		"--key", "file://" + filepath.Join(shared, "kek"), "--pki", folder, "--tenant-keys", "file://" + filepath.Join(shared, "tenant-keys"), "--gateway-networks", "127.0.0.0/8",
	}
	control := harness.Start(t, append([]string{"--database", database}, common...)...)
	shop, elsewhere := control.Project(ctx, t, "shop"), control.Project(ctx, t, "elsewhere")
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Header.Get("X-Workload")) }))
	t.Cleanup(service.Close)
	p := startPlane(t, filepath.Join(folder, "root.pem"), append([]string{"gateway", "--data", filepath.Join(t.TempDir(), "data"), "--database", database}, common...)...)

	host, file := "inside.dev."+shop.Project+".localhost", filepath.Join(t.TempDir(), "inside.yaml")
	const documents = "apiVersion: gateway.terrace.dev/v1\nkind: Route\nmetadata: {name: inside}\nspec: {hosts: [%s], rules: [{backends: [{url: %q}]}]}\n---\n" +
		"apiVersion: gateway.terrace.dev/v1\nkind: AuthenticationPolicy\nmetadata: {name: inside}\n" +
		"spec:\n  targetRef: {route: inside}\n  providers: [{name: workloads, mtls: {platformAuthority: true, allow: [{project: %s, workload: billing}]}}]\n" +
		"  claimsToHeaders: [{claim: workload, header: X-Workload}]\n"
	if err := os.WriteFile(file, fmt.Appendf(nil, documents, host, service.URL, shop.Project), 0o600); err != nil {
		t.Fatal(err)
	}
	shop.Must(ctx, "gateway", "apply", "-f", file, "--stage", "dev")

	pem, err := os.ReadFile(filepath.Join(folder, "root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	forged := http.Header{"X-Workload": {"admin"}, "X_workload": {"admin"}}
	for name, address := range map[string]string{"terraced up": control.Gateway, "terraced gateway": p.address} {
		w := &shower{address: address, roots: roots}
		first := issued(t, shop, "billing")
		w.cert.Store(first)
		harness.Eventually(t, name+" takes a workload's certificate", func() (string, bool) {
			said, err := w.get(ctx, host, forged)
			return fmt.Sprint(said, err), said == "200 billing"
		})
		for round := range 4 {
			shop.Must(ctx, "ca", "rotate", "--workloads")
			for which, cert := range map[string]*tls.Certificate{"of the key before": first, "of the key that signs now": issued(t, shop, "billing")} {
				w.cert.Store(cert)
				if said, err := w.get(ctx, host, forged); err != nil || said != "200 billing" {
					t.Errorf("%s, round %d, one %s: %s, %v", name, round, which, said, err)
				}
			}
		}
		for reason, cert := range map[string]*tls.Certificate{"none": nil, "another workload": issued(t, shop, "orders"), "another project": issued(t, elsewhere, "billing")} {
			w.cert.Store(cert)
			if said, err := w.get(ctx, host, forged); err != nil || !strings.HasPrefix(said, "401 ") {
				t.Errorf("%s, %s: %s, %v", name, reason, said, err)
			}
		}
		w.cert.Store(first)
		shop.Must(ctx, "ca", "rotate", "--workloads", "--distrust")
		harness.Eventually(t, name+" refuses what is distrusted", func() (string, bool) {
			said, err := w.get(ctx, host, forged)
			return fmt.Sprint(said, err), strings.HasPrefix(said, "401 ")
		})
	}
}
