// Package runpage shows a run to a browser: what its state is, why, and what can
// be done next. It is where the status of a commit leads to.
//
// It owns that page and its sign-in, which is basic authentication. It changes
// nothing, and what it says is delivery/run's.
package runpage

import (
	_ "embed"
	"html/template"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// Realm is what a browser keeps a sign-in for: it is not that of repositories, so
// that no page elsewhere can have a browser push to one.
const Realm = "Terrace runs"

//go:embed page.html
var text string

// Handler serves runs under /runs/TENANT/PROJECT/RUN.
type Handler struct {
	runs     *run.Service
	identity httpserver.Passwords
	page     *template.Template
}

// New returns a handler.
func New(runs *run.Service, identity httpserver.Passwords) *Handler {
	return &Handler{runs: runs, identity: identity, page: template.Must(template.New("run").Parse(text))}
}

// Mount adds the page to r.
func (h *Handler) Mount(r chi.Router) { r.Get("/runs/{tenant}/{project}/{run}", h.show) }

// content is what the page shows.
type content struct {
	Run         run.Run
	Explanation run.Explanation
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) {
	scope := kernel.Scope{Tenant: chi.URLParam(r, "tenant"), Project: chi.URLParam(r, "project")}
	ctx, err := httpserver.SignIn(r, scope.Tenant, h.identity)
	var c content
	if err == nil {
		c.Run, err = h.runs.See(ctx, scope, chi.URLParam(r, "run"))
	}
	if err == nil {
		c.Explanation, err = h.runs.Explain(ctx, scope, c.Run.ID)
	}
	if kernel.Is(err, kernel.Unauthenticated) {
		w.Header().Set("WWW-Authenticate", `Basic realm="`+Realm+`", charset="UTF-8"`)
	}
	if err != nil {
		httpserver.WriteError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	_ = h.page.Execute(w, c) // the browser may have left
}
