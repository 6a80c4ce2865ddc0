package app

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/access/factor/factorsql"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/providersql"
	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/access/upstream/upstreamsql"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkisql"
	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/governance/drift/driftsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
)

// seed makes an object of the first tenant by an operation.
type seed struct {
	operation string
	values    map[string]string
	body      any
}

type object = map[string]any

// seeds make an object of every kind that the API can make.
func seeds(t *testing.T) []seed {
	t.Helper()
	const focusHeader = "BilledCost,EffectiveCost,ListCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceName,ServiceCategory,SubAccountId,ResourceId,ResourceName,Tags,InvoiceId\n"
	score := "apiVersion: score.dev/v1b1\nmetadata: {name: nothing}\ncontainers: {main: {image: registry.example/nothing}}\n"
	return []seed{
		{operation: "create-user"},
		{operation: "create-group"},
		{operation: "add-group-member"},
		{operation: "create-service-account", body: object{"name": "nothing", "project": "demo"}},
		{operation: "create-service-account-token"},
		{operation: "create-token"},
		{operation: "create-grant", body: object{"subject": object{"kind": "user", "name": "nothing"}, "role": "viewer", "project": "demo"}},
		{operation: "request-elevation", body: object{"role": "viewer", "reason": "x", "minutes": 5, "project": "demo"}},
		{operation: "set-elevation-rule"},
		{operation: "create-oauth-client", body: object{"name": "nothing", "redirectUris": []string{"https://nothing.example/cb"}}},
		{operation: "create-trust-rule", body: object{"name": "nothing", "issuer": "https://issuer.example", "serviceAccount": "nothing", "scopes": []string{"read"}, "projects": []string{"demo"}, "conditions": object{"sub": "x"}}},
		{operation: "create-upstream", body: object{"name": "nothing", "issuer": "https://192.0.2.1", "clientId": "nothing"}},
		{operation: "put-secret", values: map[string]string{"stage": "dev"}, body: object{"value": canary}},
		{operation: "set-secret-sync", values: map[string]string{"stage": "dev"}, body: object{"vault": "https://nothing.vault.azure.net", "azureTenant": "00000000-0000-0000-0000-000000000001", "client": "00000000-0000-0000-0000-000000000002"}},
		{operation: "set-vault-certificate", values: map[string]string{"stage": "dev"}, body: object{"way": "issue", "hosts": []string{"nothing.dev.demo.localhost"}}},
		{operation: "create-runner", body: object{"name": "nothing", "labels": object{"pool": "x"}}},
		{operation: "create-subscription", body: object{"name": "nothing", "sink": object{"webhook": object{"url": "https://sink.invalid/x"}}}},
		{operation: "create-repository"},
		{operation: "connect-config"},
		{operation: "create-config-token"},
		{operation: "add-source", body: object{"name": "nothing", "repository": "nothing", "repositoryProject": "demo", "project": "demo"}},
		{operation: "publish-module", values: map[string]string{"namespace": "nothing", "name": "nothing", "system": "local", "version": "1.0.0"}, body: packed(t, "main.tf", "variable \"context\" {\n  type        = any\n  description = \"x\"\n}\n")},
		{operation: "apply-definition", body: object{"source": "apiVersion: terrace.dev/v1\nkind: Definition\nmetadata: {name: nothing}\nspec:\n  type: nothing\n  criteria:\n    - {target: local}\n  module: {source: nothing/nothing/local, version: 1.0.0}\n"}},
		{operation: "apply-rule", body: object{"source": "apiVersion: terrace.dev/v1\nkind: Rule\nmetadata:\n  name: nothing\nspec:\n  on: {exact: {type: dev.terrace.run.succeeded}}\n  do:\n    notify: {subscription: nothing, message: x}\n"}},
		{operation: "apply-gateway-documents", body: object{"files": []object{{"name": "route.yaml", "source": "apiVersion: gateway.terrace.dev/v1\nkind: Route\nmetadata: {name: nothing, project: demo, stage: dev}\nspec:\n  hosts: [nothing.dev.demo.localhost]\n  rules: [{backends: [{service: nothing}]}]\n"}}}},
		{operation: "apply-gateway-documents", body: object{"files": []object{{"name": "product.yaml", "source": "apiVersion: gateway.terrace.dev/v1\nkind: Product\nmetadata: {name: nothing, project: demo, stage: dev}\nspec: {state: published, routes: [nothing], plans: [{name: nothing}]}\n"}}}},
		{operation: "create-gateway-subscription", values: map[string]string{"project": "demo", "stage": "dev"}, body: object{"product": "nothing", "name": "nothing"}},
		{operation: "add-gateway-domain", body: object{"name": "nothing.example", "project": "demo"}},
		{operation: "apply-mesh-documents", body: object{"files": []object{{"name": "mesh.yaml", "source": "apiVersion: mesh.terrace.dev/v1\nkind: AuthorizationPolicy\nmetadata: {name: nothing, project: demo, stage: dev}\nspec: {rules: [{from: [{workload: nothing}]}]}\n"}}}},
		{operation: "apply-topic", values: map[string]string{"stage": "dev"}, body: object{"owner": "nothing"}},
		{operation: "apply-topic", values: map[string]string{"stage": "dev", "topic": "neither"}, body: object{"owner": "nothing"}},
		{operation: "register-topic-schema", values: map[string]string{"stage": "dev"}, body: object{"type": "run.failed", "schema": object{"type": "object"}}},
		{operation: "create-topic-grant", values: map[string]string{"stage": "dev"}, body: object{"name": "nothing", "consume": true}},
		{operation: "apply-topic-bridge", values: map[string]string{"stage": "dev"}, body: object{"to": "neither"}},
		{operation: "apply-topic-subscription", values: map[string]string{"stage": "dev"}, body: object{"types": []string{"nothing"}}},
		{operation: "create-acme-key", body: object{"project": "demo", "stage": "dev", "note": "nothing"}},
		{operation: "set-dns-network", body: object{"project": "demo", "prefixes": []string{"10.99.0.0/16"}, "recursion": true}},
		{operation: "create-dns-zone", body: object{"name": "privatelink.nothing.internal", "project": "demo", "links": []object{{"network": "nothing"}}, "secondary": object{"notify": []string{"127.0.0.1:1"}}}},
		{operation: "set-dns-record", body: object{"values": []string{"10.99.0.7"}}},
		{operation: "create-dns-key", body: object{"name": "nothing", "zone": "privatelink.nothing.internal", "update": []string{"*"}}},
		{operation: "create-dns-endpoint", body: object{"name": "nothing", "project": "demo", "service": "storage", "zone": "privatelink.nothing.internal", "network": "nothing", "addresses": []string{"10.99.0.4"}}},
		{operation: "set-dns-forwarder", body: object{"servers": []string{"udp://127.0.0.1:1"}, "networks": []string{"nothing"}}},
		{operation: "set-cost-rules", body: object{"source": "apiVersion: terrace.dev/v1\nkind: CostAllocation\nspec:\n  assign:\n    - {name: nothing, match: {resource: \"*/dnszones/*\"}, set: {project: network}}\n"}},
		{operation: "import-costs", body: focusHeader + "1,1,1,acc-1,EUR,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,Usage,2026-10-05T00:00:00Z,2026-10-05T01:00:00Z,Azure,Virtual Machines,Compute,sub-1,nothing,,\"{\"\"project\"\":\"\"demo\"\"}\",\n"},
		{operation: "assign-policies", body: object{"policies": "azure-storage-*", "level": "advisory", "reason": "x"}},
		{operation: "request-exemption", values: map[string]string{"project": "demo"}, body: object{"policy": "azure-storage-https-only", "stage": "dev", "workload": "nothing", "reason": "x", "until": "2026-12-20T00:00:00Z"}},
		{operation: "upload-artifact", body: packed(t, "app", "x")},
		{operation: "set-landing-zone", values: map[string]string{"stage": "dev"}, body: object{"outputs": object{"dns_zone": object{"value": "nothing.example"}}}},
		{operation: "deploy", body: object{"score": score, "stage": "dev"}},
		{operation: "import-state", values: map[string]string{"stage": "dev", "reason": "x"}, body: `{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"0b5f8a4e-9c69-4c4b-9d2f-3d1b5f3f0c11","outputs":{},"resources":[]}`},
		{operation: "upload-api", body: object{"source": anAPI("")}},
		{operation: "publish-api", body: object{"stage": "dev", "revision": 1}},
		{operation: "upload-api", body: object{"source": anAPI(", required: true")}},
		{operation: "request-api-override", body: object{"stage": "dev", "revision": 2, "reason": "x"}},
		{operation: "set-budget"},
		{operation: "set-project-tags"},
		{operation: "sign-audit-head"},
	}
}

