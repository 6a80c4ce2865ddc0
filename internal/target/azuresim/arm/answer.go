package arm

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// HeaderSimulation is on every answer and says that no real cloud gave it.
const HeaderSimulation = "Terrace-Simulation"

// headers writes what every answer carries.
func headers(w http.ResponseWriter, correlation string) {
	h := w.Header()
	h.Set(HeaderSimulation, "azure")
	h.Set("X-Go-Azure-Sdk-Skip-Polling-Delay", "true") // pollers need not wait: what is simulated is done
	h.Set("X-Ms-Request-Id", NewUUID())
	h.Set("X-Ms-Correlation-Request-Id", correlation)
	h.Set("Cache-Control", "no-cache")
}

// answer is what a request ends with.
type answer struct {
	status int
	// body is written as JSON; nil is no body.
	body   any
	header http.Header
}

func ok(body any) *answer { return &answer{status: http.StatusOK, body: body} }

func empty(status int) *answer { return &answer{status: status} }

func (a *answer) with(name, value string) *answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)
	return a
}

func (a *answer) write(w http.ResponseWriter, head bool) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	raw, err := json.Marshal(a.body)
	if err != nil {
		a, raw = empty(http.StatusInternalServerError), []byte(`{"error":{"code":"InternalServerError","message":"the answer cannot be written"}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	if !head {
		_, _ = w.Write(raw) // a client that has gone needs no answer
	}
}

// refusal turns an error into an answer.
func refusal(err error) *answer {
	known, is := errors.AsType[*Error](err)
	if !is {
		known = Errorf(http.StatusInternalServerError, "InternalServerError", "%s", err.Error())
	}
	inner := Object{"code": known.Code, "message": known.Message}
	if known.Target != "" {
		inner["target"] = known.Target
	}
	a := &answer{status: known.Status, body: Object{"error": inner}}
	if known.Status == http.StatusUnauthorized {
		a.with("Www-Authenticate", `Bearer authorization_uri="`+known.Target+`", error="invalid_token", error_description="`+known.Message+`"`)
		delete(inner, "target")
	}
	return a
}

// RefuseJSON writes an error as Azure writes it, for the other planes.
func RefuseJSON(w http.ResponseWriter, err error) { refusal(err).write(w, false) }

func panicked(v any) error { return fmt.Errorf("the simulator failed: %v", v) }
