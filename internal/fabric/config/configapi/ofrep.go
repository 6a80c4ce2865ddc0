package configapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/fabric/config/flag"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// maxContext bounds the context of an evaluation, in bytes.
const maxContext = 64 << 10

// Mount adds OFREP, whose paths and errors are those of its specification.
func (a API) Mount(r chi.Router) {
	r.Post("/ofrep/v1/evaluate/flags", a.bulk)
	r.Post("/ofrep/v1/evaluate/flags/{key}", a.single)
}

// failure is an evaluation without a result, in OFREP's form.
type failure struct {
	Key     string    `json:"key,omitempty"`
	Code    flag.Code `json:"errorCode"`
	Details string    `json:"errorDetails,omitempty"`
}

// delivery finds what the token of a request may see; ok is false where it was answered.
func (a API) delivery(w http.ResponseWriter, r *http.Request) (d config.Delivery, ok bool) {
	d, err := a.Configs.Deliver(r.Context())
	if err != nil {
		httpserver.WriteError(w, r, err)
	}
	return d, err == nil
}

// attributes reads the context of an evaluation.
func attributes(w http.ResponseWriter, r *http.Request) (map[string]any, *flag.Error) {
	var body struct {
		Context json.RawMessage `json:"context"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxContext)).Decode(&body); err != nil {
		return nil, &flag.Error{Code: flag.ParseError, Message: `the body is no JSON such as {"context": {"targetingKey": "ada"}}: ` + err.Error()}
	}
	if len(body.Context) == 0 || string(body.Context) == "null" {
		return map[string]any{}, nil
	}
	var out map[string]any
	if err := json.Unmarshal(body.Context, &out); err != nil {
		return nil, &flag.Error{Code: flag.InvalidContext, Message: "the context is no object"}
	}
	if key, given := out["targetingKey"]; given {
		if _, isText := key.(string); !isText {
			return nil, &flag.Error{Code: flag.InvalidContext, Message: "targetingKey is no text"}
		}
	}
	return out, nil
}

func (a API) single(w http.ResponseWriter, r *http.Request) {
	key := chi.URLParam(r, "key")
	d, ok := a.delivery(w, r)
	if !ok {
		return
	}
	context, failed := attributes(w, r)
	if failed != nil {
		answer(w, http.StatusBadRequest, failure{key, failed.Code, failed.Message})
		return
	}
	result, err := d.Evaluate(key, context)
	if err != nil {
		f := failureOf(key, err)
		status := http.StatusBadRequest
		if f.Code == flag.FlagNotFound {
			status = http.StatusNotFound
		}
		answer(w, status, f)
		return
	}
	answer(w, http.StatusOK, result)
}

// failureOf puts an error into OFREP's form.
func failureOf(key string, err error) failure {
	if e, ok := errors.AsType[*flag.Error](err); ok {
		return failure{key, e.Code, e.Message}
	}
	return failure{key, flag.General, "the flag could not be evaluated"}
}

func (a API) bulk(w http.ResponseWriter, r *http.Request) {
	d, ok := a.delivery(w, r)
	if !ok {
		return
	}
	context, failed := attributes(w, r)
	if failed != nil {
		answer(w, http.StatusBadRequest, failure{"", failed.Code, failed.Message})
		return
	}
	results := []any{}
	for _, key := range d.Flags() {
		result, err := d.Evaluate(key, context)
		if err != nil {
			results = append(results, failureOf(key, err))
			continue
		}
		results = append(results, result)
	}
	// The tag is of the results: another context has another one.
	tag, err := kernel.DigestJSON(results)
	if err != nil {
		httpserver.WriteError(w, r, err)
		return
	}
	w.Header().Set("ETag", quoted(tag.Hex()[:32]))
	if matches(r.Header.Get("If-None-Match"), tag.Hex()[:32]) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	answer(w, http.StatusOK, map[string]any{"flags": results})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who left gets nothing
}
