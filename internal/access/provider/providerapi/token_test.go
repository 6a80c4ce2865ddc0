package providerapi_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// claimsOf reads what a token says, without checking it. Its times are int64: what signs them
// again would write a float64 in a way in which no time is read.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	for name, value := range claims {
		if number, ok := value.(float64); ok {
			claims[name] = int64(number)
		}
	}
	return claims
}

// with returns claims with some of them changed; nil takes one away.
func with(claims map[string]any, changes map[string]any) map[string]any {
	out := maps.Clone(claims)
	for name, value := range changes {
		if out[name] = value; value == nil {
			delete(out, name)
		}
	}
	return out
}

// signed signs claims with a key of its own and a head of its own.
func signed(t *testing.T, key jose.SigningKey, head map[string]any, claims any) string {
	t.Helper()
	o := &jose.SignerOptions{}
	for name, value := range head {
		o = o.WithHeader(jose.HeaderKey(name), value)
	}
	signer, err := jose.NewSigner(key, o)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestForgedAccessTokens has tokens made up in every way that is known, of which none is
// taken.
func TestForgedAccessTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.tokens(w.browser(), "openid", "read").AccessToken
	claims := claimsOf(t, good)
	set, err := w.service.KeySet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	public, kid := set.Keys[0].Key.(*ecdsa.PublicKey), set.Keys[0].KeyID
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	mine := jose.SigningKey{Algorithm: jose.ES256, Key: own}
	hmac := func(key []byte) string {
		return signed(t, jose.SigningKey{Algorithm: jose.HS256, Key: key}, map[string]any{"kid": kid, "typ": "at+jwt"}, claims)
	}
	text := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	ours := func(typ string, changes map[string]any) string {
		token, err := w.service.Sign(t.Context(), provider.ES256, typ, with(claims, changes))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	parts := strings.Split(good, ".")
	now := time.Now()
	for name, token := range map[string]string{
		"alg none":                           text(map[string]any{"alg": "none", "kid": kid, "typ": "at+jwt"}) + "." + parts[1] + ".",
		"alg none, with a signature":         text(map[string]any{"alg": "none", "kid": kid, "typ": "at+jwt"}) + "." + parts[1] + "." + parts[2],
		"alg NoNe":                           text(map[string]any{"alg": "NoNe", "kid": kid, "typ": "at+jwt"}) + "." + parts[1] + ".",
		"HS256 with the public key":          hmac(der),
		"HS256 with the public key as PEM":   hmac(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"HS256 with the coordinate":          hmac(public.X.Bytes()), //nolint:staticcheck // what an attacker would take
		"another key under the kid":          signed(t, mine, map[string]any{"kid": kid, "typ": "at+jwt"}, claims),
		"a kid that is a path":               signed(t, mine, map[string]any{"kid": "../../../../dev/null", "typ": "at+jwt"}, claims),
		"a kid that is SQL":                  signed(t, mine, map[string]any{"kid": "x' UNION SELECT 'AA", "typ": "at+jwt"}, claims),
		"no kid":                             signed(t, mine, map[string]any{"typ": "at+jwt"}, claims),
		"an address of keys":                 signed(t, mine, map[string]any{"kid": kid, "jku": w.issuer() + "/evil", "typ": "at+jwt"}, claims),
		"an address of certificates":         signed(t, mine, map[string]any{"kid": kid, "x5u": w.issuer() + "/evil", "typ": "at+jwt"}, claims),
		"its own key":                        signed(t, mine, map[string]any{"kid": kid, "jwk": jose.JSONWebKey{Key: own.Public(), KeyID: kid}, "typ": "at+jwt"}, claims),
		"changed claims":                     parts[0] + "." + text(with(claims, map[string]any{"scope": "admin"})) + "." + parts[2],
		"no signature":                       parts[0] + "." + parts[1] + ".",
		"a cut signature":                    good[:len(good)-4],
		"an ID token":                        ours("JWT", nil),
		"a token of another use":             ours("logout+jwt", nil),
		"expired":                            ours("at+jwt", map[string]any{"exp": now.Add(-time.Second).Unix()}),
		"without an end":                     ours("at+jwt", map[string]any{"exp": nil}),
		"of the future":                      ours("at+jwt", map[string]any{"iat": now.Add(time.Hour).Unix(), "exp": now.Add(2 * time.Hour).Unix()}),
		"of another issuer":                  ours("at+jwt", map[string]any{"iss": "https://evil.example.com"}),
		"of an issuer that begins like ours": ours("at+jwt", map[string]any{"iss": w.issuer() + ".evil.example.com"}),
		"for another audience":               ours("at+jwt", map[string]any{"aud": []string{"https://api.example.com"}}),
		"for nobody":                         ours("at+jwt", map[string]any{"aud": nil}),
		"of nobody":                          ours("at+jwt", map[string]any{"sub": "usr_nobody"}),
		"of somebody in another tenant":      ours("at+jwt", map[string]any{"tenant": "other"}),
		"without a session":                  ours("at+jwt", map[string]any{"sid": nil}),
		"too long":                           good + strings.Repeat("A", 9000),
		"two signatures in JSON":             `ey{"payload":"` + parts[1] + `","signatures":[]}..`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			actor, err := w.users.Authenticate(t.Context(), token)
			if !kernel.Is(err, kernel.Unauthenticated) || name == "too long" && !strings.Contains(err.Error(), name) {
				t.Errorf("%+v, %v", actor, err)
			}
		})
	}
	if _, err := w.users.Authenticate(t.Context(), ours("at+jwt", nil)); err != nil {
		t.Errorf("one with the same claims, signed in the same way as those that are refused: %v", err)
	}
	if actor, err := w.users.Authenticate(t.Context(), good); err != nil || actor.Name != "ada" || actor.Session != claims["sid"] || actor.Limits == nil || len(actor.Limits.Scopes) != 1 {
		t.Errorf("the good one: %+v, %v", actor, err)
	}
}

