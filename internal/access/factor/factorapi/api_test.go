package factorapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
)

type body = map[string]any

// basic calls something that is no API with a name and a password.
func (w *world) basic(name, secret string) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.address+"/basic", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.SetBasicAuth(name, secret)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// TestAPasswordAloneIsRefused closes the ways in that take a password and ask for no more.
func TestAPasswordAloneIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signIn := func(name string) (int, body) {
		return w.call("", http.MethodPost, "/sessions", body{"username": name, "password": password})
	}
	if status, _ := signIn("ada"); status != http.StatusCreated || w.basic("ada", password) != http.StatusOK {
		t.Fatalf("who has no factor: %d", status)
	}
	w.grown("ada")
	status, problem := signIn("ada")
	if status != http.StatusUnauthorized || !strings.Contains(problem["fix"].(string), "terrace login") || problem["token"] != nil {
		t.Errorf("%d %v", status, problem)
	}
	if got := w.basic("ada", password); got != http.StatusUnauthorized {
		t.Errorf("with basic authentication: %d", got)
	}
	if got := w.basic("ada", w.token("ada", nil)); got != http.StatusOK {
		t.Errorf("with a token: %d", got)
	}
	if w.journal.count("session.refused") != 2 {
		t.Error(w.journal.text(t))
	}
	// Who has none, and has to, is refused as well.
	w.policy(factor.Admins)
	if status, _ := signIn("root"); status != http.StatusUnauthorized {
		t.Errorf("an admin: %d", status)
	}
	if status, _ := signIn("eve"); status != http.StatusCreated {
		t.Errorf("who is none: %d", status)
	}
	w.policy(factor.Required)
	if status, _ := signIn("eve"); status != http.StatusUnauthorized {
		t.Errorf("where everybody has to: %d", status)
	}
}

// TestFactorsOverTheAPI adds an app, makes codes and removes it, with a token and with
// what the token alone does not prove.
func TestFactorsOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.token("ada", nil)
	refused := func(want int, method, path string, in body) {
		t.Helper()
		if status, got := w.call(token, method, path, in); status != want {
			t.Errorf("%s %s %v: %d %v", method, path, in, status, got)
		}
	}
	refused(http.StatusUnprocessableEntity, http.MethodPost, "/me/factors/totp", body{})
	refused(http.StatusForbidden, http.MethodPost, "/me/factors/totp", body{"password": "wrong horse battery"})
	refused(http.StatusConflict, http.MethodPost, "/me/factors/recovery-codes", body{"password": password})
	status, begun := w.call(token, http.MethodPost, "/me/factors/totp", body{"password": password})
	app, _ := begun["secret"].(string)
	if status != http.StatusOK || !strings.HasPrefix(begun["uri"].(string), "otpauth://totp/Terrace%20localhost:ada?") {
		t.Fatalf("%d %v", status, begun)
	}
	refused(http.StatusForbidden, http.MethodPut, "/me/factors/totp", body{"enrolment": begun["enrolment"], "code": "000000"})
	refused(http.StatusUnprocessableEntity, http.MethodPut, "/me/factors/totp", body{"enrolment": "AAAA", "code": w.code(app)})
	if status, _ := w.call(w.token("eve", nil), http.MethodPut, "/me/factors/totp", body{"enrolment": begun["enrolment"], "code": w.code(app)}); status != http.StatusUnprocessableEntity {
		t.Errorf("the enrolment of somebody else: %d", status)
	}
	status, added := w.call(token, http.MethodPut, "/me/factors/totp", body{"enrolment": begun["enrolment"], "code": w.code(app), "name": "phone"})
	codes, _ := added["recoveryCodes"].([]any)
	if status != http.StatusOK || len(codes) != 10 {
		t.Fatalf("%d %v", status, added)
	}
	id := added["factor"].(body)["id"].(string)
	refused(http.StatusForbidden, http.MethodPut, "/me/factors/totp", body{"enrolment": begun["enrolment"], "code": w.code(app)})

	// From now on the password is no proof.
	w.later(time.Minute)
	refused(http.StatusUnprocessableEntity, http.MethodPost, "/me/factors/"+id+"/removal", body{"password": password})
	refused(http.StatusForbidden, http.MethodPost, "/me/factors/"+id+"/removal", body{"code": "000000"})
	status, remade := w.call(token, http.MethodPost, "/me/factors/recovery-codes", body{"code": w.code(app)})
	fresh, _ := remade["recoveryCodes"].([]any)
	if status != http.StatusOK || len(fresh) != 10 {
		t.Fatalf("%d %v", status, remade)
	}
	refused(http.StatusForbidden, http.MethodPost, "/me/factors/"+id+"/removal", body{"code": codes[0]})
	if status, _ := w.call(w.token("ada", &kernel.Limits{Scopes: []string{"admin"}}), http.MethodPost, "/me/factors/"+id+"/removal", body{"code": fresh[0]}); status != http.StatusForbidden {
		t.Errorf("a token with limits: %d", status)
	}
	w.policy(factor.Required)
	refused(http.StatusConflict, http.MethodPost, "/me/factors/"+id+"/removal", body{"code": fresh[1]})
	w.policy(factor.Optional)
	_, sheet := w.call(token, http.MethodGet, "/me/factors", nil)
	if sheet["recoveryCodesLeft"] != 9.0 || sheet["asked"] != true || sheet["page"] != w.address+security {
		t.Errorf("%v", sheet)
	}
	refused(http.StatusNotFound, http.MethodPost, "/me/factors/fct_other/removal", body{"code": fresh[2]})
	refused(http.StatusNoContent, http.MethodPost, "/me/factors/"+id+"/removal", body{"code": fresh[3]})
	_, sheet = w.call(token, http.MethodGet, "/me/factors", nil)
	if sheet["recoveryCodesLeft"] != 0.0 || sheet["asked"] != false {
		t.Errorf("%v", sheet)
	}
	if facts := w.journal.text(t); strings.Contains(facts, app) || strings.Contains(facts, fresh[0].(string)) {
		t.Error("a secret is in a fact")
	}
}

