package authn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// told has the provider tell the gateway of the end of sessions.
func (p *people) told(t *testing.T, token string) (status int, body string) {
	t.Helper()
	resp, err := p.Client.PostForm(p.URL(authntest.Host, "/.terrace/backchannel-logout"), url.Values{"logout_token": {token}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	content, _ := io.ReadAll(resp.Body)
	if resp.StatusCode == http.StatusOK && resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("an answer that may be kept: %v", resp.Header)
	}
	return resp.StatusCode, string(content)
}

func in(b *authntest.Browser) bool {
	return b.Go(http.MethodGet, authntest.Host, "/").StatusCode == http.StatusOK
}

// TestTheProviderEndsSessions by OpenID Connect Back-Channel Logout 1.0: one by its
// sid, all of a subject without.
func TestTheProviderEndsSessions(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	browsers := map[string]*authntest.Browser{}
	for _, name := range []string{"first", "second", "other"} {
		p.provider.Change = map[string]any{"sid": name}
		if p.provider.Subject = "ada"; name == "other" {
			p.provider.Subject = "bob"
		}
		browsers[name] = p.NewBrowser(t)
		browsers[name].SignIn(authntest.Host, "/")
	}
	p.provider.Subject = "ada"
	token := p.provider.LogoutToken(t, map[string]any{"sid": "first", "sub": nil})
	if status, body := p.told(t, token); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	if in(browsers["first"]) || !in(browsers["second"]) || !in(browsers["other"]) {
		t.Error("not the one session has ended")
	}
	if status, _ := p.told(t, token); status != http.StatusBadRequest {
		t.Errorf("the same token again: %d", status)
	}
	if status, body := p.told(t, p.provider.LogoutToken(t, nil)); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	if in(browsers["second"]) || !in(browsers["other"]) {
		t.Error("not all sessions of one subject have ended")
	}
	p.clock.advance(2 * time.Second)
	p.provider.Change = map[string]any{"sid": "third"}
	again := p.NewBrowser(t)
	if again.SignIn(authntest.Host, "/"); !in(again) {
		t.Error("who signs in again is not let in")
	}
}

// TestLogoutTokensThatDoNotHold end nothing.
func TestLogoutTokensThatDoNotHold(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	p.provider.Change = map[string]any{"sid": "mine"}
	b := p.NewBrowser(t)
	b.SignIn(authntest.Host, "/")
	others := authntest.NewIssuer(t)
	now := time.Now()
	cases := map[string]string{
		"none":                "",
		"no token":            "abc",
		"a token to sign in":  p.provider.Token(t, map[string]any{"aud": "shop", "sub": "ada", "client_id": nil, "sid": "mine"}, nil),
		"with a nonce":        p.provider.LogoutToken(t, map[string]any{"nonce": "n"}),
		"with an empty nonce": p.provider.LogoutToken(t, map[string]any{"nonce": ""}),
		"another event":       p.provider.LogoutToken(t, map[string]any{"events": map[string]any{"other": map[string]any{}}}),
		"an event that is none": p.provider.LogoutToken(t, map[string]any{"events": map[string]any{
			"http://schemas.openid.net/event/backchannel-logout": "yes",
		}}),
		"for another client": p.provider.LogoutToken(t, map[string]any{"aud": "other"}),
		"of another issuer":  p.provider.LogoutToken(t, map[string]any{"iss": others.URL}),
		"of nobody":          p.provider.LogoutToken(t, map[string]any{"sub": nil}),
		"without jti":        p.provider.LogoutToken(t, map[string]any{"jti": nil}),
		"of long ago":        p.provider.LogoutToken(t, map[string]any{"iat": now.Add(-time.Hour).Unix()}),
		"of tomorrow":        p.provider.LogoutToken(t, map[string]any{"iat": now.Add(24 * time.Hour).Unix()}),
		"that has ended":     p.provider.LogoutToken(t, map[string]any{"exp": now.Add(-time.Minute).Unix()}),
		"too long":           p.provider.LogoutToken(t, map[string]any{"sid": strings.Repeat("x", 20_000)}),
	}
	parts := strings.Split(p.provider.LogoutToken(t, nil), ".")
	cases["signed by nobody"] = parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2]))
	for reason, token := range cases {
		if status, body := p.told(t, token); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", reason, status, body)
		}
	}
	if a := p.Do(t, http.MethodGet, authntest.Host, "/.terrace/backchannel-logout"); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("by GET: %d", a.StatusCode)
	}
	if !in(b) {
		t.Error("one of them has ended the session")
	}
}

// TestSigningOutGivesTheTokenBack (RFC 7009).
func TestSigningOutGivesTheTokenBack(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	b := p.NewBrowser(t)
	b.SignIn(authntest.Host, "/")
	if a := b.Go(http.MethodPost, authntest.Host, "/.terrace/logout", "Origin", p.URL(authntest.Host, "")); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", a.StatusCode, a.Body)
	}
	filtertest.Until(t, "what the provider and the gateway tell each other", func() bool { return p.provider.Revoked.Load() == 1 })
}

