package authn_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

type people struct {
	*world
	provider *authntest.Provider
	secrets  *secrets
}

func startLogin(t *testing.T) *people {
	t.Helper()
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="})
	if err != nil {
		t.Fatal(err)
	}
	p := &people{provider: authntest.NewProvider(t), secrets: &secrets{}}
	p.secrets.set(p.provider.Secret)
	p.world = start(t, func(c *authn.Config) { c.Sealer, c.Secrets = sealer, p.secrets })
	p.policy(t, authntest.Dev(), "")
	return p
}

func (p *people) policy(t *testing.T, scope kernel.Scope, rest string) {
	t.Helper()
	secret := `, "clientSecret": "${secret:key}"`
	if scope != authntest.Dev() {
		secret = ""
	}
	p.Put(t, scope, authn.KindName, fmt.Sprintf(`{"providers": [{"name": "people", "oidc": {"issuer": %q, "clientId": "shop"%s, "session": {"idle": "1h", "absolute": "8h"}%s}}],
		"claimsToHeaders": [{"claim": "sub", "header": "X-User"}, {"claim": "name", "header": "X-Name"}]}`, p.provider.URL, secret, rest))
}

func TestPeopleSignIn(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	b := p.NewBrowser(t)
	a := b.SignIn(authntest.Host, "/orders?page=2&q=a%20b")
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != p.URL(authntest.Host, "/orders?page=2&q=a%20b") {
		t.Fatalf("%d %q %s", a.StatusCode, a.Header.Get("Location"), a.Body)
	}
	if len(b.Cookies[authntest.Host]) != 1 {
		t.Errorf("cookies that stay: %v", b.Cookies)
	}
	a = b.Go(http.MethodGet, authntest.Host, "/orders")
	if a.StatusCode != http.StatusOK || a.Seen.Header.Get("X-User") != "ada" || a.Seen.Header.Get("X-Name") != "Ada L." || a.Seen.Header.Get("Cookie") != "" {
		t.Errorf("signed in: %d %s", a.StatusCode, a.Body)
	}
	b.Cookies[authntest.Host]["theme"] = "dark"
	if a = b.Go(http.MethodGet, authntest.Host, "/orders"); a.Seen.Header.Get("Cookie") != "theme=dark" {
		t.Errorf("the service's own cookies: %q", a.Seen.Header.Get("Cookie"))
	}
}

// TestPeopleSignInAtADomainOfTheirTenant and are signed in at that host alone.
func TestPeopleSignInAtADomainOfTheirTenant(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	b := p.NewBrowser(t)
	to, err := url.Parse(b.Go(http.MethodGet, authntest.Own, "/orders").Header.Get("Location"))
	if err != nil || to.Query().Get("redirect_uri") != p.URL(authntest.Own, "/.terrace/callback") {
		t.Fatalf("%v, %v", to, err)
	}
	a := b.SignIn(authntest.Own, "/orders?page=2")
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != p.URL(authntest.Own, "/orders?page=2") {
		t.Fatalf("%d %q %s", a.StatusCode, a.Header.Get("Location"), a.Body)
	}
	if a = b.Go(http.MethodGet, authntest.Own, "/orders"); a.StatusCode != http.StatusOK || a.Seen.Header.Get("X-User") != "ada" || !strings.HasPrefix(a.Seen.Host, authntest.Own) {
		t.Errorf("signed in: %d %s", a.StatusCode, a.Body)
	}
	if a = b.Go(http.MethodGet, authntest.Host, "/orders"); a.StatusCode != http.StatusSeeOther && a.StatusCode != http.StatusFound {
		t.Errorf("at the host of the zone: %d", a.StatusCode)
	}
	stolen := p.NewBrowser(t) // the cookie of one host shown at the other
	stolen.Cookies = map[string]map[string]string{authntest.Host: maps.Clone(b.Cookies[authntest.Own])}
	if a = stolen.Go(http.MethodGet, authntest.Host, "/orders"); a.StatusCode == http.StatusOK {
		t.Error("a cookie of one host counts at the other")
	}
}

func TestProgramsAreNotSentToSignIn(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	b := p.NewBrowser(t)
	cases := [][]string{
		{http.MethodPost, "Accept", "text/html"},
		{http.MethodGet, "Accept", "application/json"},
		{http.MethodGet, "Accept", "*/*"},
		{http.MethodGet, "Accept", "text/html", "Sec-Fetch-Mode", "cors"},
		{http.MethodGet, "Accept", "text/html", "X-Requested-With", "XMLHttpRequest"},
	}
	for _, c := range cases {
		if a := b.Go(c[0], authntest.Host, "/", c[1:]...); a.StatusCode != http.StatusUnauthorized || a.Header.Get("Location") != "" || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), `Cookie realm="`) || !strings.Contains(a.Header.Get("WWW-Authenticate"), `", login="/`) {
			t.Errorf("%v: %d %q", c, a.StatusCode, a.Header.Values("WWW-Authenticate"))
		}
	}
}

