package e2e_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	spiffe "github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"google.golang.org/grpc"

	"github.com/terrace-idp/terrace/test/harness"
)

// TestSidecars has three applications call each other through sidecars that are processes of
// their own, as the documents of the mesh say, also while the control plane is stopped.
func TestSidecars(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it starts four processes")
	}
	ctx, control := t.Context(), harness.FreeAddress(t)
	d := harness.Start(t, "--xds", control)
	p := d.Project(ctx, t, "mesh")
	roots := write(t, filepath.Join(t.TempDir(), "root.pem"), p.Must(ctx, "ca", "roots").Stdout)
	say := func(documents ...string) {
		t.Helper()
		p.Must(ctx, "mesh", "apply", "-f", write(t, filepath.Join(t.TempDir(), "mesh.yaml"), strings.Join(documents, "---\n")), "--stage", "dev")
	}
	const (
		strict = "apiVersion: mesh.terrace.dev/v1\nkind: Mesh\nmetadata: {name: default}\nspec: {mtls: strict}\n"
		allow  = "apiVersion: mesh.terrace.dev/v1\nkind: AuthorizationPolicy\nmetadata: {name: all}\nspec: {rules: [{from: [{workload: web}], paths: [/orders/*]}]}\n"
		weight = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: orders}\n" +
			"spec: {parentRefs: [{kind: Service, name: orders}], rules: [{backendRefs: [{name: orders, weight: 3}, {name: orders-next, weight: 1}]}]}\n"
	)
	say(strict)
	var orders, web *besideProcess
	for name, at := range map[string]**besideProcess{"orders": &orders, "orders-next": new(*besideProcess), "web": &web} {
		*at = beside(t, p, name, "--control", control, "--roots", roots)
	}
	reads := func(want, path string) {
		t.Helper()
		harness.Eventually(t, path+" is answered by "+want, func() (string, bool) {
			got := web.ask(ctx, "orders", path)
			return got, strings.HasPrefix(got, want)
		})
	}
	reads("403 ", "/orders/1")
	say(allow)
	reads("200 orders", "/orders/1")
	if got := web.ask(ctx, "orders", "/orders/1"); !strings.HasSuffix(got, "/project/mesh/stage/dev/workload/web") {
		t.Errorf("the application is told of its caller: %s", got)
	}
	orders.provesAndAsksForProof(t, issued(t, p, "cart", "--profile", "peer"))

	say(weight)
	reads("200 orders-next", "/orders/1")
	next := 0
	for range 200 {
		got := web.ask(ctx, "orders", "/orders/1")
		if !strings.HasPrefix(got, "200 ") {
			t.Error(got)
		}
		if strings.HasPrefix(got, "200 orders-next") {
			next++
		}
	}
	// Of 200 that are drawn with a chance of a quarter, 20 to 80 are within five deviations.
	if next < 20 || next > 80 {
		t.Errorf("of 200 calls a version with a share of a quarter has answered %d", next)
	}

	d.Stop()
	for want, path := range map[string]string{"200 ": "/orders/2", "403 ": "/other"} {
		if got := web.ask(ctx, "orders", path); !strings.HasPrefix(got, want) {
			t.Errorf("while the control plane is stopped %s is answered by %s", path, got)
		}
	}
	d.Boot()
	p.Must(ctx, "mesh", "delete", "AuthorizationPolicy", "all", "--stage", "dev")
	reads("403 ", "/orders/1")
}

// besideProcess is a sidecar that is a process, beside an application.
type besideProcess struct{ name, inbound, outbound string }

// beside starts one, and waits until it knows who it is and what to do.
func beside(t *testing.T, p harness.Person, name string, arguments ...string) *besideProcess {
	t.Helper()
	application := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, name, " ", r.Header.Get("X-Forwarded-Client-Cert"))
	}))
	t.Cleanup(application.Close)
	b := &besideProcess{name, harness.FreeAddress(t), harness.FreeAddress(t)}
	admin := harness.FreeAddress(t)
	cmd := exec.Command(harness.Bin(t, "terraced"), append([]string{
		"sidecar", "--application", strings.TrimPrefix(application.URL, "http://"), "--inbound", b.inbound, "--outbound", b.outbound, "--admin", admin,
		"--workload-api", serveIdentity(t, issued(t, p, name, "--profile", "peer"), bundle(t, p)),
	}, arguments...)...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the sidecar of %s ends with %v", name, err)
		}
		if t.Failed() {
			t.Log(log.String())
		}
	})
	harness.Eventually(t, "the sidecar of "+name+" is ready", func() (string, bool) {
		said := get(t.Context(), "http://"+admin+"/readyz", "")
		return said, strings.HasPrefix(said, "200 spiffe://")
	})
	return b
}

