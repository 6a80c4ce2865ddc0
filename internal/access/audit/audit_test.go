package audit_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/access/audit/auditapi"
	"github.com/terrace-idp/terrace/internal/access/audit/auditsql"
	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// rules lets everybody but eve and members read.
type rules struct{}

func (rules) Authorize(ctx context.Context, _ string, _ kernel.Scope) error {
	if a, _ := kernel.ActorFrom(ctx); a.Name == "eve" || strings.HasPrefix(a.Name, "member") {
		return kernel.Errorf(kernel.Denied, "%s may not", a.Name)
	}
	return nil
}

// Allowed lets members, whose names begin so, see what is in demo.
func (rules) Allowed(ctx context.Context, _ string, _ kernel.Scope) (kernel.Reach, error) {
	if a, _ := kernel.ActorFrom(ctx); strings.HasPrefix(a.Name, "member") {
		return kernel.Reach{Projects: []string{"demo"}}, nil
	}
	return kernel.Reach{}, nil
}

// plain seals nothing, but binds it.
type plain struct{}

func (plain) Seal(_ context.Context, text, associated []byte) ([]byte, error) {
	return slices.Concat(associated, []byte{0}, text), nil
}

func (plain) Open(_ context.Context, sealed, associated []byte) ([]byte, error) {
	bound, text, _ := bytes.Cut(sealed, []byte{0})
	if !bytes.Equal(bound, associated) {
		return nil, errors.New("it is sealed for something else")
	}
	return bytes.Clone(text), nil
}

// notes are facts that are not in the log under test, so that its numbers stay simple.
type notes struct {
	mu    sync.Mutex
	facts []kernel.Fact
}

func (n *notes) Record(_ context.Context, f kernel.Fact) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.facts = append(n.facts, f)
	return nil
}

func newService(d *db.DB) *audit.Service { return newServiceAt(d, nil) }

func newServiceAt(d *db.DB, clock kernel.Clock) *audit.Service {
	store := auditsql.NewStore(d)
	return audit.New(audit.Config{
		Store: store, Heads: store, Keys: store, Sealer: plain{}, Tx: d, Authorizer: rules{}, Journal: &notes{}, Clock: clock,
		Name: "terrace.example.com", Home: "default", Log: slog.New(slog.DiscardHandler),
	})
}

// unlock lets a test do what the database refuses.
func unlock(t *testing.T, d *db.DB) {
	t.Helper()
	if _, err := d.SQL().ExecContext(t.Context(), "DROP TRIGGER audit_entries_beyond"); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"audit_entries", "audit_signed_heads"} {
		for _, trigger := range []string{"change", "removal"} {
			if _, err := d.SQL().ExecContext(t.Context(), "DROP TRIGGER "+table+"_"+trigger); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func each(t *testing.T, test func(t *testing.T, s *audit.Service, d *db.DB)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{auditsql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, newService(d), d) })
}

func scope() kernel.Scope { return kernel.Scope{Tenant: "default"} }

func as(ctx context.Context, name string) context.Context {
	ctx = kernel.WithRequestID(ctx, "req_"+name)
	return kernel.WithActor(ctx, kernel.Actor{ID: "usr_" + name, Name: name, Kind: kernel.ActorUser, Tenant: "default"})
}

func record(t *testing.T, s *audit.Service, f kernel.Fact) {
	t.Helper()
	if f.Scope.Tenant == "" {
		f.Scope = scope()
	}
	if err := s.Record(as(t.Context(), "ada"), f); err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, s *audit.Service) chain.Report {
	t.Helper()
	r, err := s.Verify(as(t.Context(), "ada"), scope(), audit.Range{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEntriesSayWhoWhatWhyAndWhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *audit.Service, _ *db.DB) {
		project := scope().InProject("demo").InStage("dev")
		record(t, s, kernel.Fact{Type: "run.approved", Scope: project, Subject: "run_1", Reason: "looks\x00 right \xff", Data: map[string]any{"b": 1, "a": "x\x00"}})
		record(t, s, kernel.Fact{Type: "user.created", Subject: "usr_9", Data: strings.Repeat("a", 100_000)})
		record(t, s, kernel.Fact{Type: "user.created", Scope: kernel.Scope{Tenant: "other"}})
		page, err := s.List(as(t.Context(), "ada"), scope(), audit.Filter{}, kernel.PageRequest{})
		if err != nil || len(page.Items) != 2 {
			t.Fatalf("%+v, %v", page, err)
		}
		first, second := page.Items[1], page.Items[0]
		if first.Seq != 1 || first.ActorName != "ada" || first.ActorID != "usr_ada" || first.RequestID != "req_ada" ||
			first.Project != "demo" || first.Stage != "dev" || first.Data != `{"a":"x\u0000","b":1}` || first.Reason != "looks right \uFFFD" {
			t.Errorf("%+v", first)
		}
		if len(second.Data) > 200 || !strings.Contains(second.Data, "sha256:") || second.Prev != first.Hash {
			t.Errorf("%+v", second)
		}
		if r := verify(t, s); r.Broken != nil || r.Entries != 2 || r.Head != second.Hash {
			t.Errorf("%+v", r)
		}
	})
}

