package factorapi_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// exchange asks the token endpoint as the client.
func (w *world) exchange(form url.Values) (int, map[string]any) {
	w.t.Helper()
	form.Set("client_id", w.client.ID)
	res, err := http.PostForm(w.address+"/oauth2/token", form)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	out := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, out
}

// given returns the tokens that an authorization leads to.
func (b *browser) given() map[string]any {
	b.w.t.Helper()
	if b.Left == nil {
		b.send("/oauth2/consent", "decision", "allow")
	}
	_, got := b.w.exchange(url.Values{
		"grant_type": {"authorization_code"}, "code": {b.Left.Query().Get("code")}, "redirect_uri": {"http://127.0.0.1:1/callback"},
		"code_verifier": {"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
	})
	return got
}

func refreshing(got map[string]any) url.Values {
	token, _ := got["refresh_token"].(string)
	return url.Values{"grant_type": {provider.GrantRefresh}, "refresh_token": {token}}
}

func (w *world) me(token any) int {
	w.t.Helper()
	text, _ := token.(string)
	status, _ := w.call(text, http.MethodGet, "/me", nil)
	return status
}

// TestAPolicyCountsForWhoIsSignedIn has a tenant ask for a second factor while people are
// signed in with a password: none of what they have lasts without it.
func TestAPolicyCountsForWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser().open(w.authorization("scope", "openid offline_access read")).password("ada")
	got := b.given()
	b.open(security).at(security, http.StatusOK)
	_, session := w.call("", http.MethodPost, "/sessions", body{"username": "ada", "password": password})
	personal := w.token("ada", nil)
	for name, token := range map[string]any{"access": got["access_token"], "session": session["token"], "personal": personal} {
		if status := w.me(token); status != http.StatusOK {
			t.Fatalf("%s: %d", name, status)
		}
	}
	w.policy(factor.Required)

	b.open(security).at("/sign-in", http.StatusOK)
	if b.open(w.authorization("prompt", "none")); b.Left == nil || b.Left.Query().Get("error") != "login_required" {
		t.Errorf("without a page: %v", b.Left)
	}
	if status, out := w.exchange(refreshing(got)); status != http.StatusBadRequest || out["error"] != "invalid_grant" {
		t.Errorf("the refresh token: %d %v", status, out)
	}
	if status := w.me(got["access_token"]); status != http.StatusUnauthorized {
		t.Errorf("the access token of a session that ended: %d", status)
	}
	if facts := w.journal.text(t); !strings.Contains(facts, provider.EndedByPolicy) {
		t.Error(facts)
	}
	w.later(time.Minute)
	if status := w.me(session["token"]); status != http.StatusUnauthorized {
		t.Errorf("what the password was exchanged for: %d", status)
	}
	status, refused := w.call(personal, http.MethodGet, "/me", nil)
	if fix, _ := refused["fix"].(string); status != http.StatusUnauthorized || !strings.Contains(fix, "browser") {
		t.Errorf("the personal token: %d %v", status, refused)
	}

	// Who adds one has all of it again, and their token goes on.
	b.open(w.authorization("scope", "openid offline_access read")).password("ada").at("/sign-in/step/enrol", http.StatusOK)
	b.send("/step/enrol", "code", w.code(b.secret())).send("/step/codes")
	strong := b.given()
	if status, out := w.exchange(refreshing(strong)); status != http.StatusOK {
		t.Errorf("the refresh token of who has proven two: %d %v", status, out)
	}
	if status := w.me(personal); status != http.StatusOK {
		t.Errorf("the personal token of who has a factor by now: %d", status)
	}
	if status := w.me(session["token"]); status != http.StatusUnauthorized {
		t.Errorf("what the password alone was exchanged for: %d", status)
	}
}

