package providerapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
	"github.com/terrace-idp/terrace/internal/access/provider/providerapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// ask sends a form to an endpoint as a client; without a client, its id alone.
func (w *world) ask(path, id, secret string, form url.Values) (int, map[string]any) {
	w.t.Helper()
	if secret == "" && id != "" {
		form.Set("client_id", id)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.issuer()+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if secret != "" {
		r.SetBasicAuth(id, secret)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]any{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			w.t.Fatalf("%s: %s", path, raw)
		}
	}
	return res.StatusCode, out
}

// TestAGrantThatThereIsNotIsToldAsThat, to programs that choose by the error (RFC 6749 §5.2).
func TestAGrantThatThereIsNotIsToldAsThat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for grant, want := range map[string]string{"password": "unsupported_grant_type", "urn:x": "unsupported_grant_type", "": "invalid_request"} {
		status, answer := w.ask("/oauth2/token", w.client.ID, w.secret, url.Values{"grant_type": {grant}, "username": {"ada"}, "password": {"x"}})
		if status != http.StatusBadRequest || answer["error"] != want {
			t.Errorf("%q: %d %v, want %s", grant, status, answer, want)
		}
	}
}

// TestExchange narrows a token: to fewer scopes, or to another audience, and never to
// more than it has (RFC 8693).
func TestExchange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.tokens(w.browser(), "openid", "offline_access", "read", "deploy").AccessToken
	form := func(changes ...string) url.Values {
		values := url.Values{"grant_type": {provider.GrantExchange}, "subject_token": {token}, "subject_token_type": {oauth.TypeAccessToken}}
		for i := 0; i < len(changes); i += 2 {
			values.Set(changes[i], changes[i+1])
		}
		return values
	}
	status, got := w.ask("/oauth2/token", w.client.ID, w.secret, form("scope", "read"))
	narrow, _ := got["access_token"].(string)
	if status != http.StatusOK || got["scope"] != "read" || got["issued_token_type"] != oauth.TypeAccessToken || got["refresh_token"] != nil {
		t.Fatalf("%d %v", status, got)
	}
	claims, before := claimsOf(t, narrow), claimsOf(t, token)
	if claims["sid"] != before["sid"] || claims["sub"] != before["sub"] || claims["exp"].(int64) > before["exp"].(int64) || claims["act"] == nil {
		t.Errorf("%v", claims)
	}
	if actor, err := w.users.Authenticate(t.Context(), narrow); err != nil || len(actor.Limits.Scopes) != 1 || actor.Limits.Scopes[0] != "read" {
		t.Errorf("%+v, %v", actor, err)
	}
	_, elsewhere := w.ask("/oauth2/token", w.client.ID, w.secret, form("audience", "https://api.example.com", "scope", "read"))
	there, _ := elsewhere["access_token"].(string)
	if _, err := w.users.Authenticate(t.Context(), there); there == "" || !kernel.Is(err, kernel.Unauthenticated) {
		t.Errorf("a token for somebody else is taken: %v, %v", elsewhere, err)
	}
	other, secret := w.register(provider.NewClient{Name: "other", Redirects: []string{callback}, Grants: []string{provider.GrantCode}})
	for name, c := range map[string]struct {
		id, secret, want string
		form             url.Values
	}{
		"more than it has":           {w.client.ID, w.secret, "invalid_scope", form("scope", "read admin")},
		"more, by a narrow one":      {w.client.ID, w.secret, "invalid_scope", form("subject_token", narrow, "scope", "deploy")},
		"another audience":           {w.client.ID, w.secret, "invalid_target", form("audience", "https://evil.example.com")},
		"a token that does not hold": {w.client.ID, w.secret, "invalid_grant", form("subject_token", token+"x")},
		"another type":               {w.client.ID, w.secret, "invalid_request", form("subject_token_type", "urn:ietf:params:oauth:token-type:saml2")},
		"an ID token for it":         {w.client.ID, w.secret, "invalid_request", form("requested_token_type", "urn:ietf:params:oauth:token-type:id_token")},
		"a wrong secret":             {w.client.ID, "ters_wrong", "invalid_client", form()},
		"a client that may not":      {other.ID, secret, "unauthorized_client", form()},
		"nobody":                     {"", "", "invalid_request", form()},
	} {
		if status, got := w.ask("/oauth2/token", c.id, c.secret, c.form); status < 400 || got["error"] != c.want {
			t.Errorf("%s: %d %v", name, status, got)
		}
	}
	if err := w.service.End(t.Context(), before["sid"].(string), provider.EndedBySignOut); err != nil {
		t.Fatal(err)
	}
	if w.whoami(narrow) != http.StatusUnauthorized {
		t.Error("what was exchanged outlives its session")
	}
}

