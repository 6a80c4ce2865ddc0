package httpserver

import (
	"fmt"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
)

// mountOpenAPI serves the document of an API in its forms: of version 3.1, and of 3.0 for
// generators that know no other. Each is made once, by whoever asks for it first.
func mountOpenAPI(r chi.Router, api *huma.OpenAPI) {
	for form, of := range map[string]struct {
		contentType string
		write       func() ([]byte, error)
	}{
		".json":     {"application/openapi+json", api.MarshalJSON},
		"-3.0.json": {"application/openapi+json", func() ([]byte, error) { return api.Downgrade() }}, // as it is then
		".yaml":     {"application/openapi+yaml", api.YAML},
		"-3.0.yaml": {"application/openapi+yaml", api.DowngradeYAML},
	} {
		made := sync.OnceValues(of.write)
		r.Get("/api/openapi"+form, func(w http.ResponseWriter, r *http.Request) {
			content, err := made()
			if err != nil {
				WriteError(w, r, fmt.Errorf("write the OpenAPI document: %w", err))
				return
			}
			w.Header().Set("Content-Type", of.contentType)
			_, _ = w.Write(content) // the client may have left
		})
	}
}
