package canary_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/test/harness"
)

const callback = "https://shop.example.com/callback"

// people makes a user, tokens of all kinds, and what signs others in.
func (w *world) people() {
	w.t.Helper()
	w.calls(w.in.Token, http.MethodPost, "/api/v1/users", map[string]string{"name": "grace", "password": w.invent("a password"), "role": "viewer"}, nil)
	w.made("a personal token", "token", "token", "create", "--name", "canary", "--days", "1")
	w.MustTerrace(w.t.Context(), w.Dir, "service-account", "create", "ci", "--project", w.in.Project)
	w.made("a service account's token", "token", "token", "create", "--service-account", "ci", "--name", "canary", "--days", "1")
	w.made("a runner's token", "token", "runner", "create", "outside", "--labels", "pool=none")
	w.made("a token of the configuration", "token", "config", "token", "create", "probe", "--stage", "dev")
	w.person()
	w.program()
	w.upstream()
}

// calls does a request that must succeed.
func (w *world) calls(token, method, path string, in, out any) {
	w.t.Helper()
	_, err := w.Call(w.t.Context(), token, method, path, in, out)
	w.must(err)
}

// person signs grace in by her password, changes it, and adds a second factor.
func (w *world) person() {
	w.t.Helper()
	var session struct{ Token string }
	chosen := w.invent("a chosen password")
	w.calls("", http.MethodPost, "/api/v1/sessions", map[string]string{"username": "grace", "password": w.canaries["a password"], "newPassword": chosen}, &session)
	w.canaries["the token of a session"] = session.Token
	next := w.invent("another password")
	w.calls(session.Token, http.MethodPut, "/api/v1/me/password", map[string]string{"present": chosen, "next": next}, nil)
	w.calls("", http.MethodPost, "/api/v1/sessions", map[string]string{"username": "grace", "password": next}, &session)
	w.canaries["another token of a session"] = session.Token
	var begun struct{ Secret, Enrolment string }
	w.calls(session.Token, http.MethodPost, "/api/v1/me/factors/totp", map[string]string{"password": next}, &begun)
	w.canaries["a TOTP seed"] = begun.Secret
	code, err := totp.GenerateCode(begun.Secret, time.Now())
	w.must(err)
	var confirmed map[string]any
	w.calls(session.Token, http.MethodPut, "/api/v1/me/factors/totp", map[string]string{"enrolment": begun.Enrolment, "code": code, "name": "phone"}, &confirmed)
	raw, err := json.Marshal(confirmed)
	w.must(err)
	codes := regexp.MustCompile(`"([a-z0-9]+-[a-z0-9-]+)"`).FindAllSubmatch(raw, -1)
	if len(codes) < 2 {
		w.t.Fatalf("there are no recovery codes in %s", raw)
	}
	w.canaries["a used recovery code"], w.canaries["a recovery code"] = string(codes[0][1]), string(codes[1][1])
}

// program has grace sign in to a program, in a browser and at a device.
func (w *world) program() {
	w.t.Helper()
	var issued struct {
		Client struct{ ID string }
		Secret string
	}
	w.reads(&issued, "auth", "clients", "create", "shop", "--redirect", callback, "--scopes", "openid,profile,offline_access,read", "--grants", "code,refresh,device,exchange")
	w.canaries["a client's secret"] = issued.Secret
	at := "http://" + w.API
	config := oauth2.Config{
		ClientID: issued.Client.ID, ClientSecret: issued.Secret, RedirectURL: callback, Scopes: []string{"openid", "profile", "offline_access", "read"},
		Endpoint: oauth2.Endpoint{AuthURL: at + "/oauth2/authorize", TokenURL: at + "/oauth2/token", DeviceAuthURL: at + "/oauth2/device", AuthStyle: oauth2.AuthStyleInHeader},
	}
	verifier := oauth2.GenerateVerifier()
	w.canaries["a PKCE verifier"] = verifier
	b := harness.NewBrowser(w.t)
	b.Open(config.AuthCodeURL("state-12345678", oauth2.SetAuthURLParam("nonce", "nonce-12345678"), oauth2.S256ChallengeOption(verifier)))
	b.Send("username", "grace", "password", w.invent("a password that is wrong in a browser"))
	b.Send("username", "grace", "password", w.canaries["another password"])
	b.Send("code", w.canaries["a used recovery code"])
	b.Send("decision", "allow")
	if b.Left == nil {
		w.t.Fatalf("the browser is not sent back from %s: %s", b.At, b.Page)
	}
	w.canaries["an authorization code"] = b.Left.Query().Get("code")
	for _, cookie := range b.Cookies() {
		w.canaries["the cookie "+cookie.Name] = cookie.Value
	}
	token, err := config.Exchange(w.t.Context(), w.canaries["an authorization code"], oauth2.VerifierOption(verifier))
	w.must(err)
	w.keep("of a code", token)
	w.device(config, b)
	renewed, err := config.TokenSource(w.t.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	w.must(err)
	w.keep("of a renewal", renewed)
	w.exchanges(config, renewed)
	w.refusedPrograms(config, token)
}

// keep makes canaries of the tokens that a program got.
func (w *world) keep(of string, token *oauth2.Token) {
	w.canaries["an access token "+of], w.canaries["a refresh token "+of] = token.AccessToken, token.RefreshToken
	if id, ok := token.Extra("id_token").(string); ok {
		w.canaries["an ID token "+of] = id
	}
}

func (w *world) device(config oauth2.Config, b *harness.Browser) {
	w.t.Helper()
	asked := w.posts(config, "/oauth2/device", url.Values{"scope": {"openid offline_access read"}})
	w.canaries["a device code"], _ = asked["device_code"].(string)
	w.canaries["the code of a device"], _ = asked["user_code"].(string)
	page, _ := asked["verification_uri_complete"].(string)
	b.Open(page)
	b.Send()
	b.Send("decision", "allow")
	got := w.posts(config, "/oauth2/token", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {w.canaries["a device code"]}})
	for kind, field := range map[string]string{"an access": "access_token", "a refresh": "refresh_token", "an ID": "id_token"} {
		w.canaries[kind+" token of a device"], _ = got[field].(string)
		if w.canaries[kind+" token of a device"] == "" {
			w.t.Errorf("the device gets no %s: %v", field, got)
		}
	}
}

