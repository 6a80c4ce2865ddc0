package app

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func ada() map[string]any {
	return map[string]any{
		"sub": "4711", "preferred_username": "Ada.L@corp.example", "email": "ada.l@corp.example", "email_verified": true, "sid": "there-1",
		"groups": []string{"g-dev", "g-all"}, "roles": []string{"Terrace.Approve"}, "realm_access": map[string]any{"roles": []string{"ops"}},
	}
}

const adaRules = `rules:
  - name: everybody
    role: viewer
    on: tenant
  - name: developers
    when: [{claim: groups, contains: g-dev}]
    role: developer
    project: shop
    stage: dev
  - name: approvers
    when:
      - {claim: roles, oneOf: [Terrace.Approve, Terrace.All]}
      - {claim: email, glob: "*@corp.example"}
    role: approver
    project: shop
  - name: team
    when: [{claim: /realm_access/roles/0, equals: ops}]
    group: ops
`

func (w *relying) group(tenant, name string) {
	w.t.Helper()
	ctx, scope := w.as(tenant, "root")
	if _, err := w.users.CreateGroup(ctx, scope, name, ""); err != nil {
		w.t.Fatal(err)
	}
}

// TestSomebodySignsInElsewhere is made a user, gets what rules give, and loses it again,
// but not what people gave.
func TestSomebodySignsInElsewhere(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.add("acme", e)
	w.group("acme", "ops")
	w.rules("acme", adaRules)
	token := w.person().login()
	if got := w.whoami(token.AccessToken); got != "acme/ada.l" {
		t.Fatalf("signed in as %q", got)
	}
	ctx, scope := w.as("acme", "root")
	if got, want := w.has("acme", "ada.l"), "viewer of tenant, developer of stage dev of the project shop, approver of project shop, ops"; got != want {
		t.Errorf("has %s, want %s", got, want)
	}
	// By hand: the same role, and the same group.
	if _, err := w.users.Grant(ctx, kernel.Scope{Tenant: "acme", Project: "shop"}, identity.NewGrant{Subject: identity.Subject{Kind: identity.KindUser, Name: "ada.l"}, Role: identity.Approver}); err != nil {
		t.Fatal(err)
	}
	if err := w.users.AddToGroup(ctx, scope, "ops", "ada.l"); err != nil {
		t.Fatal(err)
	}
	e.set(func(e *elsewhere) { e.claims = map[string]any{"sub": "4711", "preferred_username": "someone.else"} })
	if got := w.whoami(w.person().login().AccessToken); got != "acme/ada.l" {
		t.Errorf("the second time signed in as %q", got)
	}
	if got, want := w.has("acme", "ada.l"), "viewer of tenant, approver of project shop by hand, ops"; got != want {
		t.Errorf("has %s, want %s", got, want)
	}
	links, err := w.upstreams.ListLinks(ctx, scope, "ada.l", kernel.PageRequest{})
	if err != nil || len(links.Items) != 1 || links.Items[0].Subject != `[["iss","`+e.URL+`"],["sub","4711"]]` || links.Items[0].By != upstream.LinkedAtFirst {
		t.Errorf("%+v %v", links, err)
	}
}

// TestUsersWhomNobodyKnows are refused, kept waiting, or made, as the upstream is set.
func TestUsersWhomNobodyKnows(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.user("acme", "ada.l", identity.Developer)
	w.add("acme", e, func(n *upstream.NewUpstream) { n.NewUsers = upstream.Refuse })
	if page := w.person().refused(); !strings.Contains(page, "nobody here has this account of Corp & Sons") || !strings.Contains(page, "/sign-in/links") {
		t.Error(page)
	}
	ctx, scope := w.as("acme", "root")
	change := func(f func(*upstream.Settings)) {
		if _, err := w.upstreams.Change(ctx, scope, "corp", upstream.Change{Settings: f}); err != nil {
			t.Fatal(err)
		}
	}
	change(func(s *upstream.Settings) { s.NewUsers = upstream.CreateDisabled })
	if page := w.person().refused(); !strings.Contains(page, "ada.l-2 is disabled") {
		t.Error(page)
	}
	if page := w.person().refused(); !strings.Contains(page, "ada.l-2 is disabled") { // not a third
		t.Error(page)
	}
	if _, err := w.users.SetDisabled(ctx, scope, "ada.l-2", false); err != nil {
		t.Fatal(err)
	}
	if got := w.whoami(w.person().login().AccessToken); got != "acme/ada.l-2" {
		t.Errorf("signed in as %q", got)
	}
	// They have no password, and none that could be guessed.
	if _, err := w.users.CheckPassword(t.Context(), "acme", "ada.l-2", ""); !kernel.Is(err, kernel.Unauthenticated) {
		t.Errorf("an empty password: %v", err)
	}
}

