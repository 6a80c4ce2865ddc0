package providerapi

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

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
	if p.Strong && !p.HasProven() {
		h.unmet(w, r, t)
		return
	}
	h.begin(w, r, t, p)
}

// unmet refuses an authorization of somebody who cannot prove two factors: another provider
// has signed them in, does not say that there were two, and they have none here.
func (h *Handler) unmet(w http.ResponseWriter, r *http.Request, t provider.Ticket) {
	a, err := h.OAuth.Authorization(r.Context(), t.Query)
	if err == nil {
		err = h.OAuth.Refuse(a, "unmet_authentication_requirements")
	}
	h.answerFailure(w, r, err)
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
		Title: form.Title, Step: form, Script: form.Script, Images: form.Images, Action: "/sign-in/step/" + url.PathEscape(step.Name()), Ticket: text, Form: h.formOf(w, r), Error: wrong,
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
