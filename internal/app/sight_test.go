package app

import (
	"cmp"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/lifetime"
	"github.com/terrace-idp/terrace/internal/governance/lifetime/lifetimesql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
)

// sights asks for everything that can be read, as an admin of one project and as admins of
// one stage of it, before and after there is a twin of all that they see: first in another
// project, then in another stage. Not a letter of any answer changes, so that no object, no
// cursor and no count of another project or stage is told. Whatever a table has of a project
// has a twin, so a new list takes part by itself.
func (c *crossing) sights(t *testing.T) {
	t.Helper()
	c.more()
	eyes := c.eyes(t)
	c.elsewhere(t, eyes["another stage"])
	delete(eyes, "another stage")
	before := map[string]map[string]string{}
	for who, token := range eyes {
		before[who] = c.looks(token)
	}
	same := func(hidden string, whose ...string) {
		for _, who := range whose {
			for ask, answer := range c.looks(eyes[who]) {
				if id, _, _ := strings.Cut(ask, " "); answer != before[who][ask] && together()[id] == "" {
					t.Errorf("%s tells the admin of %s of another %s:\n before: %.700s\n after: %.700s", ask, who, hidden, before[who][ask], answer)
				}
			}
		}
	}
	c.twins(t, twinned{strings.NewReplacer("demo", "merger", "nothing", "hidden"), []string{"demo"}, "project", "1000", 'u'})
	same("project", slices.Sorted(maps.Keys(eyes))...)
	c.twins(t, twinned{strings.NewReplacer("dev", "test"), []string{"demo", "dev"}, "stage", "2000", 'i'})
	same("stage", "the stage", "the stage, by a token")
}

// elsewhere asks as the admin of another stage for what a stage has, by its id: the answer is
// that there is no such thing.
func (c *crossing) elsewhere(t *testing.T, token string) {
	t.Helper()
	for _, id := range slices.Sorted(maps.Keys(c.all)) {
		if o := c.all[id]; strings.Contains(o.path, "{project}/") && ofProjects()[id] == "" {
			c.both(t, o, token, true, false)
		}
	}
}

// more makes what the API cannot make and other tests do not need.
func (c *crossing) more() {
	c.t.Helper()
	ctx := kernel.WithActor(c.t.Context(), kernel.System("test", "default"))
	dev, now := kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}, time.Now().UTC()
	_, err := c.fabric.leaks.Inspect(ctx, dev, leak.Place{Kind: leak.Plan, Workload: "nothing", Run: c.ids["run"], Address: "x.nothing", Attribute: "key"}, "key: AK"+"IAQ3EGXK5HN7TLWPZD\n")
	for _, err := range []error{
		err,
		lifetimesql.NewStore(c.platform.db).Save(ctx, lifetime.Lifetime{Scope: dev, Workload: "nothing", Length: 3600, ExpiresAt: now.Add(time.Hour), Origin: lifetime.OfStage, Due: now.Add(time.Hour)}),
		runsql.NewStore(c.platform.db).PutDeployment(ctx, run.Deployment{Stack: kernel.StackID(dev, "nothing"), Scope: dev, Workload: "nothing", Release: run.ReleaseRef{ID: c.ids["rel"], Number: 1}, Run: c.ids["run"], Status: run.DeploymentApplied}),
		localsql.NewStore(c.platform.db, c.platform.sealer).Put(ctx, local.Object{Key: local.Key{Scope: dev, Kind: local.Services, Name: "nothing"}, Spec: []byte(`{"containers":{}}`), CreatedAt: now, UpdatedAt: now}),
	} {
		if err != nil {
			c.t.Fatal(err)
		}
	}
	for _, s := range []seed{
		{operation: "set-budget", values: map[string]string{"name": "of-demo"}, body: object{"amount": "100", "currency": "EUR", "project": "demo"}},
		{operation: "set-budget", values: map[string]string{"name": "nothing-dev"}, body: object{"amount": "100", "currency": "EUR", "project": "demo", "stage": "dev"}},
		{operation: "create-grant", body: object{"subject": object{"kind": "user", "name": "nothing"}, "role": "viewer", "project": "demo", "stage": "dev"}},
		{operation: "set-elevation-rule", values: map[string]string{"project": "demo", "stage": "dev"}},
		{operation: "request-elevation", body: object{"role": "viewer", "reason": "x", "minutes": 5, "project": "demo", "stage": "dev"}},
		{operation: "set-quotas", values: map[string]string{"project": "demo"}, body: object{"limits": object{"secrets": 50}, "reason": "x"}},
		{operation: "set-tags", values: map[string]string{"project": "demo"}},
		{operation: "assign-policies", values: map[string]string{"project": "demo"}, body: object{"policies": "azure-storage-*", "level": "advisory", "reason": "x"}},
		{operation: "create-subscription", values: map[string]string{"project": "demo"}, body: object{"name": "of-demo", "sink": object{"webhook": object{"url": "https://sink.invalid/x"}}}},
		{operation: "apply-rule", values: map[string]string{"project": "demo"}, body: object{"source": "apiVersion: terrace.dev/v1\nkind: Rule\nmetadata:\n  name: of-demo\nspec:\n  on: {exact: {type: dev.terrace.run.succeeded}}\n  do:\n    notify: {subscription: of-demo, message: x}\n"}},
		{operation: "bind-repository", body: c.walked()["bind-repository"].body},
		{operation: "cancel-run", body: object{"reason": "x"}}, // a queue has a place among all of the tenant
	} {
		c.seedOne(s)
	}
}

