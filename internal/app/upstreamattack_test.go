package app

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// TestTokensThatDoNotHold of another provider let nobody in.
func TestTokensThatDoNotHold(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.add("acme", e)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, _ := json.Marshal(e.key.Public())
	head := func(h string) func(map[string]any) string {
		return func(claims map[string]any) string {
			body, _ := json.Marshal(claims)
			return base64.RawURLEncoding.EncodeToString([]byte(h)) + "." + base64.RawURLEncoding.EncodeToString(body) + "."
		}
	}
	var followed atomic.Int64
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		followed.Add(1)
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: other.Public(), KeyID: "k", Algorithm: "RS256"}}})
	}))
	t.Cleanup(evil.Close)
	tokens := map[string]struct {
		said   map[string]any
		signed func(map[string]any) string
	}{
		"no algorithm":               {signed: head(`{"alg":"none"}`)},
		"no algorithm, in capitals":  {signed: head(`{"alg":"NONE"}`)},
		"the public key as a secret": {signed: func(c map[string]any) string { return signWith(t, jose.HS256, public, "JWT", c) }},
		"the client's secret": {signed: func(c map[string]any) string {
			return signWith(t, jose.HS256, []byte(strings.Repeat(elsewhereSecret, 2)), "JWT", c)
		}},
		"another key":                {signed: func(c map[string]any) string { return signWith(t, jose.RS256, other, "JWT", c) }},
		"no token":                   {signed: func(map[string]any) string { return "" }},
		"no JWT":                     {signed: func(map[string]any) string { return "a.b.c" }},
		"another audience":           {said: map[string]any{"aud": "grafana"}},
		"several audiences":          {said: map[string]any{"aud": []string{"terrace", "grafana"}}},
		"given to another client":    {said: map[string]any{"aud": []string{"terrace", "grafana"}, "azp": "grafana"}},
		"one audience, other client": {said: map[string]any{"azp": "grafana"}},
		"another issuer":             {said: map[string]any{"iss": "https://login.example.com"}},
		"another nonce":              {said: map[string]any{"nonce": "of another sign-in"}},
		"no nonce":                   {said: map[string]any{"nonce": nil}},
		"expired":                    {said: map[string]any{"exp": w.now().Add(-time.Minute).Unix()}},
		"no end":                     {said: map[string]any{"exp": nil}},
		"not yet":                    {said: map[string]any{"nbf": w.now().Add(time.Hour).Unix()}},
		"of a time to come":          {said: map[string]any{"iat": w.now().Add(time.Hour).Unix()}},
		"of nobody":                  {said: map[string]any{"sub": ""}},
		"with another access token":  {said: map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
	}
	for name, h := range heads(t, other, evil.URL) {
		bad := tokens[name]
		bad.signed = func(c map[string]any) string { return signHead(t, jose.RS256, other, h, c) }
		tokens[name] = bad
	}
	for name, bad := range tokens {
		e.set(func(e *elsewhere) {
			e.signed = bad.signed
			e.said = func(claims map[string]any) {
				for k, v := range bad.said {
					if claims[k] = v; v == nil {
						delete(claims, k)
					}
				}
			}
		})
		if page := w.person().refused(); !strings.Contains(page, "does not hold") {
			t.Errorf("%s: %s", name, page)
		}
	}
	ctx, scope := w.system("acme")
	if users, err := w.users.Users(ctx, scope, kernel.PageRequest{}); err != nil || len(users.Items) != 1 {
		t.Errorf("users were made: %v %v", users, err)
	}
	if n := followed.Load(); n > 0 {
		t.Errorf("an address in a token was called %d times", n)
	}
}

// atCallback takes a browser up to the answer of the other provider, and not further.
func (w *relying) atCallback() (*person, *url.URL) {
	w.t.Helper()
	p := w.person()
	p.Stop = "/callback"
	p.open(w.authorization(oauth2.GenerateVerifier())).button()
	if p.Left == nil {
		w.t.Fatalf("not sent back: %d at %s: %s", p.Status, p.At, p.Page)
	}
	left := p.Left
	p.Stop = ""
	return p, left
}

