package providerapi

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

//go:embed pages
var files embed.FS

// pages are the templates, with the style that is in each of them.
type pages struct {
	all       map[string]*template.Template
	style     template.CSS
	styleHash string
}

func newPages() *pages {
	style, err := files.ReadFile("pages/style.css")
	if err != nil {
		panic(err) // it is in the program
	}
	p := &pages{all: map[string]*template.Template{}, style: template.CSS(style), styleHash: hashSource(string(style))} //nolint:gosec // it is our own
	for _, name := range []string{"signin", "step", "consent", "code", "device", "signout", "sessions", "message", "page"} {
		p.all[name] = template.Must(template.ParseFS(files, "pages/layout.html", "pages/"+name+".html"))
	}
	return p
}

// hashSource names an inline style or script in a content security policy.
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// view is what a page shows. Each page uses what it needs.
type view struct {
	Style  template.CSS
	Title  string
	Error  string
	Ticket string
	// Form is the token that a form of this browser sends.
	Form string

	Message, Fix string
	// Next is where the browser goes by itself.
	Next string

	Several bool
	// Told is the tenant that was chosen, where there are several; Others says that some
	// of them have other providers.
	Told         string
	Others       bool
	Tenant, User string
	Account      string
	Upstreams    []upstream
	Sessions     []sessionRow
	Step         provider.StepForm
	Passkey      *provider.PasskeyAsk
	Script       template.JS
	Images       bool
	Body         template.HTML
	Action       string
	Client       string
	Native       bool
	Scopes       []scopeText
	Code         string
	RedirectedTo string
	Begun        string
}

type upstream struct{ Label, Href string }

type scopeText struct{ Name, Text string }

// scopeTexts says what scopes mean, for people.
func scopeTexts(scopes []string) []scopeText {
	texts := map[string]string{
		provider.ScopeOpenID: "know which account is yours", provider.ScopeProfile: "see your name", provider.ScopeGroups: "see which groups you are in",
		provider.ScopeOffline: "stay signed in until you sign it out", "read": "read what you can read in Terrace", "deploy": "deploy in your name",
		"approve": "approve runs and releases in your name", "secrets": "set secrets in your name", "admin": "manage the tenant in your name",
	}
	out := make([]scopeText, 0, len(scopes))
	for _, s := range scopes {
		out = append(out, scopeText{s, texts[s]})
	}
	return out
}

// show writes a page. Nothing else may frame it, and its forms go to Terrace alone.
func (h *Handler) show(w http.ResponseWriter, status int, name string, v view) {
	v.Style = h.pages.style
	script := "'none'"
	if v.Script != "" {
		script = hashSource(string(v.Script))
	}
	images := "'none'"
	if v.Images {
		images = "data:"
	}
	head := w.Header()
	head.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'", "style-src " + h.pages.styleHash, "script-src " + script, "img-src " + images, "connect-src 'self'",
		"form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
	}, "; "))
	head.Set("Referrer-Policy", "same-origin")
	head.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = h.pages.all[name].ExecuteTemplate(w, "layout.html", v) // the browser may have left
}

// PasskeyScript is what a page runs that asks a browser for a passkey.
func PasskeyScript() template.JS {
	text, err := files.ReadFile("pages/passkey.js")
	if err != nil {
		panic(err) // it is in the program
	}
	return template.JS(text) //nolint:gosec // it is our own
}

// Page is what another room shows in the frame of these pages.
type Page struct {
	Title, Error string
	Body         template.HTML
	Script       template.JS
	Images       bool
}

// Show writes a page of another room.
func (h *Handler) Show(w http.ResponseWriter, status int, p Page) {
	h.show(w, status, "page", view{Title: p.Title, Error: p.Error, Body: p.Body, Script: p.Script, Images: p.Images})
}

// Fail shows what went wrong.
func (h *Handler) Fail(w http.ResponseWriter, r *http.Request, err error) { h.fail(w, r, err) }

// fail shows what went wrong.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := httpserver.ProblemOf(r.Context(), err)
	h.show(w, p.Status, "message", view{Title: "That did not work", Error: p.Detail, Fix: p.Fix})
}
