package factorapi_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// claims of the ID token that an authorization leads to.
func (b *browser) claims() map[string]any {
	b.w.t.Helper()
	if b.Left == nil {
		b.send("/oauth2/consent", "decision", "allow")
	}
	if b.Left == nil || b.Left.Query().Get("code") == "" {
		b.w.t.Fatalf("no code: %d at %s, sent to %s: %s", b.Status, b.At, b.Left, b.Page)
	}
	res, err := http.PostForm(b.w.address+"/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {b.Left.Query().Get("code")}, "client_id": {b.w.client.ID},
		"redirect_uri": {"http://127.0.0.1:1/callback"}, "code_verifier": {"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
	})
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		IDToken string `json:"id_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.IDToken == "" {
		b.w.t.Fatalf("%d, %v", res.StatusCode, err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(answer.IDToken, ".")[1])
	if err != nil {
		b.w.t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		b.w.t.Fatal(err)
	}
	return out
}

func said(t *testing.T, claims map[string]any, level string, methods ...string) {
	t.Helper()
	var amr []string
	list, _ := claims["amr"].([]any)
	for _, one := range list {
		amr = append(amr, one.(string))
	}
	if claims["acr"] != level || !slices.Equal(amr, methods) || claims["auth_time"] == nil {
		t.Errorf("acr %v, amr %v, auth_time %v", claims["acr"], amr, claims["auth_time"])
	}
}

// TestWhatTokensSay holds what ID tokens say of how somebody has signed in.
func TestWhatTokensSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	said(t, w.browser().open(w.authorization()).password("eve").claims(), "1", "pwd")
	app, codes := w.grown("ada")
	said(t, w.browser().open(w.authorization()).password("ada").send("/step/factor", "code", w.code(app)).claims(), "2", "pwd", "otp", "mfa")
	said(t, w.browser().open(w.authorization()).password("ada").send("/step/factor", "code", strings.ToUpper(codes[0])).claims(), "2", "pwd", "otp", "mfa")
	w.later(time.Minute)
	b := w.browser().secure("ada").send("/step/factor", "code", w.code(app))
	k := w.key()
	b.addKey(k, "stick")
	said(t, w.browser().open(w.authorization()).useKey(k, "/sign-in/passkey").claims(), "2", "hwk", "mfa")
	said(t, w.browser().open(w.authorization()).password("ada").useKey(k, "/step/factor").claims(), "2", "pwd", "hwk", "mfa")

	// max_age and prompt=login ask for all of it again, and auth_time is the last step.
	w.later(time.Minute)
	before := b.open(w.authorization()).claims()
	w.later(2 * time.Minute)
	b.open(w.authorization("prompt", "login")).password("ada").at("/sign-in/step/factor", http.StatusOK)
	after := b.send("/step/factor", "code", w.code(app)).claims()
	if after["auth_time"].(float64) < before["auth_time"].(float64)+100 {
		t.Errorf("auth_time %v after %v", after["auth_time"], before["auth_time"])
	}
	w.later(time.Minute)
	b.open(w.authorization("max_age", "30")).at("/sign-in", http.StatusOK)
}

// TestStepUp has a client ask for two factors: of who has them, and of who has none.
func TestStepUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser().open(w.authorization()).password("ada")
	said(t, b.claims(), "1", "pwd")
	said(t, b.open(w.authorization("acr_values", "1 2")).claims(), "1", "pwd")
	if b.open(w.authorization("acr_values", "2", "prompt", "none")); b.Left == nil || b.Left.Query().Get("error") != "login_required" {
		t.Errorf("%v", b.Left)
	}
	b.open(w.authorization("acr_values", "2")).at("/sign-in", http.StatusOK)
	b.password("ada").at("/sign-in/step/enrol", http.StatusOK)
	app := b.secret()
	b.send("/step/enrol", "code", w.code(app)).at("/sign-in/step/codes", http.StatusOK)
	b.codes()
	said(t, b.send("/step/codes").claims(), "2", "pwd", "otp", "mfa")
	// It is enough from then on.
	said(t, b.open(w.authorization("acr_values", "2")).claims(), "2", "pwd", "otp", "mfa")
}

// TestPolicy has a tenant ask everybody, or admins, for a second factor.
func TestPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signedIn := func(b *browser) bool { return strings.Contains(b.Page, "Sign out") }
	w.policy(factor.Admins)
	if b := w.browser().open("/sign-in").password("ada"); !signedIn(b) {
		t.Fatalf("%d %s", b.Status, b.Page)
	}
	b := w.browser().open("/sign-in").password("root").at("/sign-in/step/enrol", http.StatusOK)
	if !strings.Contains(b.Page, `src="data:image/png;base64,`) {
		t.Error("there is no QR code")
	}
	app := b.secret()
	// A wrong code shows the same secret once more.
	if b.send("/step/enrol", "code", "000000").at("/sign-in/step/enrol", http.StatusUnauthorized); b.secret() != app {
		t.Error("it is another secret")
	}
	b.send("/step/enrol", "code", w.code(app)).at("/sign-in/step/codes", http.StatusOK)
	codes := b.codes()
	// Until the person goes on, the codes are not good; a page that is loaded again has others.
	if b.open(b.At.String()); slices.Equal(b.codes(), codes) {
		t.Error("codes are shown twice")
	}
	codes = b.codes()
	if b.send("/step/codes"); !signedIn(b) {
		t.Fatalf("%d %s", b.Status, b.Page)
	}
	if c := w.browser().open("/sign-in").password("root").send("/step/factor", "code", codes[3]); !signedIn(c) {
		t.Errorf("%d %s", c.Status, c.Page)
	}
	w.policy(factor.Required)
	c := w.browser().open("/sign-in").password("ada").at("/sign-in/step/enrol", http.StatusOK)
	k := w.key()
	form := c.form("/step/enrol")
	form.Set("passkey", k.create(t, form.Get("options")))
	c.post(form).at("/sign-in/step/codes", http.StatusOK)
	if c.send("/step/codes"); !signedIn(c) {
		t.Fatalf("%d %s", c.Status, c.Page)
	}
	// The only one stays.
	if c.open(security).send("/remove"); c.Status != http.StatusConflict && c.Status != http.StatusUnprocessableEntity {
		t.Errorf("the only factor can be removed: %d", c.Status)
	}
}

