package providerapi

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
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
	v.Title, v.Ticket, v.Back = "Sign in", text, t.Back
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

// choices fills in which tenants and other providers there are to sign in with.
func (h *Handler) choices(ctx context.Context, t provider.Ticket, text string, v *view) (err error) {
	several := false
	if h.Several != nil {
		if several, err = h.Several(ctx); err != nil {
			return err
		}
	}
	if v.Several = several && t.Tenant == ""; several {
		v.Told = t.Tenant
	}
	if v.Several && h.Upstreams != nil {
		if v.Others, err = h.Upstreams.Any(ctx); err != nil {
			return err
		}
	}
	v.Upstreams, err = h.offered(ctx, v.Tenant, text)
	return err
}

// chooseTenant goes on with the tenant that somebody names, whose other providers they
// want to see. Of one that there is not no more is told than of one that has none.
func (h *Handler) chooseTenant(w http.ResponseWriter, r *http.Request) {
	if err := h.CheckForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	t, err := h.Provider.OpenTicket(r.Context(), r.PostForm.Get("t"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if tenant := r.PostForm.Get("tenant"); t.Tenant == "" && tenantName.MatchString(tenant) {
		t.Tenant = tenant
	}
	h.toSignIn(w, r, t)
}

// tenantName is what the name of a tenant looks like.
var tenantName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// told returns the tenant that an authorization is for: that of the client, the one that
// it names, or whose people have the address that it names; "" for the one that is chosen.
func (h *Handler) told(ctx context.Context, a *oauth.Authorization) (string, error) {
	switch {
	case a.Client.Tenant != "":
		return a.Client.Tenant, nil
	case tenantName.MatchString(a.Tenant):
		return a.Tenant, nil
	}
	_, domain, isAddress := strings.Cut(a.Hint, "@")
	if !isAddress || h.Upstreams == nil || len(a.Hint) > 254 {
		return "", nil
	}
	return h.Upstreams.TenantOf(ctx, strings.ToLower(domain))
}

func (h *Handler) tenantOf(t provider.Ticket) string {
	if t.Tenant != "" {
		return t.Tenant
	}
	return h.Provider.Tenant
}

func (h *Handler) hintOf(ctx context.Context, t provider.Ticket) string {
	if a, err := h.OAuth.Authorization(ctx, t.Query); err == nil && len(a.Hint) <= 64 {
		return a.Hint
	}
	return ""
}

func (h *Handler) offered(ctx context.Context, tenant, ticket string) ([]upstream, error) {
	if h.Upstreams == nil {
		return nil, nil
	}
	all, err := h.Upstreams.Offered(ctx, tenant)
	out := make([]upstream, 0, len(all))
	for _, u := range all {
		out = append(out, upstream{u.Label, u.Begin + "?t=" + ticket})
	}
	return out, err
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

// proven asks for the next step, or signs the browser in where there is none.
func (h *Handler) proven(w http.ResponseWriter, r *http.Request, t provider.Ticket, p provider.Person) {
	ctx, now := r.Context(), h.Provider.Clock.Now()
	p.Browser, p.Strong = h.Browser(r), t.Strong
	if !p.Elsewhere() {
		p.At = now
	}
	t.Half = &provider.Half{Tenant: p.Tenant, UserID: p.ID, Methods: p.Methods, Via: p.Via, At: p.At, Browser: p.Browser}
	for _, step := range h.Steps {
		needed, err := step.Needed(ctx, p)
		if err != nil {
			h.fail(w, r, err)
			return
		}
		if needed {
			sealed, err := h.Provider.SealTicket(ctx, t)
			if err != nil {
				h.fail(w, r, err)
				return
			}
			redirect(w, "/sign-in/step/"+step.Name()+"?t="+sealed)
			return
		}
	}
	h.begin(w, r, t, p)
}

// begin signs the browser in. What it had before, a cookie that somebody may have put
// there, is replaced.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request, t provider.Ticket, p provider.Person) {
	ctx := r.Context()
	cookie, err := h.Provider.Begin(ctx, p, h.read(r, cookieSignIn))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.set(w, cookieSignIn, cookie)
	h.newForm(w)
	t.Half = nil
	if t.Next != "" {
		redirect(w, t.Next)
		return
	}
	sealed, err := h.Provider.SealTicket(ctx, t)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	redirect(w, "/oauth2/continue?t="+sealed)
}

// half returns the step of a request, and who has to do it.
func (h *Handler) half(r *http.Request, text string) (provider.Step, provider.Ticket, provider.Person, error) {
	t, err := h.Provider.OpenTicket(r.Context(), text)
	if err != nil {
		return nil, t, provider.Person{}, err
	}
	lost := kernel.Errorf(kernel.Invalid, "this page belongs to another sign-in").WithFix("go back to where you came from and begin again")
	if t.Half == nil || t.Half.Browser == "" || t.Half.Browser != h.Browser(r) {
		return nil, t, provider.Person{}, lost
	}
	actor, err := h.Provider.Users.Acting(r.Context(), t.Half.Tenant, t.Half.UserID)
	if err != nil {
		return nil, t, provider.Person{}, err
	}
	p := provider.Person{Actor: actor, Methods: t.Half.Methods, Via: t.Half.Via, At: t.Half.At, Browser: t.Half.Browser, Strong: t.Strong}
	for _, step := range h.Steps {
		if step.Name() != chi.URLParam(r, "step") {
			continue
		}
		if needed, err := step.Needed(r.Context(), p); err != nil || !needed { // nobody chooses their step
			return nil, t, p, cmp.Or(err, error(lost))
		}
		return step, t, p, nil
	}
	return nil, t, p, lost
}

func (h *Handler) showStep(w http.ResponseWriter, r *http.Request) {
	text := r.URL.Query().Get("t")
	step, t, p, err := h.half(r, text)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.stepPage(w, r, http.StatusOK, step, t, p, text, "")
}

func (h *Handler) stepPage(w http.ResponseWriter, r *http.Request, status int, step provider.Step, t provider.Ticket, p provider.Person, text, wrong string) {
	form, err := step.Show(r.Context(), p, r.PostForm)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.show(w, status, "step", view{
		Title: form.Title, Step: form, Script: form.Script, Images: form.Images, Action: "/sign-in/step/" + url.PathEscape(step.Name()), Ticket: text, Form: h.formOf(w, r), Error: wrong, Back: t.Back,
	})
}

func (h *Handler) takeStep(w http.ResponseWriter, r *http.Request) {
	if err := h.CheckForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	text := r.PostForm.Get("t")
	step, t, p, err := h.half(r, text)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	methods, err := step.Take(r.Context(), p, r.PostForm)
	switch {
	case kernel.Is(err, kernel.Unauthenticated):
		h.stepPage(w, r, http.StatusUnauthorized, step, t, p, text, err.Error())
	case kernel.Is(err, kernel.Locked):
		w.Header().Set("Retry-After", "60")
		h.stepPage(w, r, http.StatusTooManyRequests, step, t, p, text, err.Error())
	case err != nil:
		h.fail(w, r, err)
	default:
		p.Methods = slices.Compact(slices.Concat(p.Methods, methods))
		h.proven(w, r, t, p)
	}
}
