package dns_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// tally asks a server for each name, and counts what comes.
func tally(t *testing.T, address string, names ...string) map[string]int {
	t.Helper()
	conn, err := mdns.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	counts := map[string]int{}
	for _, name := range names {
		if err := conn.WriteMsg(new(mdns.Msg).SetQuestion(name, mdns.TypeA)); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		reply, err := conn.ReadMsg()
		if err != nil {
			t.Fatalf("%s has no answer: %v", name, err)
		}
		counts[answer(reply)]++
	}
	return counts
}

func repeated(name string, n int) []string { return strings.Fields(strings.Repeat(name+" ", n)) }

// only fails where something else came than was wanted, or not as often.
func only(t *testing.T, fault string, counts map[string]int, want string, n int) {
	t.Helper()
	t.Logf("%s: %v", fault, counts)
	if len(counts) != 1 || counts[want] != n {
		t.Errorf("%s: %v, and not %d of %s", fault, counts, n, want)
	}
}

func TestAnswersGoOnWithoutADatabase(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, dnssql.Migrations())
	f := newFixture(t, d)
	f.zone("corp.internal")
	f.set("corp.internal", "web", "A", "", "10.0.0.1")
	server := serve(t, f.Service)
	watch(t, f.Watch)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	only(t, "without a database", tally(t, server.Addr(), repeated("web.corp.internal.", 1000)...), "NOERROR 10.0.0.1", 1000)
	if _, err := f.PutSet(as("admin"), "acme", "corp.internal", dns.Held{Set: zone.Set{Name: "x", Type: "A", Values: []string{"10.0.0.2"}}}); err == nil {
		t.Error("a record is kept without a database")
	}
	if err := f.Load(t.Context()); err == nil {
		t.Error("a snapshot is made without a database")
	}
}

func TestAnUpdateWithoutADatabaseFailsAsTheServers(t *testing.T) {
	t.Parallel()
	program(t, "nsupdate")
	d := dbtest.SQLite(t, dnssql.Migrations())
	f := newFixture(t, d)
	f.zone("corp.internal")
	key := f.key(dns.Key{Name: "all", Update: []string{"*"}})
	server := serve(t, f.Service)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if got := nsupdate(t, server.Addr(), key, "update add x.corp.internal 60 A 10.0.0.9"); !strings.Contains(got, "SERVFAIL") {
		t.Errorf("%q", got)
	}
}

// TestAReplicaThatIsBehindAnswersAsBefore has one that looks for changes only later.
func TestAReplicaThatIsBehindAnswersAsBefore(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.zone("corp.internal")
	f.set("corp.internal", "web", "A", "", "10.0.0.1")
	other := f.replica()
	behind := serve(t, other)
	f.set("corp.internal", "web", "A", "", "10.0.0.2")
	only(t, "a replica is behind", tally(t, behind.Addr(), repeated("web.corp.internal.", 500)...), "NOERROR 10.0.0.1", 500)
	watch(t, other.Watch)
	eventually(t, "that the replica has the change", func() bool { return known(behind.Addr(), "web.corp.internal.") == "NOERROR 10.0.0.2" })
	only(t, "and not any more", tally(t, behind.Addr(), repeated("web.corp.internal.", 500)...), "NOERROR 10.0.0.2", 500)
}

// TestAReplicaSeesThatAZoneIsAnotherOne has a zone deleted and made again within a second, so that
// both have the same serial.
func TestAReplicaSeesThatAZoneIsAnotherOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.network("hub", false, "10.0.0.0/8")
	f.ahead.Store(int64(time.Second) - int64(time.Now().Nanosecond()))
	before := f.zone("corp.internal", "hub")
	other := f.replica()
	if err := f.DeleteZone(as("admin"), "acme", "corp.internal"); err != nil {
		t.Fatal(err)
	}
	after := f.zone("corp.internal")
	if err := other.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := from(other, "192.0.2.1", "corp.internal", mdns.TypeA); got != "NOERROR" {
		t.Errorf("serials %d and %d: %s", before.Serial, after.Serial, got)
	}
}

// sealer is one that may be away.
type sealer struct {
	dns.Sealer

	away atomic.Bool
}