// TestReset has an admin take away what somebody has lost: what they are signed in to
// ends, and nobody does it for themselves.
func TestReset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, session := w.call("", http.MethodPost, "/sessions", body{"username": "ada", "password": password})
	lost := w.token("ada", nil)
	app, _ := w.grown("ada")
	b := w.browser().secure("ada").send("/step/factor", "code", w.code(app)).at(security, http.StatusOK)
	root, ada := w.token("root", nil), w.token("ada", nil)
	path := "/users/ada/factors"
	if status, _ := w.call(ada, http.MethodPost, path+"/reset", body{}); status != http.StatusForbidden {
		t.Errorf("by somebody: %d", status)
	}
	if status, _ := w.call(root, http.MethodPost, "/users/root/factors/reset", body{}); status != http.StatusConflict {
		t.Errorf("of oneself: %d", status)
	}
	if status, _ := w.call(root, http.MethodPost, "/users/nobody/factors/reset", body{}); status != http.StatusNotFound {
		t.Errorf("of nobody: %d", status)
	}
	if status, sheet := w.call(root, http.MethodGet, path, nil); status != http.StatusOK || len(sheet["items"].([]any)) != 1 {
		t.Errorf("%d %v", status, sheet)
	}
	status, out := w.call(root, http.MethodPost, path+"/reset", body{"reason": "the phone is lost"})
	if status != http.StatusOK || out["factors"] != 1.0 || out["tokens"] != 3.0 {
		t.Fatalf("%d %v", status, out)
	}
	if status, _ := w.call(session["token"].(string), http.MethodGet, "/me", nil); status != http.StatusUnauthorized {
		t.Errorf("the session of the password holds: %d", status)
	}
	for _, one := range []string{lost, ada} {
		if status, _ := w.call(one, http.MethodGet, "/me", nil); status != http.StatusUnauthorized {
			t.Errorf("a personal token: %d", status)
		}
	}
	if ended := w.journal.count("token.revoked"); ended != 3 {
		t.Errorf("%d tokens are noted: %s", ended, w.journal.text(t))
	}
	kept := w.token("ada", nil)
	if status, out := w.call(root, http.MethodPost, path+"/reset", body{"keepTokens": true}); status != http.StatusOK || out["tokens"] != 0.0 {
		t.Errorf("%d %v", status, out)
	}
	if status, _ := w.call(kept, http.MethodGet, "/me", nil); status != http.StatusOK {
		t.Errorf("a personal token that is kept: %d", status)
	}
	b.open(security).at("/sign-in", http.StatusOK)
	b.password("ada").at(security, http.StatusOK)
	if w.journal.count("factor.reset") != 2 || !strings.Contains(w.journal.text(t), "the phone is lost") {
		t.Error(w.journal.text(t))
	}
	// Somebody who is kept out, as whoever was robbed is first.
	if _, err := w.users.SetDisabled(w.system("default"), kernel.Scope{Tenant: "default"}, "ada", true); err != nil {
		t.Fatal(err)
	}
	if status, sheet := w.call(root, http.MethodGet, path, nil); status != http.StatusOK || len(sheet["items"].([]any)) != 0 {
		t.Errorf("of somebody who is kept out: %d %v", status, sheet)
	}
	if status, out := w.call(root, http.MethodPost, path+"/reset", body{}); status != http.StatusOK {
		t.Errorf("of somebody who is kept out: %d %v", status, out)
	}
	// An admin of a tenant gets at no operator of the platform.
	if _, err := w.users.Grant(w.system("default"), kernel.Scope{Tenant: "default"}, identity.NewGrant{
		Subject: identity.Subject{Kind: identity.KindUser, Name: "eve"}, Role: identity.Operator, Platform: true,
	}); err != nil {
		t.Fatal(err)
	}
	if status, _ := w.call(root, http.MethodPost, "/users/eve/factors/reset", body{}); status != http.StatusForbidden {
		t.Errorf("of an operator: %d", status)
	}
}

// TestPolicyOverTheAPI is set by admins.
func TestPolicyOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root, ada := w.token("root", nil), w.token("ada", nil)
	for _, token := range []string{ada, w.token("root", &kernel.Limits{Scopes: []string{"deploy"}})} {
		if status, _ := w.call(token, http.MethodPut, "/auth/factor-policy", body{"policy": "optional"}); status != http.StatusForbidden {
			t.Errorf("%d", status)
		}
	}
	if status, got := w.call(root, http.MethodPut, "/auth/factor-policy", body{"policy": "required", "reason": "an audit"}); status != http.StatusOK || got["policy"] != "required" {
		t.Errorf("%d %v", status, got)
	}
	if status, got := w.call(root, http.MethodGet, "/auth/factor-policy", nil); status != http.StatusOK || got["policy"] != "required" {
		t.Errorf("%d %v", status, got)
	}
	if status, _ := w.call(root, http.MethodPut, "/auth/factor-policy", body{"policy": "never"}); status != http.StatusUnprocessableEntity {
		t.Errorf("%d", status)
	}
	if p, err := w.factors.Store.Policy(t.Context(), "blue"); err != nil || p != factor.Optional {
		t.Errorf("another tenant: %s, %v", p, err)
	}
	if w.journal.count("factor.policy_set") != 1 {
		t.Error("it is not in the audit log")
	}
}