// TestAnswersOfOtherSignIns shows answers to browsers that have not asked, again, and altered.
func TestAnswersOfOtherSignIns(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	victim, attacker := p.NewBrowser(t), p.NewBrowser(t)
	begin := func(b *authntest.Browser) *url.URL { return b.Follow(b.Go(http.MethodGet, authntest.Host, "/")) }
	refused := func(reason string, b *authntest.Browser, to string) {
		t.Helper()
		a := b.Go(http.MethodGet, authntest.Host, to)
		if a.StatusCode != http.StatusBadRequest || b.Go(http.MethodGet, authntest.Host, "/").StatusCode == http.StatusOK {
			t.Errorf("%s: %d %s", reason, a.StatusCode, a.Body)
		}
	}
	with := func(u *url.URL, name, value string) string {
		q := u.Query()
		if q.Set(name, value); value == "" {
			q.Del(name)
		}
		return u.Path + "?" + q.Encode()
	}
	foreign := begin(attacker)
	refused("an answer that somebody else was given", victim, foreign.RequestURI())
	refused("another state", victim, with(begin(victim), "state", foreign.Query().Get("state")))
	refused("no state", victim, with(begin(victim), "state", ""))
	refused("another issuer", victim, with(begin(victim), "iss", "https://evil.example"))
	refused("no issuer", victim, with(begin(victim), "iss", ""))
	refused("another code", victim, with(begin(victim), "code", foreign.Query().Get("code")))
	refused("no code", victim, with(begin(victim), "code", ""))
	late := begin(victim)
	p.clock.advance(11 * time.Minute)
	refused("too late", victim, late.RequestURI())

	before := p.NewBrowser(t)
	answer := begin(before)
	kept := map[string]map[string]string{authntest.Host: maps.Clone(before.Cookies[authntest.Host])}
	if a := before.Go(http.MethodGet, authntest.Host, answer.RequestURI()); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", a.StatusCode, a.Body)
	}
	again := p.NewBrowser(t)
	again.Cookies = kept
	if a := again.Go(http.MethodGet, authntest.Host, answer.RequestURI()); a.StatusCode != http.StatusBadRequest || !strings.Contains(a.Body, "taken already") {
		t.Errorf("an answer again, with the cookie that it had: %d %s", a.StatusCode, a.Body)
	}
}

func TestIDTokensThatDoNotHold(t *testing.T) {
	t.Parallel()
	foreign, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		reason string
		change map[string]any
		key    *jose.JSONWebKey
	}{
		{"another nonce", map[string]any{"nonce": "other"}, nil},
		{"no nonce", map[string]any{"nonce": nil}, nil},
		{"another audience", map[string]any{"aud": "other"}, nil},
		{"two audiences without a party", map[string]any{"aud": []string{"shop", "other"}}, nil},
		{"another party", map[string]any{"azp": "other"}, nil},
		{"another issuer", map[string]any{"iss": "https://evil.example"}, nil},
		{"expired", map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}, nil},
		{"of the future", map[string]any{"iat": time.Now().Add(time.Hour).Unix()}, nil},
		{"nobody", map[string]any{"sub": nil}, nil},
		{"another access token", map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, nil},
		{"another key", nil, &jose.JSONWebKey{Key: foreign, KeyID: "k1"}},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			p := startLogin(t)
			p.provider.Change, p.provider.IDKey = c.change, c.key
			b := p.NewBrowser(t)
			if a := b.SignIn(authntest.Host, "/"); a.StatusCode != http.StatusBadRequest || len(b.Cookies[authntest.Host]) != 0 {
				t.Errorf("%d %s", a.StatusCode, a.Body)
			}
		})
	}
}

