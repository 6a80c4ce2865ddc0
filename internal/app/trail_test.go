package app

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestEveryChangeIsInTheAuditLog asks for every operation that changes something, and finds
// the entry of each that has succeeded, with who it was and the id of the request. A new
// operation takes part by itself.
func TestEveryChangeIsInTheAuditLog(t *testing.T) {
	t.Parallel()
	c := newCrossing(t)
	admin := c.strings(t.Context(), "SELECT id FROM identity_users WHERE tenant = 'default' AND name = 'admin'")[0]
	var changes, last []string
	for _, id := range slices.Sorted(maps.Keys(c.all)) {
		switch o := c.all[id]; {
		case o.method == http.MethodGet || o.method == http.MethodHead:
		case ends(id):
			last = append(last, id)
		default:
			changes = append(changes, id)
		}
	}
	first := []string{"end-user-sign-in-session", "change-password", "sign-in", "pause-subscription", "resume-subscription", "create-tenant", "suspend-tenant", "resume-tenant", "offboard-tenant", "keep-tenant"}
	slices.SortStableFunc(last, func(a, b string) int { return order(a) - order(b) })
	for _, id := range slices.Concat(first, changes, last) {
		if c.done[id] == "" {
			w := c.did(c.all[id], asking{real: true, body: c.walked()[id].body, values: c.walked()[id].values})
			if c.done[id] == "" && unproven()[id] == "" {
				t.Errorf("%s does not succeed, so nothing is known of its entry: %d %.300s", id, w.Code, w.Body)
			}
		}
		if c.done[id] == "" {
			continue
		}
		entries := c.strings(t.Context(), "SELECT type FROM audit_entries WHERE tenant = 'default' AND request_id = '"+c.done[id]+"' AND actor_id = '"+admin+"'")
		why, none := silent()[id]
		switch {
		case len(entries) == 0 && !none:
			t.Errorf("%s leaves no entry in the audit log", id)
		case len(entries) > 0 && none:
			t.Errorf("%s leaves %s, and should not: %s", id, entries, why)
		}
	}
}

// TestReadsOfWhatIsSecretAreInTheAuditLog reads as the owner what other reads do not tell.
func TestReadsOfWhatIsSecretAreInTheAuditLog(t *testing.T) {
	t.Parallel()
	c := newCrossing(t)
	left := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(c.all)) {
		if o := c.all[id]; o.method == http.MethodGet && id != "watch-config" {
			c.did(o, asking{real: true})
			left[id] = c.left(id)
		}
	}
	kv := func(method, path, id string) {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader("{}"))
		r.Header.Set("X-Vault-Token", c.own)
		r.Header.Set("X-Request-Id", id)
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		c.done[id] = id
		left[id] = c.left(id)
	}
	kv(http.MethodGet, "/v1/secret/data/demo/dev/nothing", "read-of-a-secret")
	got := map[string]string{}
	for id, types := range left {
		if len(types) > 0 {
			got[id] = strings.Join(types, " ")
		}
	}
	want := map[string]string{
		"read-of-a-secret": "secret.read", "export-audit": "audit.exported",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the reads that leave an entry:\n%s", diff)
	}
	for name, ask := range map[string]func() *httptest.ResponseRecorder{
		"session.refused": func() *httptest.ResponseRecorder {
			return c.send("", c.request(c.all["sign-in"], asking{real: true, body: object{"username": "admin", "password": "not the right one"}}))
		},
	} {
		if w := ask(); w.Code != http.StatusUnauthorized || len(c.strings(t.Context(), "SELECT seq FROM audit_entries WHERE type = '"+name+"' AND outcome = 'refused'")) == 0 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	viewer := c.token(t, "viewer")
	w := c.send(viewer, c.request(c.all["list-users"], asking{real: true}))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/secret/data/demo/dev/nothing", nil)
	r.Header.Set("X-Vault-Token", viewer)
	vault := httptest.NewRecorder()
	c.handler.ServeHTTP(vault, r)
	refused := c.strings(t.Context(), "SELECT subject || ' ' || outcome || ' ' || address FROM audit_entries WHERE type = 'access.refused' AND (subject LIKE '%/users' OR subject LIKE '%/data/*') ORDER BY subject")
	if w.Code != http.StatusForbidden || vault.Code != http.StatusForbidden || !slices.Equal(refused, []string{"GET /api/v1/users refused 192.0.2.1", "GET /v1/secret/data/* refused 192.0.2.1"}) {
		t.Errorf("%d, %d, %q", w.Code, vault.Code, refused)
	}
}