func TestAFactWithoutAnActorIsADefect(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *audit.Service, _ *db.DB) {
		for name, err := range map[string]error{
			"no actor":     s.Record(t.Context(), kernel.Fact{Type: "x.y", Scope: scope()}),
			"no tenant":    s.Record(as(t.Context(), "ada"), kernel.Fact{Type: "x.y"}),
			"no type":      s.Record(as(t.Context(), "ada"), kernel.Fact{Scope: scope()}),
			"no such json": s.Record(as(t.Context(), "ada"), kernel.Fact{Type: "x.y", Scope: scope(), Data: func() {}}),
		} {
			if !kernel.Is(err, kernel.Internal) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestVerifyFindsTheFirstBrokenEntry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statement string
		seq       int64
		kind      chain.Kind
	}{
		"a changed reason":        {"UPDATE audit_entries SET reason = 'other' WHERE seq = 3", 3, chain.Changed},
		"a changed actor":         {"UPDATE audit_entries SET actor_name = 'eve' WHERE seq IN (4, 2)", 2, chain.Changed},
		"a changed time":          {"UPDATE audit_entries SET at_micros = at_micros + 1 WHERE seq = 1", 1, chain.Changed},
		"a changed address":       {"UPDATE audit_entries SET address = '192.0.2.9' WHERE seq = 2", 2, chain.Changed},
		"a changed hash":          {"UPDATE audit_entries SET hash = 'aa' WHERE seq = 3", 3, chain.Changed},
		"a removed entry":         {"DELETE FROM audit_entries WHERE seq = 2", 2, chain.Removed},
		"removed and closed up":   {"DELETE FROM audit_entries WHERE seq = 2; UPDATE audit_entries SET seq = seq - 1 WHERE seq > 2; UPDATE audit_heads SET seq = 5", 2, chain.Removed},
		"put in":                  {"UPDATE audit_entries SET seq = seq + 10 WHERE seq > 3; UPDATE audit_entries SET seq = seq - 9 WHERE seq > 3; UPDATE audit_heads SET seq = 7; INSERT INTO audit_entries SELECT tenant, 4, at_micros, actor_id, actor_name, actor_kind, request_id, type, project, stage, 'new', reason, data, prev, hash, address, outcome FROM audit_entries WHERE seq = 3", 4, chain.Changed},
		"two that changed places": {"UPDATE audit_entries SET seq = 99 WHERE seq = 3; UPDATE audit_entries SET seq = 3 WHERE seq = 4; UPDATE audit_entries SET seq = 4 WHERE seq = 99", 3, chain.Reordered},
		"one that came later":     {"UPDATE audit_entries SET seq = 99 WHERE seq = 2; UPDATE audit_entries SET seq = seq - 1 WHERE seq IN (3, 4, 5); UPDATE audit_entries SET seq = 5 WHERE seq = 99", 2, chain.Reordered},
		"one beyond the end":      {"INSERT INTO audit_entries SELECT tenant, 7, at_micros, actor_id, actor_name, actor_kind, request_id, type, project, stage, 'new', reason, data, prev, hash, address, outcome FROM audit_entries WHERE seq = 6", 7, chain.Inserted},
		"one far beyond the end":  {"INSERT INTO audit_entries SELECT tenant, 900, at_micros, actor_id, actor_name, actor_kind, request_id, type, project, stage, 'new', reason, data, prev, hash, address, outcome FROM audit_entries WHERE seq = 6", 900, chain.Inserted},
		"a removed end":           {"DELETE FROM audit_entries WHERE seq > 4", 5, chain.Truncated},
		"everything removed":      {"DELETE FROM audit_entries", 1, chain.Truncated},
		"a replaced last entry":   {"UPDATE audit_heads SET hash = 'aa'", 6, chain.Changed},
		"a removed first entry":   {"DELETE FROM audit_entries WHERE seq = 1", 1, chain.Removed},
		"an entry of another":     {"UPDATE audit_entries SET prev = (SELECT hash FROM audit_entries WHERE seq = 1) WHERE seq = 4", 4, chain.Changed},
		"a type that was edited":  {"UPDATE audit_entries SET type = 'x.y' WHERE seq = 6", 6, chain.Changed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.SQLite(t, auditsql.Migrations())
			s := newService(d)
			for i := range 6 {
				record(t, s, kernel.Fact{Type: "thing.done", Subject: strconv.Itoa(i), Reason: "because"})
			}
			if r := verify(t, s); r.Broken != nil || r.Entries != 6 {
				t.Fatalf("before: %+v", r)
			}
			unlock(t, d)
			if _, err := d.SQL().ExecContext(t.Context(), c.statement); err != nil {
				t.Fatal(err)
			}
			if r := verify(t, s); r.Broken == nil || r.Broken.Seq != c.seq || r.Broken.Kind != c.kind || r.Broken.Reason == "" {
				t.Errorf("%+v %+v, want entry %d %s", r, r.Broken, c.seq, c.kind)
			}
		})
	}
}

