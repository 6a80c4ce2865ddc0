package acmewire_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	xacme "golang.org/x/crypto/acme"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
	"github.com/terrace-idp/terrace/internal/fabric/pki/acme/acmesql"
	"github.com/terrace-idp/terrace/internal/fabric/pki/acme/acmewire"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/egress"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

var shop = kernel.Scope{Tenant: "corp", Project: "shop", Stage: "dev"}

// facts is a Journal that keeps what it gets.
type facts struct {
	mu  sync.Mutex
	all []kernel.Fact
}

func (f *facts) Record(_ context.Context, fact kernel.Fact) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, fact)
	return nil
}

func (f *facts) has(kind string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.all, func(fact kernel.Fact) bool { return fact.Type == kind })
}

// world is where challenges are looked for: DNS, and a server for both others.
type world struct {
	mu    sync.Mutex
	texts map[string][]string
	files map[string]string
	addr  netip.Addr
}

func (w *world) TXT(_ context.Context, _ kernel.Scope, name string) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.texts[name], nil
}

func (w *world) Addresses(_ context.Context, _ kernel.Scope, name string) ([]netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.HasPrefix(name, "nowhere.") {
		return nil, acme.NoAddress(name, "no such host")
	}
	return []netip.Addr{w.addr}, nil
}

func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if to := w.files["redirect "+r.URL.Path]; to != "" {
		http.Redirect(out, r, to, http.StatusFound)
		return
	}
	text, ok := w.files[r.URL.Path]
	if !ok {
		http.NotFound(out, r)
		return
	}
	_, _ = out.Write([]byte(text))
}

func (w *world) put(path, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.files[path] = text
}

// names lets a scope have what lies below <stage>.<project>.test.
type names struct{}

func (names) Check(_ context.Context, scope kernel.Scope, name string, _ bool) error {
	if own := scope.Stage + "." + scope.Project + ".test"; name != own && !strings.HasSuffix(name, "."+own) {
		return kernel.Errorf(kernel.Refused, "%s does not belong to %s", name, scope)
	}
	return nil
}

// authority is an Issuer of its own.
type authority struct {
	cert  *x509.Certificate
	key   crypto.Signer
	clock kernel.Clock
	// revoked has serials with their reasons.
	mu      sync.Mutex
	revoked map[string]int
	fail    error
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert: cert, key: key, revoked: map[string]int{}}
}

func (a *authority) Issue(_ context.Context, r acme.Request) (acme.Issued, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fail != nil {
		return acme.Issued{}, a.fail
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return acme.Issued{}, err
	}
	now := a.clock.Now()
	from, to := now.Add(-time.Hour), now.Add(30*24*time.Hour)
	if !r.NotBefore.IsZero() {
		from = r.NotBefore
	}
	if !r.NotAfter.IsZero() {
		to = r.NotAfter
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: serial, NotBefore: from, NotAfter: to, DNSNames: r.DNSNames}, a.cert, r.PublicKey, a.key)
	if err != nil {
		return acme.Issued{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return acme.Issued{}, err
	}
	return acme.Issued{Serial: serial.Text(16), Leaf: leaf, Chains: [][]*x509.Certificate{{leaf, a.cert}, {leaf}}}, nil
}

func (a *authority) Revoke(_ context.Context, _ kernel.Scope, serial string, reason int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.revoked[serial] = reason
	return nil
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

type allow struct{}

func (allow) Authorize(context.Context, string, kernel.Scope) error { return nil }

func (allow) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

func (allow) Check(context.Context, kernel.Scope) error { return nil }

// fixture is the room with its protocol on one database, and a server for challenges.
type fixture struct {
	*acme.Service

	db     *db.DB
	facts  *facts
	world  *world
	issuer *authority
	server *httptest.Server
	config acme.Config
	// shift is what the clock is ahead.
	mu    sync.Mutex
	shift time.Duration
	// tlsPort is where tls-alpn-01 is looked for.
	tlsPort int
	// stop has the first process look at no challenges any more.
	stop func()
}

func (f *fixture) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Now().Add(f.shift)
}

func (f *fixture) later(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shift += d
}

func each(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{acmesql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, newFixture(t, d, nil)) })
}

func sqlite(t *testing.T, change func(c *acme.Config)) *fixture {
	t.Helper()
	return newFixture(t, dbtest.SQLite(t, acmesql.Migrations()), change)
}

func newFixture(t *testing.T, d *db.DB, change func(c *acme.Config)) *fixture {
	t.Helper()
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sealer.Close() })
	f := &fixture{db: d, facts: &facts{}, issuer: newAuthority(t), world: &world{texts: map[string][]string{}, files: map[string]string{}, addr: netip.MustParseAddr("127.0.0.1")}, tlsPort: freePort(t)}
	f.issuer.clock = f.now
	web := httptest.NewServer(f.world)
	t.Cleanup(web.Close)
	store, limits := acmesql.NewStore(d), acme.DefaultLimits()
	limits.FirstPause, limits.Attempts = 10*time.Millisecond, 3
	f.config = acme.Config{
		Accounts: store, Orders: store, Authorizations: store, Certificates: store, Keys: store, Ledger: store,
		Issuer: f.issuer, Names: names{}, Sealer: sealer, Places: allow{}, Authorizer: allow{}, Journal: f.facts, Tx: d, Clock: f.now, Log: slog.New(slog.DiscardHandler),
		Prober: acme.Probe{
			Resolver: f.world, Guard: egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, What: "hosts", Setting: "acmeNetworks"},
			HTTPPort: portOf(t, web.Listener.Addr().String()), TLSPort: f.tlsPort,
		},
		Open: &shop, Limits: limits,
	}
	if change != nil {
		change(&f.config)
	}
	f.Service, f.server = f.replica(t)
	return f
}

