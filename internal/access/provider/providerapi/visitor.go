package providerapi

import (
	"crypto/subtle"
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// visitAge is how long ago somebody may have signed in who reads a page of another room.
const visitAge = 30 * 24 * time.Hour

// Visitor returns who is signed in, or sends the browser to sign in and come back to a page.
func (h *Handler) Visitor(w http.ResponseWriter, r *http.Request, page string) (who kernel.Actor, ok bool) {
	p, ok := h.Recent(w, r, page, visitAge)
	return p.Actor, ok
}

// Seen returns who is signed in by all that they have to prove, or Unauthenticated.
func (h *Handler) Seen(r *http.Request) (kernel.Actor, error) {
	_, p, err := h.Provider.SignedIn(r.Context(), h.read(r, cookieSignIn))
	if err == nil {
		err = h.stepped(r, p)
	}
	return p.Actor, err
}

// stepped is Unauthenticated where a step of signing in is wanted that was not taken.
func (h *Handler) stepped(r *http.Request, p provider.Person) error {
	for _, step := range h.Steps {
		needed, err := step.Needed(r.Context(), p)
		if err != nil {
			return err
		}
		if needed {
			return kernel.Errorf(kernel.Unauthenticated, "a step of signing in was not asked for then")
		}
	}
	return nil
}

// CheckToken refuses what a script asks for that was not on a page which this browser was
// shown: the token is that of Forms.
func (h *Handler) CheckToken(r *http.Request, token string) error {
	cookie := h.read(r, cookieForm)
	if err := h.foreign.Check(r); err != nil || cookie == "" || subtle.ConstantTimeCompare([]byte(token), []byte(formToken(cookie))) != 1 {
		return kernel.Errorf(kernel.Denied, "this was not asked for from Terrace's own page").WithFix("load the page again")
	}
	return nil
}
