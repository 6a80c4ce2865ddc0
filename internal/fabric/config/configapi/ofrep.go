package configapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/fabric/config/flag"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// maxContext bounds the context of an evaluation, in bytes.
const maxContext = 64 << 10

// evaluations is the path of OFREP's operations, and begins that of a flag's.
const evaluations = ofrepPath + "v1/evaluate/flags"

// Mount adds OFREP, whose paths and errors are those of its specification.
func (a API) Mount(r chi.Router) {
	r.Post(evaluations, a.bulk)
	r.Post(evaluations+"/{key}", a.single)
}

// failure is an evaluation without a result, in OFREP's form.
type failure struct {
	Key     string    `json:"key,omitempty"`
	Code    flag.Code `json:"errorCode"`
	Details string    `json:"errorDetails,omitempty"`
}

// refusal answers an error that is not about one flag in the form of those that are.
func refusal(key string) func(w http.ResponseWriter, p *httpserver.ProblemDetails) {
	return func(w http.ResponseWriter, p *httpserver.ProblemDetails) {
		f := failure{key, flag.General, p.Detail}
		if p.Status == http.StatusNotFound { // the project has no configuration, and so no flag
			f.Code = flag.FlagNotFound
		}
		if p.Fix != "" {
			f.Details += ": " + p.Fix
		}
		answer(w, p.Status, f)
	}
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
	flags, err := a.Configs.Flags(r.Context())
	if err != nil {
		httpserver.WriteError(w, r, err)
		return
	}
	context, failed := attributes(w, r)
	if failed != nil {
		answer(w, http.StatusBadRequest, failure{key, failed.Code, failed.Message})
		return
	}
	result, err := flags.Evaluate(key, context)
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
	flags, err := a.Configs.Flags(r.Context())
	if err != nil && !kernel.Is(err, kernel.NotFound) { // without a configuration there are none
		httpserver.WriteError(w, r, err)
		return
	}
	context, failed := attributes(w, r)
	if failed != nil {
		answer(w, http.StatusBadRequest, failure{"", failed.Code, failed.Message})
		return
	}
	results := []any{}
	for _, key := range flags.Names() {
		result, err := flags.Evaluate(key, context)
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
