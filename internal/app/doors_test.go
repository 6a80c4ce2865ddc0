package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// door is something that is served beside the API: the path where the first tenant has
// something, with {ID} for what is asked for, and who asks.
type door struct {
	path, real string
	// by is what the asker has: git and page (a user's token as a password), vault, run,
	// runner, nobody.
	by string
}

// doorsOf are the patterns of what is served beside the API.
func (c *crossing) doorsOf() map[string]door {
	return map[string]door{
		"/state/v1/{tenant}/{project}/{workload}/{stage}":      {"/state/v1/default/demo/{ID}/dev", "nothing", "run"},
		"/state/v1/{tenant}/{project}/{workload}/{stage}/lock": {"/state/v1/default/demo/{ID}/dev/lock", "nothing", "run"},
		"/v1/secret/data/*":                                     {"/v1/secret/data/demo/dev/{ID}", "nothing", "vault"},
		"/v1/secret/subkeys/*":                                  {"/v1/secret/subkeys/demo/dev/{ID}", "nothing", "vault"},
		"/v1/secret/metadata/*":                                 {"/v1/secret/metadata/demo/dev/{ID}", "nothing", "vault"},
		"/v1/secret/metadata":                                   {"/v1/secret/metadata?list={ID}", "true", "vault"},
		"/v1/secret/delete/*":                                   {"/v1/secret/delete/demo/dev/{ID}", "nothing", "vault"},
		"/v1/secret/destroy/*":                                  {"/v1/secret/destroy/demo/dev/{ID}", "nothing", "vault"},
		"/v1/secret/undelete/*":                                 {"/v1/secret/undelete/demo/dev/{ID}", "nothing", "vault"},
		"/v1/sys/internal/ui/mounts/secret":                     {"/v1/sys/internal/ui/mounts/secret?x={ID}", "nothing", "vault"},
		"/v1/sys/internal/ui/mounts/secret/*":                   {"/v1/sys/internal/ui/mounts/secret/{ID}", "nothing", "vault"},
		"/git/{tenant}/{project}/{repository}/info/refs":        {"/git/default/demo/{ID}.git/info/refs?service=git-upload-pack", "nothing", "git"},
		"/git/{tenant}/{project}/{repository}/git-upload-pack":  {"/git/default/demo/{ID}.git/git-upload-pack", "nothing", "git"},
		"/git/{tenant}/{project}/{repository}/git-receive-pack": {"/git/default/demo/{ID}.git/git-receive-pack", "nothing", "git"},
		"/runs/{tenant}/{project}/{run}":                        {"/runs/default/demo/{ID}", c.ids["run"], "git"},
		"/hooks/v1/{provider}/{id}":                             {"/hooks/v1/github/{ID}", c.ids["repo"], "nobody"},
		// Who is signed in in a browser is asked in apipages_test.
		"/apis/{tenant}/{project}/{api}/{version}":                            {"/apis/default/demo/{ID}/v1", "nothing", "nobody"},
		"/apis/{tenant}/{project}/{api}/{version}/openapi.{form}":             {"/apis/default/demo/{ID}/v1/openapi.yaml", "nothing", "nobody"},
		"/apis/{tenant}/{project}/{api}/{version}/try":                        {"/apis/default/demo/{ID}/v1/try", "nothing", "nobody"},
		"/registry/v1/modules/{namespace}/{name}":                             {"/registry/v1/modules/nothing/{ID}", "nothing", "user"},
		"/registry/v1/modules/{namespace}/{name}/{system}":                    {"/registry/v1/modules/nothing/{ID}/local", "nothing", "user"},
		"/registry/v1/modules/{namespace}/{name}/{system}/download":           {"/registry/v1/modules/nothing/{ID}/local/download", "nothing", "user"},
		"/registry/v1/modules/{namespace}/{name}/{system}/versions":           {"/registry/v1/modules/nothing/{ID}/local/versions", "nothing", "user"},
		"/registry/v1/modules/{namespace}/{name}/{system}/{version}":          {"/registry/v1/modules/nothing/{ID}/local/1.0.0", "nothing", "user"},
		"/registry/v1/modules/{namespace}/{name}/{system}/{version}/download": {"/registry/v1/modules/nothing/{ID}/local/1.0.0/download", "nothing", "user"},
		"/planes/v1/secrets/{name}/value":                                     {"/planes/v1/secrets/{ID}/value", "nothing", "run"},
		"/planes/v1/{kind}/{name}/":                                           {"/planes/v1/secrets/{ID}/", "nothing", "run"},
		"/fleet/v1/assignments/{id}/plan":                                     {"/fleet/v1/assignments/{ID}/plan", c.ids["run"], "runner"},
		"/fleet/v1/assignments/{id}/beat":                                     {"/fleet/v1/assignments/{ID}/beat", c.ids["run"], "runner"},
		"/fleet/v1/assignments/{id}/events":                                   {"/fleet/v1/assignments/{ID}/events", c.ids["run"], "runner"},
		"/fleet/v1/assignments/{id}/outcome":                                  {"/fleet/v1/assignments/{ID}/outcome", c.ids["run"], "runner"},
		"/fleet/v1/assignments/{id}/parts/{part}":                             {"/fleet/v1/assignments/{ID}/parts/plan", c.ids["run"], "runner"},
	}
}