// token makes a user with a role in the first tenant.
func (c *crossing) token(t *testing.T, role string) string {
	t.Helper()
	ctx, tenant := kernel.WithActor(t.Context(), kernel.System("test", "default")), kernel.Scope{Tenant: "default"}
	if _, err := c.access.identity.CreateUser(ctx, tenant, identity.NewUser{Name: role, Password: matrixPassword, Role: identity.Role(role)}); err != nil {
		t.Fatal(err)
	}
	token, _, err := c.access.identity.CreateToken(ctx, tenant, identity.NewToken{Name: "x", User: role})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// left are the types of the entries that a request of the owner has left.
func (c *crossing) left(operation string) []string {
	if c.done[operation] == "" {
		return nil
	}
	return c.strings(c.t.Context(), "SELECT type FROM audit_entries WHERE tenant = 'default' AND request_id = '"+c.done[operation]+"'")
}

// order has what holds on to something ended before it.
func order(id string) int {
	switch {
	case strings.HasPrefix(id, "revoke-"), strings.HasPrefix(id, "unbind-"), strings.HasPrefix(id, "set-"), id == "remove-group-member", id == "remove-source":
		return 0
	case id == "disconnect-config":
		return 1
	case id == "delete-dns-zone":
		return 3
	case id == "delete-dns-network":
		return 4
	default:
		return 2
	}
}

// ends reports operations that end what others are asked for.
func ends(id string) bool {
	for _, verb := range []string{"delete-", "remove-", "destroy", "end-", "revoke-", "forget-", "disconnect-", "unbind-", "set-user-disabled", "set-service-account-disabled", "cancel-gateway-"} {
		if strings.HasPrefix(id, verb) {
			return true
		}
	}
	return false
}

// walked are bodies and parameters with which operations succeed after the seeds.
func (c *crossing) walked() map[string]seed {
	dev := map[string]string{"project": "demo", "stage": "dev"}
	return map[string]seed{
		"get-gateway-policy":           {values: dev},
		"replay-topic-subscription":    {values: dev, body: object{"at": "2026-01-01T00:00:00Z"}},
		"register-topic-schema":        {values: dev, body: object{"type": "run.failed", "schema": object{"type": "object", "title": "other"}}},
		"delete-gateway-policy":        {values: dev},
		"put-gateway-policy":           {values: dev, body: object{"kind": "HeaderPolicy", "spec": object{}}},
		"list-gateway-versions":        {values: dev},
		"put-gateway-route":            {values: dev, body: object{"hosts": []string{"nothing.dev.demo.localhost"}, "rules": []object{{"backends": []object{{"service": "neither"}}}}}},
		"roll-back-gateway":            {values: dev, body: object{"version": 1}},
		"approve-gateway-domain":       {body: object{"reason": "x"}},
		"revoke-gateway-domain":        {body: object{"reason": "x"}},
		"issue-certificate":            {body: object{"kind": "workload", "project": "demo", "stage": "dev", "name": "nothing", "request": requestOf(c.t)}},
		"renew-certificate":            {body: object{}},
		"revoke-certificate":           {body: object{"cause": "superseded"}},
		"rotate-certificate-authority": {body: object{"noticeSeconds": 3600}},
		"set-dns-zone":                 {body: object{"links": []object{{"network": "nothing"}}}},
		"link-dns-zone":                {body: object{"resolutionPolicy": "NxDomainRedirect"}},
		"import-dns-zone":              {body: object{"source": "imported A 10.99.0.8\n"}},
		"approve-exemption":            {values: map[string]string{"project": "demo"}},
		"revoke-exemption":             {values: map[string]string{"project": "demo"}},
		"bind-repository":              {body: object{"score": "score.yaml", "plan": []string{"dev"}}},
		"change-password":              {body: object{"present": c.first.Password, "next": matrixPassword}},
		"reset-factors":                {body: object{"keepTokens": true}}, // the tokens are asked for later
		"reset-password":               {body: object{"password": matrixPassword, "keepTokens": true}},
		"set-upstream-rules":           {body: object{"rules": "rules: []"}},
		"set-factor-policy":            {body: object{"policy": "admins"}},
		"suspend-tenant":               {values: map[string]string{"tenant": "nothing"}},
		"resume-tenant":                {values: map[string]string{"tenant": "nothing"}},
		"offboard-tenant":              {values: map[string]string{"tenant": "nothing"}, body: object{"confirm": "nothing", "reason": "x", "keepHours": 1, "withoutExport": true}},
		"set-tenant-recipients":        {values: map[string]string{"tenant": "default"}, body: object{"keys": []string{"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"}}},
		"keep-tenant":                  {values: map[string]string{"tenant": "nothing", "reason": "x"}},
		"delete-secret":                {values: map[string]string{"stage": "dev"}},
		"configure-secret":             {values: map[string]string{"stage": "dev"}, body: object{"maxVersions": 5}},
		"restore-secret":               {values: map[string]string{"stage": "dev"}, body: object{"version": 1}},
		"destroy-secret":               {values: map[string]string{"stage": "dev"}, body: object{}},
		"copy-secret":                  {values: map[string]string{"stage": "dev"}, body: object{"to": "test", "reason": "x"}},
		"revoke-service-account-token": {values: map[string]string{"token": c.made["create-service-account-token"]}},
		"revoke-user-token":            {values: map[string]string{"token": c.made["create-token"]}},
		"revoke-config-token":          {values: map[string]string{"token": c.ids["cfgt"]}},
		"sign-in":                      {body: object{"username": "admin", "password": matrixPassword}},
		"roll-back-state":              {values: map[string]string{"stage": "dev"}, body: object{"version": c.ids["sv"], "reason": "x"}},
		"delete-mesh-document":         {values: dev}, "cancel-gateway-subscription": {values: dev}, "suspend-gateway-subscription": {values: dev}, "delete-gateway-product": {values: dev}, "get-gateway-product": {values: dev},
		"regenerate-gateway-subscription-key": {values: map[string]string{"project": "demo", "stage": "dev", "key": "primary"}},
	}
}

// silent are operations that change nothing, each with the reason.
func silent() map[string]string {
	return map[string]string{
		"check-upstream":           "it tells what another provider answers",
		"test-upstream-rules":      "it tells what rules would give",
		"check-deployment":         "it tells what a deployment would meet, and makes none",
		"resolve-graph":            "it tells a graph",
		"check-references":         "it tells which secrets are missing",
		"check-dns-secondaries":    "it tells what secondaries answer",
		"redeliver":                "no delivery has failed here, so none is sent again",
		"verify-audit":             "it tells what it has found",
		"lint-api":                 "it tells what the style guide says of a text, and keeps nothing of it",
		"scan-text":                "it tells what is in a text, and keeps nothing of it",
		"acknowledge-topic-events": "it is said to the broker, which keeps it",
	}
}

// unproven are operations that cannot succeed here, each with the reason. What they record
// is held by the tests of their rooms, and that it is in the log by the journal that all share.
func unproven() map[string]string {
	const applied, pull, remote, tells, drift = "it takes a run that was applied", "it takes a push", "it takes a host of repositories", "it tells something", "it takes drift that terraform found"
	return map[string]string{
		"resume-gateway-subscription": "it takes one that is suspended", "rotate-topic-subscription": "it takes one whose events are posted",
		"publish-topic-events": "it takes an event, which is no fact of the platform", "pull-topic-events": "it takes one that is not paused, and changes nothing of the platform's",
		"delete-topic-subscription":    "its topic was deleted before",
		"delete-topic-bridge":          "its topic was deleted before",
		"approve-gateway-subscription": "it takes one that waits, and somebody else", "reject-gateway-subscription": "it takes one that waits",
		"revoke-unlisted-certificate": "it takes a certificate of Terrace", "activate-certificate-authority": "it takes a next authority", "abort-certificate-authority": "it takes a next authority",
		"install-certificate-authority": "it takes an authority elsewhere", "request-certificate-authority": "there is a next authority already",
		"verify-gateway-domain": "it takes a record of DNS", "set-gateway-domain-certificate": "it takes a domain that is proven", "remove-gateway-domain-certificate": "it takes a domain with a certificate",
		"accept-drift": drift, "ignore-drift": drift, "revert-drift": drift, "request-drift-checks": applied,
		"retire-api": "it takes a sunset that is over", "approve-api-override": "it takes somebody else",
		"promote-rollout": applied, "abort-rollout": applied,
		"create-backup": applied, "restore-backup": "it takes a backup",
		"approve-run": applied, "discard-run": "the run was canceled before", "override-run": applied, "promote": applied, "roll-back": applied, "verify": applied, "extend-lifetime": applied, "destroy": applied,
		"approve-release": "the first stage takes every release", "withdraw-release": "the first stage takes every release",
		"discard-state": "it takes a state that was set aside", "take-back-state": "it takes a state that was set aside", "unlock-state": "it takes a lock", "move-state": "it takes a resource", "remove-state": "it takes a resource",
		"apply-pull-request": pull, "approve-pull-request": pull, "close-pull-request": pull, "comment-pull-request": pull, "create-pull-request": pull, "merge-pull-request": pull, "plan-pull-request": pull,
		"roll-back-config": pull, "evaluate-flag": tells, "allow-source": pull, "trust-source": "it takes a source of stages",
		"connect-repository": remote, "identify-login": remote, "unidentify-login": remote, "renew-repository": remote,
		"definition-blast-radius": tells, "module-blast-radius": tells, "evaluate-policies": tells, "preview-policies": tells, "preview-policy-levels": tells, "test-trust-rules": tells,
		"decide-elevation": "it takes somebody else", "approve-exemption": "it takes somebody else", "destroy-keys": "it takes a tenant that leaves", "delete-repository": "sources and configuration are kept in it",
		"revoke-token": "it would be the one that asks", "answer-maturity": "it takes a criterion of the catalogue",
		"test-subscription": "it takes a sink", "adopt-secret-sync-secret": "it takes a vault that somebody has changed", "delete-upstream-link": "it takes a browser", "end-sign-in-session": "it takes a browser",
		"begin-totp": "it takes a code", "confirm-totp": "it takes a code", "make-recovery-codes": "it takes a code", "remove-factor": "it takes a code",
	}
}