func TestWritersAtTheSameTimeKeepOneChain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *audit.Service, d *db.DB) {
		const writers, each = 8, 15
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					err := d.InTx(as(t.Context(), "ada"), func(ctx context.Context) error {
						err := s.Record(ctx, kernel.Fact{Type: "thing.done", Scope: scope(), Subject: strconv.Itoa(w)})
						if err == nil && i%5 == 4 {
							return errors.New("changed my mind")
						}
						return err
					})
					if (err != nil) != (i%5 == 4) {
						t.Errorf("writer %d: %v", w, err)
					}
				}
			})
		}
		wg.Wait()
		if r := verify(t, s); r.Broken != nil || r.Entries != writers*12 {
			t.Errorf("%+v %+v", r, r.Broken)
		}
	})
}

// TestSeveralProcessesKeepOneChain writes by services that do not know of each other,
// in transactions of several facts of which some are rolled back.
func TestSeveralProcessesKeepOneChain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, first *audit.Service, d *db.DB) {
		services := []*audit.Service{first, newService(d), newService(d)}
		const turns, facts = 12, 3
		boom := errors.New("changed my mind")
		work := func(s *audit.Service, turn int) error {
			return d.InTx(as(t.Context(), "ada"), func(ctx context.Context) error {
				for range facts {
					for _, tenant := range []string{"default", "other"} {
						if err := s.Record(ctx, kernel.Fact{Type: "thing.done", Scope: kernel.Scope{Tenant: tenant}, Subject: strconv.Itoa(turn)}); err != nil {
							return err
						}
					}
				}
				if turn%4 == 3 {
					return boom
				}
				return nil
			})
		}
		for turn := range turns { // one after the other
			if err := work(services[turn%2], turn); err != nil && !errors.Is(err, boom) {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		for _, s := range services {
			wg.Go(func() {
				for turn := range turns {
					if err := work(s, turn); err != nil && !errors.Is(err, boom) {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for _, tenant := range []string{"default", "other"} {
			r, err := first.Verify(as(t.Context(), "ada"), kernel.Scope{Tenant: tenant}, audit.Range{})
			if want := int64(4 * turns * facts * 3 / 4); err != nil || r.Broken != nil || r.Entries != want {
				t.Errorf("%s: %+v %+v, %v, want %d entries", tenant, r, r.Broken, err, want)
			}
		}
	})
}

// TestManyFactsOfOneTransaction records more than one statement writes.
func TestManyFactsOfOneTransaction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *audit.Service, d *db.DB) {
		const facts = 40
		large := strings.Repeat("it's ", 12_000)
		err := d.InTx(as(t.Context(), "ada"), func(ctx context.Context) error {
			for range facts {
				if err := s.Record(ctx, kernel.Fact{Type: "thing.done", Scope: scope(), Data: large}); err != nil {
					return err
				}
			}
			return nil
		})
		if r := verify(t, s); err != nil || r.Broken != nil || r.Entries != facts {
			t.Errorf("%+v %+v, %v", r, r.Broken, err)
		}
	})
}

func TestListsAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *audit.Service, _ *db.DB) {
		for i := range 5 {
			record(t, s, kernel.Fact{Type: "thing.done", Subject: strconv.Itoa(i % 2), Scope: scope().InProject("demo")})
		}
		var seqs []string
		page := kernel.PageRequest{Limit: 2}
		for {
			p, err := s.List(as(t.Context(), "ada"), scope(), audit.Filter{Project: "demo", Subject: "0", Type: "thing.done", Actor: "ada"}, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range p.Items {
				seqs = append(seqs, strconv.FormatInt(e.Seq, 10))
			}
			if page.Cursor = p.Next; p.Next == "" {
				break
			}
		}
		if got := strings.Join(seqs, " "); got != "5 3 1" {
			t.Errorf("entries %s", got)
		}
		if _, err := s.List(as(t.Context(), "eve"), scope(), audit.Filter{}, kernel.PageRequest{}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("list: %v", err)
		}
		if _, err := s.Verify(as(t.Context(), "eve"), scope(), audit.Range{}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("verify: %v", err)
		}
		if _, err := s.List(as(t.Context(), "ada"), scope(), audit.Filter{}, kernel.PageRequest{Cursor: "x"}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("cursor: %v", err)
		}
	})
}

