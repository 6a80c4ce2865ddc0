package kernel

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Kind classifies an error by what the caller can do about it.
type Kind string

// The kinds of error. HTTP statuses are derived from them in one place, platform/httpserver.
const (
	// Invalid: the input breaks a rule; the caller must change it.
	Invalid Kind = "invalid"
	// Unauthenticated: nobody is signed in.
	Unauthenticated Kind = "unauthenticated"
	// Denied: the actor may not do this.
	Denied Kind = "denied"
	// NotFound: there is no such thing in the caller's scope.
	NotFound Kind = "not_found"
	// Conflict: it contradicts what exists already.
	Conflict Kind = "conflict"
	// Locked: another holder has the lock; trying again later can succeed.
	Locked Kind = "locked"
	// Stale: what the call refers to has changed since the caller saw it.
	Stale Kind = "stale"
	// Refused: a gate or rule of the platform does not let it pass.
	Refused Kind = "refused"
	// Limited: it came too often; trying again later can succeed.
	Limited Kind = "limited"
	// TooLarge: the input is over a bound.
	TooLarge Kind = "too_large"
	// Unavailable: something that is needed cannot be reached or is missing.
	Unavailable Kind = "unavailable"
	// Internal: a defect of Terrace; the default for any other error.
	Internal Kind = "internal"
)

// Problem is one thing wrong with an input, at its place.
type Problem struct {
	// File, Line and Column locate it; Line and Column count from 1, 0 is unknown.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	// Path is the place inside the document, such as containers.main.image.
	Path string `json:"path,omitempty"`
	// Message says what is wrong, naming the offending value.
	Message string `json:"message"`
	// Fix says what to do about it.
	Fix string `json:"fix,omitempty"`
}

// String returns the problem as file:line:column: path: message. Fix.
func (p Problem) String() string {
	s := p.Message
	if p.Path != "" {
		s = p.Path + ": " + s
	}
	switch {
	case p.File != "" && p.Line > 0:
		s = p.File + ":" + p.place() + ": " + s
	case p.Line > 0:
		s = p.place() + ": " + s
	case p.File != "":
		s = p.File + ": " + s
	}
	if p.Fix != "" {
		s += " (" + p.Fix + ")"
	}
	return s
}

// place is line:column, or the line alone.
func (p Problem) place() string {
	if p.Column == 0 {
		return strconv.Itoa(p.Line)
	}
	return fmt.Sprintf("%d:%d", p.Line, p.Column)
}

// Error is an error that a user may see: what happened, and what to do.
type Error struct {
	Kind    Kind
	Message string
	// Fix tells the user what to do next; it may be empty.
	Fix      string
	Problems []Problem
	// After is when trying again can succeed, 0 where that is not known.
	After time.Duration
	// Err is the cause, for logs; users never see it.
	Err error
}

// Errorf returns an Error of the kind. A %w in the format becomes its cause.
func Errorf(kind Kind, format string, args ...any) *Error {
	wrapped := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: wrapped.Error(), Err: errors.Unwrap(wrapped)}
}

// WithFix adds what the user can do and returns e.
func (e *Error) WithFix(format string, args ...any) *Error {
	e.Fix = fmt.Sprintf(format, args...)
	return e
}

// WithProblems adds problems and returns e.
func (e *Error) WithProblems(problems ...Problem) *Error {
	e.Problems = append(e.Problems, problems...)
	return e
}

// Error returns the message, its problems and the fix.
func (e *Error) Error() string {
	s := e.Message
	for _, p := range e.Problems {
		s += "\n  " + p.String()
	}
	if e.Fix != "" {
		s += ": " + e.Fix
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first Error in err's chain, else Internal; "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of the kind.
func Is(err error, kind Kind) bool { return KindOf(err) == kind }