// eyes are the tokens of those who see a part of the tenant.
func (c *crossing) eyes(t *testing.T) map[string]string {
	t.Helper()
	ctx, tenant := kernel.WithActor(t.Context(), kernel.System("test", "default")), kernel.Scope{Tenant: "default"}
	all := map[string]string{}
	for who, tt := range map[string]struct {
		name   string
		where  kernel.Scope
		limits *kernel.Limits
	}{
		"the project":           {"eye-project", tenant.InProject("demo"), nil},
		"another stage":         {"eye-another", tenant.InProject("demo").InStage("qs"), nil},
		"the stage":             {"eye-stage", tenant.InProject("demo").InStage("dev"), nil},
		"the stage, by a token": {"eye-token", tenant.InProject("demo"), &kernel.Limits{Stages: []string{"dev"}}},
	} {
		if _, err := c.access.identity.CreateUser(ctx, tenant, identity.NewUser{Name: tt.name, Password: matrixPassword}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.access.identity.Grant(ctx, tt.where, identity.NewGrant{Subject: identity.Subject{Kind: identity.KindUser, Name: tt.name}, Role: identity.Admin}); err != nil {
			t.Fatal(err)
		}
		token, _, err := c.access.identity.CreateToken(ctx, tenant, identity.NewToken{Name: "x", User: tt.name, Limits: tt.limits})
		if err != nil {
			t.Fatal(err)
		}
		all[who] = token
	}
	return all
}

// looks are the answers to all that can be read, by the operation and what it is asked for.
func (c *crossing) looks(token string) map[string]string {
	answers := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(c.all)) {
		o := c.all[id]
		if o.method != http.MethodGet || unsteady()[id] != "" {
			continue
		}
		for _, values := range []map[string]string{{}, {"limit": "1"}, {"limit": "1", "project": "demo"}, {"project": "merger"}, {"stage": "dev"}, {"stage": "test"}, {"workload": "nothing"}} {
			if !o.takes(values) {
				continue
			}
			asked := strings.Join(slices.Sorted(maps.Values(values)), " ")
			values = maps.Clone(values)
			switch id { // what is refused here is in the logs
			case "list-events":
				values["filters"] = `[{"not":{"exact":{"type":"dev.terrace.access.refused"}}}]`
			case "list-audit-entries":
				values["outcome"] = "done"
			}
			w := c.send(token, c.request(o, asking{real: true, values: values}))
			text := requests.ReplaceAllString(w.Body.String(), "")
			answers[id+" "+asked] = moving.ReplaceAllString(aTime.ReplaceAllString(text, "T"), "M")
		}
	}
	return answers
}

// moving is what differs from one answer to the next, of the same things: places in the log
// of all tenants, what the disk has, and what a budget of a whole project is used by.
var moving = regexp.MustCompile(`"last":\d+|\d+ MiB free|"forecast":\{[^{}]*\}`)

// takes reports whether an operation has parameters of the names, beside its path.
func (o operationOf) takes(values map[string]string) bool {
	for name := range values {
		if !slices.ContainsFunc(o.parameters, func(p map[string]any) bool { return p["name"] == name && p["in"] == "query" }) {
			return false
		}
	}
	return true
}

// twinned says of what there are twins, and how they differ.
type twinned struct {
	// other has their names, about are the words that a row has which gets one, the last of
	// them in the column, where its table has that.
	other *strings.Replacer
	about []string
	// column is what a table has that is of such things.
	column string
	// after is added to the numbers of keys, and mark put into ids.
	after string
	mark  byte
}