// TestAnswersThatWereNotAskedFor let nobody in: of another browser, of another provider,
// taken twice, or changed on the way.
func TestAnswersThatWereNotAskedFor(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.add("acme", e)
	changed := func(to *url.URL, pairs ...string) string {
		out := *to
		q := out.Query()
		for i := 0; i < len(pairs); i += 2 {
			if q.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
				q.Del(pairs[i])
			}
		}
		out.RawQuery = q.Encode()
		return out.String()
	}
	for name, pairs := range map[string][]string{
		"another state": {"state", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "no state": {"state", ""}, "another issuer (mix-up)": {"iss", "https://evil.example.com"},
		"no issuer, which it promised": {"iss", ""}, "another code": {"code", "code_1"}, "no code": {"code", ""},
	} {
		p, back := w.atCallback()
		if p.open(changed(back, pairs...)); p.Status < 400 || p.Left != nil {
			t.Errorf("%s: %d at %s: %s", name, p.Status, p.At, p.Page)
		}
	}
	// Cross-site request forgery: the attacker's answer in the victim's browser, which is
	// on its way to the provider as well.
	_, attacker := w.atCallback()
	victim, _ := w.atCallback()
	if victim.open(attacker.String()); victim.Status != http.StatusForbidden || !strings.Contains(victim.Page, "belongs to another sign-in") {
		t.Errorf("the answer of another browser: %d %s", victim.Status, victim.Page)
	}
	// Two tabs of one browser do not disturb each other.
	tabs, first := w.atCallback()
	tabs.Stop = "/callback"
	tabs.open(w.authorization(oauth2.GenerateVerifier())).button()
	second := tabs.Left
	tabs.Stop = ""
	for _, tab := range []*url.URL{second, first} {
		if tabs.open(tab.String()); !strings.Contains(tabs.Page, "Allow access?") {
			t.Errorf("a tab: %d at %s: %s", tabs.Status, tabs.At, tabs.Page)
		}
	}
	// What the browser carries for one answer does not do for another.
	p, back := w.atCallback()
	for _, c := range p.http.Jar.Cookies(back) {
		if strings.HasPrefix(c.Name, "terrace-with-") {
			p.http.Jar.SetCookies(back, []*http.Cookie{{Name: "terrace-with-" + upstream.Key("of-another"), Value: c.Value, Path: "/"}})
		}
	}
	if p.open(changed(back, "state", "of-another")); p.Status != http.StatusForbidden || !strings.Contains(p.Page, "belongs to another sign-in") {
		t.Errorf("a cookie under another name: %d %s", p.Status, p.Page)
	}
	// Taken twice, with the cookie put back as a thief would.
	p, back = w.atCallback()
	cookies := p.http.Jar.Cookies(back)
	p.open(back.String())
	p.http.Jar.SetCookies(back, cookies)
	if p.open(back.String()); p.Status != http.StatusForbidden || !strings.Contains(p.Page, "taken already") {
		t.Errorf("the second time: %d %s", p.Status, p.Page)
	}
	// Too late.
	p, back = w.atCallback()
	w.later(16 * time.Minute)
	if p.open(back.String()); p.Status < 400 {
		t.Errorf("after sixteen minutes: %d %s", p.Status, p.Page)
	}
}

// TestSignInIsFixedToNobody: what the browser had before is worth nothing afterwards.
func TestSignInIsFixedToNobody(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.user("acme", "mallory", identity.Developer)
	w.add("acme", e)
	p := w.person().signInHere("mallory")
	at, _ := url.Parse(w.web.URL)
	planted := p.http.Jar.Cookies(at)
	p.login("prompt", "login")
	thief := w.person()
	thief.http.Jar.SetCookies(at, planted)
	if thief.open("/sign-in/links"); thief.At.Path != "/sign-in" {
		t.Errorf("the cookie from before shows %s", thief.Page)
	}
}