// TestWhoIsKeptOutStaysOut though the other provider lets them in, and gets nothing.
func TestWhoIsKeptOutStaysOut(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.add("acme", e)
	token := w.person().login()
	ctx, scope := w.as("acme", "root")
	if _, err := w.users.SetDisabled(ctx, scope, "ada.l", true); err != nil {
		t.Fatal(err)
	}
	w.rules("acme", "rules: [{name: all, role: admin, on: tenant}]")
	if page := w.person().refused(); !strings.Contains(page, "the user ada.l is disabled") {
		t.Error(page)
	}
	if got := w.whoami(token.AccessToken); got != "" {
		t.Errorf("the token before stands for %q", got)
	}
	if _, err := w.users.SetDisabled(ctx, scope, "ada.l", false); err != nil {
		t.Fatal(err)
	}
	if got := w.has("acme", "ada.l"); got != "" {
		t.Errorf("while kept out they got %s", got)
	}
}

// TestAnAddressLinksOnlyWhereItIsTrusted: not unless an admin says so, not unverified, not
// of another domain, and never to somebody of the platform.
func TestAnAddressLinksOnlyWhereItIsTrusted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		settings func(*upstream.NewUpstream)
		claims   map[string]any
		operator bool
		says     string
	}{
		"trusted":       {says: ""},
		"not said so":   {settings: func(n *upstream.NewUpstream) { n.LinkByEmail = false }, says: "nobody here has this account"},
		"not verified":  {claims: map[string]any{"email_verified": false}, says: "verified"},
		"verified as 0": {claims: map[string]any{"email_verified": "yes"}, says: "verified"},
		"other domain":  {claims: map[string]any{"email": "grace@corp.example.evil.test"}, says: "verified"},
		"two domains":   {claims: map[string]any{"email": "grace@evil.test@corp.example"}, says: "verified"},
		"operator":      {operator: true, says: "has a role on the platform"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims := map[string]any{"sub": "1", "email": "Grace@Corp.example", "email_verified": true, "preferred_username": "grace"}
			for k, v := range test.claims {
				claims[k] = v
			}
			w, e := newRelying(t), newElsewhere(t, claims)
			grace := w.user("acme", "grace", identity.Developer)
			if test.operator {
				ctx, scope := w.system("acme")
				if _, err := w.users.Grant(ctx, scope, identity.NewGrant{Subject: identity.Subject{Kind: identity.KindUser, Name: "grace"}, Role: identity.Operator, Platform: true}); err != nil {
					t.Fatal(err)
				}
			}
			w.add("acme", e, func(n *upstream.NewUpstream) {
				n.NewUsers, n.LinkByEmail, n.EmailDomains = upstream.Refuse, true, []string{"corp.example"}
				if test.settings != nil {
					test.settings(n)
				}
			})
			if test.says == "" {
				if got := w.whoami(w.person().login().AccessToken); got != "acme/"+grace.Name {
					t.Errorf("signed in as %q", got)
				}
				e.set(func(e *elsewhere) { e.claims["sub"] = "2" }) // another account with the address
				if page := w.person().refused(); !strings.Contains(page, "another account") {
					t.Error(page)
				}
				return
			}
			if page := w.person().refused(); !strings.Contains(page, test.says) {
				t.Error(page)
			}
		})
	}
}

