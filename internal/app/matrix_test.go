package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

const (
	matrixFile     = "testdata/access.txt"
	matrixPassword = "correct horse battery"
	matrixHead     = `# Every operation of the API, and what it answers to whom. Written by
#   UPDATE=1 go test -run TestEveryOperationForEveryRole ./internal/app
# and read by people: a line that is new or other says who may do what from now on.
#
#   !  nobody is signed in (401)      -  denied (403)
#   0  there is no such thing (404)   +  it gets past that
#
# The callers: nobody; a user without a role; viewer, auditor, developer, approver and admin
# (the manager) of the tenant; the first admin, who is operator of the platform, too; a developer
# of the stage dev of the project; service accounts that are admins of the tenant, with a
# token of one scope each; a run; and the admin of another tenant, who asks for what there
# is in this one. Things are called nothing. There is a run, a grant, an elevation, a budget
# and a service account of that name, in the project or the stage dev of it.
`
)

// caller is who asks.
type caller struct{ name, token string }

// matrixApp is a platform with callers of every kind.
func matrixApp(t *testing.T) (*App, []caller) {
	t.Helper()
	a := benchApp(t)
	return a, a.callers(t)
}

// benchApp is a platform on SQLite that serves nothing yet.
func benchApp(t testing.TB) *App {
	t.Helper()
	c := config.Default()
	c.NATS = "127.0.0.1:0" // several are there at a time
	c.Node, c.DataDir, c.Provider = "test", t.TempDir(), filepath.Join(t.TempDir(), "terraform-provider-terrace")
	c.NATS = unused(t)
	if err := os.WriteFile(c.Provider, []byte("no run begins here"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), c, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(context.WithoutCancel(t.Context())) })
	return a
}

