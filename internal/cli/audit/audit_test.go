package audit_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/access/audit/auditapi"
	"github.com/terrace-idp/terrace/internal/access/audit/auditsql"
	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// everything is what anybody may do.
type everything struct{}

func (everything) Authorize(context.Context, string, kernel.Scope) error { return nil }

func (everything) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

// open seals nothing.
type open struct{}

func (open) Seal(_ context.Context, text, _ []byte) ([]byte, error) { return bytes.Clone(text), nil }

func (open) Open(_ context.Context, text, _ []byte) ([]byte, error) { return bytes.Clone(text), nil }

// nowhere is where facts about the log itself go.
type nowhere struct{}

func (nowhere) Record(context.Context, kernel.Fact) error { return nil }

// platform is a server with an audit log.
type platform struct {
	log     *audit.Service
	db      *db.DB
	address string
	// cut has the next answer end after so many bytes.
	cut int
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	d := dbtest.SQLite(t, auditsql.Migrations())
	store := auditsql.NewStore(d)
	p := &platform{db: d, log: audit.New(audit.Config{
		Store: store, Heads: store, Keys: store, Sealer: open{}, Tx: d, Authorizer: everything{}, Journal: nowhere{}, Name: "t.example", Home: "default",
	})}
	router := httpserver.NewRouter(httpserver.Options{Authenticator: httpserver.As(kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "default"})})
	auditapi.API{Service: p.log}.Register(httpserver.NewAPI(router, "test"))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.cut > 0 {
			w = &short{w, p.cut}
			p.cut = 0
		}
		router.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.address = server.URL
	return p
}

// short cuts an answer off.
type short struct {
	http.ResponseWriter

	left int
}