// noDoors are the patterns that name nothing of a tenant, each with the reason. They are
// whole: what is new beside them is asked about.
func noDoors() map[string]string {
	all := map[string]string{}
	for why, patterns := range map[string][]string{
		"is the same for all": {
			"/.well-known/terraform.json", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
			"/acme/directory", "/acme/new-nonce", "/api/docs", "/api/openapi.json", "/api/openapi.yaml", "/api/openapi-3.0.json", "/api/openapi-3.0.yaml", "/fleet/v1/provider", "/apis/assets/{file}",
		},
		"its address is signed and expires, see moduleapi": {"/registry/v1/modules/{namespace}/{name}/{system}/{version}/archive.tar.gz"},
		"of who is signed in in the browser, see factorapi": {
			"/account/security", "/account/security/totp", "/account/security/passkeys", "/account/security/recovery-codes", "/account/security/remove", "/account/sessions", "/account/sessions/end",
		},
		"counts for all tenants together":                       {"/metrics"},
		"tells anybody what a certificate needs to be verified": {"/pki/roots", "/pki/authorities/{authority}", "/pki/crl/{authority}", "/pki/ocsp/{authority}", "/pki/ocsp/{authority}/*"},
		"of the account or the key that the message is signed with, see acmewire": {
			"/acme/new-account", "/acme/new-order", "/acme/key-change", "/acme/revoke", "/acme/account/{id}", "/acme/account/{id}/orders", "/acme/order/{id}", "/acme/order/{id}/finalize",
			"/acme/authorization/{id}", "/acme/challenge/{id}/{type}", "/acme/certificate/{serial}", "/acme/certificate/{serial}/{chain}",
		},
		"is for everybody who has the certificate (RFC 9773 §4.1)": {"/acme/renewal-info/{certificate}"},
		"names nothing":              {"/healthz", "/readyz", "/v1/sys/health", "/v1/sys/seal-status", "/v1/sys/mounts", "/v1/sys/internal/ui/mounts"},
		"says that there is nothing": {"/v1/*"},
		"codes and tokens that nobody can guess, see providerapi": {
			"/device", "/oauth2/jwks", "/oauth2/authorize", "/oauth2/continue", "/oauth2/consent", "/oauth2/token", "/oauth2/revoke", "/oauth2/introspect",
			"/oauth2/device", "/oauth2/userinfo", "/oauth2/logout",
		},
		"who signs in, see providerapi": {"/sign-in", "/sign-in/passkey", "/sign-in/tenant", "/sign-in/step/{step}", "/sign-out"},
		"who signs in elsewhere, see upstreamapi": {
			"/sign-in/with/{tenant}/{upstream}", "/sign-in/with/{tenant}/{upstream}/callback", "/sign-in/with/{tenant}/{upstream}/signed-out",
			"/sign-in/with/{tenant}/{upstream}/logout", "/sign-in/links",
		},
		"of the runner that asks":                       {"/fleet/v1/session", "/fleet/v1/work", "/fleet/v1/states"},
		"of the database of the token, see databaseapi": {"/documents/v1", "/documents/v1/{collection}", "/documents/v1/{collection}/*"},
		"of the project of the token, see configapi":    {"/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/{key}"},
		"of the token that asks, see secretkv":          {"/v1/auth/token/lookup-self", "/v1/auth/token/renew-self"},
		"of the run that asks":                          {"/workload-identity/v1/token"},
	} {
		for _, pattern := range patterns {
			all[pattern] = why
		}
	}
	return all
}