// TestTwoProvidersAreNotMixedUp: a code of an honest provider does not go to an attacker's,
// nor the other way round.
func TestTwoProvidersAreNotMixedUp(t *testing.T) {
	t.Parallel()
	w, honest, evil := newRelying(t), newElsewhere(t, ada()), newElsewhere(t, map[string]any{"sub": "1", "preferred_username": "eve"})
	w.add("acme", honest)
	w.add("acme", evil, func(n *upstream.NewUpstream) { n.Name, n.Order = "evil", 1 })
	_, back := w.atCallback()
	// fromEvil is a browser that comes from the attacker's provider, with the honest one's answer.
	fromEvil := func() (p *person, mixed *url.URL) {
		p = w.person()
		p.Stop = "/callback"
		p.open(w.authorization(oauth2.GenerateVerifier()))
		buttons := buttonLink.FindAllStringSubmatch(p.Page, -1)
		p.open(strings.ReplaceAll(buttons[1][1], "&amp;", "&"))
		mixed, p.Stop = p.Left, ""
		q := mixed.Query()
		q.Set("code", back.Query().Get("code"))
		q.Set("iss", honest.URL)
		mixed.RawQuery = q.Encode()
		return p, mixed
	}
	p, mixed := fromEvil()
	if p.open(mixed.String()); p.Status != http.StatusForbidden || !strings.Contains(p.Page, "this answer is not from") {
		t.Errorf("%d %s", p.Status, p.Page)
	}
	// What the browser carries for one provider is no way in at the other's address.
	p, mixed = fromEvil()
	mixed.Path = back.Path
	if p.open(mixed.String()); p.Status != http.StatusForbidden || !strings.Contains(p.Page, "belongs to another sign-in") {
		t.Errorf("at the address of the other: %d %s", p.Status, p.Page)
	}
	// One provider's discovery may not name another's issuer.
	impostor := newElsewhere(t, ada())
	impostor.metadata = func(m map[string]any) { m["issuer"] = honest.URL }
	w.add("blue", impostor)
	ctx, scope := w.as("blue", "root")
	found, err := w.upstreams.Check(ctx, scope, "corp")
	if err != nil || found[0].Outcome != upstream.Broken || !strings.Contains(found[0].Message, "did not match") && !strings.Contains(found[0].Message, "issuer") {
		t.Errorf("%+v %v", found, err)
	}
}

// TestRequestsStayOutside: an upstream cannot have Terrace call networks inside, follow it
// there, wait for ever, or read without an end.
func TestRequestsStayOutside(t *testing.T) {
	t.Parallel()
	var inside atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside.Add(1) }))
	t.Cleanup(target.Close)
	stay := make(chan struct{})
	t.Cleanup(func() { close(stay) })
	away := newRelying(t, func(c *upstream.Config) { c.Guard = egress.Guard{} })
	here := newRelying(t, func(c *upstream.Config) {
		c.Guard = egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
		c.Timeout = 2 * time.Second
	})
	elsewhereInside := strings.Replace(target.URL, "127.0.0.1", "127.0.0.2", 1) // is not allowed
	for name, test := range map[string]struct {
		w    *relying
		set  func(e *elsewhere)
		says string
	}{
		"inside": {away, func(*elsewhere) {}, "sinkNetworks"},
		"redirects inside": {here, func(e *elsewhere) {
			e.page = func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, target.URL, http.StatusFound)
				return true
			}
		}, "is not followed"},
		"keys inside":  {here, func(e *elsewhere) { e.metadata = func(m map[string]any) { m["jwks_uri"] = elsewhereInside } }, "sinkNetworks"},
		"token inside": {here, func(e *elsewhere) { e.metadata = func(m map[string]any) { m["token_endpoint"] = elsewhereInside } }, "sinkNetworks"},
		"a file":       {here, func(e *elsewhere) { e.metadata = func(m map[string]any) { m["token_endpoint"] = "file:///etc/passwd" } }, "token_endpoint"},
		"no end": {here, func(e *elsewhere) {
			e.page = func(w http.ResponseWriter, _ *http.Request) bool {
				for range 40 {
					_, _ = w.Write([]byte(strings.Repeat(" ", 64<<10)))
				}
				return true
			}
		}, "more than 1024 KiB"},
		"slow": {here, func(e *elsewhere) {
			e.page = func(_ http.ResponseWriter, r *http.Request) bool {
				select {
				case <-stay:
				case <-r.Context().Done():
				}
				return true
			}
		}, "imeout|deadline exceeded"},
	} {
		e := newElsewhere(t, ada())
		e.set(test.set)
		u := test.w.add("acme", e, func(n *upstream.NewUpstream) { n.Name = strings.ReplaceAll(name, " ", "-") })
		ctx, scope := test.w.as("acme", "root")
		found, err := test.w.upstreams.Check(ctx, scope, u.Name)
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, f := range found {
			if f.Outcome == upstream.Broken {
				said += f.Part + ": " + f.Message + "\n"
			}
		}
		if !regexp.MustCompile(test.says).MatchString(said) {
			t.Errorf("%s: %+v", name, found)
		}
		if err := test.w.upstreams.Delete(ctx, scope, u.Name, upstream.KeepUsers); err != nil {
			t.Fatal(err)
		}
	}
	if n := inside.Load(); n > 0 {
		t.Errorf("%d calls went inside", n)
	}
}