// replica is another process on the same database.
func (f *fixture) replica(t *testing.T) (*acme.Service, *httptest.Server) {
	t.Helper()
	s, router := acme.New(f.config), chi.NewRouter()
	h := &acmewire.Handler{Service: s, Log: f.config.Log}
	h.Mount(router)
	server := httptest.NewServer(router)
	h.Base = server.URL
	if f.server != nil {
		h.Base = f.server.URL // behind one address
	}
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() {
		if err := s.Work(ctx); err != nil {
			t.Error(err)
		}
	})
	stop := func() { cancel(); working.Wait() }
	if f.stop == nil {
		f.stop = stop
	}
	t.Cleanup(stop)
	return s, server
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return portOf(t, l.Addr().String())
}

func (f *fixture) directory() string { return f.server.URL + "/acme/directory" }

// client is one with a key of its own and no account.
func (f *fixture) client(t *testing.T) *xacme.Client {
	t.Helper()
	return &xacme.Client{Key: newKey(t), DirectoryURL: f.directory()}
}

// registered is a client with an account.
func (f *fixture) registered(t *testing.T) *xacme.Client {
	t.Helper()
	c := f.client(t)
	if _, err := c.Register(t.Context(), &xacme.Account{Contact: []string{"mailto:ada@example.com"}}, xacme.AcceptTOS); err != nil {
		t.Fatal(err)
	}
	return c
}

// meet has a challenge be met.
func (f *fixture) meet(t *testing.T, c *xacme.Client, name string, chal *xacme.Challenge) {
	t.Helper()
	switch chal.Type {
	case acme.HTTP01:
		text, err := c.HTTP01ChallengeResponse(chal.Token)
		if err != nil {
			t.Fatal(err)
		}
		f.world.put(c.HTTP01ChallengePath(chal.Token), text)
	case acme.DNS01:
		text, err := c.DNS01ChallengeRecord(chal.Token)
		if err != nil {
			t.Fatal(err)
		}
		f.world.mu.Lock()
		f.world.texts["_acme-challenge."+name] = append(f.world.texts["_acme-challenge."+name], text)
		f.world.mu.Unlock()
	}
}

// prove proves all names of an order by a type of challenge.
func (f *fixture) prove(t *testing.T, c *xacme.Client, o *xacme.Order, kind string) {
	t.Helper()
	for _, address := range o.AuthzURLs {
		z, err := c.GetAuthorization(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		chal := challenge(t, z, kind)
		f.meet(t, c, z.Identifier.Value, chal)
		if _, err := c.Accept(t.Context(), chal); err != nil {
			t.Fatal(err)
		}
		if _, err := c.WaitAuthorization(t.Context(), address); err != nil {
			t.Fatal(err)
		}
	}
}

func challenge(t *testing.T, z *xacme.Authorization, kind string) *xacme.Challenge {
	t.Helper()
	for _, c := range z.Challenges {
		if c.Type == kind {
			return c
		}
	}
	t.Fatalf("%s has no %s: %+v", z.Identifier.Value, kind, z.Challenges)
	return nil
}

// request makes a certificate request, and its key.
func request(t *testing.T, key crypto.Signer, dnsNames ...string) []byte {
	t.Helper()
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: dnsNames}, key)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

// issued orders, proves and fetches a certificate.
func (f *fixture) issued(t *testing.T, c *xacme.Client, kind string, key crypto.Signer, dnsNames ...string) *x509.Certificate {
	t.Helper()
	o, err := c.AuthorizeOrder(t.Context(), xacme.DomainIDs(dnsNames...))
	if err != nil {
		t.Fatal(err)
	}
	f.prove(t, c, o, kind)
	chain, _, err := c.CreateOrderCert(t.Context(), o.FinalizeURL, request(t, key, dnsNames...), false)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// problem is what a client was told.
func problem(err error) string {
	if told, ok := errors.AsType[*xacme.Error](err); ok {
		return strings.TrimPrefix(told.ProblemType, "urn:ietf:params:acme:error:")
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func wantProblem(t *testing.T, what string, err error, kind string) {
	t.Helper()
	if got := problem(err); got != kind {
		t.Errorf("%s: %q instead of %q: %v", what, got, kind, err)
	}
}

// secret decodes the secret of a key.
func secret(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func itoa(n int) string { return strconv.Itoa(n) }

// leafOf is the first certificate of a chain in PEM.
func leafOf(t *testing.T, chain []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(chain)
	if block == nil {
		t.Fatalf("no certificate: %s", chain)
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// fails has the issuer fail from now on, and nil not.
func (f *fixture) fails(err error) {
	f.issuer.mu.Lock()
	defer f.issuer.mu.Unlock()
	f.issuer.fail = err
}

// to connects to an address, whatever is asked for.
func to(address string) *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
}