func (s *short) Write(b []byte) (int, error) {
	n, err := s.ResponseWriter.Write(b[:min(len(b), s.left)])
	if s.left -= n; s.left == 0 {
		_ = http.NewResponseController(s.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, err
}

func (s *short) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (p *platform) record(t *testing.T, n int, reason string) {
	t.Helper()
	ctx := kernel.WithActor(t.Context(), kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "default"})
	for i := range n {
		if err := p.log.Record(ctx, kernel.Fact{Type: "thing.done", Scope: kernel.Scope{Tenant: "default"}, Subject: strconv.Itoa(i), Reason: reason}); err != nil {
			t.Fatal(err)
		}
	}
}

// run runs a line of the client and returns how it ended and what it said.
func (p *platform) run(t *testing.T, line ...string) (code int, said string) {
	t.Helper()
	var out bytes.Buffer
	e := &command.Env{In: strings.NewReader(""), Out: &out, Err: &out, Getenv: func(name string) string {
		return map[string]string{"TERRACE_ADDRESS": p.address, "TERRACE_TOKEN": "terr_x"}[name]
	}}
	code = cli.Main(t.Context(), e, append([]string{"audit"}, line...))
	return code, out.String()
}

func (p *platform) want(t *testing.T, code int, says string, line ...string) string {
	t.Helper()
	got, said := p.run(t, line...)
	if got != code || !strings.Contains(said, says) {
		t.Errorf("%q: exit %d, want %d with %q:\n%s", line, got, code, says, said)
	}
	return said
}

func TestAWitnessKeepsHeadsAndNoticesWhatIsRewritten(t *testing.T) {
	t.Parallel()
	p, heads := newPlatform(t), filepath.Join(t.TempDir(), "heads.txt")
	p.record(t, 3, "x")
	p.want(t, exit.OK, "terrace-audit-head-v1\ntenant default\nentry 3\n", "heads", "sign")
	p.want(t, exit.OK, "1 heads were added", "heads", "keep", heads)
	p.record(t, 4, "x")
	p.want(t, exit.OK, "entry 7", "heads", "sign")
	p.want(t, exit.OK, "1 heads were added", "heads", "keep", heads)
	p.want(t, exit.OK, "0 heads were added", "heads", "keep", heads)
	key := strings.Fields(p.want(t, exit.OK, "t.example/audit+", "keys", "list"))[3]
	p.want(t, exit.OK, "t.example/audit+", "heads", "list")
	p.want(t, exit.OK, "7 entries form an unbroken chain, and 4 signed heads agree", "verify", "--head", heads, "--key", key)
	p.want(t, exit.OK, "2 entries form an unbroken chain", "verify", "--from", "4", "--to", "5")
	p.want(t, exit.OK, "signs from", "keys", "rotate")

	// Somebody puts another log in its place, hashed as it should be, and signed by a daemon that they have started.
	other := newPlatform(t)
	other.record(t, 8, "nicer")
	if _, err := other.log.Sign(kernel.WithActor(t.Context(), kernel.System("x", "default")), kernel.Scope{Tenant: "default"}); err != nil {
		t.Fatal(err)
	}
	p.address = other.address
	p.want(t, exit.OK, "8 entries", "verify")
	p.want(t, exit.Failed, "which is unsigned", "verify", "--key", key)
	p.want(t, exit.Failed, "no key that is trusted has signed it", "verify", "--head", heads)
	p.want(t, exit.Usage, "terrace audit keys list", "verify", "--key", "bogus")
	before, _ := os.ReadFile(heads)
	p.want(t, exit.Failed, "cannot be used", "heads", "keep", heads)
	p.want(t, exit.Failed, "was rewritten", "heads", "keep", filepath.Join(t.TempDir(), "new.txt"), "--key", key)
	if after, _ := os.ReadFile(heads); !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
}

func TestTheEndOfALogThatIsCutOffShows(t *testing.T) {
	t.Parallel()
	p, heads := newPlatform(t), filepath.Join(t.TempDir(), "heads.txt")
	p.record(t, 6, "x")
	p.want(t, exit.OK, "", "heads", "sign")
	p.want(t, exit.OK, "", "heads", "keep", heads)
	for _, statement := range []string{
		"DROP TRIGGER audit_entries_removal", "DROP TRIGGER audit_signed_heads_removal", "DELETE FROM audit_signed_heads",
		"DELETE FROM audit_entries WHERE seq > 4", "UPDATE audit_heads SET seq = 4, hash = (SELECT hash FROM audit_entries WHERE seq = 4)",
	} {
		if _, err := p.db.SQL().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	p.want(t, exit.OK, "4 entries form an unbroken chain", "verify")
	p.want(t, exit.Failed, "broken at entry 5, which is truncated", "verify", "--head", heads)
	p.want(t, exit.Failed, "has no head of it any more", "heads", "keep", heads)
}

func TestExportsAreGoneOnWith(t *testing.T) {
	t.Parallel()
	p, dir := newPlatform(t), t.TempDir()
	file := filepath.Join(dir, "audit.jsonl")
	p.record(t, 30, "=1+1")
	p.want(t, exit.OK, "entry 30", "heads", "sign")
	p.cut = 9_000
	p.want(t, exit.Unavailable, "--continue", "export", "--file", file)
	p.want(t, exit.Failed, "it ends before its end", "verify", "--file", file)
	p.want(t, exit.Failed, "there is a file", "export", "--file", file)
	p.want(t, exit.OK, "entries were written", "export", "--file", file, "--continue")
	p.want(t, exit.OK, "30 entries form an unbroken chain, and 1 signed heads agree", "verify", "--file", file)
	p.record(t, 5, "later")
	p.want(t, exit.OK, "5 entries were written", "export", "--file", file, "--continue")
	p.want(t, exit.OK, "0 entries were written", "export", "--file", file, "--continue")
	p.want(t, exit.OK, "35 entries form an unbroken chain", "verify", "--file", file)

	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(dir, "changed.jsonl")
	if err := os.WriteFile(changed, bytes.Replace(raw, []byte(`"subject":"7"`), []byte(`"subject":"9"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	p.want(t, exit.Failed, "broken at entry 8, which is changed", "verify", "--file", changed)
	p.want(t, exit.Failed, "is no line of an export", "export", "--file", heads(t, dir), "--continue")
	p.want(t, exit.Usage, "a file is checked whole", "verify", "--file", file, "--from", "3")
	p.want(t, exit.Usage, "jsonl", "export", "--file", file, "--continue", "--format", "csv")

	table := filepath.Join(dir, "t.csv")
	p.want(t, exit.OK, "35 entries", "export", "--file", table, "--format", "csv")
	f, err := os.Open(table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 36 || rows[1][10] != "'=1+1" || !slices.Contains(rows[0], "hash") {
		t.Errorf("%d rows, %q, %v", len(rows), rows[1], err)
	}
	p.want(t, exit.NotFound, "nothing happened", "export", "--file", filepath.Join(dir, "n"), "--until", "2020-01-01")
	if _, err := os.Stat(filepath.Join(dir, "n")); err == nil {
		t.Error("an empty file is left")
	}
}

func heads(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "other.txt")
	if err := os.WriteFile(path, []byte("something else\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