// TestScopesNarrow holds what a token without scopes of the API may do, nothing, and one
// with all of them, all.
func TestScopesNarrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	actor, err := w.users.Authenticate(t.Context(), w.tokens(b, "openid", "profile").AccessToken)
	if err != nil || actor.Limits == nil || len(actor.Limits.Scopes) != 1 || actor.Limits.Scopes[0] == "read" {
		t.Errorf("%+v, %v", actor.Limits, err)
	}
	actor, err = w.users.Authenticate(t.Context(), w.tokens(b, kernel.TokenScopes()...).AccessToken)
	if err != nil || actor.Limits != nil {
		t.Errorf("%+v, %v", actor.Limits, err)
	}
}

// TestATokenThatIsKnownExpires: one that was verified before is asked for its time again.
func TestATokenThatIsKnownExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.tokens(w.browser(), "openid", "read").AccessToken
	if w.whoami(token) != http.StatusOK {
		t.Fatal("it is not taken")
	}
	if w.later(provider.AccessLife); w.whoami(token) != http.StatusUnauthorized {
		t.Error("it is taken after its time")
	}
}

// TestEndedSessionsElsewhere holds that another replica knows within its time that a
// session has ended, and that its user is kept out.
func TestEndedSessionsElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.tokens(w.browser(), "openid", "read").AccessToken
	other := w.replica()
	if _, err := other.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if err := w.service.End(t.Context(), claimsOf(t, token)["sid"].(string), provider.EndedBySignOut); err != nil {
		t.Fatal(err)
	}
	if w.whoami(token) != http.StatusUnauthorized {
		t.Error("it is taken here")
	}
	w.later(time.Second)
	if _, err := other.Verify(t.Context(), token); !kernel.Is(err, kernel.Unauthenticated) {
		t.Errorf("elsewhere: %v", err)
	}
	second := w.tokens(w.browser(), "openid", "offline_access", "read")
	if w.whoami(second.AccessToken) != http.StatusOK {
		t.Error("it is not taken")
	}
	if _, err := w.users.SetDisabled(w.system(), kernel.Scope{Tenant: "default"}, "ada", true); err != nil {
		t.Fatal(err)
	}
	if w.whoami(second.AccessToken) != http.StatusUnauthorized {
		t.Error("a user who is kept out gets in")
	}
	second.Expiry = time.Now().Add(-time.Hour)
	if _, err := w.config().TokenSource(t.Context(), second).Token(); !isError(err, "invalid_grant") {
		t.Errorf("a user who is kept out renews: %v", err)
	}
}