// unused returns an address on which nothing listened a moment ago.
func unused(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func (a *App) callers(t *testing.T) []caller {
	t.Helper()
	users, tenant := a.access.identity, kernel.Scope{Tenant: "default"}
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "default"))
	all := []caller{{name: "none"}, {name: "operator", token: a.first.Token}}
	issue := func(name string, n identity.NewToken) {
		n.Name = "matrix"
		secret, _, err := users.CreateToken(ctx, tenant, n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, caller{name, secret})
	}
	give := func(kind identity.SubjectKind, name string, role identity.Role, where kernel.Scope) {
		if _, err := users.Grant(ctx, where, identity.NewGrant{Subject: identity.Subject{Kind: kind, Name: name}, Role: role}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"member", "viewer", "auditor", "developer", "approver", "manager", "stage-dev", "asker"} {
		if _, err := users.CreateUser(ctx, tenant, identity.NewUser{Name: name, Password: matrixPassword}); err != nil {
			t.Fatal(err)
		}
		switch name {
		case "asker": // whose things are asked for
			continue
		case "member":
		case "manager":
			give(identity.KindUser, name, identity.Admin, tenant)
		case "stage-dev":
			give(identity.KindUser, name, identity.Developer, tenant.InProject("demo").InStage("dev"))
		default:
			give(identity.KindUser, name, identity.Role(name), tenant)
		}
		issue(name, identity.NewToken{User: name})
	}
	for _, scope := range identity.TokenScopes() {
		name := "sa-" + string(scope)
		if _, err := users.CreateServiceAccount(ctx, tenant, identity.NewServiceAccount{Name: name, Owner: "manager"}); err != nil {
			t.Fatal(err)
		}
		give(identity.KindService, name, identity.Admin, tenant)
		issue(name, identity.NewToken{Service: name, Limits: &kernel.Limits{Scopes: []string{string(scope)}}})
	}
	ofRun, err := a.platform.runTokens.Issue(tokens.Run{
		Run: "run_1", Stack: "default/demo/nothing/dev", Scope: tenant.InProject("demo").InStage("dev"), Workload: "nothing", Phase: tokens.PhaseApply,
		Expires: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := users.Bootstrap(t.Context(), "other", func(context.Context, identity.Credentials) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return append(all, caller{"run", ofRun}, caller{"other", other.Token})
}

// things makes what is called nothing.
func (a *App) things(t *testing.T) {
	t.Helper()
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "default"))
	dev := kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}
	err := runsql.NewStore(a.platform.db).Insert(ctx, run.Run{
		ID: "nothing", Scope: dev, Workload: "nothing", Stack: kernel.StackID(dev, "nothing"), Operation: run.Deploy, Status: run.AwaitingApproval, CreatedAt: time.Now().UTC(),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// again makes what an operation may have changed, or removed, before another caller asks.
func (a *App) again(t *testing.T, operation string) {
	t.Helper()
	made := map[string]string{
		"delete-grant": "grants", "end-elevation": "elevations", "decide-elevation": "elevations",
		"list-service-account-tokens": "service_accounts", "create-service-account-token": "service_accounts", "revoke-service-account-token": "service_accounts",
		"set-service-account-disabled": "service_accounts", "delete-service-account": "service_accounts",
		"delete-budget": "budget", "get-budget": "budget", "list-budget-history": "budget",
	}[operation]
	if made == "" {
		return
	}
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "default"))
	store, now := identitysql.NewStore(a.platform.db), time.Now().UTC()
	asker, err := store.UserByName(ctx, "default", "asker")
	if err != nil {
		t.Fatal(err)
	}
	if made != "budget" {
		if _, err := a.platform.db.Conn(ctx).ExecContext(ctx, "DELETE FROM identity_"+made+" WHERE id = 'nothing' OR id = 'svc_nothing'"); err != nil {
			t.Fatal(err)
		}
	}
	switch made {
	case "grants":
		_, err = store.PutGrant(ctx, identity.Grant{ID: "nothing", Tenant: "default", Subject: identity.Subject{Kind: identity.KindUser, ID: asker.ID}, Role: identity.Viewer, Project: "demo", Stage: "prod", Elevation: "old", CreatedAt: now})
	case "elevations":
		err = store.AddElevation(ctx, identity.Elevation{ID: "nothing", Tenant: "default", UserID: asker.ID, User: "asker", Role: identity.Developer, Project: "demo", Stage: "prod", Length: time.Hour, RequestedAt: now, Reason: "x"})
	case "service_accounts":
		if _, err := store.ServiceByName(ctx, "default", "nothing"); err == nil {
			return // an operation has made it
		}
		err = store.AddService(ctx, identity.ServiceAccount{ID: "svc_nothing", Tenant: "default", Name: "nothing", Project: "demo", OwnerID: asker.ID, CreatedAt: now})
	case "budget":
		amount, _, _ := focus.ParseAmount("10")
		_, err = a.delivery.budgets.Set(ctx, kernel.Scope{Tenant: "default"}, budget.Budget{Name: "nothing", Amount: amount, Level: budget.Warn}, "for the matrix")
	}
	if err != nil && !kernel.Is(err, kernel.Conflict) {
		t.Fatal(err)
	}
}

// ask returns what the caller is answered, as a letter of the matrix.
func ask(t *testing.T, h http.Handler, d document, o operationOf, c caller) (letter, detail string) {
	t.Helper()
	r := d.request(t, o)
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second) // what is followed does not end
	defer cancel()
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(ctx))
	detail = fmt.Sprintf("%d %.300s", w.Code, w.Body)
	switch w.Code {
	case http.StatusUnauthorized:
		return "!", detail
	case http.StatusForbidden:
		return "-", detail
	case http.StatusNotFound:
		return "0", detail
	default:
		return "+", detail
	}
}

// TestEveryOperationForEveryRole drives every operation of the API as every kind of caller
// and holds the answers against the matrix, which people have read. An operation that is
// new has no line there.
func TestEveryOperationForEveryRole(t *testing.T) {
	walks(t)
	t.Parallel()
	d, all := operations(t)
	a, callers := matrixApp(t)
	h := a.handler()
	a.things(t)
	header := fmt.Sprintf("%-34s", "operation")
	for _, c := range callers {
		header += " " + c.name
	}
	lines := []string{header}
	for _, o := range all {
		line := fmt.Sprintf("%-34s", o.id)
		for _, c := range callers {
			a.again(t, o.id)
			letter, detail := ask(t, h, d, o, c)
			if os.Getenv("MATRIX") != "" {
				t.Logf("%s as %s: %s", o.id, c.name, detail)
			}
			if c.name == "other" && strings.Contains(o.path, "{project}") && letter != "0" {
				t.Errorf("%s tells another tenant's admin of a project: %s", o.id, detail)
			}
			line += " " + letter + strings.Repeat(" ", len(c.name)-1)
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	got := matrixHead + strings.Join(lines, "\n") + "\n"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(matrixFile, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(matrixFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("who may do what is other than %s says:\n%s", matrixFile, diff)
	}
}
