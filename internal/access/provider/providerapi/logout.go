package providerapi

import (
	"net/http"
	"net/url"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// logout signs a browser out at a client's wish (OpenID Connect RP-Initiated Logout).
// Who cannot show that it signed this person in has to wait for their yes.
func (h *Handler) logout(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	t := provider.Ticket{Query: r.URL.RawQuery, Asked: h.Provider.Clock.Now()}
	hint, hinted := h.hint(r)
	n, err := h.Provider.InBrowser(ctx, h.read(r, cookieSignIn))
	switch {
	case err != nil && !kernel.Is(err, kernel.Unauthenticated):
		h.fail(w, r, err)
	case err == nil && (!hinted || hint.Subject != n.UserID):
		h.askSignOut(w, r, t, h.Provider.NameOf(ctx, n.Tenant, n.UserID))
	default:
		if hinted {
			if err := h.Provider.End(ctx, hint.Session, provider.EndedBySignOut); err != nil {
				h.fail(w, r, err)
				return
			}
		}
		h.end(w, r, n, t)
	}
}

func (h *Handler) hint(r *http.Request) (provider.IDToken, bool) {
	token, err := h.Provider.Hint(r.Context(), r.URL.Query().Get("id_token_hint"))
	return token, err == nil
}

func (h *Handler) askSignOut(w http.ResponseWriter, r *http.Request, t provider.Ticket, name string) {
	sealed, err := h.Provider.SealTicket(r.Context(), t)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, http.StatusOK, "signout", view{Title: "Sign out?", User: name, Account: h.Account, Ticket: sealed, Form: h.formOf(w, r)})
}

// signOut takes a person's yes.
func (h *Handler) signOut(w http.ResponseWriter, r *http.Request) {
	if err := h.CheckForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	t, err := h.Provider.OpenTicket(r.Context(), r.PostForm.Get("t"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	n, err := h.Provider.InBrowser(r.Context(), h.read(r, cookieSignIn))
	if err != nil && !kernel.Is(err, kernel.Unauthenticated) {
		h.fail(w, r, err)
		return
	}
	h.end(w, r, n, t)
}

// end signs the browser out and sends it where the client wants it, where it may.
func (h *Handler) end(w http.ResponseWriter, r *http.Request, n provider.SignIn, t provider.Ticket) {
	if n.ID != "" {
		if err := h.Provider.SignOut(r.Context(), n); err != nil {
			h.fail(w, r, err)
			return
		}
	}
	h.set(w, cookieSignIn, "")
	to := h.afterLogout(r, t.Query)
	if n.Via != "" && h.Upstreams != nil {
		there, err := h.Upstreams.SignedOut(r.Context(), n.Via, to)
		if err != nil {
			h.fail(w, r, err)
			return
		}
		if there != "" {
			h.Leave(w, "Signing out", there)
			return
		}
	}
	if to != "" && r.Method == http.MethodPost {
		h.Leave(w, "Signing out", to)
		return
	}
	h.SignedOut(w, to)
}

// SignedOut sends a browser that is signed out where a client wants it, or says so.
func (h *Handler) SignedOut(w http.ResponseWriter, to string) {
	if to != "" {
		redirect(w, to)
		return
	}
	h.show(w, http.StatusOK, "message", view{Title: "You are signed out", Message: "You can close this page."})
}

// afterLogout returns where a sign-out leads to, "" for nowhere: an address of the
// client that asks, to the letter.
func (h *Handler) afterLogout(r *http.Request, query string) string {
	values, err := url.ParseQuery(query)
	to := values.Get("post_logout_redirect_uri")
	if err != nil || to == "" {
		return ""
	}
	c, err := h.Provider.ByID(r.Context(), h.askingClient(r, values))
	if err != nil || !has(c.LogoutRedirects, to) {
		return ""
	}
	back, err := url.Parse(to)
	if err != nil {
		return ""
	}
	if state := values.Get("state"); state != "" {
		q := back.Query()
		q.Set("state", state)
		back.RawQuery = q.Encode()
	}
	return back.String()
}

// askingClient returns the client that wants somebody signed out: what it shows names
// it, or it does itself.
func (h *Handler) askingClient(r *http.Request, values url.Values) string {
	named := values.Get("client_id")
	token, err := h.Provider.Hint(r.Context(), values.Get("id_token_hint"))
	if err != nil {
		return named
	}
	var audience []string
	switch a := token.Audience.(type) {
	case string:
		audience = []string{a}
	case []any:
		for _, one := range a {
			text, _ := one.(string)
			audience = append(audience, text)
		}
	}
	if named == "" && len(audience) > 0 {
		return audience[0]
	}
	if has(audience, named) {
		return named
	}
	return ""
}
