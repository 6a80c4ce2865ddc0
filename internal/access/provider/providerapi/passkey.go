package providerapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// offerPasskey has the page to sign in on ask for a passkey, too.
func (h *Handler) offerPasskey(ctx context.Context, browser string, v *view) error {
	if h.Passkeys == nil {
		return nil
	}
	ask, ok, err := h.Passkeys.Ask(ctx, browser)
	if err == nil && ok {
		v.Passkey, v.Script = &ask, PasskeyScript()
	}
	return err
}

// passkey takes the answer of a key: it says who signs in, and proves two factors.
func (h *Handler) passkey(w http.ResponseWriter, r *http.Request) {
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
	wrong := kernel.Errorf(kernel.Unauthenticated, "this passkey signs nobody in here")
	if h.Passkeys == nil {
		h.fail(w, r, wrong)
		return
	}
	p, err := h.Passkeys.Take(ctx, h.Browser(r), r.PostForm.Get("challenge"), r.PostForm.Get("passkey"))
	if err == nil && t.Tenant != "" && t.Tenant != p.Tenant {
		err = wrong
	}
	switch {
	case kernel.Is(err, kernel.Unauthenticated):
		h.signInPage(w, r, http.StatusUnauthorized, t, text, view{Error: err.Error()})
	case err != nil:
		h.fail(w, r, err)
	default:
		h.proven(w, r, t, p)
	}
}

// Strengthen notes of somebody who is signed in in the browser that they have proven more,
// now. What clients were given goes on.
func (h *Handler) Strengthen(w http.ResponseWriter, r *http.Request, who provider.Person, methods []string) error {
	for _, m := range methods {
		if !slices.Contains(who.Methods, m) {
			who.Methods = append(slices.Clone(who.Methods), m)
		}
	}
	who.At = h.Provider.Clock.Now()
	cookie, err := h.Provider.Begin(r.Context(), who, h.read(r, cookieSignIn))
	if err == nil {
		h.set(w, cookieSignIn, cookie)
	}
	return err
}

// Recent returns who is signed in, by all that they can prove and no longer ago than
// age. Anybody else is sent to sign in, and to come back to a page; the steps of signing
// in see to what they have to prove.
func (h *Handler) Recent(w http.ResponseWriter, r *http.Request, page string, age time.Duration) (p provider.Person, ok bool) {
	n, p, err := h.Provider.SignedIn(r.Context(), h.read(r, cookieSignIn))
	now := h.Provider.Clock.Now()
	if err == nil && !n.Since(now.Add(-age)) {
		err = kernel.Errorf(kernel.Unauthenticated, "the sign-in is too long ago")
	}
	p.Browser = h.Browser(r)
	if err == nil {
		err = h.stepped(r, p)
	}
	switch {
	case kernel.Is(err, kernel.Unauthenticated):
		h.toSignIn(w, r, provider.Ticket{Next: page, Asked: now, Fresh: age, Unsure: n.ID != "" && n.At.IsZero()})
	case err != nil:
		h.fail(w, r, err)
	default:
		return p, true
	}
	return p, false
}
