package dns_test

import (
	"context"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// roles is an Authorizer: who is not listed may do all, others what is listed as "action
// tenant/project".
type roles map[string][]string

func (r roles) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, _ := kernel.ActorFrom(ctx)
	has, limited := r[actor.Name]
	if limited && !slices.Contains(has, action+" "+scope.Tenant+"/"+scope.Project) {
		return kernel.Errorf(kernel.Denied, "%s may not do %s in %s", actor.Name, action, scope)
	}
	return nil
}

func (r roles) Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error) {
	actor, _ := kernel.ActorFrom(ctx)
	has, limited := r[actor.Name]
	reach := kernel.Reach{All: !limited}
	for _, one := range has {
		if project, ok := strings.CutPrefix(one, action+" "+scope.Tenant+"/"); ok && project != "" {
			reach.Projects = append(reach.Projects, project)
		}
	}
	return reach, nil
}

type anywhere struct{}

func (anywhere) Check(_ context.Context, scope kernel.Scope) error {
	if scope.Project == "nowhere" {
		return kernel.Errorf(kernel.NotFound, "there is no project nowhere")
	}
	return nil
}

// ofProjects lets a project have certificates of what lies below PROJECT.apps.example.net.
type ofProjects struct{}

func (ofProjects) Check(_ context.Context, scope kernel.Scope, name string, _ bool) error {
	if scope.Project == "" || !strings.HasSuffix("."+name, "."+scope.Project+".apps.example.net") {
		return kernel.Errorf(kernel.Refused, "%s does not belong to %s", name, scope)
	}
	return nil
}

// fixture is the room with zones.
type fixture struct {
	*dns.Service

	t     testing.TB
	db    *db.DB
	facts *journal
	roles roles
	seal  dns.Sealer
	// ahead is how many nanoseconds the room's clock is.
	ahead atomic.Int64
}

// now is the room's clock.
func (f *fixture) now() time.Time { return time.Now().Add(time.Duration(f.ahead.Load())) }

func newFixture(t testing.TB, d *db.DB) *fixture {
	t.Helper()
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sealer.Close() })
	f := &fixture{t: t, db: d, facts: &journal{}, roles: roles{}, seal: sealer}
	f.Service = f.replica()
	return f
}

// replica is another process on the same database.
func (f *fixture) replica() *dns.Service {
	f.t.Helper()
	store := dnssql.NewStore(f.db)
	s, err := dns.NewService(dns.Config{
		Store: store, Book: store, Sets: store, Sealer: f.seal, Authorizer: f.roles, Places: anywhere{}, Names: ofProjects{},
		Clock: f.now, Journal: f.facts, Tx: f.db, Log: slog.New(slog.DiscardHandler), Zones: []string{"apps.example.net"},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := s.Load(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	return s
}

// told are the types of the facts.
func (f *fixture) told() (out []string) {
	f.facts.mu.Lock()
	defer f.facts.mu.Unlock()
	for _, fact := range f.facts.facts {
		out = append(out, fact.Type)
	}
	return out
}

func as(name string) context.Context {
	return kernel.WithActor(context.Background(), kernel.Actor{ID: name, Name: name, Tenant: "acme"})
}

func (f *fixture) network(name string, recursion bool, prefixes ...string) {
	f.t.Helper()
	if _, err := f.SetNetwork(as("operator"), dns.Network{Scope: kernel.Scope{Tenant: "acme"}, Name: name, Prefixes: prefixes, Recursion: recursion}); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) zone(name string, networks ...string) dns.Zone {
	f.t.Helper()
	z := dns.Zone{Scope: kernel.Scope{Tenant: "acme"}, Name: name, Everywhere: len(networks) == 0}
	for _, n := range networks {
		z.Links = append(z.Links, dns.Link{Network: n})
	}
	z, err := f.CreateZone(as("admin"), z)
	if err != nil {
		f.t.Fatal(err)
	}
	return z
}

func (f *fixture) set(in, name, kind, network string, values ...string) {
	f.t.Helper()
	if _, err := f.PutSet(as("admin"), "acme", in, dns.Held{Set: zone.Set{Name: name, Type: kind, Values: values}, Network: network}); err != nil {
		f.t.Fatal(err)
	}
}

// from asks as a client of an address does, and returns the code and the data of the answer.
func from(s *dns.Service, address, name string, kind uint16) string {
	q := new(mdns.Msg).SetQuestion(mdns.Fqdn(name), kind)
	return answer(s.Resolve(context.Background(), netip.MustParseAddr(address), q))
}

func answer(reply *mdns.Msg) string {
	out := []string{mdns.RcodeToString[reply.Rcode]}
	for _, rr := range reply.Answer {
		out = append(out, strings.TrimPrefix(rr.String(), rr.Header().String()))
	}
	return strings.Join(out, " ")
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("it does not come to %s", what)
		}
		<-time.After(20 * time.Millisecond)
	}
}