func TestNobodyIsSentElsewhere(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	home := p.URL(authntest.Host, "/")
	for _, to := range []string{
		"//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "\\\\evil.example", "/\t/evil.example", "", "evil.example", "/%0d%0aSet-Cookie:x=y\r\n",
	} {
		b := p.NewBrowser(t)
		a := b.SignIn(authntest.Host, "/.terrace/login?return_to="+url.QueryEscape(to))
		if got := a.Header.Get("Location"); got != home {
			t.Errorf("%q leads to %q", to, got)
		}
	}
	for _, path := range []string{"//evil.example/x", "/%5Cevil.example", "/\\evil.example"} {
		b := p.NewBrowser(t)
		first := b.Go(http.MethodGet, authntest.Host, path)
		if first.StatusCode == http.StatusBadRequest {
			continue
		}
		a := b.Go(http.MethodGet, authntest.Host, b.Follow(first).RequestURI())
		if got := a.Header.Get("Location"); !strings.HasPrefix(got, home) {
			t.Errorf("%q leads to %q", path, got)
		}
	}
	b := p.NewBrowser(t)
	if a := b.SignIn(authntest.Host, "/.terrace/login?return_to="+url.QueryEscape("/orders?x=1")); a.Header.Get("Location") != home+"orders?x=1" {
		t.Errorf("a place of the host: %q", a.Header.Get("Location"))
	}
}

// TestCookiesCannotBeMade shows sessions that are altered, another's, old, or made up.
func TestCookiesCannotBeMade(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	p.provider.Secret = ""
	p.policy(t, authntest.Bank(), "")
	p.policy(t, authntest.Dev(), "")
	b := p.NewBrowser(t)
	b.SignIn(authntest.Host, "/")
	name, value := "", ""
	for name, value = range b.Cookies[authntest.Host] { //nolint:revive // the only one
	}
	ask := func(host, cookies string) int {
		return p.Do(t, http.MethodGet, host, "/", "Cookie", cookies).StatusCode
	}
	if got := ask(authntest.Host, name+"="+value); got != http.StatusOK {
		t.Fatalf("the session itself: %d", got)
	}
	flipped := []byte(value)
	flipped[len(flipped)/2] ^= 1
	other := p.NewBrowser(t)
	other.SignIn(authntest.Other, "/")
	for foreign := range other.Cookies[authntest.Other] {
		for reason, cookies := range map[string]string{
			"a bit of it": name + "=" + string(flipped), "cut": name + "=" + value[:len(value)-4], "made up": name + "=1.e30", "empty": name + "=",
			"more pieces than there are": name + "=3" + value[1:], "no pieces": name + "=0" + value[1:], "many pieces": name + "=99999" + value[1:],
			"under another name": "__Host-terrace-session-00000000=" + value,
		} {
			if got := ask(authntest.Host, cookies); got != http.StatusUnauthorized {
				t.Errorf("%s: %d", reason, got)
			}
		}
		if got := ask(authntest.Other, foreign+"="+value); got != http.StatusUnauthorized {
			t.Errorf("the session of another tenant: %d", got)
		}
	}
	for path := range map[string]bool{"/": true} { // a sign-in under way is no session
		fresh := p.NewBrowser(t)
		fresh.Go(http.MethodGet, authntest.Host, path)
		for _, sealed := range fresh.Cookies[authntest.Host] {
			if got := ask(authntest.Host, name+"=1."+sealed); got != http.StatusUnauthorized {
				t.Errorf("a sign-in under way: %d", got)
			}
		}
	}
	fixed := p.NewBrowser(t) // somebody gave this browser their session before it signed in
	fixed.Cookies[authntest.Host] = map[string]string{name: value}
	fixed.SignIn(authntest.Host, "/.terrace/login")
	if fixed.Cookies[authntest.Host][name] == value {
		t.Error("a session stays that somebody had before")
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	idle := p.NewBrowser(t)
	idle.SignIn(authntest.Host, "/")
	signedIn := func(b *authntest.Browser) bool {
		return b.Go(http.MethodGet, authntest.Host, "/", "Accept", "application/json").StatusCode == http.StatusOK
	}
	p.provider.Life = 1 << 20
	busy := p.NewBrowser(t)
	busy.SignIn(authntest.Host, "/")
	for range 7 * 2 {
		p.clock.advance(30 * time.Minute)
		if !signedIn(busy) {
			t.Fatal("a session ends that is used")
		}
	}
	if signedIn(idle) {
		t.Error("a session lasts that nobody uses")
	}
	for range 3 {
		p.clock.advance(30 * time.Minute)
		if !signedIn(busy) {
			return
		}
	}
	t.Error("a session has no end")
}

func TestSessionsAreRenewed(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	p.provider.Life = 300
	b := p.NewBrowser(t)
	b.SignIn(authntest.Host, "/")
	p.clock.advance(5 * time.Minute)
	before := maps.Clone(b.Cookies[authntest.Host])
	cookies := ""
	for name, value := range before {
		cookies += name + "=" + value
	}
	var all sync.WaitGroup
	for range 20 { // a page asks for much at once, with one refresh token
		all.Go(func() {
			if a := p.Do(t, http.MethodGet, authntest.Host, "/", "Cookie", cookies); a.StatusCode != http.StatusOK {
				t.Errorf("%d %s", a.StatusCode, a.Body)
			}
		})
	}
	all.Wait()
	if renewed, reused := p.provider.Renewed.Load(), p.provider.Reused.Load(); renewed != 1 || reused != 0 {
		t.Errorf("renewed %d times, %d of them with a token that was used", renewed, reused)
	}
	a := b.Go(http.MethodGet, authntest.Host, "/")
	if a.StatusCode != http.StatusOK || maps.Equal(before, b.Cookies[authntest.Host]) || !strings.Contains(a.Header.Get("Cache-Control"), "private") {
		t.Errorf("%d, the cookie stays: %v", a.StatusCode, maps.Equal(before, b.Cookies[authntest.Host]))
	}
	p.clock.advance(5 * time.Minute)
	p.provider.Silent.Store(true)
	if a := b.Go(http.MethodGet, authntest.Host, "/"); a.StatusCode != http.StatusOK {
		t.Errorf("while the provider is away: %d", a.StatusCode)
	}
	p.clock.advance(15 * time.Minute)
	if a := b.Go(http.MethodGet, authntest.Host, "/"); a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("long after: %d", a.StatusCode)
	}
	p.provider.Silent.Store(false)
	if a := b.Go(http.MethodGet, authntest.Host, "/"); a.StatusCode != http.StatusOK {
		t.Errorf("once it is back: %d", a.StatusCode)
	}
	p.provider.End()
	p.clock.advance(10 * time.Minute)
	if a := b.Go(http.MethodGet, authntest.Host, "/"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("a session that the provider has ended: %d", a.StatusCode)
	}
}