// TestCheckSaysWhatIsWrong with the client, the address to come back to and the scopes.
func TestCheckSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.add("acme", e)
	ctx, scope := w.as("acme", "root")
	outcome := func() string {
		t.Helper()
		found, err := w.upstreams.Check(ctx, scope, "corp")
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, f := range found {
			words = append(words, f.Part+" "+string(f.Outcome))
		}
		return strings.Join(words, ", ")
	}
	if got, want := outcome(), "discovery ok, keys ok, redirect ok, client ok, scopes ok, names ok, groups ok, people ok"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	wrong, id := "wrong", "nobody"
	if _, err := w.upstreams.Change(ctx, scope, "corp", upstream.Change{Settings: func(s *upstream.Settings) { s.ClientID = id }, Secret: &wrong}); err != nil {
		t.Fatal(err)
	}
	e.set(func(e *elsewhere) {
		e.metadata = func(m map[string]any) { m["scopes_supported"] = []string{"openid"} }
	})
	if got, want := outcome(), "discovery ok, keys ok, redirect broken, client broken, scopes unclear, names ok, groups ok, people ok"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if page := w.person().open(w.authorization(oauth2.GenerateVerifier())).button(); page.Status != http.StatusBadRequest { // it is elsewhere's page
		t.Errorf("%d at %s", page.Status, page.At)
	}
}

