package confine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Missing says why the helper, "" for this program, cannot confine programs here,
// "" when it can. It tries.
func Missing(ctx context.Context, helper string) string {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", "try")
	cmd.Env = []string{}
	dir, err := os.MkdirTemp("", "terrace-")
	if err != nil {
		return err.Error()
	}
	defer func() { _ = os.Remove(dir) }()
	if err := (Place{Helper: helper, Hidden: []string{dir}}).Confine(cmd); err != nil {
		return err.Error()
	}
	cmd.Args[2] = "/nonexistent" // the place is made, then there is nothing to start
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != failed {
		return fmt.Sprintf("the kernel does not let this user make namespaces (%v)", err)
	}
	said := strings.TrimSpace(string(out))
	if strings.Contains(said, "start /nonexistent: ") {
		return ""
	}
	return said
}