// twins copies each row of the first tenant that is about something, under other names and
// ids. Tables of projects and stages have such rows, or it is said why they have none.
func (c *crossing) twins(t *testing.T, w twinned) {
	t.Helper()
	ctx := t.Context()
	c.strings(ctx, "UPDATE audit_heads SET seq = 1 << 40 WHERE tenant = 'default' RETURNING 'moved'") // nothing is put in beyond it
	for _, table := range c.strings(ctx, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'schema_%' ORDER BY name") {
		columns := c.strings(ctx, "SELECT name FROM pragma_table_info('"+table+"') ORDER BY cid")
		if !slices.Contains(columns, "tenant") {
			continue
		}
		keys := c.strings(ctx, "SELECT name FROM pragma_table_info('"+table+"') WHERE pk > 0")
		quoted := make([]string, len(columns))
		for i, column := range columns {
			quoted[i] = "quote(" + column + ")"
		}
		copied, of := 0, slices.Index(columns, w.column)
		for _, row := range c.strings(ctx, "SELECT "+strings.Join(quoted, " || char(29) || char(30) || ")+" FROM "+table+" WHERE tenant = 'default'") {
			values := strings.Split(row, "\x1d\x1e")
			if of >= 0 && values[of] != "'"+w.about[len(w.about)-1]+"'" || !w.gets(row) {
				continue
			}
			for i, v := range values {
				switch {
				case v == "'nothing'" && (columns[i] == "id" || columns[i] == "run"): // an id of things
					values[i] = "'nothing-" + string(w.mark) + "'"
				case strings.HasPrefix(v, "'"):
					values[i] = w.text(v, table == "identity_grants")
				case slices.Contains(keys, columns[i]) && v != "NULL" && !strings.HasPrefix(v, "X'"):
					values[i] = v + " + " + w.after
				}
			}
			if _, err := c.platform.db.SQL().ExecContext(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(values, ", ")+")"); err != nil && slices.Contains(columns, w.column) {
				t.Errorf("%s has no twin: %v", table, err)
			}
			copied++
		}
		if why := cmp.Or(empty()[table], empty()[table+" "+w.column]); slices.Contains(columns, w.column) && (copied == 0) != (why != "") {
			t.Errorf("%s: %d rows have a twin, each of another %s: seed one, or say why not (said is %q)", table, copied, w.column, why)
		}
	}
	for _, ends := range []string{ // the twins of events and of entries are in the logs, too
		"UPDATE event_head SET position = (SELECT MAX(position) FROM event_log) RETURNING 'moved'",
		"UPDATE audit_heads SET seq = (SELECT MAX(seq) FROM audit_entries WHERE tenant = 'default') WHERE tenant = 'default' RETURNING 'moved'",
	} {
		c.strings(ctx, ends)
	}
}

func (w twinned) gets(row string) bool {
	return !slices.ContainsFunc(w.about, func(word string) bool { return !regexp.MustCompile(`\b` + word + `\b`).MatchString(row) })
}

// text is a value of a twin; those of people have none, save where a role would be given to
// who looks.
func (w twinned) text(value string, people bool) string {
	twin := func(id string) string {
		if strings.HasPrefix(id, "usr_") && !people {
			return id
		}
		at := len(id) - 6
		return id[:at] + string(w.mark) + id[at+1:]
	}
	return aDigestOfHex.ReplaceAllStringFunc(anID.ReplaceAllStringFunc(w.other.Replace(value), twin), twin)
}

var aDigestOfHex = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// unsteady are operations whose answers change by themselves, each with the reason.
func unsteady() map[string]string {
	return map[string]string{
		"watch-config": "it does not end",
		"export-audit": "what is asked here is refused, and in the log",
	}
}

// together are operations that tell all members of a tenant what it has together, each with
// the reason.
func together() map[string]string {
	return map[string]string{"get-quotas": "it tells what the tenant has of what it may have"}
}

// ofProjects are operations about what belongs to no stage, each with what that is: who works
// in one stage sees it.
func ofProjects() map[string]string {
	const api, release, repository, workload = "a document of an API", "a release", "a repository", "a workload"
	return map[string]string{
		"get-artifact": release, "head-artifact": release, "get-release": release, "list-releases": release, "get-root-module": release,
		"get-repository": repository, "list-repositories": repository, "list-bindings": repository, "list-identities": repository,
		"list-webhooks": repository, "get-pull-request": repository, "list-pull-requests": repository, "get-config-source": repository,
		"get-api": api, "get-api-changes": api, "get-api-consumers": api, "get-api-document": api, "list-api-revisions": api, "upload-api": api,
		"explain-resource": workload,
	}
}

// empty are tables in which nothing of a project is here, each with the reason.
func empty() map[string]string {
	const ran, pushed, served, client = "it takes terraform", "it takes a push", "it takes something that is served", "it takes a client of ACME"
	return map[string]string{
		"acme_accounts": client, "acme_authorizations": client, "acme_certificates": client, "acme_orders": client,
		"apispec_calls": served, "apispec_carried": ran, "apispec_followings": pushed, "automation_firings": ran, "budget_entries": ran, "budget_reservations": ran, "builds": pushed, "compliance_findings": ran, "compliance_spans": ran,
		"config_revisions": pushed, "dns_names": served, "dns_records": served, "document_databases": ran, "document_keys": ran, "documents": ran, "event_outbox": "on this database events have their places at once", "gateway_slo_alerts": served, "gateway_subscription_usage": served, "gateway_traffic": served, "mesh_reports": served, "mesh_sidecars": served, "mesh_traffic": served, "topic_attempts": "it takes an event that is delivered in vain", "topic_removals": "it takes a broker that is away",
		"gateway_domains stage": "who sees a project sees its domains", "landing_zones stage": "they are of the tenant", "quota_told": "it takes a quota that is reached", "run_dossiers": ran,
		"run_projects": ran, "run_promotions": ran, "run_release_approvals": "the first stage takes every release", "run_verified": ran, "secret_sync_items": "it takes a vault",
		"source_objects": pushed, "usage_hours": ran, "vcs_checks": pushed, "vcs_comments": pushed, "vcs_deliveries": "it takes a host of repositories",
		"vcs_identities": "it takes a host of repositories", "vcs_pushes": pushed, "vcs_statuses": pushed, "waf_findings": served, "waf_scores": served,
	}
}
