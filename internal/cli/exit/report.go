package exit

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/arguments"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// What errors are that only a client has, for programs.
const (
	interrupted kernel.Kind = "interrupted"
	unwritten   kernel.Kind = "unwritten"
)

// unwrittenFix says what to do about an output that cannot be written.
const unwrittenFix = "write it where there is space; what the command was to change may have changed, so look before you repeat it"

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
	if _, program := errors.AsType[*ProgramError](err); program {
		return // likewise
	}
	told := Told{Code: kernel.KindOf(err), Message: err.Error(), Exit: Code(err)}
	e, known := errors.AsType[*kernel.Error](err)
	_, violated := errors.AsType[*ViolationError](err)
	_, unpriced := errors.AsType[*UnpricedError](err)
	_, leaked := errors.AsType[*LeakError](err)
	_, lost := errors.AsType[*UnwrittenError](err)
	switch {
	case violated || unpriced || leaked:
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
	if _, ok := errors.AsType[*ProgramError](err); ok {
		return // likewise
	}
	if _, ok := errors.AsType[*UnpricedError](err); ok {
		return // likewise
	}
	if _, ok := errors.AsType[*LeakError](err); ok {
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
	_, _ = fmt.Fprintf(w, "error: %s\n", output.Visible(output.Told(now, e.Message)))
	for _, p := range e.Problems {
		writeProblem(w, now, p)
	}
	if fix != "" {
		_, _ = fmt.Fprintf(w, "fix: %s\n", output.Visible(fix)) // moments in it show how one is written
	}
	if r, ok := errors.AsType[*apiclient.RequestError](err); ok && r.ID != "" && e.Kind == kernel.Internal {
		_, _ = fmt.Fprintf(w, "request: %s\n", r.ID)
	}
}

func writeProblem(w io.Writer, now time.Time, p kernel.Problem) {
	fix := p.Fix
	p.Fix = ""
	_, _ = fmt.Fprintf(w, "  %s\n", output.Visible(output.Told(now, p.String())))
	if fix != "" {
		_, _ = fmt.Fprintf(w, "    fix: %s\n", output.Visible(fix))
	}
}