// TestKeysRotate holds that a key is published before it signs, that the one before it
// stays until what it signed has expired, and that of two replicas one rotates.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, other := w.system(), w.replica()
	ids := func() (all []string) {
		set, err := other.KeySet(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range set.Keys {
			all = append(all, k.KeyID)
		}
		return all
	}
	kid := func(token string) string {
		parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
		if err != nil {
			t.Fatal(err)
		}
		return parsed.Headers[0].KeyID
	}
	sign := func() string {
		token, err := other.Sign(ctx, provider.ES256, provider.TypeID, map[string]any{"iss": w.issuer(), "sub": "x"})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	first := ids()
	if len(first) != 1 || kid(sign()) != first[0] {
		t.Fatal(first)
	}
	w.later(provider.KeyLife - 2*provider.KeySetLife - time.Hour + time.Minute)
	for _, replica := range []*provider.Service{w.service, other, w.service} {
		if err := replica.Turn(ctx); err != nil {
			t.Fatal(err)
		}
		w.later(time.Second)
	}
	both := ids()
	if len(both) != 2 || kid(sign()) != first[0] {
		t.Fatalf("before its time: %v signs", kid(sign()))
	}
	before := sign()
	w.later(3 * provider.KeySetLife)
	if kid(sign()) != both[1] {
		t.Error("the new key does not sign")
	}
	if _, err := other.Hint(ctx, before); err != nil {
		t.Errorf("what the key before has signed: %v", err)
	}
	w.later(provider.MaxTokenLife + 2*time.Minute)
	if got := ids(); len(got) != 1 || got[0] != both[1] {
		t.Errorf("after the last token: %v", got)
	}
	if _, err := other.Hint(ctx, before); err == nil {
		t.Error("a key is used that is not published")
	}
	next, err := w.service.Rotate(ctx, kernel.Scope{Tenant: "default"}, provider.ES256)
	if err != nil || next.Number != 3 {
		t.Fatalf("%+v, %v", next, err)
	}
	if _, err := w.service.Rotate(ctx, kernel.Scope{Tenant: "default"}, provider.ES256); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("a second key that waits: %v", err)
	}
	if _, err := w.service.Rotate(ctx, kernel.Scope{Tenant: "default"}, provider.RS256); err != nil {
		t.Fatal(err)
	}
	if _, err := w.service.Sign(ctx, provider.RS256, provider.TypeID, map[string]any{"iss": w.issuer()}); err != nil {
		t.Errorf("the first key of an algorithm waits for what none was before it: %v", err)
	}
}

