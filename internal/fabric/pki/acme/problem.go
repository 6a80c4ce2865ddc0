package acme

import (
	"fmt"
	"net/http"
	"time"
)

// Problem is what went wrong, as clients are told it (RFC 8555 §6.7, RFC 7807). It is an error.
type Problem struct {
	// Type is one of the words of RFC 8555 §6.7, without the URN before it.
	Type   string `json:"type"`
	Detail string `json:"detail"`
	// Status is that of HTTP.
	Status int `json:"status"`
	// Identifier is the name that a subproblem is about (RFC 8555 §6.7.1).
	Identifier  *Identifier `json:"identifier,omitempty"`
	Subproblems []Problem   `json:"subproblems,omitempty"`
	// After is when trying again can succeed, 0 where that is not known.
	After time.Duration `json:"-"`
}

// Error says what went wrong.
func (p *Problem) Error() string { return p.Type + ": " + p.Detail }

// The words of RFC 8555 §6.7, and that of RFC 9773 §7.4.
const (
	AccountDoesNotExist     = "accountDoesNotExist"
	AlreadyReplaced         = "alreadyReplaced"
	AlreadyRevoked          = "alreadyRevoked"
	BadCSR                  = "badCSR"
	BadNonce                = "badNonce"
	BadPublicKey            = "badPublicKey"
	BadRevocationReason     = "badRevocationReason"
	BadSignatureAlgorithm   = "badSignatureAlgorithm"
	Compound                = "compound"
	Connection              = "connection"
	DNS                     = "dns"
	ExternalAccountRequired = "externalAccountRequired"
	IncorrectResponse       = "incorrectResponse"
	InvalidContact          = "invalidContact"
	Malformed               = "malformed"
	OrderNotReady           = "orderNotReady"
	RateLimited             = "rateLimited"
	RejectedIdentifier      = "rejectedIdentifier"
	ServerInternal          = "serverInternal"
	TLS                     = "tls"
	Unauthorized            = "unauthorized"
	UnsupportedContact      = "unsupportedContact"
	UnsupportedIdentifier   = "unsupportedIdentifier"
	UserActionRequired      = "userActionRequired"
)

// Problemf returns a problem of a type.
func Problemf(kind, format string, args ...any) *Problem {
	return &Problem{Type: kind, Detail: fmt.Sprintf(format, args...), Status: statusOf(kind)}
}

func statusOf(kind string) int {
	switch kind {
	case Unauthorized, OrderNotReady, ExternalAccountRequired, UserActionRequired:
		return http.StatusForbidden
	case RateLimited:
		return http.StatusTooManyRequests
	case ServerInternal:
		return http.StatusInternalServerError
	case AlreadyReplaced:
		return http.StatusConflict
	default:
		return http.StatusBadRequest
	}
}

// about says which name the problem is about.
func (p *Problem) about(name string) Problem {
	out := *p
	out.Identifier = &Identifier{Type: "dns", Value: name}
	return out
}

// together makes one problem of several, one of each name.
func together(problems []Problem) *Problem {
	if len(problems) == 1 {
		one := problems[0]
		return &one
	}
	kind := problems[0].Type
	for _, p := range problems {
		if p.Type != kind {
			kind = Compound
		}
	}
	out := Problemf(kind, "%d of the names are refused", len(problems))
	out.Subproblems = problems
	return out
}

func limited(after time.Duration, format string, args ...any) *Problem {
	p := Problemf(RateLimited, format, args...)
	p.After = after
	return p
}

func notFound(what string) *Problem {
	p := Problemf(Malformed, "there is no such %s", what)
	p.Status = http.StatusNotFound
	return p
}