// TestIntrospectAndRevoke asks about tokens and gives them back (RFC 7662, RFC 7009).
func TestIntrospectAndRevoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.tokens(w.browser(), "openid", "offline_access", "read")
	active := func(id, secret, one string) (int, any) {
		status, got := w.ask("/oauth2/introspect", id, secret, url.Values{"token": {one}})
		return status, got["active"]
	}
	status, got := w.ask("/oauth2/introspect", w.client.ID, w.secret, url.Values{"token": {token.AccessToken}})
	if status != http.StatusOK || got["active"] != true || got["username"] != "ada" || got["client_id"] != w.client.ID || got["iss"] != w.issuer() {
		t.Errorf("%d %v", status, got)
	}
	if _, is := active(w.client.ID, w.secret, token.RefreshToken); is != true {
		t.Error("the refresh token does not hold")
	}
	other, secret := w.register(provider.NewClient{Name: "other", Redirects: []string{callback}})
	for name, c := range map[string]struct {
		id, secret, token string
		status            int
	}{
		"a token that is none":              {w.client.ID, w.secret, "terf_none", http.StatusOK},
		"a refresh token of another client": {other.ID, secret, token.RefreshToken, http.StatusOK},
		"a wrong secret":                    {w.client.ID, "ters_wrong", token.AccessToken, http.StatusUnauthorized},
		"a client without a secret":         {provider.CLI, "", token.AccessToken, http.StatusUnauthorized},
	} {
		if status, is := active(c.id, c.secret, c.token); status != c.status || is == true {
			t.Errorf("%s: %d %v", name, status, is)
		}
	}
	if status, _ := w.ask("/oauth2/revoke", other.ID, secret, url.Values{"token": {token.RefreshToken}}); status != http.StatusOK || w.whoami(token.AccessToken) != http.StatusOK {
		t.Errorf("another client gives it back: %d", status)
	}
	if status, _ := w.ask("/oauth2/revoke", w.client.ID, w.secret, url.Values{"token": {token.AccessToken}}); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	for _, one := range []string{token.AccessToken, token.RefreshToken} {
		if _, is := active(w.client.ID, w.secret, one); is != false {
			t.Error("it holds after it was given back")
		}
	}
	if status, _ := w.ask("/oauth2/revoke", w.client.ID, w.secret, url.Values{"token": {"terf_none"}}); status != http.StatusOK {
		t.Errorf("a token that is none: %d", status)
	}
}