// TestAssertionsAreNotTaken: programs sign in with a secret, or with none. A JWT of theirs
// is no way in, signed or not, and neither is one as a grant.
func TestAssertionsAreNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{
		"iss": w.client.ID, "sub": w.client.ID, "aud": w.issuer() + "/oauth2/token", "jti": "1", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	raw, _ := json.Marshal(claims)
	text := base64.RawURLEncoding.EncodeToString
	for name, assertion := range map[string]string{
		"its own key": signed(t, jose.SigningKey{Algorithm: jose.ES256, Key: own}, map[string]any{"kid": "x", "jwk": jose.JSONWebKey{Key: own.Public(), KeyID: "x"}}, claims),
		"the secret":  signed(t, jose.SigningKey{Algorithm: jose.HS256, Key: []byte(w.secret)}, nil, claims),
		"no key":      text([]byte(`{"alg":"none"}`)) + "." + text(raw) + ".",
	} {
		for _, form := range []url.Values{
			{"grant_type": {"client_credentials"}},
			{"grant_type": {provider.GrantExchange}, "subject_token": {"x"}, "subject_token_type": {"urn:ietf:params:oauth:token-type:access_token"}},
		} {
			form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
			form.Set("client_assertion", assertion)
			for _, id := range []string{"", w.client.ID} {
				if form.Set("client_id", id); id == "" {
					form.Del("client_id")
				}
				if status, body := w.ask("/oauth2/token", "", "", form); status < 400 || status >= 500 || body["access_token"] != nil {
					t.Errorf("%s, %s as %q: %d %v", name, form.Get("grant_type"), id, status, body)
				}
			}
		}
		status, body := w.ask("/oauth2/token", w.client.ID, w.secret, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}})
		if status < 400 || status >= 500 || body["access_token"] != nil {
			t.Errorf("%s as a grant: %d %v", name, status, body)
		}
	}
}

// TestHintsOfOthersSignNobodyOut: an ID token says who is to be signed out, and only one of
// Terrace's own is believed.
func TestHintsOfOthersSignNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.tokens(w.browser(), "openid", "read")
	hint, _ := token.Extra("id_token").(string)
	claims := claimsOf(t, hint)
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set, err := w.service.KeySet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	public, kid := set.Keys[0].Key.(*ecdsa.PublicKey), set.Keys[0].KeyID
	mine := jose.SigningKey{Algorithm: jose.ES256, Key: own}
	parts := strings.Split(hint, ".")
	another, err := w.service.Sign(t.Context(), provider.ES256, provider.TypeID, with(claims, map[string]any{"iss": "https://evil.example.com"}))
	if err != nil {
		t.Fatal(err)
	}
	for name, forged := range map[string]string{
		"no algorithm":                    base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + ".",
		"the public key as the secret":    signed(t, jose.SigningKey{Algorithm: jose.HS256, Key: public.X.Bytes()}, map[string]any{"kid": kid, "typ": "JWT"}, claims), //nolint:staticcheck // what an attacker would take
		"another key":                     signed(t, mine, map[string]any{"kid": kid, "typ": "JWT"}, claims),
		"its own key":                     signed(t, mine, map[string]any{"kid": kid, "typ": "JWT", "jwk": jose.JSONWebKey{Key: own.Public(), KeyID: kid}}, claims),
		"an address of keys":              signed(t, mine, map[string]any{"kid": kid, "typ": "JWT", "jku": w.issuer() + "/evil"}, claims),
		"the access token":                token.AccessToken,
		"of another issuer, with our key": another,
	} {
		w.browser().open(w.issuer() + "/oauth2/logout?id_token_hint=" + url.QueryEscape(forged))
		if w.whoami(token.AccessToken) != http.StatusOK {
			t.Fatalf("%s has signed her out", name)
		}
	}
	w.user("eve", identity.Viewer)
	eve := w.browser().open(w.issuer() + "/sign-in").signIn("eve")
	if eve.open(w.issuer() + "/oauth2/logout?id_token_hint=" + url.QueryEscape(hint)); !strings.Contains(eve.Page, "Sign out?") || w.whoami(token.AccessToken) != http.StatusOK {
		t.Errorf("whoever is signed in in the browser is not asked, though the hint is of somebody else: %s", eve.Page)
	}
	if w.browser().open(w.issuer() + "/oauth2/logout?id_token_hint=" + url.QueryEscape(hint)); w.whoami(token.AccessToken) != http.StatusUnauthorized {
		t.Error("the hint itself does not")
	}
}
