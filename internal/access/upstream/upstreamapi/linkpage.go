package upstreamapi

import (
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// linkWithin is how fresh a sign-in must be to link an account: a browser that somebody
// left open does not give them a way in for ever.
const linkWithin = 15 * time.Minute

// person returns who is signed in, recently enough to link an account.
func (h Handler) person(w http.ResponseWriter, r *http.Request) (n provider.SignIn, p provider.Person, ok bool) {
	if p, ok = h.Pages.Recent(w, r, "/sign-in/links", linkWithin); !ok {
		return n, p, false
	}
	n, p, err := h.Pages.Whose(r)
	if err != nil {
		h.Pages.Fail(w, r, err)
		return n, p, false
	}
	return n, p, true
}

func linksPage() *template.Template {
	return template.Must(template.New("links").Parse(`<p>You are signed in as <strong>{{.User}}</strong>.</p>
{{if .Links}}<p>These accounts sign you in:</p>
<ul>{{range .Links}}<li>{{.Account}} <span class="soft">({{.Upstream}})</span></li>{{end}}</ul>
{{end}}{{range $i, $o := .Offered}}<p><input type="radio" id="o{{$i}}" name="upstream" value="{{.Name}}"{{if not $i}} checked{{end}}> <label for="o{{$i}}">Link an account of {{.Label}}</label></p>
{{else}}<p>There is no other provider whose accounts you could link.</p>
{{end}}`))
}

type linkLine struct{ Account, Upstream string }

// links shows the accounts that somebody has, and lets them link another.
func (h Handler) links(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	_, p, ok := h.person(w, r)
	if !ok {
		return
	}
	ctx = kernel.WithActor(ctx, p.Actor)
	page, err := h.Upstreams.ListLinks(ctx, kernel.Scope{Tenant: p.Tenant}, "", kernel.PageRequest{Limit: kernel.MaxPageSize})
	if err != nil {
		h.Pages.Fail(w, r, err)
		return
	}
	offered, err := h.Upstreams.Linkable(ctx, p.Tenant)
	if err != nil {
		h.Pages.Fail(w, r, err)
		return
	}
	shown := struct {
		User    string
		Links   []linkLine
		Offered []upstream.Button
	}{User: p.Name, Offered: offered}
	for _, l := range page.Items {
		shown.Links = append(shown.Links, linkLine{l.Account.Name, l.Name})
	}
	h.form(w, r, "Your accounts elsewhere", linksPage(), shown)
}

func (h Handler) form(w http.ResponseWriter, r *http.Request, title string, t *template.Template, data any) {
	var body strings.Builder
	if err := t.Execute(&body, data); err != nil {
		h.Pages.Fail(w, r, kernel.Errorf(kernel.Internal, "show the page: %w", err))
		return
	}
	h.Pages.Ask(w, r, "/sign-in/links", provider.StepForm{Title: title, Body: template.HTML(body.String())}) //nolint:gosec // the template has escaped it
}

func askPage() *template.Template {
	return template.Must(template.New("ask").Parse(`<p>You have signed in at <strong>{{.Label}}</strong> as <strong>{{.Account}}</strong>.</p>
<p>From now on whoever signs in there with this account is signed in here as you. Go on only if it is yours.</p>
<input type="hidden" name="offer" value="{{.Word}}">`))
}

// ask asks somebody whether an account is theirs.
func (h Handler) ask(w http.ResponseWriter, r *http.Request, offer *upstream.Offer) {
	h.form(w, r, "Link this account?", askPage(), offer)
}

// change sends somebody to an upstream whose account they want to link, or takes their
// yes to one.
func (h Handler) change(w http.ResponseWriter, r *http.Request) {
	if err := h.Pages.CheckForm(r); err != nil {
		h.Pages.Fail(w, r, err)
		return
	}
	n, p, ok := h.person(w, r)
	if !ok {
		return
	}
	if word := r.PostForm.Get("offer"); word != "" {
		if _, err := h.Upstreams.Accept(r.Context(), word, p.Actor, n.ID); err != nil {
			h.Pages.Fail(w, r, err)
			return
		}
		http.Redirect(w, r, "/sign-in/links", http.StatusSeeOther)
		return
	}
	begun, err := h.Upstreams.Begin(r.Context(), upstream.Beginning{
		Tenant: p.Tenant, Name: r.PostForm.Get("upstream"), Prompt: "select_account", Link: p.ID, SignIn: n.ID,
	})
	if err != nil {
		h.Pages.Fail(w, r, err)
		return
	}
	h.carry(w, r, begun)
	h.Pages.Leave(w, "Signing in", begun.Location)
}