// TestClientsAreManaged registers clients, gives them other secrets and removes them.
func TestClientsAreManaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, n := range map[string]provider.NewClient{
		"no name":              {Redirects: []string{callback}},
		"nowhere to come back": {Name: "x"},
		"no encryption":        {Name: "x", Redirects: []string{"http://shop.example.com/"}},
		"a wildcard":           {Name: "x", Redirects: []string{"https://*.example.com/"}},
		"a fragment":           {Name: "x", Redirects: []string{callback + "#x"}},
		"a script":             {Name: "x", Redirects: []string{"javascript:alert(1)"}},
		"a scope that is not":  {Name: "x", Redirects: []string{callback}, Scopes: []string{"root"}},
		"a grant that is not":  {Name: "x", Redirects: []string{callback}, Grants: []string{"password"}},
		"by itself":            {Name: "x", Redirects: []string{callback}, Grants: []string{provider.GrantClient}},
		"an audience of words": {Name: "x", Redirects: []string{callback}, Audiences: []string{"the api"}},
	} {
		if _, _, err := w.service.CreateClient(w.system(), scope(), n); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	token := w.tokens(w.browser(), "openid", "offline_access", "read")
	byName, err := w.service.GetClient(w.system(), scope(), w.client.Name)
	if err != nil || byName.ID != w.client.ID {
		t.Errorf("by its name: %+v, %v", byName, err)
	}
	if _, _, err := w.service.RotateSecret(w.system(), scope(), "nothing"); !kernel.Is(err, kernel.NotFound) || !strings.Contains(err.Error(), "terrace auth clients list") {
		t.Errorf("one that there is not: %v", err)
	}
	_, secret, err := w.service.RotateSecret(w.system(), scope(), w.client.Name)
	if err != nil {
		t.Fatal(err)
	}
	if status, got := w.ask("/oauth2/introspect", w.client.ID, w.secret, url.Values{"token": {"x"}}); status != http.StatusUnauthorized {
		t.Errorf("the secret before: %d %v", status, got)
	}
	if status, _ := w.ask("/oauth2/introspect", w.client.ID, secret, url.Values{"token": {"x"}}); status != http.StatusOK {
		t.Errorf("the new secret: %d", status)
	}
	elsewhere := kernel.WithActor(t.Context(), kernel.System("test", "other"))
	for _, named := range []string{w.client.ID, w.client.Name} {
		if _, err := w.service.GetClient(elsewhere, kernel.Scope{Tenant: "other"}, named); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("a client of another tenant: %v", err)
		}
	}
	if err := w.service.RemoveClient(elsewhere, kernel.Scope{Tenant: "other"}, w.client.ID); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("a client of another tenant is removed: %v", err)
	}
	if err := w.service.RemoveClient(w.system(), scope(), w.client.ID); err != nil {
		t.Fatal(err)
	}
	if w.whoami(token.AccessToken) != http.StatusUnauthorized {
		t.Error("a token of a client that is gone holds")
	}
}

// number is a step that asks for one.
type number struct{}

func (n *number) Name() string { return "number" }

func (n *number) Needed(_ context.Context, p provider.Person) (bool, error) {
	return len(p.Methods) == 1, nil
}

func (n *number) Show(context.Context, provider.Person, url.Values) (provider.StepForm, error) {
	return provider.StepForm{Title: "Your number", Body: `<label for="n">Number</label><input id="n" name="number">`}, nil
}

func (n *number) Take(_ context.Context, _ provider.Person, form url.Values) ([]string, error) {
	if form.Get("number") != "42" {
		return nil, kernel.Errorf(kernel.Unauthenticated, "the number is wrong")
	}
	return []string{"otp", "mfa"}, nil
}