// TestRulesGiveNoMoreThanTheirAdmin may give, also where somebody else wrote them.
func TestRulesGiveNoMoreThanTheirAdmin(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.add("acme", e)
	system, scope := w.system("acme")
	operator := w.user("acme", "operator", identity.Admin)
	if _, err := w.users.Grant(system, scope, identity.NewGrant{Subject: identity.Subject{Kind: identity.KindUser, Name: operator.Name}, Role: identity.Operator, Platform: true}); err != nil {
		t.Fatal(err)
	}
	w.group("acme", "platform")
	if _, err := w.users.Grant(system, scope, identity.NewGrant{Subject: identity.Subject{Kind: identity.KindGroup, Name: "platform"}, Role: identity.Operator, Platform: true}); err != nil {
		t.Fatal(err)
	}
	root, _ := w.as("acme", "root")
	admin, _ := kernel.ActorFrom(root)
	developer := w.user("acme", "grace", identity.Developer)
	const platform = "rules: [{name: ops, when: [{claim: sub, equals: nobody}], role: operator, on: platform}]"
	for _, test := range []struct {
		name string
		who  kernel.Actor
		text string
		kind kernel.Kind
	}{
		{"an admin, the platform", admin, platform, kernel.Denied},
		{"an admin, a group of the platform", admin, "rules: [{name: ops, group: platform}]", kernel.Denied},
		{"a developer", developer, "rules: []", kernel.Denied},
		{"a group that there is not", admin, "rules: [{name: ops, group: nobody}]", kernel.Invalid},
		{"a role that there is not", admin, "rules: [{name: ops, role: god, on: tenant}]", kernel.Invalid},
		{"admin on the platform", operator, "rules: [{name: ops, role: admin, on: platform}]", kernel.Invalid},
		{"operator in the tenant", admin, "rules: [{name: ops, role: operator, on: tenant}]", kernel.Invalid},
		{"an operator, the platform", operator, platform, ""},
		{"an admin makes that one for everybody", admin, "rules: [{name: ops, role: operator, on: platform}]", kernel.Denied},
		{"an admin keeps it, and adds another", admin, strings.TrimSuffix(platform, "]") + ", {name: more, role: viewer, on: tenant}]", ""},
	} {
		if _, err := w.upstreams.SetRules(kernel.WithActor(t.Context(), test.who), scope, "corp", test.text); kernel.KindOf(err) != test.kind {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	// Nor does an admin have the upstream say what they like where it gives more.
	if _, err := w.upstreams.Change(root, scope, "corp", upstream.Change{Settings: func(s *upstream.Settings) { s.UserInfo = true }}); !kernel.Is(err, kernel.Denied) {
		t.Errorf("an admin changes an upstream that gives more than they may: %v", err)
	}
	// A token that is narrowed writes no rules either.
	actor, _ := kernel.ActorFrom(root)
	actor.Limits = &kernel.Limits{Scopes: []string{"read"}}
	if _, err := w.upstreams.SetRules(kernel.WithActor(t.Context(), actor), scope, "corp", "rules: []"); !kernel.Is(err, kernel.Denied) {
		t.Errorf("a narrowed token: %v", err)
	}
}

// TestClaimsCannotBeMadeToLookLikeMore: values are compared whole, at their own place, by
// their type.
func TestClaimsCannotBeMadeToLookLikeMore(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.add("acme", e)
	w.rules("acme", `rules:
  - {name: contains, when: [{claim: groups, contains: admins}], role: admin, on: tenant}
  - {name: equals, when: [{claim: department, equals: platform}], role: admin, on: tenant}
  - {name: nested, when: [{claim: /realm/roles/0, equals: admin}], role: admin, on: tenant}
  - {name: glob, when: [{claim: team, glob: "ops-*"}], role: admin, on: tenant}
  - {name: one, when: [{claim: role, oneOf: [a, b]}], role: admin, on: tenant}
`)
	ctx, scope := w.as("acme", "root")
	for name, claims := range map[string]string{
		"a part of a group":         `{"groups": ["not-admins", "admins2", " admins", "Admins"]}`,
		"a text that has it":        `{"groups": "admins"}`,
		"a list of lists":           `{"groups": [["admins"]]}`,
		"an object":                 `{"groups": {"admins": true}, "department": {"platform": 1}}`,
		"a list, not a text":        `{"department": ["platform"]}`,
		"a claim named like a path": `{"/realm/roles/0": "admin", "realm/roles/0": "admin", "realm.roles.0": "admin"}`,
		"another place":             `{"realm": {"roles": ["user", "admin"]}}`,
		"deeper":                    `{"realm": {"roles": [{"0": "admin"}]}}`,
		"a slash in a pattern":      `{"team": "ops-a/b"}`,
		"a pattern as a value":      `{"team": "ops", "role": "[ab]"}`,
		"several as one":            `{"role": "a, b"}`,
		"nothing":                   `{"groups": null, "department": null, "realm": null, "team": null, "role": null}`,
	} {
		verdicts, err := w.upstreams.Test(ctx, scope, "corp", []byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range verdicts {
			if v.Applies || v.Why == "" {
				t.Errorf("%s: %+v", name, v)
			}
		}
	}
	verdicts, err := w.upstreams.Test(ctx, scope, "corp", []byte(`{"groups": ["x", "admins"], "department": "platform", "realm": {"roles": ["admin"]}, "team": ["dev", "ops-1"], "role": ["c", "b"]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range verdicts {
		if !v.Applies || v.Gives != "admin in the tenant" {
			t.Errorf("%+v", v)
		}
	}
	// The document says where it is wrong.
	_, err = w.upstreams.SetRules(ctx, scope, "corp", "rules:\n  - name: a\n    when: [{claim: x, contians: y}]\n    role: viewer\n")
	text := ""
	if known, ok := err.(*kernel.Error); ok { //nolint:errorlint // it is not wrapped
		for _, p := range known.Problems {
			text += p.String() + "\n"
		}
	}
	if !strings.Contains(text, "3:23") || !strings.Contains(text, "contains") || !strings.Contains(text, "2:5") {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestAnAddressThatSomebodyChoseLinksNobody: what is verified is the claim email, and of
// that the address that it was said of.
func TestAnAddressThatSomebodyChoseLinksNobody(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, map[string]any{
		"sub": "6", "email": "mallory@corp.example", "email_verified": true, "preferred_username": "grace@corp.example",
	})
	w.user("acme", "grace", identity.Developer)
	linking := func(n *upstream.NewUpstream) {
		n.NewUsers, n.LinkByEmail, n.UserInfo, n.EmailDomains = upstream.Refuse, true, true, []string{"corp.example"}
	}
	w.add("acme", e, linking)
	ctx, scope := w.as("acme", "root")
	_, err := w.upstreams.Change(ctx, scope, "corp", upstream.Change{Settings: func(s *upstream.Settings) { s.EmailClaim = "preferred_username" }})
	if known, ok := errors.AsType[*kernel.Error](err); !ok || known.Kind != kernel.Invalid || len(known.Problems) != 1 || known.Problems[0].Path != "emailClaim" {
		t.Errorf("the verified address of another claim: %v", err)
	}
	// The ID token has an address that is not verified, and the userinfo endpoint another one that is.
	e.set(func(e *elsewhere) {
		e.said = func(claims map[string]any) {
			claims["email"] = "grace@corp.example"
			delete(claims, "email_verified")
		}
	})
	if page := w.person().refused(); !strings.Contains(page, "verified") {
		t.Error(page)
	}
}
