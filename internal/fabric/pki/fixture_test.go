package pki_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkisql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

const (
	day  = 24 * time.Hour
	host = "orders.dev.shop.localhost"
)

func shop() kernel.Scope {
	return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
}

// clock is a clock that tests move.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time           { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) advance(by time.Duration) { c.offset.Add(int64(by)) }

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

// of are the facts of a type.
func (f *facts) of(kind string) (out []kernel.Fact) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fact := range f.all {
		if fact.Type == kind {
			out = append(out, fact)
		}
	}
	return out
}

// roles is an Authorizer: operators may all, and others what is listed as "action tenant/project".
type roles map[string][]string

func (r roles) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, _ := kernel.ActorFrom(ctx)
	if has, limited := r[actor.Name]; limited && !slices.Contains(has, action+" "+strings.TrimRight(scope.Tenant+"/"+scope.Project, "/")) {
		return kernel.Errorf(kernel.Denied, "%s may not do %s in %s", actor.Name, action, scope)
	}
	return nil
}

func (r roles) Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error) {
	actor, _ := kernel.ActorFrom(ctx)
	has, limited := r[actor.Name]
	reach := kernel.Reach{All: !limited}
	for _, one := range has {
		if project, ok := strings.CutPrefix(one, action+" "+scope.Tenant+"/"); ok {
			reach.Projects = append(reach.Projects, project)
		}
	}
	return reach, nil
}

// names has a scope have what lies below its stage, and example.com be of acme.
type names struct{}

func (names) Certifiable(_ context.Context, scope kernel.Scope, name string) (string, error) {
	bare := strings.TrimPrefix(name, "*.")
	if scope.Tenant == "acme" && (bare == "example.com" || strings.HasSuffix(bare, ".example.com")) {
		return "example.com", nil
	}
	if own := scope.Stage + "." + scope.Project + ".localhost"; scope.Stage != "" && (bare == own || strings.HasSuffix(bare, "."+own)) {
		return "", nil
	}
	return "", kernel.Errorf(kernel.Denied, "%s is not of %s", name, scope)
}

// installation is a database with the key that seals in it; processes are on it.
type installation struct {
	db     *db.DB
	sealer *seal.Sealer
	facts  *facts
	clock  *clock
	roles  roles
}

func newInstallation(t testing.TB, d *db.DB) *installation {
	t.Helper()
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sealer.Close() })
	return &installation{db: d, sealer: sealer, facts: &facts{}, clock: &clock{}, roles: roles{}}
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, i *installation)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{pkisql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, newInstallation(t, d)) })
}

func sqlite(t testing.TB) *installation {
	t.Helper()
	return newInstallation(t, dbtest.SQLite(t, pkisql.Migrations()))
}

// process is a process on the installation that knows nothing yet.
func (i *installation) process(t testing.TB, change func(*pki.Config)) *pki.Service {
	t.Helper()
	store := pkisql.NewStore(i.db)
	c := pki.Config{
		Options: pki.Options{Clock: i.clock.now}, Authorities: store, Inventory: store, Alerts: store, Lists: store, Sealer: i.sealer, Names: names{}, Authorizer: i.roles,
		Journal: i.facts, Tx: i.db, Home: "default", Proven: func(domain string) bool { return domain == "example.com" }, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&c)
	}
	s, err := pki.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// control is a control plane that has started.
func (i *installation) control(t testing.TB, folder string) *pki.Service {
	t.Helper()
	s := i.process(t, func(c *pki.Config) { c.Folder = folder })
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// gateway is a data plane that has started.
func (i *installation) gateway(t testing.TB) *pki.Service {
	t.Helper()
	s := i.process(t, func(c *pki.Config) { c.DataPlane, c.Names = true, nil })
	must(t, s.Load(t.Context()))
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func as(ctx context.Context, name, tenant string) context.Context {
	return kernel.WithActor(ctx, kernel.Actor{Kind: kernel.ActorUser, ID: "usr_" + name, Name: name, Tenant: tenant})
}

// operator is who runs the platform.
func operator(t testing.TB) context.Context { return as(t.Context(), "operator", "default") }

// legacyKey is the key of a root of before there was a database, the same each time.
func legacyKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	scalar := sha256.Sum256([]byte("a root of before"))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	must(t, err)
	return key
}

// legacy writes the files of such an installation, and returns its root.
func legacy(t testing.TB, folder string) *x509.Certificate {
	t.Helper()
	key := legacyKey(t)
	loopback := []*net.IPNet{{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)}, {IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)}}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(4711), Subject: pkix.Name{Organization: []string{"Terrace"}, CommonName: "Terrace local root abc123"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2046, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"localhost"}, PermittedIPRanges: loopback,
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	raw, err := x509.MarshalECPrivateKey(key)
	must(t, err)
	content := append(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	must(t, os.WriteFile(filepath.Join(folder, "root-key.pem"), content, 0o600))
	must(t, os.WriteFile(filepath.Join(folder, "root.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return cert
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

// csr is a certificate request for a key.
func csr(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{"evil.localhost"}}, key)
	must(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

// pool has certificates as PEM.
func pool(text []byte) *x509.CertPool {
	p := x509.NewCertPool()
	p.AppendCertsFromPEM(text)
	return p
}

// parsed are certificates of PEM.
func parsed(t testing.TB, text []byte) (all []*x509.Certificate) {
	t.Helper()
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		must(t, err)
		all = append(all, cert)
	}
	return all
}

// verify holds a chain, the leaf first, against roots at a time.
func verify(chain []*x509.Certificate, roots *x509.CertPool, at time.Time, use x509.ExtKeyUsage, name string) error {
	between := x509.NewCertPool()
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at, DNSName: name, KeyUsages: []x509.ExtKeyUsage{use}})
	return err
}

// shown is the chain that an authority shows for a name.
func shown(t testing.TB, a *pki.Authority, name string) []*x509.Certificate {
	t.Helper()
	cert, err := a.Certificate(name)
	must(t, err)
	return chainOf(t, cert)
}

func chainOf(t testing.TB, cert *tls.Certificate) (chain []*x509.Certificate) {
	t.Helper()
	for _, der := range cert.Certificate {
		one, err := x509.ParseCertificate(der)
		must(t, err)
		chain = append(chain, one)
	}
	return chain
}

func server(chain []*x509.Certificate, roots *x509.CertPool, at time.Time) error {
	return verify(chain, roots, at, x509.ExtKeyUsageServerAuth, chain[0].DNSNames[0])
}