// TestStepsCannotBeSkipped has a second factor: without it nobody is signed in, and half
// a sign-in is worth nothing in another browser.
func TestStepsCannotBeSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *providerapi.Config) { c.Steps = []provider.Step{&number{}} })
	b := w.browser().open(w.authorization()).signIn("ada")
	if b.At.Path != "/sign-in/step/number" || !strings.Contains(b.Page, "Your number") {
		t.Fatalf("%s %s", b.At, b.Page)
	}
	step := b.At.String()
	if thief := w.browser().open(step); thief.Status == http.StatusOK {
		t.Error("the page is for any browser")
	}
	skip := w.browser()
	*skip = *b
	if skip.open(w.authorization()); skip.At.Path != "/sign-in" {
		t.Errorf("half a sign-in is one: %s", skip.At)
	}
	if skip.open(w.issuer() + "/oauth2/continue?" + b.At.RawQuery); skip.At.Path != "/sign-in" {
		t.Errorf("the ticket is a sign-in: %s", skip.At)
	}
	if b.open(step).send("number", "41"); b.Status != http.StatusUnauthorized || !strings.Contains(b.Page, "the number is wrong") {
		t.Errorf("%d %s", b.Status, b.Page)
	}
	if b.send("number", "42"); b.At.Path != "/oauth2/continue" {
		t.Fatalf("%s %s", b.At, b.Page)
	}
	_, claims := w.flow(t, b)
	if methods, _ := claims["amr"].([]any); len(methods) != 3 || claims["acr"] != "2" {
		t.Errorf("%v", claims)
	}
}

// TestOldPagesAreRefused holds that a page to sign in on is good for a while only, and
// that nobody can make one up.
func TestOldPagesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser().open(w.authorization())
	w.later(provider.TicketLife + time.Minute)
	if b.signIn("ada"); b.Status != http.StatusUnprocessableEntity || !strings.Contains(b.Page, "too long") {
		t.Errorf("%d %s", b.Status, b.Page)
	}
	for _, ticket := range []string{"x", "AAAA", strings.Repeat("A", 4000)} {
		if b.open(w.issuer() + "/sign-in?t=" + ticket); b.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", ticket[:1], b.Status)
		}
	}
}

