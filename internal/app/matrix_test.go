package app

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
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
# The callers: nobody; a user without a role; viewer, auditor, developer, approver, secret-reader and admin
# (the manager) of the tenant; the first admin, who is operator of the platform, too; a developer
# of the stage dev of the project; service accounts that are admins of the tenant, with a
# token of one scope each; a run; and the admin of another tenant, who asks for what there
# is in this one. There is something of every kind, called nothing or asked for by its id, in
# the tenant, in the project, or in the stage dev of it; what one has removed is there again
# for the next. A 0 of those who may is of what takes terraform, a push or a browser:
# notThere in matrix_test.go has the list.
`
)

// caller is who asks.
type caller struct{ name, token string }

// matrixApp is a platform with callers of every kind.
func matrixApp(t *testing.T) (*App, []caller) {
	t.Helper()
	a := benchApp(t)
	other, _, err := a.access.identity.Bootstrap(t.Context(), "other", func(context.Context, identity.Credentials) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return a, append(a.callers(t), caller{"other", other.Token})
}

// benchApp is a platform on SQLite that serves nothing yet.
func benchApp(t testing.TB, with ...func(*config.Config)) *App {
	t.Helper()
	c := config.Default()
	c.Node, c.DataDir, c.Provider = "test", t.TempDir(), filepath.Join(t.TempDir(), "terraform-provider-terrace")
	c.NATS = unused(t)         // several are there at a time
	c.Resolver = "127.0.0.1:1" // nothing answers there, at once
	for _, set := range with {
		set(&c)
	}
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
	for _, name := range []string{"member", "viewer", "auditor", "developer", "approver", "secret-reader", "manager", "stage-dev", "asker"} {
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
	return append(all, caller{"run", ofRun})
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

// remade are the seeds of what an operation removes or ends, for the next caller.
func remade() map[string][]string {
	account := []string{"create-service-account", "create-service-account-token"}
	return map[string][]string{
		"delete-grant": {"create-grant"}, "end-elevation": {"request-elevation"}, "decide-elevation": {"request-elevation"}, "withdraw-elevation-rule": {"set-elevation-rule"},
		"delete-group": {"create-group", "add-group-member"}, "remove-group-member": {"add-group-member"},
		"revoke-service-account-token": account, "set-service-account-disabled": account, "delete-service-account": account,
		"revoke-user-token": {"create-token"}, "delete-oauth-client": {"create-oauth-client"}, "delete-trust-rule": {"create-trust-rule"}, "delete-upstream": {"create-upstream"},
		"delete-secret": {"put-secret"}, "destroy-secret": {"put-secret"}, "remove-runner": {"create-runner"}, "delete-subscription": {"create-subscription"},
		"delete-rule": {"apply-rule"}, "delete-gateway-route": {"apply-gateway-documents"}, "delete-gateway-product": {"apply-gateway-documents"}, "cancel-gateway-subscription": {"create-gateway-subscription"}, "remove-gateway-domain": {"add-gateway-domain"}, "delete-mesh-document": {"apply-mesh-documents"}, "delete-topic": {"apply-topic", "register-topic-schema", "create-topic-grant", "apply-topic-subscription", "apply-topic-bridge"}, "delete-topic-bridge": {"apply-topic-bridge"}, "revoke-topic-grant": {"create-topic-grant"}, "delete-topic-subscription": {"apply-topic-subscription"}, "delete-definition": {"apply-definition"}, "forget-cost-import": {"import-costs"}, "remove-assignment": {"assign-policies"},
		"revoke-exemption": {"request-exemption"}, "delete-budget": {"set-budget"}, "remove-source": {"add-source"}, "disconnect-config": {"connect-config"}, "delete-secret-sync": {"set-secret-sync"}, "delete-vault-certificate": {"set-secret-sync", "set-vault-certificate"}, "revoke-config-token": {"create-config-token"},
		"delete-dns-record": {"set-dns-record"}, "delete-dns-key": {"create-dns-key"}, "delete-dns-endpoint": {"create-dns-endpoint"}, "delete-dns-forwarder": {"set-dns-forwarder"},
	}
}

// again makes what the caller before may have removed.
func (c *crossing) again(operation string) {
	c.t.Helper()
	for _, made := range remade()[operation] {
		for _, s := range seeds(c.t) {
			if s.operation != made {
				continue
			}
			w := c.did(c.all[made], asking{real: true, values: s.values, body: s.body})
			if w.Code < http.StatusMultipleChoices {
				c.made[made] = anID.FindString(w.Body.String())
				c.learn(w.Body.String())
			}
		}
	}
	if operation == "unbind-repository" {
		c.did(c.all["bind-repository"], asking{real: true, body: c.walked()["bind-repository"].body})
	}
	if operation == "delete-upstream" || operation == "delete-upstream-link" || operation == "delete-gateway-policy" || operation == "close-pull-request" {
		c.plant()
	}
}

// matrixAsks are what operations name that are not about the objects of the seeds.
func (c *crossing) matrixAsks(operation string) asking {
	walked := c.walked()[operation]
	a := asking{real: true, values: walked.values}
	switch operation {
	case "sign-in", "change-password": // as said has it, for everybody the same
	case "end-sign-in-session":
		a.values = map[string]string{"session": "ses_00000000000000000000000000"} // nobody here came by one
	case "delete-user":
		a.values = map[string]string{"user": "nobody"} // the others ask on about nothing
	case "revoke-token":
		a.values = map[string]string{"token": "tok_00000000000000000000000000"} // it would be that of who asks
	case "destroy-keys", "create-tenant", "resume-tenant":
		a.values = map[string]string{"tenant": "nothing"}
	case "get-exemption":
		a.values = map[string]string{"project": "demo"}
	case "set-factor-policy":
		a.body = object{"policy": "optional"} // another would keep out who asks on, a minute later
	default:
		a.body = walked.body
	}
	for _, s := range seeds(c.t) {
		if s.operation == operation {
			a.values, a.body = s.values, s.body
		}
	}
	return a
}

// ask returns what the caller is answered, as a letter of the matrix.
func (c *crossing) ask(o operationOf, by caller) (letter, detail string) {
	c.t.Helper()
	w := c.send(by.token, c.request(o, c.matrixAsks(o.id)))
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
	c := newCrossing(t)
	callers := append(c.callers(t), caller{"other", c.other})
	header := fmt.Sprintf("%-34s", "operation")
	for _, by := range callers {
		header += " " + by.name
	}
	lines := []string{header}
	var missing []string
	for _, id := range slices.Sorted(maps.Keys(c.all)) {
		o := c.all[id]
		line := fmt.Sprintf("%-34s", o.id)
		for _, by := range callers {
			c.again(o.id)
			letter, detail := c.ask(o, by)
			if os.Getenv("MATRIX") != "" {
				t.Logf("%s as %s: %s", o.id, by.name, detail)
			}
			if by.name == "other" && strings.Contains(o.path, "{project}") && letter != "0" {
				t.Errorf("%s tells another tenant's admin of a project: %s", o.id, detail)
			}
			if by.name == "operator" && letter == "0" {
				missing = append(missing, o.id)
			}
			line += " " + letter + strings.Repeat(" ", len(by.name)-1)
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(notThere())), missing); diff != "" {
		t.Errorf("what is not there:\n%s", diff)
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

// notThere are operations on what is not seeded, each with the reason.
func notThere() map[string]string {
	const applied, pushed = "it takes something that is applied", "it takes a push"
	return map[string]string{
		"accept-drift": applied, "revert-drift": applied, "request-drift-checks": applied, "destroy": applied, "extend-lifetime": applied, "explain-resource": applied, "get-outputs": applied,
		"get-rollout": applied, "promote-rollout": applied, "abort-rollout": applied,
		"create-backup": applied, "restore-backup": "it takes a backup",
		"get-service-logs": applied, "roll-back": applied, "verify": applied, "explain-release": applied, "get-dossier": "it takes a plan", "get-dossier-content": "it takes a plan",
		"create-pull-request": pushed, "diff-config": pushed, "diff-source": pushed, "evaluate-flag": pushed, "explain-config": pushed, "get-config": pushed,
		"remove-gateway-domain-certificate": "it takes a certificate that was set", "answer-maturity": "it takes a criterion of the catalogue", "get-tenant-archive": "it takes a tenant that leaves", "revoke-token": "it would be the one that asks", "end-sign-in-session": "it takes a browser",
		"diff-state": "it takes two versions of a state", "get-state-resource": "it takes a resource", "discard-state": "it takes a state that was set aside", "take-back-state": "it takes a state that was set aside",
		"delete-user": "it would be the one whom the others ask about", "unlock-state": "it takes a lock", "adopt-secret-sync-secret": "it takes a vault that somebody has changed",
	}
}
