package cli_test

import (
	"bytes"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/clitest"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

// full is an output that takes nothing, for a reason.
type full struct{ reason error }

func (f full) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: f.reason}
}

// TestOutputThatCannotBeWrittenIsNoSuccess holds for each command, as its help is
// output, and for each way of writing results.
func TestOutputThatCannotBeWrittenIsNoSuccess(t *testing.T) {
	t.Parallel()
	address, stop := clitest.Start()
	t.Cleanup(stop)
	lines := [][]string{
		{"run", "list"},
		{"run", "list", "-o", "json"},
		{"run", "list", "-o", "yaml"},
		{"stage", "list"},
		{"version"},
		{"policy", "list"},
		{"help", "exit-codes"},
		{"completion", "bash"},
		{"golden-path", "list"},
	}
	var each func(c *cobra.Command)
	each = func(c *cobra.Command) {
		lines = append(lines, append(strings.Fields(c.CommandPath())[1:], "--help"))
		for _, child := range c.Commands() {
			each(child)
		}
	}
	each(cli.Root(&command.Env{Getenv: os.Getenv}))
	if len(lines) < 150 {
		t.Errorf("only %d lines were found", len(lines))
	}
	for _, line := range lines {
		for reason, want := range map[error]int{syscall.ENOSPC: exit.Failed, syscall.EPIPE: exit.OK} {
			var said bytes.Buffer
			e := &command.Env{In: strings.NewReader(""), Out: full{reason}, Err: &said, Getenv: func(string) string { return "" }}
			code := cli.Main(t.Context(), e, append([]string{"--address", address, "--token", clitest.Token, "--project", "shop"}, line...))
			told := strings.Contains(said.String(), "the output cannot be written: no space left on device") && strings.Contains(said.String(), "fix")
			if code != want || told != (want == exit.Failed) {
				t.Errorf("%q on %v: exit %d, want %d: %s", line, reason, code, want, said.String())
			}
		}
	}
}
