package httpserver

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// statusClientGone is logged where the client left before the answer.
const statusClientGone = 499

const problemType = "application/problem+json"

// ProblemDetails is the body of every error answer (RFC 9457), with Terrace's members.
type ProblemDetails struct {
	Type      string           `json:"type" doc:"Names the class of problem: urn:terrace:problem:<kind>."`
	Title     string           `json:"title" doc:"The class of problem in words."`
	Status    int              `json:"status" doc:"The HTTP status."`
	Detail    string           `json:"detail" doc:"What went wrong this time."`
	Kind      kernel.Kind      `json:"kind" doc:"The class of problem, for programs."`
	Fix       string           `json:"fix,omitempty" doc:"What to do about it."`
	Problems  []kernel.Problem `json:"problems,omitempty" doc:"Everything that is wrong with the input, each at its place."`
	RequestID string           `json:"requestId,omitempty" doc:"Finds the request in the log and the audit trail."`

	after time.Duration
}

// Error returns the detail; it is the error that huma writes.
func (p *ProblemDetails) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *ProblemDetails) GetStatus() int { return p.Status }

// ContentType turns the negotiated type into the one for problems (RFC 9457 §3).
func (p *ProblemDetails) ContentType(negotiated string) string {
	if negotiated == "application/json" {
		return problemType
	}
	return negotiated
}

// Status returns the HTTP status of err.
func Status(err error) int { return statusOf(kernel.KindOf(err)) }

func statusOf(k kernel.Kind) int {
	switch k {
	case "":
		return http.StatusOK
	case kernel.Invalid:
		return http.StatusUnprocessableEntity
	case kernel.Unauthenticated:
		return http.StatusUnauthorized
	case kernel.Denied:
		return http.StatusForbidden
	case kernel.NotFound:
		return http.StatusNotFound
	case kernel.Conflict, kernel.Stale, kernel.Refused:
		return http.StatusConflict
	case kernel.Locked:
		return http.StatusLocked
	case kernel.Limited:
		return http.StatusTooManyRequests
	case kernel.TooLarge:
		return http.StatusRequestEntityTooLarge
	case kernel.Unavailable:
		return http.StatusServiceUnavailable
	case kernel.Internal:
		return http.StatusInternalServerError
	default:
		return http.StatusInternalServerError
	}
}

// kindOf returns the kind for a status that did not come from a kernel error.
func kindOf(status int) kernel.Kind {
	switch {
	case status == http.StatusUnauthorized:
		return kernel.Unauthenticated
	case status == http.StatusForbidden:
		return kernel.Denied
	case status == http.StatusNotFound:
		return kernel.NotFound
	case status == http.StatusConflict:
		return kernel.Conflict
	case status == http.StatusRequestEntityTooLarge:
		return kernel.TooLarge
	case status == http.StatusTooManyRequests:
		return kernel.Limited
	case status == http.StatusServiceUnavailable:
		return kernel.Unavailable
	case status >= http.StatusInternalServerError:
		return kernel.Internal
	default:
		return kernel.Invalid
	}
}

func newProblem(ctx context.Context, kind kernel.Kind, status int, detail string) *ProblemDetails {
	title := http.StatusText(status)
	if title == "" {
		title = "The client left"
	}
	return &ProblemDetails{
		Type:      "urn:terrace:problem:" + strings.ReplaceAll(string(kind), "_", "-"),
		Title:     title,
		Status:    status,
		Detail:    detail,
		Kind:      kind,
		RequestID: kernel.RequestIDFrom(ctx),
	}
}

// ProblemOf turns err into what the caller may see, and notes it for the
// request's line in the log.
func ProblemOf(ctx context.Context, err error) *ProblemDetails {
	note(ctx, err)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return newProblem(ctx, kernel.Unavailable, statusClientGone, "the request was canceled")
	}
	if p, ok := errors.AsType[*ProblemDetails](err); ok {
		return p
	}
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || e.Kind == kernel.Internal {
		return internalProblem(ctx, err)
	}
	p := newProblem(ctx, e.Kind, statusOf(e.Kind), e.Message)
	p.Fix, p.Problems, p.after = e.Fix, e.Problems, e.After
	return p
}

// internalProblem hides what only the log may tell. A full disk is no defect,
// and whoever runs Terrace can do something about it.
func internalProblem(ctx context.Context, err error) *ProblemDetails {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		p := newProblem(ctx, kernel.Unavailable, http.StatusServiceUnavailable, "the disk that holds Terrace's data directory is full")
		p.Fix = "free space on it and try again"
		return p
	}
	p := newProblem(ctx, kernel.Internal, http.StatusInternalServerError, "an internal error happened; the server's log has it under this request id")
	p.Fix = "try again; if it stays, give the request id to whoever runs Terrace"
	return p
}

type formKey struct{}

// WithForm has the errors of requests answered in another form than problem+json, by their
// bare handlers and by the router before them.
func WithForm(ctx context.Context, write func(w http.ResponseWriter, p *ProblemDetails)) context.Context {
	return context.WithValue(ctx, formKey{}, write)
}

// WriteError answers a request of a bare handler with the problem of err.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	p := ProblemOf(r.Context(), err)
	if write, ok := r.Context().Value(formKey{}).(func(http.ResponseWriter, *ProblemDetails)); ok {
		p.prepare(w.Header())
		write(w, p)
		return
	}
	writeProblem(w, p)
}

// Abort notes why an answer that has begun cannot be completed, and cuts the
// connection, so that nobody takes the part for the whole. It does not return.
func Abort(r *http.Request, err error) {
	note(r.Context(), err)
	panic(http.ErrAbortHandler)
}

// prepare sets what goes with the status.
func (p *ProblemDetails) prepare(h http.Header) {
	for name, value := range p.headers() {
		if h.Get(name) == "" {
			h.Set(name, value)
		}
	}
}

func writeProblem(w http.ResponseWriter, p *ProblemDetails) {
	p.prepare(w.Header())
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client may have left
}

// headers returns what goes with the status: how to sign in (RFC 9110 §11.6.1),
// when to try again (§10.2.3).
func (p *ProblemDetails) headers() map[string]string {
	switch {
	case p.Status == http.StatusUnauthorized:
		return map[string]string{"WWW-Authenticate": `Bearer realm="terrace"`}
	case p.after > 0:
		return map[string]string{"Retry-After": wholeSeconds(p.after)}
	case p.Status == http.StatusServiceUnavailable, p.Status == http.StatusLocked:
		return map[string]string{"Retry-After": "5"}
	default:
		return nil
	}
}
