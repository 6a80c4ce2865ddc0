package fleetapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	httpserver.AllowBody(r, limit)
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, kernel.Errorf(kernel.TooLarge, "the body is larger than %d bytes", limit)
	}
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the request's body did not arrive whole: %w", err)
	}
	return raw, nil
}

func readJSON(w http.ResponseWriter, r *http.Request, limit int64, into any) error {
	raw, err := readBody(w, r, limit)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return kernel.Errorf(kernel.Invalid, "the body is not the JSON that is wanted: %w", err)
	}
	return nil
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the runner may have left
}