// everybody are the users of TestWhatThereIsNotIsRefused.
type everybody []string

func (e everybody) Named(_ context.Context, _, name string) (kernel.Actor, error) {
	if !slices.Contains(e, name) {
		return kernel.Actor{}, kernel.Errorf(kernel.NotFound, "there is no user %s", name)
	}
	return kernel.Actor{Name: name}, nil
}

func TestWhatThereIsNotIsRefused(t *testing.T) {
	t.Parallel()
	s := newService(dbtest.SQLite(t, auditsql.Migrations()))
	s.Users, s.Types = everybody{"ada", "bob"}, []string{"thing.done", "thing.undone"}
	record(t, s, kernel.Fact{Type: "thing.done", Subject: "x"})
	did, err := s.List(as(t.Context(), "ada"), scope(), audit.Filter{}, kernel.PageRequest{})
	if err != nil || len(did.Items) != 1 {
		t.Fatalf("%+v %v", did, err)
	}
	for name, tt := range map[string]struct {
		filter audit.Filter
		want   kernel.Kind
	}{
		"a type that nothing is of yet":   {audit.Filter{Type: "thing.undone"}, ""},
		"a type that there is not":        {audit.Filter{Type: "thing.don"}, kernel.Invalid},
		"somebody who did nothing yet":    {audit.Filter{Actor: "bob"}, ""},
		"who did something, but not such": {audit.Filter{Actor: did.Items[0].ActorName, Type: "thing.undone"}, ""},
		"nobody":                          {audit.Filter{Actor: "carol"}, kernel.NotFound},
		"nobody, of a type that there is": {audit.Filter{Actor: "carol", Type: "thing.done"}, kernel.NotFound},
	} {
		if _, err := s.List(as(t.Context(), "ada"), scope(), tt.filter, kernel.PageRequest{}); kernel.KindOf(err) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheLogOverHTTP(t *testing.T) {
	t.Parallel()
	s := newService(dbtest.SQLite(t, auditsql.Migrations()))
	record(t, s, kernel.Fact{Type: "thing.done", Subject: "x", Data: map[string]int{"n": 1}})
	router := httpserver.NewRouter(httpserver.Options{Authenticator: httpserver.As(kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "default"})})
	auditapi.API{Service: s}.Register(httpserver.NewAPI(router, "test"))
	for path, want := range map[string]string{"GET /audit?type=thing.done": `"data":{"n":1}`, "POST /audit/verify": `"entries":1`} {
		method, path, _ := strings.Cut(path, " ")
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/api/v1"+path, nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