// TestNoStepIsSkipped calls the pages of signing in in another order.
func TestNoStepIsSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app, _ := w.grown("ada")
	b := w.browser().open(w.authorization()).password("ada").at("/sign-in/step/factor", http.StatusOK)
	ticket := b.At.Query().Get("t")
	form := b.form("/step/factor")
	refused := func(what string, c *browser) {
		t.Helper()
		if c.Left != nil || c.Status < 400 && c.At.Path != "/sign-in" {
			t.Errorf("%s: %d at %s, sent to %s", what, c.Status, c.At, c.Left)
		}
	}
	refused("go on", b.open("/oauth2/continue?t="+ticket))
	refused("the security page", b.open(security))
	refused("enrol", b.open("/sign-in/step/enrol?t="+ticket))
	refused("codes", b.open("/sign-in/step/codes?t="+ticket))
	for _, step := range []string{"enrol", "codes"} {
		// What one's own sign-in had there is of no use for somebody who has a factor.
		other := w.browser().open(security)
		other.password("eve").open(security + "/totp")
		own := other.form("/totp")
		taken := url.Values{
			"to": {"/sign-in/step/" + step}, "t": {ticket}, "form": {form.Get("form")}, "pending": {own.Get("pending")}, "code": {w.code(other.secret())},
		}
		refused("post to "+step, b.post(taken))
	}
	for _, path := range []string{"/totp", "/passkeys", "/recovery-codes", "/remove"} {
		refused("half signed in at "+path, b.post(url.Values{"to": {security + path}, "form": {form.Get("form")}, "t": {ticket}}))
	}
	// Somebody else's browser, with all that this one has in its pages.
	fixed := w.browser().open(w.authorization())
	theirs := fixed.form("/sign-in")
	refused("the page in another browser", fixed.post(url.Values{"to": {"/sign-in/step/factor"}, "t": {ticket}, "form": {theirs.Get("form")}, "code": {w.code(app)}}))
	bare := w.browser()
	refused("a browser without a cookie", bare.open("/sign-in/step/factor?t="+ticket))
	if b.open("/sign-in/step/factor?t="+ticket).send("/step/factor", "code", w.code(app)); b.At.Path != "/oauth2/continue" {
		t.Errorf("%d %s", b.Status, b.Page)
	}
	// With the sign-in the browser has another name, and what was half is over.
	refused("the step once more", b.open("/sign-in/step/factor?t="+ticket))
}

