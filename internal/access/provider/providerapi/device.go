package providerapi

import (
	"net/http"
	"net/url"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// person returns who is signed in, or sends the browser to sign in and come back to a
// page.
func (h *Handler) person(w http.ResponseWriter, r *http.Request, page string) (n provider.SignIn, p provider.Person, ok bool) {
	n, p, err := h.Provider.SignedIn(r.Context(), h.read(r, cookieSignIn))
	switch {
	case kernel.Is(err, kernel.Unauthenticated):
		h.toSignIn(w, r, provider.Ticket{Next: page, Asked: h.Provider.Clock.Now()})
	case err != nil:
		h.fail(w, r, err)
	default:
		return n, p, true
	}
	return n, p, false
}

// showDevice asks for the code of a device (RFC 8628 §3.3).
func (h *Handler) showDevice(w http.ResponseWriter, r *http.Request) {
	code := r.URL.Query().Get("user_code")
	if len(code) > 32 {
		code = ""
	}
	if _, p, ok := h.person(w, r, "/device?user_code="+url.QueryEscape(code)); ok {
		h.show(w, http.StatusOK, "code", view{Title: "Sign a device in", Code: code, User: p.Name, Form: h.formOf(w, r)})
	}
}

// device takes a code, and then what a person decides.
func (h *Handler) device(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	if err := h.CheckForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	n, p, ok := h.person(w, r, "/device")
	if !ok {
		return
	}
	d, err := h.Provider.Waiting(ctx, p, r.PostForm.Get("user_code"))
	var c provider.Client
	if err == nil {
		c, err = h.Provider.ByID(ctx, d.Client)
	}
	if err == nil && !c.BuiltIn() && c.Tenant != p.Tenant {
		err = kernel.Errorf(kernel.NotFound, "no device waits with this code")
	}
	switch {
	case kernel.Is(err, kernel.NotFound):
		h.show(w, http.StatusNotFound, "code", view{Title: "Sign a device in", Error: err.Error(), User: p.Name, Form: h.formOf(w, r)})
	case kernel.Is(err, kernel.Locked):
		w.Header().Set("Retry-After", "60")
		h.show(w, http.StatusTooManyRequests, "code", view{Title: "Sign a device in", Error: err.Error(), User: p.Name, Form: h.formOf(w, r)})
	case err != nil:
		h.fail(w, r, err)
	case r.PostForm.Get("decision") == "":
		h.show(w, http.StatusOK, "device", view{
			Title: "Sign this device in?", Client: c.Name, User: p.Name, Code: d.Human(), Scopes: scopeTexts(d.Scopes),
			Begun: d.CreatedAt.Format("15:04:05 UTC"), Form: h.formOf(w, r),
		})
	default:
		h.decideDevice(w, r, n, p, d)
	}
}

func (h *Handler) decideDevice(w http.ResponseWriter, r *http.Request, n provider.SignIn, p provider.Person, d provider.Device) {
	allow := r.PostForm.Get("decision") == "allow"
	if err := h.Provider.Decide(r.Context(), n, p, d, allow); err != nil {
		h.fail(w, r, err)
		return
	}
	v := view{Title: "The device is not signed in", Message: "You can close this page."}
	if allow {
		v = view{Title: "The device is signed in", Message: "You can close this page and go on at the device."}
	}
	h.show(w, http.StatusOK, "message", v)
}
