package domain_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain/domainsql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

var (
	acme = kernel.Scope{Tenant: "acme"}
	prod = kernel.Scope{Tenant: "acme", Project: "shop", Stage: "prod"}
	dev  = kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
)

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

// told are the types of the facts about domains, with their tenants.
func (f *facts) told() (out []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fact := range f.all {
		if rest, ok := strings.CutPrefix(fact.Type, "gateway-domain."); ok {
			out = append(out, fact.Scope.Tenant+" "+rest)
		}
	}
	return out
}

// roles is an Authorizer: operators may all, admins of a tenant all of it, and others what is
// listed as "action project".
type roles map[string][]string

func (r roles) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, _ := kernel.ActorFrom(ctx)
	has, limited := r[actor.Name]
	if (action == "gateway-domain.approve" || action == "gateway-domain.revoke") && actor.Name != "operator" || limited && !slices.Contains(has, action+" "+scope.Project) {
		return kernel.Errorf(kernel.Denied, "%s may not do %s in %s", actor.Name, action, scope)
	}
	return nil
}

func (r roles) Allowed(ctx context.Context, action string, _ kernel.Scope) (kernel.Reach, error) {
	actor, _ := kernel.ActorFrom(ctx)
	has, limited := r[actor.Name]
	reach := kernel.Reach{All: !limited}
	for _, one := range has {
		if of, project, _ := strings.Cut(one, " "); of == action && project != "" {
			reach.Projects = append(reach.Projects, project)
		}
	}
	return reach, nil
}

// records is a Resolver.
type records struct {
	mu  sync.Mutex
	all map[string][]string
	err error
}

func (r *records) TXT(_ context.Context, name string) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[name], r.err
}

func (r *records) set(record domain.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[record.Name] = append(r.all[record.Name], "v=spf1 -all", record.Value)
}

type anywhere struct{}

func (anywhere) Check(_ context.Context, scope kernel.Scope) error {
	if scope.Stage == "nowhere" {
		return kernel.Errorf(kernel.NotFound, "there is no stage nowhere")
	}
	return nil
}

// fixture is the room with a gateway beside it, on one database.
type fixture struct {
	*domain.Service

	db      *db.DB
	gateway *gateway.Service
	facts   *facts
	records *records
	roles   roles
}

func migrations() []db.Migrations {
	return []db.Migrations{gatewaysql.Migrations(), domainsql.Migrations()}
}

func newFixture(t *testing.T, d *db.DB) *fixture {
	t.Helper()
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sealer.Close() })
	f := &fixture{db: d, facts: &facts{}, records: &records{all: map[string][]string{}}, roles: roles{}}
	store, routes := domainsql.NewStore(d), gatewaysql.NewStore(d)
	f.Service = domain.New(domain.Config{
		Store: store, View: store, Routes: routes, Resolver: f.records, Sealer: sealer, Places: anywhere{}, Own: []string{"apps.example.net", "terrace.example.org"},
		Authorizer: f.roles, Journal: f.facts, Tx: d, Log: slog.New(slog.DiscardHandler),
	})
	f.gateway = gateway.NewService(gateway.Config{
		Store: routes, PolicyStore: routes, Journal: f.facts, Tx: d, Log: slog.New(slog.DiscardHandler), Zones: []string{"apps.example.net"}, Domains: f.Service, Reserved: []string{"terrace.example.org"}, Authorizer: f.roles, Owners: routes, Library: routes,
	})
	f.Gateway = f.gateway
	if err := f.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f
}

func each(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	dbtest.Each(t, migrations(), func(t *testing.T, d *db.DB) { test(t, newFixture(t, d)) })
}

func sqlite(t *testing.T) *fixture {
	t.Helper()
	return newFixture(t, dbtest.SQLite(t, migrations()...))
}

func as(ctx context.Context, name, tenant string) context.Context {
	return kernel.WithActor(ctx, kernel.Actor{Kind: kernel.ActorUser, ID: "usr_" + name, Name: name, Tenant: tenant})
}

// proven claims a domain and proves it.
func (f *fixture) proven(t *testing.T, scope kernel.Scope, name string) {
	t.Helper()
	ctx := as(t.Context(), "ada", scope.Tenant)
	d, err := f.Add(ctx, scope, name)
	if err != nil {
		t.Fatal(err)
	}
	f.records.set(d.Record)
	if _, err := f.Verify(ctx, scope.Tenant, name); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) route(t *testing.T, scope kernel.Scope, name string, hosts ...string) error {
	t.Helper()
	r := gateway.ToService(name, hosts[0], "/", "web", "")
	r.Hosts = hosts
	_, err := f.gateway.PutRoute(t.Context(), scope, r)
	return err
}

// text is an error with its problems.
func text(err error) string {
	if err == nil {
		return ""
	}
	out := err.Error()
	if told, ok := err.(*kernel.Error); ok { //nolint:errorlint // as the room returns it
		out += " " + told.Fix
		for _, p := range told.Problems {
			out += "\n" + p.Path + ": " + p.Message + "; " + p.Fix
		}
	}
	return out
}

func want(t *testing.T, what string, err error, kind kernel.Kind, says ...string) {
	t.Helper()
	if !kernel.Is(err, kind) {
		t.Errorf("%s: %v, want it to be %s", what, err, kind)
		return
	}
	for _, s := range says {
		if !strings.Contains(text(err), s) {
			t.Errorf("%s: does not say %q: %s", what, s, text(err))
		}
	}
}

// issuer is an authority of somewhere else.
type issuer struct {
	cert *x509.Certificate
	key  crypto.Signer
	pem  string
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func pemOf(t *testing.T, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// signed makes a certificate; by is nil for one that signs itself.
func signed(t *testing.T, by *issuer, key crypto.Signer, change func(*x509.Certificate)) *issuer {
	t.Helper()
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<60))
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "somebody"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		BasicConstraintsValid: true,
	}
	change(template)
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{cert, key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

func authority(t *testing.T, by *issuer) *issuer {
	t.Helper()
	return signed(t, by, newKey(t), func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.Subject.CommonName = true, x509.KeyUsageCertSign, "authority"
	})
}

func (i *issuer) leaf(t *testing.T, names ...string) (chain, key string) {
	t.Helper()
	private := newKey(t)
	leaf := signed(t, i, private, func(c *x509.Certificate) { c.DNSNames = names })
	return leaf.pem + i.pem, pemOf(t, private)
}
