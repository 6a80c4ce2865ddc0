package apispecpage

import (
	"encoding/json"
	"net/http"

	"github.com/go-chi/chi/v5"
	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

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
		body, err = asJSON(c.Revision.Source)
	case form == "yaml":
		body, err = asYAML(c.Revision.Source)
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
	_, _ = w.Write(body) // the browser may have left
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
