// Package upstreamapi serves other providers: the API with which admins set them, and the
// way of a browser to one and back.
//
// It owns the paths below /sign-in/with and /sign-in/links, their cookie, and the wire
// types. It decides nothing, and has no pages of its own: providerapi shows them.
package upstreamapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// Signs goes on with who has signed in, and knows who is.
type Signs interface {
	SignedIn(w http.ResponseWriter, r *http.Request, ticket string, p provider.Person)
	// Came returns what a ticket is for.
	Came(ctx context.Context, ticket string) (provider.Came, error)
	// Whose returns who is signed in; the error is Unauthenticated for nobody.
	Whose(r *http.Request) (provider.SignIn, provider.Person, error)
	// Recent returns who is signed in by all that they can prove, no longer ago than age;
	// else it has them sign in, and come back to a page.
	Recent(w http.ResponseWriter, r *http.Request, page string, age time.Duration) (p provider.Person, ok bool)
	SignedOut(w http.ResponseWriter, next string)
}

// Shows shows pages.
type Shows interface {
	Ask(w http.ResponseWriter, r *http.Request, action string, f provider.StepForm)
	CheckForm(r *http.Request) error
	Leave(w http.ResponseWriter, title, to string)
	Fail(w http.ResponseWriter, r *http.Request, err error)
}

// Pages is the sign-in pages.
type Pages interface {
	Signs
	Shows
}

// Handler is the way of browsers to other providers and back. It implements app's wire.
type Handler struct {
	Upstreams *upstream.Service
	Pages     Pages
}

// Mount adds the paths.
func (h Handler) Mount(r chi.Router) {
	r.Get("/sign-in/with/{tenant}/{upstream}", h.begin)
	r.Get("/sign-in/with/{tenant}/{upstream}/callback", h.callback)
	r.Get("/sign-in/with/{tenant}/{upstream}/signed-out", h.signedOut)
	r.Post("/sign-in/with/{tenant}/{upstream}/logout", h.logout)
	r.Get("/sign-in/links", h.links)
	r.Post("/sign-in/links", h.change)
}

func named(r *http.Request) (tenant, name string) {
	return chi.URLParam(r, "tenant"), chi.URLParam(r, "upstream")
}

// The cookies of people who are at an upstream, one for each tab.
const (
	cookiePrefix = "terrace-with-"
	maxCookies   = 4
)

func (h Handler) secure() bool { return strings.HasPrefix(h.Upstreams.Address, "https://") }

func (h Handler) cookieName(key string) string {
	if h.secure() {
		return "__Host-" + cookiePrefix + key
	}
	return cookiePrefix + key
}

func (h Handler) setCookie(w http.ResponseWriter, name, value string) {
	age := 15 * 60
	if value == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // it is Secure wherever Terrace is reached by TLS
		Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: h.secure(), SameSite: http.SameSiteLaxMode,
	})
}

// carry gives a browser what it comes back from an upstream with. Of what it carries from
// tabs that nobody came back to, only some stay.
func (h Handler) carry(w http.ResponseWriter, r *http.Request, b upstream.Begun) {
	kept := 1
	for _, c := range r.Cookies() {
		if !strings.HasPrefix(c.Name, h.cookieName("")) {
			continue
		}
		if kept++; kept > maxCookies {
			h.setCookie(w, c.Name, "")
		}
	}
	h.setCookie(w, h.cookieName(b.Key), b.Cookie)
	w.Header().Set("Cache-Control", "no-store")
}

// begin sends somebody who wants to sign in to an upstream.
func (h Handler) begin(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	tenant, name := named(r)
	ticket := r.URL.Query().Get("t")
	came, err := h.Pages.Came(ctx, ticket)
	if err == nil && came.Tenant != "" && came.Tenant != tenant {
		err = kernel.Errorf(kernel.Denied, "the program that you come from is for people of another tenant").WithFix("go back to where you came from and begin again")
	}
	var begun upstream.Begun
	if err == nil {
		begun, err = h.Upstreams.Begin(ctx, upstream.Beginning{Tenant: tenant, Name: name, Ticket: ticket, Prompt: came.Prompt, Hint: came.Hint, MaxAge: came.MaxAge, Strong: came.Strong})
	}
	if err != nil {
		h.Pages.Fail(w, r, err)
		return
	}
	h.carry(w, r, begun)
	w.Header().Set("Location", begun.Location)
	w.WriteHeader(http.StatusSeeOther)
}

// callback takes what an upstream answers.
func (h Handler) callback(w http.ResponseWriter, r *http.Request) {
	a := upstream.Answer{Query: r.URL.Query()}
	a.Tenant, a.Name = named(r)
	cookie := h.cookieName(upstream.Key(a.Query.Get("state")))
	if c, err := r.Cookie(cookie); err == nil {
		a.Cookie = c.Value
		h.setCookie(w, cookie, "")
	}
	in, offer, err := h.Upstreams.Finish(r.Context(), a)
	switch {
	case err != nil:
		h.Pages.Fail(w, r, err)
	case offer != nil:
		h.ask(w, r, offer)
	default:
		h.Pages.SignedIn(w, r, in.Ticket, provider.Person{Actor: in.Actor, Methods: methods(in), Via: in.Via, At: in.At})
	}
}

// methods are how somebody has signed in, as programs see it (RFC 8176 §2).
func methods(in upstream.SignedIn) []string {
	if in.Strong {
		return []string{"fed", "mfa"}
	}
	return []string{"fed"}
}

// signedOut goes on with a browser that was signed out at an upstream.
func (h Handler) signedOut(w http.ResponseWriter, r *http.Request) {
	h.Pages.SignedOut(w, h.Upstreams.Returned(r.Context(), r.URL.Query().Get("state")))
}

// logout takes an upstream's word that somebody has signed out there (OpenID Connect
// Back-Channel Logout §2.5).
func (h Handler) logout(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		httpserver.WriteError(w, r, kernel.Errorf(kernel.Invalid, "the form is not readable"))
		return
	}
	tenant, name := named(r)
	if err := h.Upstreams.Logout(r.Context(), tenant, name, r.PostForm.Get("logout_token")); err != nil {
		httpserver.WriteError(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}
