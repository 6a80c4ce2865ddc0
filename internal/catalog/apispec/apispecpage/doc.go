// Package apispecpage shows the reference of an API to a browser: its document for
// people, where the version is in its life, what has changed and who calls it, and
// lets them try operations.
//
// It owns those pages and what is tried from them: a request that goes through
// Terrace's gateway to a host of the API's routes on the stage, and nowhere else.
// It decides nothing of APIs; catalog/apispec does.
package apispecpage

import (
	"context"
	"html/template"
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/swaggest/swgui/v5emb"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Home is where the pages are.
const Home = "/apis"

// Frame is the sign-in of browsers; the provider's pages are.
type Frame interface {
	// Visitor returns who is signed in, or sends the browser to sign in and come back
	// to a page.
	Visitor(w http.ResponseWriter, r *http.Request, page string) (who kernel.Actor, ok bool)
	// Seen returns who is signed in, or Unauthenticated.
	Seen(r *http.Request) (kernel.Actor, error)
	// Forms returns what this browser sends with what it asks for.
	Forms(w http.ResponseWriter, r *http.Request) (form, browser string)
	// CheckToken refuses a token that this browser was not given.
	CheckToken(r *http.Request, token string) error
	// Fail shows what went wrong.
	Fail(w http.ResponseWriter, r *http.Request, err error)
}

// Server is where clients reach a version on a stage through the gateway.
type Server struct {
	// Origin is https://HOST[:PORT]; Prefix is what paths have before those of the document.
	Origin, Prefix string
	// Header is what tells the version from others, where that is not the path.
	Header, Value string
}

// Routes knows which routes of the gateway lead to versions.
type Routes interface {
	Servers(ctx context.Context, k apispec.Key, stage string) ([]Server, error)
}

// Converted keeps documents of a tenant in their other form, by form and digest.
type Converted interface {
	Load(ctx context.Context, tenant, key string, load func(ctx context.Context) ([]byte, error)) ([]byte, error)
}

// Config is what a Handler works with.
type Config struct {
	APIs   *apispec.Service
	Frame  Frame
	Routes Routes
	// Converted may be nil: then documents are converted for each who asks.
	Converted Converted
	// Gateway sends requests to the gateway, whatever their host.
	Gateway http.RoundTripper
	Log     *slog.Logger
}

// Handler serves the pages.
type Handler struct {
	Config

	page   *template.Template
	assets http.Handler
	// trying bounds what is tried at once.
	trying chan struct{}
}

// New returns a handler.
func New(c Config) *Handler {
	return &Handler{Config: c, page: template.Must(template.New("reference").Parse(text)), assets: v5emb.New("", "", Home+"/assets/"), trying: make(chan struct{}, maxTrying)}
}

// Mount adds the paths.
func (h *Handler) Mount(r chi.Router) {
	r.Get(Home+"/assets/{file}", h.asset)
	r.Get(Home+"/{tenant}/{project}/{api}/{version}", h.show)
	r.Get(Home+"/{tenant}/{project}/{api}/{version}/openapi.{form}", h.raw)
	r.HandleFunc(Home+"/{tenant}/{project}/{api}/{version}/try", h.try)
}