func (s *sealer) Open(ctx context.Context, sealed, associated []byte) ([]byte, error) {
	if s.away.Load() {
		return nil, errors.New("the vault is away")
	}
	return s.Sealer.Open(ctx, sealed, associated)
}

// TestKeysAreOpenedOnceTheyCanBe has a process begin while nothing can be opened.
func TestKeysAreOpenedOnceTheyCanBe(t *testing.T) {
	t.Parallel()
	program(t, "dig")
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.zone("corp.internal")
	key := f.key(dns.Key{Name: "reader", Transfer: true})
	vault := &sealer{Sealer: f.seal}
	vault.away.Store(true)
	f.seal = vault
	other := f.replica()
	address := serve(t, other).Addr()
	copied := func() int {
		return len(records(dig(t, address, "+noall", "+answer", "-y", key, "corp.internal", "AXFR")))
	}
	if n := copied(); n != 0 || known(address, "ns.apps.example.net.") != "NOERROR 127.0.0.1" {
		t.Errorf("with a key that cannot be opened: %d records", n)
	}
	watch(t, other.Watch)
	vault.away.Store(false)
	eventually(t, "that the key is good", func() bool { return copied() == 3 })
}

// TestWhatWasKnownIsAnsweredWithoutForwarders has the forwarder go away, and what it said become old.
func TestWhatWasKnownIsAnsweredWithoutForwarders(t *testing.T) {
	t.Parallel()
	const known = 300
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	up, address := upstream(t, func(w mdns.ResponseWriter, q *mdns.Msg) {
		reply := new(mdns.Msg).SetReply(q)
		rr, err := mdns.NewRR(q.Question[0].Name + " 60 IN A 203.0.113.1")
		if err != nil {
			t.Error(err)
		}
		reply.Answer = []mdns.RR{rr}
		_ = w.WriteMsg(reply)
	})
	f.network("local", true, "127.0.0.0/8")
	f.forwarder(".", address)
	names := []string{}
	for i := range known {
		names = append(names, "h"+strconv.Itoa(i)+".example.com.")
	}
	server := serve(t, f.Service).Addr()
	only(t, "with a forwarder", tally(t, server, names...), "NOERROR 203.0.113.1", known)
	if err := up.Shutdown(); err != nil {
		t.Fatal(err)
	}
	only(t, "the forwarder is away", tally(t, server, names...), "NOERROR 203.0.113.1", known)
	f.ahead.Store(int64(2 * time.Minute))
	only(t, "and what it said is old", tally(t, server, names...), "NOERROR 203.0.113.1", known)
	only(t, "what it never said", tally(t, server, repeated("new.example.com.", 100)...), "SERVFAIL", 100)
}

// TestAnswersAreOfOneState has readers while records change, of which two are always the same.
func TestAnswersAreOfOneState(t *testing.T) {
	t.Parallel()
	const changes = 50
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.zone("corp.internal")
	set := func(i int) {
		f.set("corp.internal", "pair", "A", "", "10.0.0."+strconv.Itoa(i), "10.0.1."+strconv.Itoa(i))
	}
	set(0)
	server := serve(t, f.Service)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	asked := make([]int, 4)
	for reader := range asked {
		wg.Go(func() {
			last := 0
			for ctx.Err() == nil {
				fields := strings.Fields(known(server.Addr(), "pair.corp.internal."))
				if len(fields) != 3 || strings.TrimPrefix(fields[1], "10.0.0.") != strings.TrimPrefix(fields[2], "10.0.1.") {
					t.Errorf("an answer is of two states: %v", fields)
					return
				}
				if i, err := strconv.Atoi(strings.TrimPrefix(fields[1], "10.0.0.")); err != nil || i < last {
					t.Errorf("after change %d there is %v", last, fields)
				} else {
					last = i
				}
				asked[reader]++
			}
		})
	}
	for i := range changes {
		set(i + 1)
	}
	cancel()
	wg.Wait()
	t.Logf("%d changes, and %v answers meanwhile", changes, asked)
	only(t, "in the end", tally(t, server.Addr(), "pair.corp.internal."), "NOERROR 10.0.0.50 10.0.1.50", 1)
}