// anAPI is an OpenAPI document of one operation, whose parameter has more.
func anAPI(more string) string {
	return "openapi: 3.1.0\ninfo: {title: nothing, version: '1'}\nsecurity: []\npaths:\n  /things:\n    get:\n      operationId: listThings\n" +
		"      parameters: [{name: limit, in: query" + more + ", schema: {type: integer}}]\n      responses: {'204': {description: none}}\n"
}

// packed is a gzipped tar with a file.
func packed(t *testing.T, name, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// prefixes are those of the ids that paths name, by what comes before them.
func prefixes() map[string]string {
	return map[string]string{
		"api-overrides id": "apio", "keys id": "eab",
		"artifacts digest": "sha256", "assignments id": "pas", "clients client": "cli", "elevations elevation": "elv", "exemptions id": "exm",
		"grants grant": "grt", "imports id": "imp", "leaks id": "leak", "runs id": "run", "tokens token": "tok", "releases release": "rel",
	}
}

// The ids of what the API cannot make: that takes terraform, a browser or a code.
const (
	aBackup       = "bak_01m8dspnjcevfvfqsec2nz3ve9"
	aCheck        = "chk_01m8dspnjcevfvfqsec2nz3ve9"
	aFactor       = "fct_01m8dspnjcevfvfqsec2nz3ve9"
	aSession      = "ses_01m8dspnjcevfvfqsec2nz3ve9"
	aLink         = "lnk_01m8dspnjcevfvfqsec2nz3ve9"
	aFinding      = "drift_01m8dspnjcevfvfqsec2nz3ve9"
	aVerification = "ver_01m8dspnjcevfvfqsec2nz3ve9"
	aCertificate  = "crt_01m8dspnjcevfvfqsec2nz3ve9"
)

// planted are the ids of what is put into the database by hand, by what comes before them
// in a path.
func planted() map[string]string {
	return map[string]string{"backups backup": aBackup, "checks id": aCheck, "factors factor": aFactor, "links link": aLink, "sessions session": aSession, "drift id": aFinding, "verifications id": aVerification, "certificates certificate": aCertificate}
}

// plant puts what the API cannot make into the database: a finding of drift and the check that
// found it, a verification, a pull request, a factor and a sign-in of somebody, and an account that is
// linked. What is there already stays.
func (c *crossing) plant() {
	c.t.Helper()
	ctx := kernel.WithActor(c.t.Context(), kernel.System("test", "default"))
	dev, now := kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}, time.Now().UTC()
	stack := kernel.StackID(dev, "nothing")
	people := identitysql.NewStore(c.platform.db)
	user, err := people.UserByName(ctx, "default", "nothing")
	if err != nil {
		c.t.Fatal(err)
	}
	links := upstreamsql.NewStore(c.platform.db)
	up, err := links.Upstream(ctx, "default", "nothing")
	if err != nil {
		c.t.Fatal(err)
	}
	if err := pkisql.NewStore(c.platform.db).Add(ctx, []pki.Entry{certificateOf(c.t, dev, now)}); err != nil {
		c.t.Fatal(err)
	}
	found, repositories := driftsql.NewStore(c.platform.db), vcssql.NewStore(c.platform.db)
	repository, err := repositories.Repository(ctx, dev.InProject("demo"), "nothing")
	if err != nil {
		c.t.Fatal(err)
	}
	_, opened := providersql.NewStore(c.platform.db).OpenSession(ctx, provider.Session{ID: aSession, Tenant: "default", Subject: user.ID, Client: provider.CLI, Kind: provider.ActiveDevice, CreatedAt: now, ExpiresAt: now.Add(time.Hour)})
	backup := local.Backup{ID: aBackup, Of: local.Key{Scope: dev, Kind: local.Caches, Name: "nothing"}, Kind: local.Caches, Name: "nothing", Stage: "dev", CreatedAt: now, CreatedBy: "admin"}
	_, kept := localsql.NewBackups(c.platform.db, c.platform.sealer, c.platform.blobs).Keep(ctx, backup, strings.NewReader("nothing"))
	for _, err := range []error{
		opened, kept,
		found.PutCheck(ctx, drift.Check{ID: aCheck, Scope: dev, Workload: "nothing", Stack: stack, Trigger: "demand", RequestedBy: "admin", Status: drift.CheckDone, Open: 1, QueuedAt: now, EndedAt: &now}),
		found.Insert(ctx, drift.Drift{
			ID: aFinding, Scope: dev, Stack: stack, Workload: "nothing", Address: "x.nothing", Type: "x", Action: "changed", Severity: stage.SeverityLow, Rule: "any", Status: drift.Open,
			Next: drift.NextReverts, Attributes: []drift.Attribute{{Path: "name", Severity: stage.SeverityLow, Rule: "any", Next: drift.NextReverts}}, DetectedAt: now, SeenAt: now,
		}),
		runsql.NewStore(c.platform.db).InsertVerification(ctx, run.Verification{
			ID: aVerification, Scope: dev, Workload: "nothing", Run: c.ids["run"], Trigger: run.OnDemand, RequestedBy: kernel.System("test", "default"), Status: run.VerificationPassed, CreatedAt: now, EndedAt: &now,
		}),
		repositories.AddPull(ctx, vcs.PullRequest{
			Repository: repository.ID, Scope: dev.InProject("demo"), Number: 1, Title: "nothing", Author: "nothing", Source: "nothing", Target: "main",
			Head: strings.Repeat("1", 40), State: vcs.Open, Actor: kernel.System("test", "default"), CreatedAt: now, UpdatedAt: now,
		}),
		factorsql.NewStore(c.platform.db).AddFactor(ctx, factor.Factor{ID: aFactor, Tenant: "default", UserID: user.ID, Kind: factor.TOTP, Name: "nothing", Credential: "totp:" + user.ID, Data: []byte("x"), CreatedAt: now}),
		links.AddLink(ctx, upstream.Link{ID: aLink, Tenant: "default", Upstream: up.ID, UserID: user.ID, Account: upstream.Account{Subject: "nothing", Name: "nothing"}, By: upstream.LinkedBySelf, LinkedAt: now, LastUsed: now}),
		gatewaysql.NewStore(c.platform.db).PutPolicy(ctx, gateway.Policy{Scope: dev, Name: named()["policy"], Kind: "nothing", Spec: []byte("{}"), UpdatedAt: now}),
	} {
		if err != nil && !kernel.Is(err, kernel.Conflict) {
			c.t.Fatal(err)
		}
	}
	for _, id := range planted() {
		c.texts[id] = true
	}
}