// exchanges narrows a token, asks about it and gives it back.
func (w *world) exchanges(config oauth2.Config, token *oauth2.Token) {
	w.t.Helper()
	answer := w.posts(config, "/oauth2/token", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "scope": {"read"},
		"subject_token_type": {"urn:ietf:params:oauth:token-type:access_token"}, "subject_token": {token.AccessToken},
	})
	w.canaries["an exchanged token"], _ = answer["access_token"].(string)
	if w.canaries["an exchanged token"] == "" {
		w.t.Errorf("the exchange gives %v", answer)
	}
	if told := w.posts(config, "/oauth2/introspect", url.Values{"token": {token.AccessToken}}); told["active"] != true {
		w.t.Errorf("the introspection tells %v", told)
	}
	w.posts(config, "/oauth2/revoke", url.Values{"token": {w.canaries["a refresh token of a device"]}})
}

// refusedPrograms has what a program does that is wrong, or a thief.
func (w *world) refusedPrograms(config oauth2.Config, used *oauth2.Token) {
	w.t.Helper()
	w.posts(config, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {w.invent("a refused refresh token")}})
	w.posts(config, "/oauth2/token", url.Values{"grant_type": {"authorization_code"}, "code": {w.invent("a refused code")}, "redirect_uri": {callback}})
	w.posts(config, "/oauth2/introspect", url.Values{"token": {w.invent("a token that nobody knows")}})
	w.posts(config, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {used.RefreshToken}}) // a second time
	w.posts(config, "/oauth2/token", url.Values{"grant_type": {"authorization_code"}, "code": {w.canaries["an authorization code"]}, "redirect_uri": {callback}})
	config.ClientSecret = w.invent("a refused client's secret")
	w.posts(config, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}})
}

// posts sends a form as a program, and keeps what is answered but for tokens.
func (w *world) posts(config oauth2.Config, path string, form url.Values) map[string]any {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://"+w.API+path, strings.NewReader(form.Encode()))
	w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(config.ClientID), url.QueryEscape(config.ClientSecret))
	answer, err := http.DefaultClient.Do(r)
	w.must(err)
	defer func() { _ = answer.Body.Close() }()
	fields := map[string]any{}
	_ = json.NewDecoder(answer.Body).Decode(&fields) // a revocation answers nothing
	if answer.StatusCode >= http.StatusBadRequest {
		raw, err := json.Marshal(fields)
		w.must(err)
		w.heard["the refusal of "+path] += string(raw)
	}
	return fields
}

// upstream adds another provider, which repeats the secret of its client in its errors.
func (w *world) upstream() {
	w.t.Helper()
	secret := w.invent("an upstream's client secret")
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	w.t.Cleanup(server.Close)
	answers := func(status int, fields map[string]any) http.HandlerFunc {
		return func(out http.ResponseWriter, _ *http.Request) {
			out.Header().Set("Content-Type", "application/json")
			out.WriteHeader(status)
			_ = json.NewEncoder(out).Encode(fields) // who asked may have gone
		}
	}
	mux.Handle("/.well-known/openid-configuration", answers(http.StatusOK, map[string]any{
		"issuer": server.URL, "authorization_endpoint": server.URL + "/authorize", "token_endpoint": server.URL + "/token", "jwks_uri": server.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
	}))
	mux.Handle("/keys", answers(http.StatusOK, map[string]any{"keys": []any{}}))
	mux.Handle("/token", answers(http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": "the secret " + secret + " is not that of the client"}))
	mux.HandleFunc("/authorize", func(out http.ResponseWriter, r *http.Request) {
		back := r.URL.Query()
		http.Redirect(out, r, back.Get("redirect_uri")+"?"+url.Values{"state": {back.Get("state")}, "code": {w.canaries["a code of an upstream"]}}.Encode(), http.StatusFound)
	})
	w.invent("a code of an upstream")
	file := filepath.Join(w.t.TempDir(), "secret")
	w.must(os.WriteFile(file, []byte(secret), 0o600))
	w.MustTerrace(w.t.Context(), w.Dir, "auth", "upstream", "create", "corp", "--issuer", server.URL, "--client-id", "terrace", "--secret-file", file)
	w.fails("auth", "upstream", "check", "corp")
	w.hear("auth", "upstream", "show", "corp", "-o", "json")
	b := harness.NewBrowser(w.t)
	b.Open("http://" + w.API + "/sign-in")
	button := regexp.MustCompile(`href="(/sign-in/with/default/corp[^"]*)"`).FindStringSubmatch(b.Page)
	if button == nil {
		w.t.Fatalf("the page to sign in on has no button for the upstream: %s", b.Page)
	}
	for next := "http://" + w.API + html.UnescapeString(button[1]); next != ""; { // to the provider, and back
		b.Open(next)
		if next = ""; b.Left != nil {
			next = b.Left.String()
		}
	}
	if !strings.HasSuffix(b.At.Path, "/callback") {
		w.t.Errorf("nobody came back from the upstream, but to %s: %s", b.At, b.Page)
	}
	w.heard["the page after the upstream"] = b.Page
}