// signInHere signs somebody in with a password, for Terrace's own pages.
func (p *person) signInHere(name string) *person {
	p.w.t.Helper()
	p.open("/sign-in/links").send("username", name, "password", relyingPassword)
	return p
}

// TestSomebodyLinksAnAccount from a session of their own, says yes to it, and takes it
// back.
func TestSomebodyLinksAnAccount(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.user("acme", "grace", identity.Developer)
	w.user("acme", "mallory", identity.Developer)
	w.add("acme", e, func(n *upstream.NewUpstream) { n.NewUsers = upstream.Refuse })
	p := w.person().signInHere("grace")
	if !strings.Contains(p.Page, "Link an account of Corp &amp; Sons") {
		t.Fatal(p.Page)
	}
	if p.send("upstream", "corp"); !strings.Contains(p.Page, "as <strong>ada.l@corp.example</strong>") {
		t.Fatalf("%d at %s: %s", p.Status, p.At, p.Page)
	}
	// The offer is for this person in this browser.
	offer := hiddenInput.FindAllStringSubmatch(p.Page, -1)
	other := w.person().signInHere("mallory")
	if other.send("offer", offer[len(offer)-1][2]); other.Status != http.StatusForbidden {
		t.Errorf("the offer in another browser: %d %s", other.Status, other.Page)
	}
	if p.send(); !strings.Contains(p.Page, "These accounts sign you in") {
		t.Fatalf("%d at %s: %s", p.Status, p.At, p.Page)
	}
	token := w.person().login()
	if got := w.whoami(token.AccessToken); got != "acme/grace" {
		t.Errorf("signed in as %q", got)
	}
	// Nobody else gets the account.
	if other.open("/sign-in/links").send("upstream", "corp"); !strings.Contains(other.Page, "Link this account?") {
		t.Fatal(other.Page)
	}
	if other.send(); other.Status != http.StatusConflict {
		t.Errorf("a second user links it: %d %s", other.Status, other.Page)
	}
	// A sign-in that is old does not link.
	w.later(20 * time.Minute)
	if p.open("/sign-in/links"); p.At.Path != "/sign-in" {
		t.Errorf("an old sign-in links at %s", p.At)
	}
	ctx, scope := w.as("acme", "grace")
	page, err := w.upstreams.ListLinks(ctx, scope, "", kernel.PageRequest{})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(page, err)
	}
	foreign, _ := w.as("acme", "mallory")
	if err := w.upstreams.Unlink(foreign, scope, page.Items[0].ID); !kernel.Is(err, kernel.Denied) {
		t.Errorf("somebody else unlinks it: %v", err)
	}
	if err := w.upstreams.Unlink(ctx, scope, page.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	if got := w.whoami(token.AccessToken); got != "" {
		t.Errorf("after unlinking the token stands for %q", got)
	}
	if page := w.person().refused(); !strings.Contains(page, "nobody here has this account") {
		t.Error(page)
	}
}

// TestRemovingEndsAll that came of it: browsers, tokens, groups, roles.
func TestRemovingEndsAll(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.add("acme", e)
	w.group("acme", "ops")
	w.rules("acme", adaRules)
	p := w.person()
	token := p.login()
	pending := w.person().allowed()
	own := w.person().signInHere("root") // by password
	ctx, scope := w.as("acme", "root")
	if err := w.upstreams.Delete(ctx, scope, "corp", upstream.KeepUsers); err != nil {
		t.Fatal(err)
	}
	if got := w.whoami(token.AccessToken); got != "" {
		t.Errorf("the token stands for %q", got)
	}
	if _, err := pending(); err == nil {
		t.Error("a code that was given before is still good")
	}
	config := oauth2.Config{ClientID: "terrace-cli", Endpoint: oauth2.Endpoint{TokenURL: w.web.URL + "/oauth2/token", AuthStyle: oauth2.AuthStyleInParams}}
	if _, err := config.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token(); err == nil {
		t.Error("the refresh token is still good")
	}
	if p.open("/sign-in/links"); p.At.Path != "/sign-in" {
		t.Errorf("the browser is still signed in, at %s", p.At)
	}
	if own.open("/sign-in/links"); own.At.Path != "/sign-in/links" {
		t.Errorf("who signed in with a password is at %s", own.At)
	}
	if got := w.has("acme", "ada.l"); got != "" {
		t.Errorf("they still have %s", got)
	}
	if p.open(w.authorization(oauth2.GenerateVerifier())); strings.Contains(p.Page, "Sign in with") {
		t.Error("the button is still there")
	}
}