func TestOthersCannotActOrSignOut(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	b := p.NewBrowser(t)
	b.SignIn(authntest.Host, "/")
	home := strings.TrimSuffix(p.URL(authntest.Host, "/"), "/")
	for _, c := range []struct {
		method, path string
		headers      []string
		status       int
	}{
		{"POST", "/orders", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"POST", "/orders", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"POST", "/orders", []string{"Origin", "https://evil.example"}, 403},
		{"DELETE", "/orders", []string{"Origin", "null"}, 403},
		{"POST", "/orders", []string{"Origin", home}, 200},
		{"POST", "/orders", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"POST", "/orders", nil, 200},
		{"GET", "/orders", []string{"Sec-Fetch-Site", "cross-site"}, 200},
		{"GET", "/.terrace/logout", nil, 403},
		{"GET", "/.terrace/logout", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"POST", "/.terrace/logout", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"POST", "/.terrace/logout", []string{"Origin", "https://evil.example"}, 403},
	} {
		if a := b.Go(c.method, authntest.Host, c.path, c.headers...); a.StatusCode != c.status {
			t.Errorf("%s %s %v: %d", c.method, c.path, c.headers, a.StatusCode)
		}
	}
	if a := p.Do(t, http.MethodPost, authntest.Host, "/.terrace/logout"); a.StatusCode != http.StatusForbidden {
		t.Errorf("without a cookie: %d", a.StatusCode)
	}
	stolen := maps.Clone(b.Cookies[authntest.Host])
	a := b.Go(http.MethodPost, authntest.Host, "/.terrace/logout", "Origin", home)
	to, err := url.Parse(a.Header.Get("Location"))
	if err != nil || a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to.String(), p.provider.URL+"/logout?") ||
		to.Query().Get("post_logout_redirect_uri") != home+"/" || to.Query().Get("id_token_hint") == "" {
		t.Errorf("signing out: %d %s", a.StatusCode, to)
	}
	if len(b.Cookies[authntest.Host]) != 0 {
		t.Errorf("cookies that stay: %v", b.Cookies)
	}
	b.Cookies[authntest.Host] = stolen
	if a := b.Go(http.MethodGet, authntest.Host, "/"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("a copy of the cookies after signing out: %d", a.StatusCode)
	}
}

func TestLargeSessionsAreInPieces(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	groups := make([]string, 200)
	for i := range groups {
		groups[i] = fmt.Sprintf("group-%03d-%s", i, rand.Text()[:8])
	}
	p.provider.Change = map[string]any{"groups": groups}
	b := p.NewBrowser(t)
	b.SignIn(authntest.Host, "/")
	if n := len(b.Cookies[authntest.Host]); n < 2 || n > 6 {
		t.Errorf("%d cookies", n)
	}
	if a := b.Go(http.MethodGet, authntest.Host, "/"); a.StatusCode != http.StatusOK {
		t.Errorf("%d %s", a.StatusCode, a.Body)
	}
}
