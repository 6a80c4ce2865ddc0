package exit_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestEachKindOfErrorHasItsCode is what scripts rely on.
func TestEachKindOfErrorHasItsCode(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{
		nil:                                                         exit.OK,
		kernel.Errorf(kernel.Invalid, "x"):                          exit.Failed,
		kernel.Errorf(kernel.Refused, "x"):                          exit.Failed,
		kernel.Errorf(kernel.Conflict, "x"):                         exit.Failed,
		kernel.Errorf(kernel.Stale, "x"):                            exit.Failed,
		kernel.Errorf(kernel.Locked, "x"):                           exit.Failed,
		kernel.Errorf(kernel.TooLarge, "x"):                         exit.Failed,
		kernel.Errorf(kernel.Internal, "x"):                         exit.Failed,
		fmt.Errorf("in the middle: %w", context.Canceled):           exit.Interrupted,
		exit.Written(syscall.ENOSPC, nil):                           exit.Failed,
		exit.Written(syscall.ENOSPC, context.Canceled):              exit.Failed,
		exit.Written(syscall.EPIPE, context.Canceled):               exit.OK,
		exit.Written(syscall.EPIPE, &exit.DriftError{}):             exit.Drifted,
		&exit.ViolationError{}:                                      exit.Failed,
		&exit.UnpricedError{}:                                       exit.Failed,
		exit.Wrong("x"):                                             exit.Usage,
		&exit.PolicyError{Err: kernel.Errorf(kernel.NotFound, "x")}: exit.Usage,
		kernel.Errorf(kernel.NotFound, "x"):                         exit.NotFound,
		kernel.Errorf(kernel.Denied, "x"):                           exit.Denied,
		kernel.Errorf(kernel.Unauthenticated, "x"):                  exit.Denied,
		&exit.WaitingError{}:                                        exit.Waiting,
		kernel.Errorf(kernel.Unavailable, "x"):                      exit.Unavailable,
		&exit.DriftError{}:                                          exit.Drifted,
	} {
		if got := exit.Code(err); got != want {
			t.Errorf("%v ends with %d, want %d", err, got, want)
		}
	}
}

// TestTheReferenceHasEveryCode holds docs/reference against what the client says.
func TestTheReferenceHasEveryCode(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../../docs/reference/exit-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range exit.Meanings() {
		if row := fmt.Sprintf("| %d | %s |", m.Code, m.Text); !strings.Contains(string(b), row) {
			t.Errorf("the reference lacks %s", row)
		}
		if line := fmt.Sprintf("  %3d  %s\n", m.Code, m.Text); !strings.Contains(exit.Help(), line) {
			t.Errorf("the help lacks %s", line)
		}
	}
}
