package providerapi

import (
	"context"
	"net/http"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// toSignIn sends the browser to the page to sign in on.
func (h *Handler) toSignIn(w http.ResponseWriter, r *http.Request, t provider.Ticket) {
	sealed, err := h.Provider.SealTicket(r.Context(), t)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	redirect(w, "/sign-in?t="+sealed)
}

// showSignIn shows the page to sign in on, or, for no purpose, who is signed in.
func (h *Handler) showSignIn(w http.ResponseWriter, r *http.Request) {
	text := r.URL.Query().Get("t")
	if text == "" {
		t := provider.Ticket{Next: "/sign-in", Asked: h.Provider.Clock.Now()}
		if _, p, err := h.Provider.SignedIn(r.Context(), h.read(r, cookieSignIn)); err == nil {
			h.askSignOut(w, r, t, p.Name)
			return
		}
		h.toSignIn(w, r, t)
		return
	}
	t, err := h.Provider.OpenTicket(r.Context(), text)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.signInPage(w, r, http.StatusOK, t, text, view{User: h.hintOf(r.Context(), t)})
}

// signInPage shows the form.
func (h *Handler) signInPage(w http.ResponseWriter, r *http.Request, status int, t provider.Ticket, text string, v view) {
	var browser string
	v.Title, v.Ticket = "Sign in", text
	v.Form, browser = h.Forms(w, r)
	if a, err := h.OAuth.Authorization(r.Context(), t.Query); err == nil && t.Query != "" {
		v.Client = a.Client.Name
	}
	if v.Tenant == "" {
		v.Tenant = h.tenantOf(t)
	}
	if v.Error == "" && t.Unsure {
		v.Error = "This needs you to prove just now who you are, and the provider that signed you in does not say when you did. Sign in in another way."
	}
	if err := h.choices(r.Context(), t, text, &v); err != nil {
		h.fail(w, r, err)
		return
	}
	if err := h.offerPasskey(r.Context(), browser, &v); err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, status, "signin", v)
}

func (h *Handler) hintOf(ctx context.Context, t provider.Ticket) string {
	if a, err := h.OAuth.Authorization(ctx, t.Query); err == nil && len(a.Hint) <= 64 {
		return a.Hint
	}
	return ""
}

// signIn takes a name and a password.
func (h *Handler) signIn(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	if err := h.CheckForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	text := r.PostForm.Get("t")
	t, err := h.Provider.OpenTicket(ctx, text)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	tenant := r.PostForm.Get("tenant")
	if tenant == "" || t.Tenant != "" {
		tenant = h.tenantOf(t)
	}
	name := r.PostForm.Get("username")
	actor, err := h.Provider.Users.ProvePassword(ctx, tenant, name, r.PostForm.Get("password"))
	switch {
	case kernel.Is(err, kernel.Unauthenticated):
		h.signInPage(w, r, http.StatusUnauthorized, t, text, view{Error: err.Error(), User: name, Tenant: tenant})
	case kernel.Is(err, kernel.Locked):
		w.Header().Set("Retry-After", "60")
		h.signInPage(w, r, http.StatusTooManyRequests, t, text, view{Error: err.Error(), User: name, Tenant: tenant})
	case err != nil:
		h.fail(w, r, err)
	default:
		h.proven(w, r, t, provider.Person{Actor: actor, Methods: []string{"pwd"}})
	}
}