// doors asks at everything that is served beside the API for what the first tenant has,
// with what the other one's people, runs and runners have.
func (c *crossing) doors(t *testing.T) {
	t.Helper()
	api := map[string]bool{}
	for _, o := range c.all {
		api[o.method+" "+o.path] = true
	}
	run, err := c.platform.runTokens.Issue(tokens.Run{
		Run: "run_other", Stack: "other/home/nothing/dev", Scope: kernel.Scope{Tenant: "other", Project: "home", Stage: "dev"}, Workload: "nothing", Phase: tokens.PhaseApply,
		Expires: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	made := c.send(c.other, c.request(c.all["create-runner"], asking{real: true, body: object{"name": "mine", "labels": object{"pool": "x"}}}))
	runner := aRunner.FindString(made.Body.String())
	if runner == "" {
		t.Fatal(made.Code, made.Body)
	}
	served := map[string]bool{}
	before, doors, none := c.digests(), c.doorsOf(), noDoors()
	err = chi.Walk(c.handler.(chi.Routes), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		served[pattern] = true
		if api[method+" "+pattern] || none[pattern] != "" {
			return nil
		}
		d, ok := doors[pattern]
		if !ok {
			t.Errorf("%s %s is no operation of the API, and in no test of tenants: say who asks there for what", method, pattern)
			return nil
		}
		ask := func(id string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), method, strings.ReplaceAll(d.path, "{ID}", id), strings.NewReader("{}"))
			switch d.by {
			case "git":
				r.SetBasicAuth("admin", c.other)
			case "vault":
				r.Header.Set("X-Vault-Token", c.other)
			case "user":
				r.Header.Set("Authorization", "Bearer "+c.other)
			case "runner":
				r.SetBasicAuth("runner", runner)
			case "run":
				r.SetBasicAuth("run_other", run)
				if strings.HasPrefix(pattern, "/planes/") {
					r.Header.Set("Authorization", "Bearer "+run)
				}
			}
			w := httptest.NewRecorder()
			c.handler.ServeHTTP(w, r)
			return w
		}
		real, absent := ask(d.real), ask(never(d.real))
		if a, b := plain(real), plain(absent); a != b {
			t.Errorf("%s %s tells what there is in another tenant:\n there is: %.400s\n there is not: %.400s", method, pattern, a, b)
		}
		if real.Code == http.StatusUnauthorized && d.by != "nobody" {
			t.Errorf("%s %s does not know who asks: %s", method, pattern, real.Body)
		}
		if strings.Contains(real.Body.String(), canary) {
			t.Errorf("%s %s tells a secret", method, pattern)
		}
		before = c.same(t, method+" "+pattern, before)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pattern := range none {
		if !served[pattern] {
			t.Errorf("%s is not served: nothing need be said of it", pattern)
		}
	}
}
