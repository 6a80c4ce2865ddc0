package oauth

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ory/fosite"

	"github.com/terrace-idp/terrace/internal/access/provider"
)

// Authorization is a request of a client to sign somebody in, found good.
type Authorization struct {
	Client  provider.Client
	Scopes  []string
	Prompts []string
	// MaxAge is how old the sign-in may be; negative is any age.
	MaxAge time.Duration
	// Strong says that the client takes nobody with one factor alone: its acr_values name
	// that level, and no other.
	Strong bool
	// Hint is a user name to begin with.
	Hint string
	// Tenant is the one to sign in to, where the client says so; a parameter of Terrace's own.
	Tenant string
	// Back is where the answer goes.
	Back    *url.URL
	request fosite.AuthorizeRequester
}

// Failure is an authorization that cannot be given: with Back, the client is told.
type Failure struct {
	// Back is the address with the error in it; "" for a client that is not known, or
	// that wants the answer where it may not have it. Then a person is told.
	Back string
	// Message says what is wrong.
	Message string
	Err     error
}

// Error returns the message.
func (f *Failure) Error() string { return f.Message }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// exact reports whether an address is one of a client's to the letter, save for the
// port of a loopback address.
func exact(text string, registered []string) bool {
	if text == "" || slices.Contains(registered, text) {
		return true
	}
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.Fragment != "" {
		return false
	}
	for _, one := range registered {
		r, err := url.Parse(one)
		if err == nil && r.Scheme == "http" && net.ParseIP(r.Hostname()).IsLoopback() && withoutPort(one, r) == withoutPort(text, u) {
			return true
		}
	}
	return false
}

func withoutPort(text string, u *url.URL) string {
	if u.Port() == "" {
		return text
	}
	return strings.Replace(text, ":"+u.Port(), "", 1)
}

// Has reports whether the client asks for a prompt (OpenID Connect Core §3.1.2.1).
func (a *Authorization) Has(prompt string) bool { return slices.Contains(a.Prompts, prompt) }

// failed says why an authorization is not given, to the client where it may know.
func (s *Server) failed(request fosite.AuthorizeRequester, err error) *Failure {
	e := said(err)
	f := &Failure{Message: e.GetDescription(), Err: err}
	if !request.IsRedirectURIValid() || !exact(request.GetRequestForm().Get("redirect_uri"), request.GetClient().GetRedirectURIs()) {
		return f
	}
	back := *request.GetRedirectURI()
	query := back.Query()
	query.Set("error", e.ErrorField)
	query.Set("error_description", e.GetDescription())
	query.Set("iss", s.provider.Issuer)
	if state := request.GetState(); state != "" {
		query.Set("state", state)
	}
	back.RawQuery = query.Encode()
	f.Back = back.String()
	return f
}

// Refuse says that an authorization is not given: "login_required",
// "consent_required", "access_denied" (OpenID Connect Core §3.1.2.6) or
// "unmet_authentication_requirements" (OpenID Connect Core Unmet Authentication Requirements).
func (s *Server) Refuse(a *Authorization, code string) *Failure {
	known := map[string]*fosite.RFC6749Error{
		"login_required": fosite.ErrLoginRequired, "consent_required": fosite.ErrConsentRequired, "access_denied": fosite.ErrAccessDenied,
		"unmet_authentication_requirements": unmet(),
	}
	return s.failed(a.request, known[code])
}

func unmet() *fosite.RFC6749Error {
	return &fosite.RFC6749Error{
		ErrorField: "unmet_authentication_requirements", CodeField: http.StatusBadRequest,
		DescriptionField: "The provider that signed the person in does not say that they have proven two factors, and they have none of their own here.",
		HintField:        "Have the provider ask for a second factor, and say so in its claims acr or amr.",
	}
}

// Grant lets the client have what it asks for, and returns the address to send the
// browser to. asked is when it did. The error is a Failure.
func (s *Server) Grant(ctx context.Context, a *Authorization, n provider.SignIn, p provider.Person, asked time.Time) (string, error) {
	for _, scope := range a.request.GetRequestedScopes() {
		a.request.GrantScope(scope)
	}
	for _, audience := range a.request.GetRequestedAudience() {
		a.request.GrantAudience(audience)
	}
	if n.At.IsZero() { // fosite takes no prompt without a time; those that need one are not granted before
		a.request.GetRequestForm().Del("prompt")
	}
	var response fosite.AuthorizeResponder
	err := s.provider.Tx.InTx(ctx, func(ctx context.Context) error {
		own, err := s.begin(ctx, a.request, proof{actor: p.Actor, methods: n.Methods, level: n.Level(), at: n.At, asked: asked, signIn: n.ID, via: n.Via})
		if err != nil {
			return err
		}
		response, err = s.fosite.NewAuthorizeResponse(ctx, a.request, own)
		return err
	})
	if err != nil {
		return "", s.failed(a.request, err)
	}
	back := *a.Back
	query := back.Query()
	for name := range response.GetParameters() {
		query.Set(name, response.GetParameters().Get(name))
	}
	query.Set("iss", s.provider.Issuer) // RFC 9207
	back.RawQuery = query.Encode()
	return back.String(), nil
}
