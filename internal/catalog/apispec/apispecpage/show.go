package apispecpage

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/change"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

//go:embed reference.html
var text string

//go:embed reference.js reference.css
var own embed.FS

const (
	// consumerDays and maxShown bound what a page tells of consumers and changes.
	consumerDays = 30
	maxShown     = 100
)

// content is what the page shows.
type content struct {
	Nonce, Form string
	API         apispec.API
	Revision    apispec.Revision
	// Standing is that of the stage that was asked for, nil for none.
	Standing *apispec.Standing
	Sunset   bool
	Changes  []change.Change
	Callers  []caller
	Servers  []Server
	// Path is that of the page, Query the one of its stage.
	Path, Query string
	// Document is where the document is, Try where requests go, empty for nowhere.
	Document, Try string
	Days          int
}

// caller is who called a version, with all of its operations.
type caller struct {
	Consumer      string
	Calls, Errors int64
	Last          string
}

// Path is that of a version's page.
func Path(k apispec.Key) string {
	return Home + "/" + strings.Join([]string{url.PathEscape(k.Tenant), url.PathEscape(k.Project), url.PathEscape(k.API), url.PathEscape(k.Version)}, "/")
}

// asked is the version that a path names.
func asked(r *http.Request) apispec.Key {
	return apispec.Key{Tenant: chi.URLParam(r, "tenant"), Project: chi.URLParam(r, "project"), API: chi.URLParam(r, "api"), Version: chi.URLParam(r, "version")}
}

// within returns the context of who asks, where the tenant is theirs.
func within(ctx context.Context, who kernel.Actor, k apispec.Key) (context.Context, error) {
	if who.Tenant != k.Tenant {
		return ctx, kernel.Errorf(kernel.NotFound, "there is no API %s", k)
	}
	return kernel.WithActor(ctx, who), nil
}

// find returns a version with the revision that stands on a stage, or with its
// newest one.
func (h *Handler) find(ctx context.Context, k apispec.Key, stage string) (c content, err error) {
	if c.API, err = h.APIs.Get(ctx, k); err != nil {
		return c, err
	}
	number := int64(0)
	if stage != "" {
		i := slices.IndexFunc(c.API.Stages, func(st apispec.Standing) bool { return st.Stage == stage })
		if i < 0 {
			return c, kernel.Errorf(kernel.NotFound, "%s does not stand on %s", k, stage).WithFix("see where it stands with: terrace api show %s", k)
		}
		c.Standing, number = &c.API.Stages[i], c.API.Stages[i].Revision
	}
	c.Revision, err = h.APIs.Revision(ctx, k, number)
	return c, err
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) {
	who, ok := h.Frame.Visitor(w, r, r.URL.RequestURI())
	if !ok {
		return
	}
	k, stage := asked(r), r.URL.Query().Get("stage")
	ctx, err := within(r.Context(), who, k)
	var c content
	if err == nil {
		c, err = h.find(ctx, k, stage)
	}
	if err == nil {
		err = h.fill(ctx, &c, k, stage)
	}
	if err != nil {
		h.Frame.Fail(w, r, err)
		return
	}
	c.Nonce = rand.Text()
	c.Form, _ = h.Frame.Forms(w, r)
	c.Path = Path(k)
	if stage != "" {
		c.Query = "?stage=" + url.QueryEscape(stage)
	}
	c.Document = c.Path + "/openapi.yaml" + c.Query
	if len(c.Servers) > 0 {
		c.Try = c.Path + "/try" + c.Query
	}
	var page bytes.Buffer
	if err := h.page.Execute(&page, c); err != nil {
		h.Frame.Fail(w, r, err)
		return
	}
	head := w.Header()
	head.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'", "script-src 'nonce-" + c.Nonce + "'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
		"form-action 'none'", "frame-ancestors 'none'", "base-uri 'none'",
	}, "; "))
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Type", "text/html; charset=utf-8")
	_, _ = page.WriteTo(w) // the browser may have left
}

// fill adds what is known of the version around its document.
func (h *Handler) fill(ctx context.Context, c *content, k apispec.Key, stage string) (err error) {
	if c.Revision.Number > 1 {
		if c.Changes, err = h.APIs.Changes(ctx, k, c.Revision.Number-1, k, c.Revision.Number); err != nil {
			return err
		}
		c.Changes = c.Changes[:min(len(c.Changes), maxShown)]
	}
	if c.Standing == nil {
		return nil
	}
	c.Days = consumerDays
	c.Sunset = c.Standing.Sunset != nil && time.Until(*c.Standing.Sunset) <= 0
	calls, err := h.APIs.Consumers(ctx, k, stage, consumerDays)
	if err != nil && !kernel.Is(err, kernel.Denied) {
		return err
	}
	c.Callers = callersOf(calls)
	c.Servers, err = h.Routes.Servers(ctx, k, stage)
	return err
}

