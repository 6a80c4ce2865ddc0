package providerapi

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// authorize answers the authorization endpoint (OpenID Connect Core §3.1.2).
func (h *Handler) authorize(w http.ResponseWriter, r *http.Request) {
	h.proceed(w, r, provider.Ticket{Query: r.URL.RawQuery, Asked: h.Provider.Clock.Now()})
}

// goOn takes an authorization up again after somebody has signed in for it.
func (h *Handler) goOn(w http.ResponseWriter, r *http.Request) {
	t, err := h.Provider.OpenTicket(r.Context(), r.URL.Query().Get("t"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.proceed(w, r, t)
}

// proceed gives an authorization, or asks for what it lacks: a sign-in, a yes.
func (h *Handler) proceed(w http.ResponseWriter, r *http.Request, t provider.Ticket) {
	ctx := r.Context()
	a, err := h.OAuth.Authorization(ctx, t.Query)
	if err != nil {
		h.answerFailure(w, r, err)
		return
	}
	t.Strong = a.Strong
	if told, err := h.told(ctx, a); err != nil {
		h.fail(w, r, err)
		return
	} else if told != "" {
		t.Tenant = told
	}
	n, p, err := h.signedIn(r, a, t.Asked)
	switch {
	case kernel.Is(err, kernel.Unauthenticated) && a.Has("none"):
		h.answerFailure(w, r, h.OAuth.Refuse(a, "login_required"))
	case kernel.Is(err, kernel.Unauthenticated):
		t.Unsure = n.ID != "" && n.At.IsZero()
		h.toSignIn(w, r, t)
	case err != nil:
		h.fail(w, r, err)
	default:
		h.decide(w, r, t, a, n, p)
	}
}

// decide gives an authorization to a client that needs no yes, or asks for it.
func (h *Handler) decide(w http.ResponseWriter, r *http.Request, t provider.Ticket, a *oauth.Authorization, n provider.SignIn, p provider.Person) {
	ctx := r.Context()
	known, err := h.Provider.Consented(ctx, p.Tenant, p.ID, a.Client.ID, a.Scopes)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	// Any program can say that it is one that keeps no secret (RFC 8252 §8.6).
	ask := !known || a.Client.Native() || a.Has("consent")
	switch {
	case ask && a.Has("none"):
		h.answerFailure(w, r, h.OAuth.Refuse(a, "consent_required"))
	case ask:
		h.askConsent(w, r, t, a, p)
	default:
		h.grant(w, r, a, n, p, t.Asked)
	}
}

func (h *Handler) askConsent(w http.ResponseWriter, r *http.Request, t provider.Ticket, a *oauth.Authorization, p provider.Person) {
	sealed, err := h.Provider.SealTicket(r.Context(), t)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, http.StatusOK, "consent", view{
		Title: "Allow access?", Client: a.Client.Name, Native: a.Client.Native(), User: p.Name, Scopes: scopeTexts(a.Scopes),
		Ticket: sealed, Form: h.formOf(w, r), RedirectedTo: a.Back.Host,
	})
}

// consent takes what a person answered.
func (h *Handler) consent(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	if err := h.CheckForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	t, err := h.Provider.OpenTicket(ctx, r.PostForm.Get("t"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	a, err := h.OAuth.Authorization(ctx, t.Query)
	if err != nil {
		h.answerFailure(w, r, err)
		return
	}
	n, p, err := h.signedIn(r, a, t.Asked)
	if err != nil {
		h.proceed(w, r, t)
		return
	}
	if r.PostForm.Get("decision") != "allow" {
		h.answerFailure(w, r, h.OAuth.Refuse(a, "access_denied"))
		return
	}
	if !a.Client.Native() {
		if err := h.Provider.Allow(ctx, p, a.Client, a.Scopes); err != nil {
			h.fail(w, r, err)
			return
		}
	}
	h.grant(w, r, a, n, p, t.Asked)
}

func (h *Handler) grant(w http.ResponseWriter, r *http.Request, a *oauth.Authorization, n provider.SignIn, p provider.Person, asked time.Time) {
	back, err := h.OAuth.Grant(r.Context(), a, n, p, asked)
	if err != nil {
		h.answerFailure(w, r, err)
		return
	}
	h.out(w, r, back)
}

// out sends the browser to a client. Browsers hold the policy of a page against all that
// its form is sent on to, in the end also to whom the client sends them: after a form they
// go on from a page, by themselves.
func (h *Handler) out(w http.ResponseWriter, r *http.Request, to string) {
	if r.URL.Path == "/oauth2/authorize" {
		redirect(w, to)
		return
	}
	h.Leave(w, "Signing in", to)
}

// signedIn returns who is signed in, recently enough for the authorization; else the
// error is Unauthenticated.
func (h *Handler) signedIn(r *http.Request, a *oauth.Authorization, asked time.Time) (provider.SignIn, provider.Person, error) {
	n, p, err := h.Provider.SignedIn(r.Context(), h.read(r, cookieSignIn))
	if err != nil {
		return n, p, err
	}
	again := a.Has("login") && !n.Since(asked) || a.Has("select_account") && n.Began().Before(asked)
	old := a.MaxAge >= 0 && !n.Since(asked.Add(-a.MaxAge))
	weak := a.Strong && n.Level() != provider.LevelStrong
	if again || old || weak || wants(a, p.Tenant) {
		return n, p, kernel.Errorf(kernel.Unauthenticated, "somebody has to sign in for this")
	}
	return n, p, nil
}

// wants reports whether an authorization is for somebody of another tenant.
func wants(a *oauth.Authorization, tenant string) bool {
	if a.Client.Tenant != "" {
		return a.Client.Tenant != tenant
	}
	return tenantName.MatchString(a.Tenant) && a.Tenant != tenant
}

// answerFailure tells the client that it gets nothing, or a person where the client may
// not be told.
func (h *Handler) answerFailure(w http.ResponseWriter, r *http.Request, err error) {
	failure, ok := errors.AsType[*oauth.Failure](err)
	switch {
	case !ok:
		h.fail(w, r, err)
	case failure.Back != "":
		h.out(w, r, failure.Back)
	default:
		h.show(w, http.StatusBadRequest, "message", view{Title: "That did not work", Error: failure.Message})
	}
}

// redirect sends the browser somewhere else, with the method GET.
func redirect(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

func has(words []string, word string) bool { return slices.Contains(words, word) }