// named are what parameters name that people choose.
func named() map[string]string {
	return map[string]string{
		"tenant": "default", "project": "demo", "api": "nothing", "stage": "dev", "workload": "nothing", "name": "nothing", "repository": "nothing", "source": "nothing", "subscription": "nothing",
		"rule": "nothing", "route": "nothing", "class": "route", "kind": "AuthorizationPolicy", "group": "nothing", "user": "nothing", "account": "nothing", "binding": "nothing", "login": "nothing", "flag": "nothing", "key": "nothing",
		"namespace": "nothing", "system": "local", "version": "1.0.0", "service": "nothing", "number": "1", "type": "run.failed",
		"subject": "nothing", "actor": "nothing", "upstream": "nothing", "resource": "nothing", "policy": "azure-storage-https-only", "product": "nothing", "domain": "nothing.example", "topic": "nothing",
		"zone": "privatelink.nothing.internal", "network": "nothing", "endpoint": "nothing", "{name} type": "A",
	}
}

// crossedBodies are bodies that name a tenant, or say more than the smallest.
func crossedBodies() map[string]string {
	return map[string]string{
		"destroy-keys": `{"tenant":"default","confirm":"default","reason":"x"}`,
	}
}

// alone are operations that are not asked, each with the reason.
func alone() map[string]string {
	return map[string]string{
		"change-password": "it is about the asker's own",
		"sign-in":         "it is asked by nobody, for the tenant of the daemon",
	}
}

// sameForAll are operations whose answer is about what everybody shares.
func sameForAll() map[string]string {
	return map[string]string{
		"export-audit":       "the log has the export before it",
		"list-audit-entries": "the log has what was asked before",
		"verify-audit":       "the log has what was asked before",
		"list-runs":          "the asker's own runs wait for each other",
		"set-tags":           "the first one has changed the asker's own tags, and their revision",
	}
}

// shared are tables without a tenant that others may change, each with the reason.
func shared() map[string]string {
	return map[string]string{
		"river_job":    "is asked for by the runs of all tenants, and names none of their things",
		"event_head":   "counts the events of all tenants",
		"dns_revision": "counts the changes of all tenants",
	}
}