// TestUserInfo fills in claims that a policy needs and the ID token lacks, and only
// what is said of the same subject.
func TestUserInfo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		change map[string]any
		said   map[string]any
		name   string
		asked  int64
	}{
		{"all is there", nil, map[string]any{"sub": "ada", "name": "Other"}, "Ada L.", 0},
		{"a name is missing", map[string]any{"name": nil}, map[string]any{"sub": "ada", "name": "Ada of userinfo", "sid": "forged"}, "Ada of userinfo", 1},
		{"of somebody else", map[string]any{"name": nil}, map[string]any{"sub": "bob", "name": "Bob"}, "", 1},
		{"of nobody", map[string]any{"name": nil}, map[string]any{"name": "Bob"}, "", 1},
	} {
		p := startLogin(t)
		p.provider.Change, p.provider.UserInfo = c.change, c.said
		b := p.NewBrowser(t)
		b.SignIn(authntest.Host, "/")
		a := b.Go(http.MethodGet, authntest.Host, "/")
		if a.StatusCode != http.StatusOK || a.Seen.Header.Get("X-Name") != c.name || a.Seen.Header.Get("X-User") != "ada" || p.provider.Asked.Load() != c.asked {
			t.Errorf("%s: %d %q, asked %d times", c.reason, a.StatusCode, a.Seen.Header.Get("X-Name"), p.provider.Asked.Load())
		}
	}
	p := startLogin(t)
	p.provider.UserInfo = map[string]any{"sub": "ada", "groups": []string{"a", "b"}}
	p.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(`{"providers": [{"name": "people", "oidc": {"issuer": %q, "clientId": "shop", "clientSecret": "${secret:key}",
		"userInfoClaims": ["groups"]}}]}`, p.provider.URL))
	b := p.NewBrowser(t)
	if b.SignIn(authntest.Host, "/"); !in(b) || p.provider.Asked.Load() != 1 {
		t.Errorf("claims that are named: asked %d times", p.provider.Asked.Load())
	}
}

// board is authn.Shared in memory; silent has it fail.
type board struct {
	mu     sync.Mutex
	words  map[string]time.Time
	silent bool
}

var errSilent = errors.New("nobody is there")

func (b *board) First(_ context.Context, word string, until time.Time) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.silent {
		return false, errSilent
	}
	if _, known := b.words[word]; known {
		return false, nil
	}
	b.words[word] = until
	return true, nil
}

func (b *board) Keep(_ context.Context, word string, until time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.silent {
		return errSilent
	}
	b.words[word] = until
	return nil
}

func (b *board) Until(_ context.Context, words []string) ([]time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.silent {
		return nil, errSilent
	}
	out := make([]time.Time, len(words))
	for i, word := range words {
		out[i] = b.words[word]
	}
	return out, nil
}

// TestReplicasTellEachOther which answers of a provider were taken, and which sessions
// have ended; without a way to do so, people sign in and out all the same.
func TestReplicasTellEachOther(t *testing.T) {
	t.Parallel()
	shared := &board{words: map[string]time.Time{}}
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="})
	if err != nil {
		t.Fatal(err)
	}
	provider, held := authntest.NewProvider(t), &secrets{}
	held.set(provider.Secret)
	var replicas [2]*people
	for i := range replicas {
		replicas[i] = &people{provider: provider, secrets: held}
		replicas[i].world = start(t, func(c *authn.Config) { c.Sealer, c.Secrets, c.Shared = sealer, held, shared })
		replicas[i].policy(t, authntest.Dev(), "")
	}
	b, there := replicas[0].NewBrowser(t), replicas[1].NewBrowser(t)
	back := b.Follow(b.Go(http.MethodGet, authntest.Host, "/"))
	there.Cookies = b.Cookies
	kept := map[string]string{}
	for name, value := range b.Cookies[authntest.Host] {
		kept[name] = value
	}
	if a := b.Go(http.MethodGet, authntest.Host, back.RequestURI()); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", a.StatusCode, a.Body)
	}
	stolen := replicas[1].NewBrowser(t)
	stolen.Cookies[authntest.Host] = kept
	if a := stolen.Go(http.MethodGet, authntest.Host, back.RequestURI()); a.StatusCode != http.StatusBadRequest || !strings.Contains(a.Body, "taken already") {
		t.Errorf("the same answer at another replica: %d %s", a.StatusCode, a.Body)
	}
	copied := replicas[1].NewBrowser(t)
	copied.Cookies[authntest.Host] = map[string]string{}
	for name, value := range b.Cookies[authntest.Host] {
		copied.Cookies[authntest.Host][name] = value
	}
	if !in(copied) {
		t.Fatal("a session does not hold at another replica")
	}
	if a := b.Go(http.MethodPost, authntest.Host, "/.terrace/logout", "Origin", replicas[0].URL(authntest.Host, "")); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", a.StatusCode, a.Body)
	}
	filtertest.Until(t, "what the provider and the gateway tell each other", func() bool { // it is told beside the answer
		shared.mu.Lock()
		defer shared.mu.Unlock()
		return len(shared.words) == 2
	})
	replicas[1].clock.advance(6 * time.Second) // and asked for every five
	filtertest.Until(t, "what the provider and the gateway tell each other", func() bool { return !in(copied) })
	shared.mu.Lock()
	shared.silent = true
	shared.mu.Unlock()
	alone := replicas[1].NewBrowser(t)
	if alone.SignIn(authntest.Host, "/"); !in(alone) {
		t.Error("nobody signs in where replicas cannot be asked")
	}
}
