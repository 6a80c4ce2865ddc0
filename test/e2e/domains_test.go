package e2e_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/test/harness"
)

// publicDNS is a DNS server that tells TXT records.
type publicDNS struct {
	address string
	mu      sync.Mutex
	texts   map[string]string
}

func startDNS(t *testing.T) *publicDNS {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &publicDNS{address: conn.LocalAddr().String(), texts: map[string]string{}}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(d.answer)}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return d
}

func (d *publicDNS) answer(w dns.ResponseWriter, query *dns.Msg) {
	d.mu.Lock()
	defer d.mu.Unlock()
	reply := new(dns.Msg).SetReply(query)
	if text := d.texts[strings.ToLower(query.Question[0].Name)]; text != "" && query.Question[0].Qtype == dns.TypeTXT {
		reply.Answer = []dns.RR{&dns.TXT{Hdr: dns.RR_Header{Name: query.Question[0].Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 1}, Txt: []string{text}}}
	} else {
		reply.Rcode = dns.RcodeNameError
	}
	_ = w.WriteMsg(reply)
}

func (d *publicDNS) set(name, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.texts[strings.ToLower(name)+"."] = text
}

// company is an authority of a company, and files with what it has certified.
type company struct {
	t      *testing.T
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	folder string
	serial atomic.Int64
}

func newCompany(t *testing.T) *company {
	t.Helper()
	c := &company{t: t, folder: t.TempDir()}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "The company"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c.key = key
	if c.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *company) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.cert)
	return pool
}

// certify writes a chain and a key for names.
func (c *company) certify(names ...string) (chain, key string) {
	c.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1 + c.serial.Add(1)), DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(12 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, c.cert, private.Public(), c.key)
	if err != nil {
		c.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		c.t.Fatal(err)
	}
	chain, key = filepath.Join(c.folder, "chain.pem"), filepath.Join(c.folder, "key.pem")
	for path, content := range map[string][]byte{
		chain: append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.cert.Raw})...),
		key:   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	return chain, key
}

