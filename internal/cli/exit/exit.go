// Package exit says how the client ends: the codes that scripts rely on, and
// errors as people read them.
//
// It owns the way from an error to a code and to text. It does not decide what
// an error is; kernel's kinds do.
package exit

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

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

// Code returns the exit code for err.
func Code(err error) int {
	if _, ok := errors.AsType[*ViolationError](err); ok {
		return Failed
	}
	if _, ok := errors.AsType[*UnpricedError](err); ok {
		return Failed
	}
	if _, ok := errors.AsType[*LeakError](err); ok {
		return Failed
	}
	if _, ok := errors.AsType[*UnwrittenError](err); ok {
		return Failed
	}
	if p, ok := errors.AsType[*ProgramError](err); ok {
		return p.Status
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
	case kernel.Unavailable, kernel.Limited:
		return Unavailable
	default:
		return Failed
	}
}
