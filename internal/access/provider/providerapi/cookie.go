package providerapi

import (
	"crypto/subtle"
	"net/http"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The cookies: who is signed in, and which browser a form is of. Over TLS their names
// have the prefix that keeps other hosts from setting them (RFC 6265bis §4.1.3.2).
const (
	cookieSignIn = "terrace-sign-in"
	cookieForm   = "terrace-form"
	prefixForm   = "terx_"
)

func (h *Handler) cookieName(name string) string {
	if h.secure {
		return "__Host-" + name
	}
	return name
}

func (h *Handler) read(r *http.Request, name string) string {
	c, err := r.Cookie(h.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// set gives the browser a cookie that ends with it; an empty one is taken away.
func (h *Handler) set(w http.ResponseWriter, name, value string) {
	age := 0
	if value == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // it is Secure wherever Terrace is reached by TLS
		Name: h.cookieName(name), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: h.secure, SameSite: http.SameSiteLaxMode,
	})
}

// formOf returns what forms of this browser send, so that no other site can have sent
// them, and makes the browser known where it is not.
func (h *Handler) formOf(w http.ResponseWriter, r *http.Request) string {
	form, _ := h.Forms(w, r)
	return form
}

// Forms returns what forms of this browser send, and what names the browser.
func (h *Handler) Forms(w http.ResponseWriter, r *http.Request) (form, browser string) {
	cookie := h.read(r, cookieForm)
	if len(cookie) < len(prefixForm)+32 {
		cookie = h.newForm(w)
	}
	return formToken(cookie), browserOf(cookie)
}

func (h *Handler) newForm(w http.ResponseWriter) string {
	cookie := provider.NewSecret(prefixForm)
	h.set(w, cookieForm, cookie)
	return cookie
}

func formToken(cookie string) string { return kernel.HashOf("form of " + cookie) }

func browserOf(cookie string) string { return kernel.HashOf("browser of " + cookie) }

// Browser names the browser of a request, "" for one that was shown nothing yet.
func (h *Handler) Browser(r *http.Request) string {
	cookie := h.read(r, cookieForm)
	if cookie == "" {
		return ""
	}
	return browserOf(cookie)
}

// CheckForm refuses a form that this browser was not shown.
func (h *Handler) CheckForm(r *http.Request) error {
	refused := kernel.Errorf(kernel.Denied, "this form was not sent from Terrace's own page").WithFix("go back, load the page again and send it once more")
	if err := h.foreign.Check(r); err != nil {
		return refused
	}
	if err := r.ParseForm(); err != nil {
		return kernel.Errorf(kernel.Invalid, "the form is not readable")
	}
	cookie := h.read(r, cookieForm)
	if cookie == "" || subtle.ConstantTimeCompare([]byte(r.PostForm.Get("form")), []byte(formToken(cookie))) != 1 {
		return refused
	}
	return nil
}