// TestAProgramIsInNoLongerThanItsToken holds that what a token gives ends when the token does.
func TestAProgramIsInNoLongerThanItsToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account, err := w.users.CreateServiceAccount(w.system(), scope(), identity.NewServiceAccount{Name: "robot", Owner: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := w.users.CreateToken(w.system(), scope(), identity.NewToken{Service: "robot", Name: "ci", Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	w.later(time.Hour - time.Minute)
	_, got := w.ask("/oauth2/token", account.ID, secret, url.Values{"grant_type": {provider.GrantClient}, "scope": {"read"}})
	access, _ := got["access_token"].(string)
	if w.whoami(access) != http.StatusOK {
		t.Fatalf("%v", got)
	}
	w.later(time.Minute + time.Second)
	if status := w.whoami(access); status != http.StatusUnauthorized {
		t.Errorf("after its token it is %d", status)
	}
}

// TestProgramsSignIn has a service account get access tokens by one of its tokens, with
// no more scopes than that has.
func TestProgramsSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account, err := w.users.CreateServiceAccount(w.system(), scope(), identity.NewServiceAccount{Name: "robot", Owner: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	token := func(l *kernel.Limits) string {
		secret, _, err := w.users.CreateToken(w.system(), scope(), identity.NewToken{Service: "robot", Name: "ci", Limits: l})
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	all, reads, shop := token(nil), token(&kernel.Limits{Scopes: []string{"read"}}), token(&kernel.Limits{Projects: []string{"shop"}})
	ask := func(id, secret, scope string) (int, map[string]any) {
		form := url.Values{"grant_type": {provider.GrantClient}}
		if scope != "" {
			form.Set("scope", scope)
		}
		return w.ask("/oauth2/token", id, secret, form)
	}
	for _, name := range []string{"robot", "nobody"} {
		if status, got := ask(name, all, "read"); status != http.StatusUnauthorized || !strings.Contains(fmt.Sprint(got["error_description"]), "begins with svc_") {
			t.Errorf("by the name %s: %d %v", name, status, got)
		}
	}
	status, got := ask(account.ID, all, "read deploy")
	access, _ := got["access_token"].(string)
	if status != http.StatusOK || got["refresh_token"] != nil || got["scope"] != "read deploy" {
		t.Fatalf("%d %v", status, got)
	}
	if actor, err := w.users.Authenticate(t.Context(), access); err != nil || actor.Kind != kernel.ActorService || actor.ID != account.ID || len(actor.Limits.Scopes) != 2 {
		t.Errorf("%+v, %v", actor, err)
	}
	if _, got := ask(account.ID, reads, ""); got["scope"] != "read" {
		t.Errorf("%v", got)
	}
	for name, c := range map[string]struct{ id, secret, scope, want string }{
		"more than the token has":  {account.ID, reads, "deploy", "invalid_scope"},
		"a token of a project":     {account.ID, shop, "read", "unauthorized_client"},
		"under another id":         {w.client.ID, all, "read", "invalid_client"},
		"a token that is none":     {account.ID, "terr_x", "read", "invalid_client"},
		"a registered client":      {w.client.ID, w.secret, "read", "unauthorized_client"},
		"the client of everybody":  {provider.CLI, "", "read", "invalid_grant"},
		"a scope that people need": {account.ID, all, "openid", "invalid_scope"},
	} {
		if status, got := ask(c.id, c.secret, c.scope); status < 400 || got["error"] != c.want {
			t.Errorf("%s: %d %v", name, status, got)
		}
	}
	if status, _ := w.ask("/oauth2/revoke", account.ID, all, url.Values{"token": {access}}); status != http.StatusOK || w.whoami(access) != http.StatusUnauthorized {
		t.Errorf("it cannot be given back: %d", status)
	}
	_, got = ask(account.ID, reads, "read")
	of, _ := got["access_token"].(string)
	if w.whoami(of) != http.StatusOK {
		t.Fatalf("it does not hold: %v", got)
	}
	kept, err := w.users.TokensOf(w.system(), scope(), "", "robot", kernel.PageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, own := range kept.Items {
		if own.Limits == nil || len(own.Limits.Scopes) == 0 {
			continue
		}
		if err := w.users.RevokeToken(w.system(), scope(), "", "robot", own.ID); err != nil {
			t.Fatal(err)
		}
	}
	if status := w.whoami(of); status != http.StatusUnauthorized {
		t.Errorf("it holds longer than the token that it was made of: %d", status)
	}
	if _, err := w.users.DisableServiceAccount(w.system(), scope(), "robot", true); err != nil {
		t.Fatal(err)
	}
	if _, got := ask(account.ID, all, "read"); got["error"] != "invalid_client" {
		t.Errorf("an account that is kept out: %v", got)
	}
}

// offer has one upstream for the tenant blue.
type offer struct{}

func (offer) Any(context.Context) (bool, error) { return true, nil }

func (offer) TenantOf(_ context.Context, domain string) (string, error) {
	if domain == "blue.example" {
		return "blue", nil
	}
	return "", nil
}

func (offer) SignedOut(context.Context, string, string) (string, error) { return "", nil }

func (offer) Offered(_ context.Context, tenant string) ([]provider.Upstream, error) {
	if tenant != "blue" {
		return nil, nil
	}
	return []provider.Upstream{{Label: "Blue & Sons", Begin: "/upstream/blue"}}, nil
}

// TestTenantsAndUpstreams signs people of two tenants in where there are several, with
// another provider's button for one of them.
func TestTenantsAndUpstreams(t *testing.T) {
	t.Parallel()
	var handler *providerapi.Handler
	w := newWorld(t, func(c *providerapi.Config) {
		c.Several = func(context.Context) (bool, error) { return true, nil }
		c.Upstreams = offer{}
	})
	handler = providerapi.New(providerapi.Config{Provider: w.service, OAuth: oauth.New(w.service)})
	blue := kernel.WithActor(t.Context(), kernel.System("test", "blue"))
	u, err := w.users.CreateUser(blue, kernel.Scope{Tenant: "blue"}, identity.NewUser{Name: "ada", Password: "another horse battery", Role: identity.Developer})
	if err != nil {
		t.Fatal(err)
	}
	cli := w.authorization("client_id", provider.CLI, "redirect_uri", "http://127.0.0.1:1/callback")
	b := w.browser().open(cli)
	if !strings.Contains(b.Page, `name="tenant"`) || strings.Contains(b.Page, "Sign in with") {
		t.Fatal(b.Page)
	}
	if b.send("tenant", "blue", "username", "ada", "password", password); b.Status != http.StatusUnauthorized || !strings.Contains(b.Page, "Sign in with Blue &amp; Sons") {
		t.Errorf("the password of the other tenant's ada: %d %s", b.Status, b.Page)
	}
	ticket := b.At.Query().Get("t")
	if b.send("tenant", "blue", "username", "ada", "password", "another horse battery"); !strings.Contains(b.Page, "Allow access?") {
		t.Fatalf("%d %s", b.Status, b.Page)
	}
	// A client of one tenant is not for people of another one, and names the tenant.
	if b.open(w.authorization()); b.At.Path != "/sign-in" || strings.Contains(b.Page, `name="tenant"`) {
		t.Errorf("%s %s", b.At, b.Page)
	}
	if b.send("tenant", "blue", "username", "ada", "password", "another horse battery"); b.Status != http.StatusUnauthorized {
		t.Errorf("somebody of another tenant: %d", b.Status)
	}
	// Whoever comes back from an upstream goes on with what they came for.
	if ticket == "" {
		_, values := w.browser().open(cli).form()
		ticket = values.Get("t")
	}
	answer := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/upstream/blue/callback", nil)
	handler.SignedIn(answer, r, ticket, provider.Person{
		Actor: kernel.Actor{ID: u.ID, Name: "ada", Kind: kernel.ActorUser, Tenant: "blue"}, Methods: []string{"fed"},
	})
	if to := answer.Header().Get("Location"); answer.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/oauth2/continue?t=") || len(answer.Result().Cookies()) != 2 {
		t.Errorf("%d %s", answer.Code, to)
	}
}

// TestErrorsAreShortAndSayWhatIsWrong holds what clients read of an error against the words
// of the library that finds it, which are long and of no use to who asks.
func TestErrorsAreShortAndSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := func(code string) url.Values {
		return url.Values{"grant_type": {provider.GrantCode}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {strings.Repeat("x", 43)}}
	}
	for name, c := range map[string]struct {
		path, id, secret string
		form             url.Values
		want             string
	}{
		"a code that nobody was given": {"/oauth2/token", w.client.ID, w.secret, code("terc_x"), "The code or the token does not hold: it is wrong, used, ended, or another client's."},
		"no client":                    {"/oauth2/token", "cli_nobody", "x", code("terc_x"), "The client is not known, or its secret is wrong."},
		"a wrong secret":               {"/oauth2/token", w.client.ID, "x", code("terc_x"), "The client is not known, or its secret is wrong."},
		"no grant":                     {"/oauth2/token", w.client.ID, w.secret, url.Values{}, "The POST body can not be empty."},
		"revoking without a client":    {"/oauth2/revoke", "cli_nobody", "x", url.Values{"token": {"x"}}, "The client is not known, or its secret is wrong."},
	} {
		if _, answer := w.ask(c.path, c.id, c.secret, c.form); answer["error_description"] != c.want {
			t.Errorf("%s: %v, want %q", name, answer, c.want)
		}
	}
	b := w.browser()
	b.open(w.authorization("redirect_uri", "https://elsewhere.example/"))
	if !strings.Contains(b.Page, "registered addresses") || strings.Contains(b.Page, "whitelisted") || strings.Contains(b.Page, "malformed") {
		t.Errorf("an address that is not registered: %s", b.Page)
	}
	b.open(w.authorization("scope", "openid nothing"))
	if b.Left == nil || b.Left.Query().Get("error_description") != "The client may not ask for the scope 'nothing'." {
		t.Errorf("a scope that there is not: %v", b.Left)
	}
}
