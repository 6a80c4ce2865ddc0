package dns_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// The test binary is also the processes that are measured: TERRACE_BENCH_ROLE says which, with
// where it listens, where others are asked, and a folder with the zone.
const (
	roleVariable   = "TERRACE_BENCH_ROLE"
	listenVariable = "TERRACE_BENCH_LISTEN"
	askVariable    = "TERRACE_BENCH_ASK"
	dirVariable    = "TERRACE_BENCH_DIR"
)

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	roles := map[string]func(context.Context, string) error{"terrace": serveTerrace, "upstream": serveUpstream}
	if err := roles[role](ctx, os.Getenv(listenVariable)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // the process ends
	}
}

// everyone may do everything here.
type everyone struct{}

func (everyone) Authorize(context.Context, string, kernel.Scope) error { return nil }
func (everyone) Check(context.Context, kernel.Scope) error             { return nil }

func (everyone) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}
func (everyone) Record(context.Context, kernel.Fact) error { return nil }

// serveTerrace is the room with a zone, a network that has it and may ask elsewhere, and a
// forwarder.
func serveTerrace(ctx context.Context, listen string) error {
	dir := os.Getenv(dirVariable)
	database, err := db.Open(ctx, "sqlite://"+filepath.Join(dir, "terrace.db"))
	if err != nil {
		return err
	}
	defer func() { _ = database.Close() }()
	if err := database.Migrate(ctx, dnssql.Migrations()); err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	store := dnssql.NewStore(database)
	s, err := dns.NewService(dns.Config{
		Store: store, Book: store, Sets: store, Authorizer: everyone{}, Places: everyone{}, Journal: everyone{}, Tx: database, Log: log,
		Zones: []string{"apps.example.net"},
	})
	if err != nil {
		return err
	}
	if err := furnish(ctx, s, dir); err != nil {
		return err
	}
	if err := s.Load(ctx); err != nil {
		return err
	}
	server, err := dns.Listen(ctx, listen, s, log)
	if err != nil {
		return err
	}
	return server.Serve(ctx)
}

func furnish(ctx context.Context, s *dns.Service, dir string) error {
	scope := kernel.Scope{Tenant: "acme"}
	if _, err := s.SetNetwork(ctx, dns.Network{Scope: scope, Name: "local", Prefixes: []string{"127.0.0.0/8"}, Recursion: true}); err != nil {
		return err
	}
	if _, err := s.SetForwarder(ctx, dns.Forwarder{Scope: scope, Domain: ".", Servers: []string{"udp://" + os.Getenv(askVariable)}}); err != nil {
		return err
	}
	if _, err := s.CreateZone(ctx, dns.Zone{Scope: scope, Name: zoneName, Links: []dns.Link{{Network: "local"}}}); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, zoneFile))
	if err != nil {
		return err
	}
	_, err = s.Import(ctx, scope.Tenant, zoneName, string(text), true)
	return err
}

// serveUpstream answers each question with an address that may be kept for an hour.
func serveUpstream(ctx context.Context, listen string) error {
	handler := mdns.HandlerFunc(func(w mdns.ResponseWriter, q *mdns.Msg) {
		reply := new(mdns.Msg).SetReply(q)
		reply.Answer = []mdns.RR{&mdns.A{Hdr: mdns.RR_Header{Name: q.Question[0].Name, Rrtype: mdns.TypeA, Class: mdns.ClassINET, Ttl: 3600}, A: []byte{192, 0, 2, 1}}}
		_ = w.WriteMsg(reply)
	})
	server := &mdns.Server{Addr: listen, Net: "udp", Handler: handler}
	go func() {
		<-ctx.Done()
		_ = server.Shutdown()
	}()
	return server.ListenAndServe()
}