// callersOf sums calls up by consumer, the most first.
func callersOf(calls []apispec.Call) (out []caller) {
	at := map[string]int{}
	for _, c := range calls {
		i, known := at[c.Consumer]
		if !known {
			i = len(out)
			at[c.Consumer] = i
			out = append(out, caller{Consumer: c.Consumer})
		}
		out[i].Calls += c.Calls
		out[i].Errors += c.Errors
		out[i].Last = max(out[i].Last, c.Day)
	}
	slices.SortStableFunc(out, func(a, b caller) int { return int(b.Calls - a.Calls) })
	return out[:min(len(out), maxShown)]
}

// raw serves the document, in the form that it was uploaded in or in the other one.
func (h *Handler) raw(w http.ResponseWriter, r *http.Request) {
	who, ok := h.Frame.Visitor(w, r, r.URL.RequestURI())
	if !ok {
		return
	}
	k := asked(r)
	ctx, err := within(r.Context(), who, k)
	var c content
	if err == nil {
		c, err = h.find(ctx, k, r.URL.Query().Get("stage"))
	}
	var body []byte
	media := "application/yaml"
	switch form := chi.URLParam(r, "form"); {
	case err != nil:
	case form == "json":
		media = "application/json"
		body, err = h.converted(ctx, k, form, c.Revision, asJSON)
	case form == "yaml":
		body, err = h.converted(ctx, k, form, c.Revision, asYAML)
	default:
		err = kernel.Errorf(kernel.NotFound, "the document is had as openapi.yaml and openapi.json")
	}
	if err != nil {
		h.Frame.Fail(w, r, err)
		return
	}
	head := w.Header()
	head.Set("Content-Type", media)
	head.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cache-Control", "no-store")
	_, _ = w.Write(body) //nolint:gosec // it is sandboxed and sniffed for nothing; the browser may have left
}

// converted is the document of a revision in a form.
func (h *Handler) converted(ctx context.Context, k apispec.Key, form string, r apispec.Revision, as func(source string) ([]byte, error)) ([]byte, error) {
	if h.Converted == nil || json.Valid([]byte(r.Source)) == (form == "json") { // it is in that form
		return as(r.Source)
	}
	return h.Converted.Load(ctx, k.Tenant, form+"\n"+r.Digest, func(context.Context) ([]byte, error) { return as(r.Source) })
}

// asJSON is a document as JSON.
func asJSON(source string) ([]byte, error) {
	if json.Valid([]byte(source)) {
		return []byte(source), nil
	}
	doc, err := openapi.Read("", []byte(source))
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(doc.Value(), "", "  ")
}

// asYAML is a document as YAML, in its order.
func asYAML(source string) ([]byte, error) {
	if !json.Valid([]byte(source)) {
		return []byte(source), nil
	}
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(source), &n); err != nil {
		return nil, err
	}
	loosen(&n)
	return yaml.Marshal(&n)
}

// loosen lets nodes be written as YAML is written usually; text keeps its quotes.
func loosen(n *yaml.Node) {
	if n.Kind != yaml.ScalarNode {
		n.Style = 0
	}
	for _, below := range n.Content {
		loosen(below)
	}
}

// asset serves what the page is made of. Everybody may read it.
func (h *Handler) asset(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch file := chi.URLParam(r, "file"); file {
	case "reference.js", "reference.css":
		http.ServeFileFS(w, r, own, file)
	case "swagger-ui.css", "swagger-ui-bundle.js":
		h.assets.ServeHTTP(w, r)
	default:
		w.Header().Del("Cache-Control")
		http.NotFound(w, r)
	}
}

// Before is the number of the revision before.
func (c content) Before() int64 { return c.Revision.Number - 1 }

// Addresses are those of the servers, as the page's script reads them.
func (c content) Addresses() string {
	all := make([]string, 0, len(c.Servers))
	for _, s := range c.Servers {
		all = append(all, s.Origin+s.Prefix)
	}
	out, _ := json.Marshal(all) // they are text
	return string(out)
}