// TestAPolicyLeavesOthers: programs, and who signs in elsewhere, have no factor here.
func TestAPolicyLeavesOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fed, err := w.users.Federate(w.system("default"), "default", "fay", false)
	if err != nil {
		t.Fatal(err)
	}
	account, err := w.users.CreateServiceAccount(w.system("default"), kernel.Scope{Tenant: "default"}, identity.NewServiceAccount{Name: "robot", Owner: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	robot, _, err := w.users.CreateToken(w.system("default"), kernel.Scope{Tenant: "default"}, identity.NewToken{Service: account.Name, Name: "ci"})
	if err != nil {
		t.Fatal(err)
	}
	tokens := []string{robot, w.token(fed.Name, nil)}
	w.policy(factor.Required)
	w.later(time.Hour)
	for _, token := range tokens {
		if status := w.me(token); status != http.StatusOK {
			t.Errorf("%d", status)
		}
	}
	cookie, err := w.service.Begin(t.Context(), provider.Person{Actor: kernel.Actor{ID: fed.ID, Name: fed.Name, Kind: kernel.ActorUser, Tenant: "default"}, Methods: []string{"fed"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.service.SignedIn(t.Context(), cookie); err != nil {
		t.Errorf("who came from elsewhere: %v", err)
	}
}

// TestPasswordsEndSessions has a password changed by its user and by an admin.
func TestPasswordsEndSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	offline := w.authorization("scope", "openid offline_access read deploy approve secrets admin")
	here, there := w.browser(), w.browser()
	own, other := here.open(offline).password("ada").given(), there.open(offline).password("ada").given()
	_, session := w.call("", http.MethodPost, "/sessions", body{"username": "ada", "password": password})
	personal, root := w.token("ada", nil), w.token("root", nil)
	const next, last = "another long one", "yet another long one"
	access, _ := own["access_token"].(string)
	if status, out := w.call(access, http.MethodPut, "/me/password", body{"present": password, "next": next}); status != http.StatusNoContent {
		t.Fatalf("%d %v", status, out)
	}
	for name, c := range map[string]struct {
		token any
		want  int
	}{
		"where it was changed": {own["access_token"], http.StatusOK}, "elsewhere": {other["access_token"], http.StatusUnauthorized},
		"for the password": {session["token"], http.StatusUnauthorized}, "a personal token": {personal, http.StatusOK},
	} {
		if status := w.me(c.token); status != c.want {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _ := w.exchange(refreshing(other)); status != http.StatusBadRequest {
		t.Errorf("it is renewed elsewhere: %d", status)
	}
	if status, out := w.exchange(refreshing(own)); status != http.StatusOK {
		t.Errorf("it is not renewed where it was changed: %d %v", status, out)
	}
	here.open(security).at(security, http.StatusOK)
	there.open(security).at("/sign-in", http.StatusOK)
	if facts := w.journal.text(t); strings.Count(facts, provider.EndedByChange) != 2 || w.journal.count("token.revoked") != 1 {
		t.Error(facts)
	}

	reset := func(token, user string, in body) int {
		t.Helper()
		status, _ := w.call(token, http.MethodPost, "/users/"+user+"/password/reset", in)
		return status
	}
	for name, c := range map[string]struct {
		token, user string
		in          body
		want        int
	}{
		"by somebody": {personal, "eve", body{"password": last}, http.StatusForbidden}, "of oneself": {root, "root", body{"password": last}, http.StatusConflict},
		"of nobody": {root, "nobody", body{"password": last}, http.StatusNotFound}, "a short one": {root, "ada", body{"password": "short"}, http.StatusUnprocessableEntity},
	} {
		if status := reset(c.token, c.user, c.in); status != c.want {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status := reset(root, "ada", body{"password": last, "keepTokens": true, "reason": "lost it"}); status != http.StatusOK || w.me(personal) != http.StatusOK {
		t.Errorf("%d", status)
	}
	here.open(security).at("/sign-in", http.StatusOK)
	if status := w.me(own["access_token"]); status != http.StatusUnauthorized {
		t.Errorf("a session outlives a reset: %d", status)
	}
	if status := reset(root, "ada", body{"password": last, "theirs": true}); status != http.StatusOK || w.me(personal) != http.StatusUnauthorized {
		t.Errorf("%d", status)
	}
	if status, _ := w.call("", http.MethodPost, "/sessions", body{"username": "ada", "password": last}); status != http.StatusCreated {
		t.Errorf("the new password: %d", status)
	}
	if facts := w.journal.text(t); w.journal.count("user.password_reset") != 2 || strings.Contains(facts, last) || !strings.Contains(facts, "lost it") {
		t.Error(facts)
	}
}