// logout are the claims of a token that says that somebody has signed out.
func (e *elsewhere) logout(who map[string]any) map[string]any {
	c := e.standard(map[string]any{"jti": kernel.NewID("jti"), "events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}})
	maps.Copy(c, who)
	return c
}

// ended has the other provider say it to Terrace.
func (w *relying) ended(u upstream.Upstream, token string) int {
	res, err := http.PostForm(strings.TrimSuffix(w.upstreams.Callback(u), "/callback")+"/logout", url.Values{"logout_token": {token}})
	if err != nil {
		w.t.Error(err)
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// TestSigningOut here signs out there, and the other way round.
func TestSigningOut(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	u := w.add("acme", e, func(n *upstream.NewUpstream) { n.SignOut = true })
	p := w.person()
	p.login()
	if p.open("/sign-in").send(); !strings.Contains(p.Page, "You are signed out") || p.At.Path != "/sign-in/with/acme/corp/signed-out" {
		t.Errorf("%d at %s: %s", p.Status, p.At, p.Page)
	}
	if e.left.Get("id_token_hint") == "" || e.left.Get("client_id") != "terrace" {
		t.Errorf("signed out there with %v", e.left)
	}
	// Back-channel: by the session there, and then by the person.
	for _, who := range []map[string]any{{"sid": "there-1"}, {"sub": "4711"}} {
		e.set(func(e *elsewhere) { e.claims["sid"] = cmp.Or(who["sid"], any("there-2")) })
		token := w.person().login()
		sent := func(token string) int { return w.ended(u, token) }
		say := func(claims map[string]any) int { return sent(e.sign("logout+jwt", claims)) }
		claims := func(more map[string]any) map[string]any {
			c := e.logout(who)
			for k, v := range more {
				if c[k] = v; v == nil {
					delete(c, k)
				}
			}
			return c
		}
		for name, bad := range map[string]map[string]any{
			"of another audience": {"aud": "other"}, "of another issuer": {"iss": "https://other.example.com"}, "without its event": {"events": nil},
			"with a nonce": {"nonce": "n"}, "old": {"iat": w.now().Add(-time.Hour).Unix()}, "without an id": {"jti": nil}, "of nobody": {"sid": nil, "sub": nil},
			"that has expired": {"exp": w.now().Add(-time.Minute).Unix()}, "of a time to come": {"iat": w.now().Add(time.Hour).Unix()},
		} {
			if status := say(claims(bad)); status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
				t.Errorf("a token %s: %d", name, status)
			}
		}
		for name, forged := range forgeries(t, e, claims(nil)) {
			if status := sent(forged); status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
				t.Errorf("a token with %s: %d", name, status)
			}
		}
		if got := w.whoami(token.AccessToken); got == "" {
			t.Fatal("a token that does not hold has ended the session")
		}
		good := claims(nil)
		if status := say(good); status != http.StatusOK {
			t.Errorf("the token: %d", status)
		}
		if got := w.whoami(token.AccessToken); got != "" {
			t.Errorf("after that the token stands for %q", got)
		}
		if status := say(good); status == http.StatusOK {
			t.Error("the token was taken twice")
		}
	}
}

// TestADeviceEndsThere: one that was let in by who signed in elsewhere ends when they sign out
// there.
func TestADeviceEndsThere(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	u := w.add("acme", e)
	p := w.person()
	p.login()
	config := oauth2.Config{
		ClientID: provider.CLI, Scopes: []string{"openid", "offline_access", "read"},
		Endpoint: oauth2.Endpoint{DeviceAuthURL: w.web.URL + "/oauth2/device", TokenURL: w.web.URL + "/oauth2/token", AuthStyle: oauth2.AuthStyleInParams},
	}
	device, err := config.DeviceAuth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p.open("/device").send("user_code", device.UserCode).send("decision", "allow"); !strings.Contains(p.Page, "The device is signed in") {
		t.Fatalf("%d at %s: %s", p.Status, p.At, p.Page)
	}
	device.Interval = 1
	token, err := config.DeviceAccessToken(t.Context(), device)
	if err != nil || w.whoami(token.AccessToken) == "" {
		t.Fatalf("the device has no token that holds: %v", err)
	}
	if status := w.ended(u, e.sign("logout+jwt", e.logout(map[string]any{"sub": "4711"}))); status != http.StatusOK {
		t.Errorf("the token: %d", status)
	}
	if got := w.whoami(token.AccessToken); got != "" {
		t.Errorf("after that the token of the device stands for %q", got)
	}
	if _, err := config.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token(); err == nil {
		t.Error("the device gets new tokens")
	}
}

// forgeries are tokens of somebody who has not the key of e.
func forgeries(t *testing.T, e *elsewhere, claims map[string]any) map[string]string {
	t.Helper()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(e.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	body, _ := json.Marshal(claims)
	text := base64.RawURLEncoding.EncodeToString
	all := map[string]string{
		"no algorithm":                 text([]byte(`{"alg":"none","typ":"logout+jwt"}`)) + "." + text(body) + ".",
		"the public key as the secret": signHead(t, jose.HS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), map[jose.HeaderKey]any{"kid": "k"}, claims),
		"another key":                  signHead(t, jose.RS256, other, map[jose.HeaderKey]any{"kid": "k"}, claims),
	}
	for name, h := range heads(t, other, "http://127.0.0.1:1/keys") {
		all[name] = signHead(t, jose.RS256, other, h, claims)
	}
	return all
}

// TestSeveralTenants choose by name, by what the program says, or by an address.
func TestSeveralTenants(t *testing.T) {
	t.Parallel()
	w, e, f := newRelying(t), newElsewhere(t, ada()), newElsewhere(t, map[string]any{"sub": "4711", "preferred_username": "bob", "email": "bob@blue.example", "email_verified": true})
	w.several.Store(true)
	p := w.person().open(w.authorization(oauth2.GenerateVerifier()))
	if !strings.Contains(p.Page, `name="tenant"`) || strings.Contains(p.Page, "Other ways") {
		t.Error("without another provider the page is another one")
	}
	w.add("acme", e)
	w.add("blue", f, func(n *upstream.NewUpstream) { n.EmailDomains = []string{"blue.example"} })
	if p.open(w.authorization(oauth2.GenerateVerifier())); !strings.Contains(p.Page, "Other ways") {
		t.Fatal(p.Page)
	}
	if p.sendTo("/sign-in/tenant", "tenant", "blue").button(); !strings.Contains(p.Page, "Allow access?") {
		t.Errorf("%d at %s: %s", p.Status, p.At, p.Page)
	}
	if got := w.whoami(w.person().login("tenant", "blue").AccessToken); got != "blue/bob" {
		t.Errorf("by the program's word signed in as %q", got)
	}
	if got := w.whoami(w.person().login("login_hint", "bob@blue.example").AccessToken); got != "blue/bob" {
		t.Errorf("by an address signed in as %q", got)
	}
	if f.last.Get("login_hint") != "bob@blue.example" {
		t.Errorf("the hint was not passed on: %v", f.last)
	}
	// Who is signed in in one tenant is asked again for another.
	q := w.person()
	q.login("tenant", "blue")
	if q.open(w.authorization(oauth2.GenerateVerifier(), "tenant", "acme")); q.At.Path != "/sign-in" {
		t.Errorf("somebody of blue goes on for acme at %s", q.At)
	}
	// prompt=login asks there, too.
	q.login("tenant", "acme", "prompt", "login")
	if e.last.Get("prompt") != "login" {
		t.Errorf("asked elsewhere for %v", e.last)
	}
}

// TestTenantsDoNotCross: an upstream of one tenant signs nobody of another one in.
func TestTenantsDoNotCross(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.user("blue", "ada.l", identity.Admin)
	w.add("acme", e, func(n *upstream.NewUpstream) { n.LinkByEmail, n.EmailDomains = true, []string{"corp.example"} })
	if got := w.whoami(w.person().login().AccessToken); got != "acme/ada.l" {
		t.Errorf("signed in as %q", got)
	}
	// The same provider in another tenant does not know the account.
	w.add("blue", e, func(n *upstream.NewUpstream) { n.NewUsers = upstream.Refuse })
	w.several.Store(true)
	p := w.person().open(w.authorization(oauth2.GenerateVerifier(), "tenant", "blue")).button()
	if p.Status != http.StatusForbidden || !strings.Contains(p.Page, "nobody here has this account") {
		t.Errorf("%d %s", p.Status, p.Page)
	}
	// A program that is for blue does not get somebody of acme.
	p = w.person().open(w.authorization(oauth2.GenerateVerifier(), "tenant", "blue"))
	found := buttonLink.FindStringSubmatch(p.Page)
	if p.open(strings.Replace(found[1], "/with/blue/", "/with/acme/", 1)); p.Status != http.StatusForbidden {
		t.Errorf("%d at %s: %s", p.Status, p.At, p.Page)
	}
	// Nor does the answer of one tenant's go to the other's.
	p = w.person()
	p.Stop = "/callback"
	p.open(w.authorization(oauth2.GenerateVerifier())).open(w.authorization(oauth2.GenerateVerifier(), "tenant", "acme")).button()
	answer := *p.Left
	answer.Path = strings.Replace(answer.Path, "/with/acme/", "/with/blue/", 1)
	if p.open(answer.String()); p.Status != http.StatusForbidden || !strings.Contains(p.Page, "belongs to another sign-in") {
		t.Errorf("%d at %s: %s", p.Status, p.At, p.Page)
	}
	ctx, scope := w.as("blue", "root")
	ctx2, _ := w.as("acme", "root")
	if _, err := w.upstreams.Get(ctx2, scope, "corp"); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("an admin of another tenant sees it: %v", err)
	}
	links, err := w.upstreams.ListLinks(ctx2, kernel.Scope{Tenant: "acme"}, "ada.l", kernel.PageRequest{})
	if err != nil || len(links.Items) != 1 {
		t.Fatal(links, err)
	}
	if err := w.upstreams.Unlink(ctx, scope, links.Items[0].ID); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("an admin of another tenant unlinks: %v", err)
	}
}

// TestAnAccountThatComesManyTimesAtOnce for the first time is one user's.
func TestAnAccountThatComesManyTimesAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, relyingTables(), func(t *testing.T, d *db.DB) {
		w, e := newRelyingOn(t, d), newElsewhere(t, ada())
		w.add("acme", e)
		w.rules("acme", "rules: [{name: all, role: viewer, on: tenant}]")
		answers := make([]*url.URL, 6)
		people := make([]*person, len(answers))
		for i := range people {
			people[i], answers[i] = w.atCallback()
		}
		var all sync.WaitGroup
		for i, p := range people {
			all.Go(func() { p.open(answers[i].String()) })
		}
		all.Wait()
		for _, p := range people {
			if !strings.Contains(p.Page, "Allow access?") {
				t.Errorf("%d at %s: %s", p.Status, p.At, p.Page)
			}
		}
		ctx, scope := w.system("acme")
		users, err := w.users.Users(ctx, scope, kernel.PageRequest{})
		if err != nil || len(users.Items) != 2 { // and root
			t.Errorf("%+v %v", users, err)
		}
		if got := w.has("acme", "ada.l"); got != "viewer of tenant" {
			t.Errorf("has %s", got)
		}
	})
}
