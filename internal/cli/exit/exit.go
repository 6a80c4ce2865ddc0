// Package exit says how the client ends: the codes that scripts rely on, and
// errors as people read them.
//
// It owns the way from an error to a code and to text. It does not decide what
// an error is; kernel's kinds do.
package exit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/arguments"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The exit codes of terrace.
const (
	OK          = 0
	Failed      = 1
	Usage       = 2
	NotFound    = 3
	Denied      = 4
	Waiting     = 5
	Unavailable = 6
	Drifted     = 7
	// Interrupted is what shells tell of a program that was interrupted: 128 and SIGINT.
	Interrupted = 130
)

// What errors are that only a client has, for programs.
const (
	interrupted kernel.Kind = "interrupted"
	unwritten   kernel.Kind = "unwritten"
)

// Meaning is what a code says.
type Meaning struct {
	Code int
	Text string
}

// Meanings are what the codes say.
func Meanings() []Meaning {
	return []Meaning{
		{OK, "it worked"},
		{Failed, "it failed or was refused; the message says why"},
		{Usage, "the command line is wrong, or policies or costs could not be evaluated"},
		{NotFound, "there is no such thing"},
		{Denied, "nobody is signed in, or this is not allowed"},
		{Waiting, "the run waits for an approval, or for its stage to open"},
		{Unavailable, "the server, or something it needs, cannot be reached"},
		{Drifted, "something was changed outside, and nobody decided to ignore it"},
		{Interrupted, "it was interrupted; what it had begun at the server goes on there"},
	}
}

// Help explains the codes.
func Help() string {
	var b strings.Builder
	b.WriteString("Exit codes:\n")
	for _, m := range Meanings() {
		_, _ = fmt.Fprintf(&b, "  %3d  %s\n", m.Code, m.Text)
	}
	b.WriteString(`
2 is also for a word, a number or a date that a flag or an argument does not take, whether the client finds that
or the server, for a flag that is given without a value, and for a command that asks where there is no terminal
and that lacks --yes. A mistake inside a file, which is told with its place there, ends with 1, and so does output
that cannot be written; a reader that has read enough, such as head, is none. 3 is also for a stage or a workload
that there is not where it only narrows a list.

With --output json or yaml an error is in that format, too: the last line of the error output has its code,
message, fix, problems and the exit code.`)
	return b.String()
}

// Topic is the help about the codes: terrace help exit-codes.
func Topic() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "What the client's exit codes mean", Long: Help()}
}

// UsageError is a mistake in the command line.
type UsageError struct {
	Err error
	// Command is how to ask for help, such as terrace deploy.
	Command string
}

// Error returns the mistake.
func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the mistake.
func (e *UsageError) Unwrap() error { return e.Err }

// Wrong returns a mistake in the command line; Main names the command.
func Wrong(format string, args ...any) *UsageError {
	return &UsageError{Err: kernel.Errorf(kernel.Invalid, format, args...)}
}

// WithFix says what to write instead.
func (e *UsageError) WithFix(format string, args ...any) *UsageError {
	if known, ok := errors.AsType[*kernel.Error](e.Err); ok {
		return &UsageError{Err: known.WithFix(format, args...), Command: e.Command}
	}
	return e
}

// WaitingError says that a run waits for a person, or for its stage to open.
type WaitingError struct{ Run string }

// Error names the run.
func (e *WaitingError) Error() string { return "run " + e.Run + " waits" }

// DriftError says that a check found what was changed outside.
type DriftError struct{ Stage string }

// Error names the stage.
func (e *DriftError) Error() string { return "something in " + e.Stage + " was changed outside" }

// ViolationError says that a policy is violated, or a test of policies fails.
type ViolationError struct{}

// Error says so.
func (*ViolationError) Error() string { return "a policy is violated" }

// UnpricedError says that an estimate lacks prices, and that this was to fail.
type UnpricedError struct{}

// Error says so.
func (*UnpricedError) Error() string { return "something has no price" }

// PolicyError is why policies could not be evaluated, or costs not be estimated.
type PolicyError struct {
	Err error
	// Told says that the result has it already.
	Told bool
}

// Error returns the reason.
func (e *PolicyError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *PolicyError) Unwrap() error { return e.Err }

// UnwrittenError says that what a command found could not be written.
type UnwrittenError struct{ Err error }

// Error returns the reason.
func (e *UnwrittenError) Error() string { return "the output cannot be written: " + e.Err.Error() }

// unwrittenFix says what to do about an output that cannot be written.
const unwrittenFix = "write it where there is space; what the command was to change may have changed, so look before you repeat it"

// Written is how a command ends that ended with err, where a write of its output
// failed for the reason lost. A reader that has read enough is no failure.
func Written(lost, err error) error {
	switch {
	case lost == nil:
		return err
	case !errors.Is(lost, syscall.EPIPE):
		if at, ok := errors.AsType[*fs.PathError](lost); ok {
			lost = at.Err // the output has no name of which a person knows
		}
		return &UnwrittenError{Err: lost}
	case errors.Is(err, context.Canceled) || errors.Is(err, syscall.EPIPE):
		return nil
	default:
		return err
	}
}

