package app

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/upstream"
)

const (
	corpTenant  = "11111111-1111-1111-1111-111111111111"
	otherTenant = "22222222-2222-2222-2222-222222222222"
	adaOID      = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
)

// newEntra is Entra ID for organisations, with Microsoft Graph.
func newEntra(t *testing.T) *elsewhere {
	t.Helper()
	e := newElsewhere(t, map[string]any{
		"tid": corpTenant, "oid": adaOID, "sub": "pairwise", "preferred_username": "ada@corp.example", "name": "Ada", "roles": []string{"Terrace.Deploy"}, "ver": "2.0",
	})
	e.metadata = func(m map[string]any) { delete(m, "authorization_response_iss_parameter_supported") }
	e.answer = func(back url.Values) { delete(back, "iss") }
	e.said = func(claims map[string]any) {
		if _, set := e.claims["iss"]; !set {
			claims["iss"] = fmt.Sprintf("%s/%v/v2.0", e.URL, claims["tid"])
		}
	}
	return e
}

func entra(n *upstream.NewUpstream) {
	n.Issuer += "/organizations/v2.0"
	n.Subject, n.EntraTenants = []string{"tid", "oid"}, []string{corpTenant}
}

// TestEntraID tells accounts apart by tid and oid, takes those of its tenants alone, and
// gives by app roles.
func TestEntraID(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newEntra(t)
	w.add("acme", e, entra)
	w.rules("acme", "rules: [{name: deploy, when: [{claim: roles, contains: Terrace.Deploy}], role: developer, on: tenant}]")
	if got := w.whoami(w.person().login().AccessToken); got != "acme/ada" {
		t.Errorf("signed in as %q", got)
	}
	if got := w.has("acme", "ada"); got != "developer of tenant" {
		t.Errorf("has %s", got)
	}
	e.set(func(e *elsewhere) { e.claims["sub"] = "pairwise of another client" })
	if got := w.whoami(w.person().login().AccessToken); got != "acme/ada" {
		t.Errorf("with another sub signed in as %q", got)
	}
	for name, claims := range map[string]map[string]any{
		"another tenant":                    {"tid": otherTenant},
		"another tenant's issuer":           {"iss": e.URL + "/" + otherTenant + "/v2.0"},
		"a tenant that says it is this one": {"iss": e.URL + "/" + otherTenant + "/v2.0", "tid": corpTenant},
		"the issuer of all":                 {"iss": e.URL + "/organizations/v2.0"},
		"the placeholder":                   {"iss": e.URL + "/{tenantid}/v2.0", "tid": "{tenantid}"},
		"no oid":                            {"oid": ""},
	} {
		e.set(func(e *elsewhere) {
			e.claims = map[string]any{"tid": corpTenant, "oid": adaOID, "sub": "x", "preferred_username": "ada@corp.example"}
			for k, v := range claims {
				e.claims[k] = v
			}
		})
		if page := w.person().refused(); !strings.Contains(page, "not taken here") && !strings.Contains(page, "the claim oid is missing") {
			t.Errorf("%s: %s", name, page)
		}
	}
	ctx, scope := w.as("acme", "root")
	if _, err := w.upstreams.Create(ctx, scope, upstream.NewUpstream{
		Name: "all", Issuer: e.URL + "/common/v2.0", Settings: upstream.Settings{ClientID: "terrace", Enabled: true},
	}); err == nil || !strings.Contains(fmt.Sprint(err), "cannot be used") {
		t.Errorf("everybody who has an account: %v", err)
	}
}

// TestGroupsThatDoNotFit are asked for at Microsoft Graph, with the token of who signs in
// or of Terrace; what the token says where they are is not asked.
func TestGroupsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		overage upstream.Overage
		path    string
		bearer  string
	}{
		"user":   {upstream.OverageUser, "/graph/v1.0/me/getMemberObjects", "Bearer of the person"},
		"client": {upstream.OverageClient, "/graph/v1.0/users/" + adaOID + "/getMemberObjects", "Bearer own "},
		"refuse": {upstream.OverageRefuse, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, e := newRelying(t), newEntra(t)
			var asked string
			status := http.StatusOK
			e.claims["_claim_names"] = map[string]any{"groups": "src1"}
			e.claims["_claim_sources"] = map[string]any{"src1": map[string]any{"endpoint": "http://127.0.0.1:1/evil"}}
			e.page = func(out http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, "/graph/") {
					return false
				}
				body, _ := io.ReadAll(r.Body)
				asked = r.Method + " " + r.URL.Path + " " + r.Header.Get("Authorization") + " " + string(body)
				out.WriteHeader(status)
				groups := make([]string, 500)
				for i := range groups {
					groups[i] = fmt.Sprintf("00000000-0000-0000-0000-%012d", i)
				}
				_ = json.NewEncoder(out).Encode(map[string]any{"value": groups, "error": map[string]string{"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}})
				return true
			}
			w.add("acme", e, entra, func(n *upstream.NewUpstream) { n.Overage, n.Graph = test.overage, e.URL+"/graph" })
			w.rules("acme", "rules: [{name: dev, when: [{claim: groups, contains: 00000000-0000-0000-0000-000000000499}], role: developer, on: tenant}]")
			if test.overage == upstream.OverageRefuse {
				if page := w.person().refused(); !strings.Contains(page, "more groups") {
					t.Error(page)
				}
				return
			}
			w.person().login()
			if got := w.has("acme", "ada"); got != "developer of tenant" {
				t.Errorf("has %s", got)
			}
			if !strings.HasPrefix(asked, "POST "+test.path+" "+test.bearer) || !strings.HasSuffix(asked, `{"securityEnabledOnly":true}`) {
				t.Errorf("asked %s", asked)
			}
			// Where groups are not told nobody is let in, and nothing is taken.
			e.set(func(*elsewhere) { status = http.StatusForbidden })
			if page := w.person().refused(); !strings.Contains(page, "Authorization_RequestDenied") {
				t.Error(page)
			}
			if got := w.has("acme", "ada"); got != "developer of tenant" {
				t.Errorf("after that has %s", got)
			}
		})
	}
}
