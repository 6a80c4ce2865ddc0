package exit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/terrace-idp/terrace/internal/kernel"
)

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

// LeakError says that a value stands where it should not.
type LeakError struct{}

// Error says so.
func (*LeakError) Error() string { return "a value stands where it should not" }

// ProgramError says that a program which the client ran has failed, and has told why.
type ProgramError struct {
	Program string
	// Status is the program's, which is the client's, too.
	Status int
}

// Error says so.
func (e *ProgramError) Error() string { return fmt.Sprintf("%s ended with %d", e.Program, e.Status) }

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
