package apiclient

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// RequestError carries the request id of a refused call, for the log.
type RequestError struct {
	ID     string
	Status int
}

// Error names the request.
func (e *RequestError) Error() string { return "request " + e.ID }

// problem reads the error of an answer.
func problem(res *http.Response) error {
	b, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20)) // what arrived is all there is to tell
	media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	var p ProblemDetails
	if !strings.HasSuffix(media, "json") || json.Unmarshal(b, &p) != nil || (p.Detail == "" && p.Title == "") {
		return kernel.Errorf(kindOf(res.StatusCode), "the server answered %s", res.Status).
			WithFix("check that the address is Terrace's")
	}
	return asError(p, res.StatusCode, res.Header.Get("X-Request-Id"))
}

// asError turns a problem (RFC 9457) into the error that it was at the server.
func asError(p ProblemDetails, status int, id string) error {
	e := &kernel.Error{Kind: p.Kind, Message: p.Detail, Fix: p.Fix, Problems: p.Problems}
	if e.Kind == "" {
		e.Kind = kindOf(status)
	}
	if e.Message == "" {
		e.Message = p.Title
	}
	if p.RequestID != "" {
		id = p.RequestID
	}
	e.Err = &RequestError{ID: id, Status: status}
	return e
}

func kindOf(status int) kernel.Kind {
	kinds := map[int]kernel.Kind{
		http.StatusUnauthorized: kernel.Unauthenticated, http.StatusForbidden: kernel.Denied,
		http.StatusNotFound: kernel.NotFound, http.StatusConflict: kernel.Conflict,
		http.StatusLocked: kernel.Locked, http.StatusRequestEntityTooLarge: kernel.TooLarge,
		http.StatusTooManyRequests: kernel.Unavailable, http.StatusInternalServerError: kernel.Internal,
	}
	if k, ok := kinds[status]; ok {
		return k
	}
	if status > http.StatusInternalServerError || status < http.StatusBadRequest {
		return kernel.Unavailable
	}
	return kernel.Invalid
}
