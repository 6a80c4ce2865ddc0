package providerapi

import (
	"context"
	"net/http"

	"github.com/terrace-idp/terrace/internal/access/provider"
)

// What a handler of other providers needs of the pages: it has none of its own.

// SignedIn goes on with somebody whom an upstream provider has signed in, for what the
// ticket says that they came for.
func (h *Handler) SignedIn(w http.ResponseWriter, r *http.Request, ticket string, p provider.Person) {
	t, err := h.Provider.OpenTicket(r.Context(), ticket)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.proven(w, r, t, p)
}

// Came returns what a ticket is for.
func (h *Handler) Came(ctx context.Context, ticket string) (provider.Came, error) {
	return h.Provider.Came(ctx, ticket)
}

// Whose returns who is signed in in the browser; the error is Unauthenticated for
// nobody.
func (h *Handler) Whose(r *http.Request) (provider.SignIn, provider.Person, error) {
	return h.Provider.SignedIn(r.Context(), h.read(r, cookieSignIn))
}

// Ask shows a form, which is sent to action.
func (h *Handler) Ask(w http.ResponseWriter, r *http.Request, action string, f provider.StepForm) {
	h.show(w, http.StatusOK, "step", view{Title: f.Title, Step: f, Action: action, Form: h.formOf(w, r)})
}

// Leave sends the browser to another site, also after a form, which may not be sent on
// there.
func (h *Handler) Leave(w http.ResponseWriter, title, to string) {
	h.show(w, http.StatusOK, "message", view{Title: title, Message: "You are sent on.", Next: to})
}