// ask has the application ask another one.
func (b *besideProcess) ask(ctx context.Context, service, path string) string {
	return get(ctx, "http://"+b.outbound+path, service)
}

func get(ctx context.Context, url, host string) string {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err.Error()
	}
	r.Host = host
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d %s", resp.StatusCode, bytes.TrimSpace(body))
}

// provesAndAsksForProof comes in at a sidecar in the clear, without a certificate, and with that
// of a workload whom no document allows.
func (b *besideProcess) provesAndAsksForProof(t *testing.T, stranger *tls.Certificate) {
	t.Helper()
	if got := get(t.Context(), "http://"+b.inbound+"/orders/1", ""); strings.HasPrefix(got, "200 ") {
		t.Errorf("in the clear: %s", got)
	}
	as := func(shown ...tls.Certificate) (string, error) {
		of := ""
		transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
			InsecureSkipVerify: true, Certificates: shown, // it is looked at below
			VerifyConnection: func(c tls.ConnectionState) error { of = c.PeerCertificates[0].URIs[0].String(); return nil },
		}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+b.inbound+"/orders/1", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(r)
		if err != nil {
			return "", err
		}
		defer func() { _ = resp.Body.Close() }()
		return fmt.Sprint(resp.StatusCode, " ", of), nil
	}
	if got, err := as(); err == nil {
		t.Errorf("without a certificate: %s", got)
	}
	if got, err := as(*stranger); err != nil || !strings.HasPrefix(got, "403 spiffe://") || !strings.HasSuffix(got, "/workload/"+b.name) {
		t.Errorf("whom nobody allows: %s, %v", got, err)
	}
}

// identityServer is a Workload API that gives one identity.
type identityServer struct {
	spiffe.UnimplementedSpiffeWorkloadAPIServer

	answer *spiffe.X509SVIDResponse
}

// FetchX509SVID implements workload.SpiffeWorkloadAPIServer.
func (s identityServer) FetchX509SVID(_ *spiffe.X509SVIDRequest, stream grpc.ServerStreamingServer[spiffe.X509SVIDResponse]) error {
	if err := stream.Send(s.answer); err != nil {
		return err
	}
	<-stream.Context().Done()
	return nil
}

// bundle is whom workloads trust, as DER.
func bundle(t *testing.T, p harness.Person) (out []byte) {
	t.Helper()
	var all []struct{ Kind, PEM string }
	if err := json.Unmarshal([]byte(p.Must(t.Context(), "ca", "list", "-o", "json").Stdout), &all); err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if block, _ := pem.Decode([]byte(one.PEM)); block != nil && one.Kind == "workloads" {
			out = append(out, block.Bytes...)
		}
	}
	return out
}

// serveIdentity gives a certificate of the control plane to who asks at the address that it
// returns. It is there without the control plane, as that of another machine is.
func serveIdentity(t *testing.T, cert *tls.Certificate, bundle []byte) string {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	one := &spiffe.X509SVID{
		SpiffeId: cert.Leaf.URIs[0].String(), X509Svid: bytes.Join(cert.Certificate, nil), X509SvidKey: key,
		Bundle: bundle,
	}
	folder, err := os.MkdirTemp("", "terrace-svid-") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	l, err := net.Listen("unix", filepath.Join(folder, "w.sock"))
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	spiffe.RegisterSpiffeWorkloadAPIServer(server, identityServer{answer: &spiffe.X509SVIDResponse{Svids: []*spiffe.X509SVID{one}}})
	go func() { _ = server.Serve(l) }() // ends with the server
	t.Cleanup(server.Stop)
	return "unix://" + l.Addr().String()
}