// TestAddedElsewhere holds that a browser in which somebody signed in before they had a
// factor changes none.
func TestAddedElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.browser().secure("ada").at(security, http.StatusOK)
	form := old.form("/passkeys")
	app, _ := w.grown("ada")
	form.Set("passkey", w.key().create(t, form.Get("options")))
	old.post(form).at("/sign-in", http.StatusOK)
	old.password("ada").at("/sign-in/step/factor", http.StatusOK)
	old.send("/step/factor", "code", w.code(app)).at(security, http.StatusOK)
	w.later(16 * time.Minute)
	old.open(security).at("/sign-in", http.StatusOK)
}

// TestFormsOfOtherSites holds that no other site changes factors.
func TestFormsOfOtherSites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app, _ := w.grown("ada")
	b := w.browser().secure("ada").send("/step/factor", "code", w.code(app)).at(security, http.StatusOK)
	remove := b.form("/remove")
	for _, path := range []string{"/remove", "/recovery-codes", "/totp", "/passkeys"} {
		bare := url.Values{"to": {security + path}, "factor": {remove.Get("factor")}}
		if b.post(bare); b.Status != http.StatusForbidden {
			t.Errorf("%s without a token: %d", path, b.Status)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.address+security+"/remove", strings.NewReader(url.Values{"factor": {remove.Get("factor")}, "form": {remove.Get("form")}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://evil.example")
	if b.Do(r); b.Status != http.StatusForbidden {
		t.Errorf("from another origin: %d", b.Status)
	}
	if w.journal.count("factor.removed") != 0 {
		t.Error("a factor is gone")
	}
	if csp := b.open(security).Head.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "script-src 'sha256-") ||
		!strings.Contains(csp, "img-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
		t.Error(csp)
	}
}

// TestOthersAnswerForTheirPeople leaves factors to the provider that signs somebody in.
func TestOthersAnswerForTheirPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy(factor.Required)
	named, err := w.users.Named(t.Context(), "default", "ada")
	if err != nil {
		t.Fatal(err)
	}
	cookie, err := w.service.Begin(t.Context(), provider.Person{Actor: named, Methods: []string{"fed"}, At: w.now()}, "")
	if err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	u, err := url.Parse(w.address)
	if err != nil {
		t.Fatal(err)
	}
	b.Jar.SetCookies(u, []*http.Cookie{{Name: "terrace-sign-in", Value: cookie, Path: "/"}})
	if b.open(security).at(security, http.StatusOK); !strings.Contains(b.Page, "Another provider") || strings.Contains(b.Page, "Add a passkey") {
		t.Error(b.Page)
	}
	token := b.open("/sign-in").form("/sign-out").Get("form")
	for _, path := range []string{"/totp", "/passkeys", "/recovery-codes", "/remove"} {
		if b.post(url.Values{"to": {security + path}, "form": {token}}); !strings.Contains(b.Page, "another provider has signed you in") {
			t.Errorf("%s: %d %s", path, b.Status, b.Page)
		}
	}
	said(t, b.open(w.authorization()).claims(), "1", "fed")
	if b.open(w.authorization("acr_values", "2")); b.Status != http.StatusOK || !strings.Contains(b.Page, "Sign in") {
		t.Errorf("who has not said that there were two factors is taken for it: %d %s", b.Status, b.Page)
	}
	if asked, err := w.factors.Asked(t.Context(), kernel.Actor{ID: named.ID, Tenant: "default"}); err != nil || !asked {
		t.Errorf("a password alone: %t, %v", asked, err)
	}
}