// over asks a host at a gateway over TLS, trusting the roots alone, on a new connection.
func over(ctx context.Context, address, host string, roots *x509.CertPool) (said string, err error) {
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/", nil)
	if err != nil {
		return "", err
	}
	resp, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Do(r)
	if err != nil {
		return err.Error(), err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s", resp.StatusCode, body), err
}

// TestADomainOfATenant goes from the claim to the removal, at a control plane and at a gateway
// of its own beside it.
func TestADomainOfATenant(t *testing.T) {
	t.Parallel()
	ctx, shared, public, issuer := t.Context(), t.TempDir(), startDNS(t), newCompany(t)
	common := []string{
		"--key", "file://" + filepath.Join(shared, "kek"), "--pki", filepath.Join(shared, "pki"), "--tenant-keys", "file://" + filepath.Join(shared, "tenant-keys"),
		"--gateway-networks", "127.0.0.0/8", "--database", dbtest.NewPostgres(t),
	}
	control := harness.Start(t, append([]string{"--resolver", public.address}, common...)...)
	shop := control.Project(ctx, t, "shop")
	legacy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "legacy") }))
	t.Cleanup(legacy.Close)
	p := startPlane(t, filepath.Join(shared, "pki", "root.pem"), append([]string{"gateway", "--data", filepath.Join(t.TempDir(), "data")}, common...)...)

	file := filepath.Join(t.TempDir(), "route.yaml")
	const document = "apiVersion: gateway.terrace.dev/v1\nkind: Route\nmetadata: {name: api}\nspec:\n  hosts: [api.example.com, \"*.eu.example.com\"]\n  rules: [{backends: [{url: %q}]}]\n"
	if err := os.WriteFile(file, fmt.Appendf(nil, document, legacy.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := shop.Terrace(ctx, "gateway", "apply", "-f", file, "--stage", "dev"); r.Code != 1 || !strings.Contains(r.Stderr, "route.yaml:") || !strings.Contains(r.Stderr, "terrace domain add api.example.com --project "+shop.Project+" --stage dev") {
		t.Errorf("a host of nobody: %v", r)
	}
	var claim struct {
		State  string
		Record struct{ Name, Value string }
	}
	if err := json.Unmarshal([]byte(shop.Must(ctx, "domain", "add", "example.com", "-o", "json").Stdout), &claim); err != nil || claim.State != "pending" {
		t.Fatalf("%+v, %v", claim, err)
	}
	if r := shop.Terrace(ctx, "domain", "verify", "example.com"); r.Code == 0 || !strings.Contains(r.Stderr, claim.Record.Name) {
		t.Errorf("without a record: %v", r)
	}
	public.set(claim.Record.Name, claim.Record.Value)
	shop.Must(ctx, "domain", "verify", "example.com")
	shop.Must(ctx, "gateway", "apply", "-f", file, "--stage", "dev")

	own := x509.NewCertPool()
	if !own.AppendCertsFromPEM([]byte(shop.Must(ctx, "domain", "show", "example.com", "--authority").Stdout)) {
		t.Fatal("there is no root")
	}
	answers := func(what, host string, roots *x509.CertPool) {
		t.Helper()
		for name, address := range map[string]string{"the control plane": control.Gateway, "the data plane": p.address} {
			harness.Eventually(t, name+" "+what, func() (string, bool) {
				said, err := over(ctx, address, host, roots)
				return said, err == nil && said == "200 legacy"
			})
		}
	}
	answers("has the domain's authority", "api.example.com", own)
	answers("has the domain's authority for a wildcard", "x.eu.example.com", own)
	if said, err := over(ctx, control.Gateway, "other.example.com", own); err == nil {
		t.Errorf("a host without routes has a certificate: %s", said)
	}

	names := []string{"example.com", "*.example.com", "*.eu.example.com"}
	chain, key := issuer.certify(names...)
	if r := shop.Must(ctx, "domain", "certificate", "set", "example.com", "--chain", chain, "--key", key); strings.Contains(r.Stdout, "PRIVATE") {
		t.Error("the key is shown")
	}
	answers("has the company's certificate", "api.example.com", issuer.pool())
	notReady(t, append(append([]string{"gateway", "--data", filepath.Join(t.TempDir(), "data")}, common...), "--tenant-keys", "file://"+t.TempDir()), `"closed":1,"problem":"no key of a domain's certificate opens`)
	chain, key = issuer.certify(names[:2]...)
	if r := shop.Terrace(ctx, "domain", "certificate", "set", "example.com", "--chain", chain, "--key", key); r.Code != 1 || !strings.Contains(r.Stderr, "*.eu.example.com") {
		t.Errorf("a certificate that takes one from a host: %v", r)
	}
	replaced(ctx, t, shop, p.address, issuer, names)

	revoked(ctx, t, control, shop, p.address, public, issuer.pool())

	if r := shop.Terrace(ctx, "domain", "remove", "example.com", "--yes"); r.Code == 0 || !strings.Contains(r.Stderr, "route api of") {
		t.Errorf("removed while a route uses it: %v", r)
	}
	shop.Must(ctx, "gateway", "delete", "route", "api", "--stage", "dev", "--yes")
	shop.Must(ctx, "domain", "remove", "example.com", "--yes")
	harness.Eventually(t, "the data plane has forgotten the domain", func() (string, bool) {
		said, err := over(ctx, p.address, "api.example.com", issuer.pool())
		return said, err != nil
	})
	if strings.Contains(control.WholeLog(), "PRIVATE KEY") {
		t.Error("the log has a key")
	}
}

// revoked takes the proof back while a route uses the domain, and proves it again.
func revoked(ctx context.Context, t *testing.T, control *harness.Daemon, shop harness.Person, plane string, public *publicDNS, roots *x509.CertPool) {
	t.Helper()
	shop.Must(ctx, "domain", "revoke", "example.com", "--reason", "it was sold")
	if said, err := over(ctx, control.Gateway, "api.example.com", roots); err == nil {
		t.Errorf("the process that took the proof back serves: %s", said)
	}
	harness.Eventually(t, "the data plane serves it no more", func() (string, bool) {
		said, err := over(ctx, plane, "api.example.com", roots)
		return said, err != nil
	})
	if r := shop.Must(ctx, "gateway", "explain", "https://api.example.com/", "--stage", "dev"); !strings.Contains(r.Stdout, "it was sold") {
		t.Errorf("the tenant is not told: %v", r)
	}
	var shown struct {
		State    string
		Record   struct{ Name, Value string }
		Warnings []string
	}
	if err := json.Unmarshal([]byte(shop.Must(ctx, "domain", "show", "example.com", "-o", "json").Stdout), &shown); err != nil || shown.State != "revoked" || !strings.Contains(strings.Join(shown.Warnings, " "), "it was sold") {
		t.Fatalf("%+v, %v", shown, err)
	}
	if r := shop.Terrace(ctx, "domain", "verify", "example.com"); r.Code == 0 {
		t.Error("the record of before proves it")
	}
	public.set(shown.Record.Name, shown.Record.Value)
	shop.Must(ctx, "domain", "verify", "example.com")
	for _, address := range []string{control.Gateway, plane} {
		harness.Eventually(t, "it is served again", func() (string, bool) {
			said, err := over(ctx, address, "api.example.com", roots)
			return said, err == nil && said == "200 legacy"
		})
	}
}

// replaced sets certificates anew while clients shake hands.
func replaced(ctx context.Context, t *testing.T, shop harness.Person, address string, issuer *company, names []string) {
	t.Helper()
	asking, stop := context.WithCancel(ctx)
	var asked, failed atomic.Int64
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() {
			for asking.Err() == nil {
				said, err := over(ctx, address, "api.example.com", issuer.pool())
				asked.Add(1)
				if err != nil || said != "200 legacy" {
					failed.Add(1)
					t.Logf("a request failed: %s", said)
				}
			}
		})
	}
	for range 4 {
		chain, key := issuer.certify(names...)
		shop.Must(ctx, "domain", "certificate", "set", "example.com", "--chain", chain, "--key", key)
	}
	last := fmt.Sprint(1 + issuer.serial.Load())
	harness.Eventually(t, "the data plane shows the last one", func() (string, bool) {
		conn, err := (&tls.Dialer{Config: &tls.Config{ServerName: "api.example.com", RootCAs: issuer.pool(), MinVersion: tls.VersionTLS12}}).DialContext(ctx, "tcp", address)
		if err != nil {
			return err.Error(), false
		}
		defer func() { _ = conn.Close() }()
		shown := conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.String() //nolint:forcetypeassert // what it dials
		return shown, shown == last
	})
	stop()
	clients.Wait()
	if failed.Load() > 0 || asked.Load() == 0 {
		t.Errorf("while certificates were replaced %d of %d requests failed", failed.Load(), asked.Load())
		return
	}
	t.Logf("while certificates were replaced 4 times none of %d handshakes failed", asked.Load())
}