// Code returns the exit code for err.
func Code(err error) int {
	if _, ok := errors.AsType[*ViolationError](err); ok {
		return Failed
	}
	if _, ok := errors.AsType[*UnpricedError](err); ok {
		return Failed
	}
	if _, ok := errors.AsType[*UnwrittenError](err); ok {
		return Failed
	}
	if errors.Is(err, context.Canceled) {
		return Interrupted
	}
	if _, ok := errors.AsType[*PolicyError](err); ok {
		return Usage
	}
	if _, ok := errors.AsType[*WaitingError](err); ok {
		return Waiting
	}
	if _, ok := errors.AsType[*DriftError](err); ok {
		return Drifted
	}
	if _, ok := errors.AsType[*UsageError](err); ok {
		return Usage
	}
	switch kernel.KindOf(err) {
	case "":
		return OK
	case kernel.NotFound:
		return NotFound
	case kernel.Unauthenticated, kernel.Denied:
		return Denied
	case kernel.Unavailable:
		return Unavailable
	default:
		return Failed
	}
}

// Report writes err in the format of the output: for people what, where, and what
// to do, for programs the same as one value on the last line.
func Report(w io.Writer, format string, now time.Time, err error) {
	if _, waits := errors.AsType[*WaitingError](err); waits || format == output.Table {
		people(w, now, err)
		return
	}
	if _, drifted := errors.AsType[*DriftError](err); drifted {
		return // what was found was told in full
	}
	told := Told{Code: kernel.KindOf(err), Message: err.Error(), Exit: Code(err)}
	e, known := errors.AsType[*kernel.Error](err)
	_, violated := errors.AsType[*ViolationError](err)
	_, unpriced := errors.AsType[*UnpricedError](err)
	_, lost := errors.AsType[*UnwrittenError](err)
	switch {
	case violated || unpriced:
		told.Code, told.Fix = kernel.Refused, "see the result, which has all of it"
	case Code(err) == Usage && !known:
		told.Code = kernel.Invalid
		told.Fix = usageFix(err)
	case Code(err) == Interrupted:
		told.Code, told.Message = interrupted, "interrupted"
	case lost:
		told.Code, told.Fix = unwritten, unwrittenFix
	case known:
		told.Message, told.Fix, told.Problems = e.Message, cmp.Or(e.Fix, usageFix(err)), e.Problems
	}
	if r, ok := errors.AsType[*apiclient.RequestError](err); ok {
		told.Request = r.ID
	}
	_ = output.WriteLine(w, format, told, nil) // there is nowhere left to tell it
}

// Told is an error as programs read it.
type Told struct {
	Code     kernel.Kind      `json:"code"`
	Message  string           `json:"message"`
	Fix      string           `json:"fix,omitempty"`
	Problems []kernel.Problem `json:"problems,omitempty"`
	// Request finds the call in the server's log, "" where there was none.
	Request string `json:"request,omitempty"`
	// Exit is the exit code.
	Exit int `json:"exit"`
}

// usageFix says what to do about a mistake in the command line, or with the output.
func usageFix(err error) string {
	if _, ok := errors.AsType[*UnwrittenError](err); ok {
		return unwrittenFix
	}
	if a, ok := errors.AsType[*arguments.Error](err); ok {
		return a.Fix
	}
	if e, ok := errors.AsType[*kernel.Error](err); ok && slices.ContainsFunc(e.Problems, func(p kernel.Problem) bool { return p.Fix != "" }) {
		return "" // each says what to do
	}
	if u, ok := errors.AsType[*UsageError](err); ok {
		return "see " + u.Command + " --help"
	}
	return ""
}

func people(w io.Writer, now time.Time, err error) {
	if _, ok := errors.AsType[*WaitingError](err); ok {
		return // what to do was said by the command, in full
	}
	if _, ok := errors.AsType[*DriftError](err); ok {
		return // what was found was told in full
	}
	if _, ok := errors.AsType[*ViolationError](err); ok {
		return // likewise
	}
	if _, ok := errors.AsType[*UnpricedError](err); ok {
		return // likewise
	}
	if p, ok := errors.AsType[*PolicyError](err); ok && p.Told {
		return // likewise
	}
	e, ok := errors.AsType[*kernel.Error](err)
	if Code(err) == Interrupted {
		_, _ = fmt.Fprintln(w, "interrupted")
		return
	}
	if !ok {
		e = &kernel.Error{Message: err.Error()}
	}
	fix := cmp.Or(e.Fix, usageFix(err))
	_, _ = fmt.Fprintf(w, "error: %s\n", output.Told(now, e.Message))
	for _, p := range e.Problems {
		writeProblem(w, now, p)
	}
	if fix != "" {
		_, _ = fmt.Fprintf(w, "fix: %s\n", fix) // moments in it show how one is written
	}
	if r, ok := errors.AsType[*apiclient.RequestError](err); ok && r.ID != "" && e.Kind == kernel.Internal {
		_, _ = fmt.Fprintf(w, "request: %s\n", r.ID)
	}
}

func writeProblem(w io.Writer, now time.Time, p kernel.Problem) {
	fix := p.Fix
	p.Fix = ""
	_, _ = fmt.Fprintf(w, "  %s\n", output.Told(now, p.String()))
	if fix != "" {
		_, _ = fmt.Fprintf(w, "    fix: %s\n", fix)
	}
}
