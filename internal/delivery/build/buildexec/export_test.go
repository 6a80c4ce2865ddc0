package buildexec

import (
	"bytes"
	"context"
	"io"
	"os/exec"
)

// Sh runs a script as a compiler is run, and returns what it says.
func (b *Builder) Sh(ctx context.Context, root, script string) (string, error) {
	w, err := b.workshop(root)
	if err != nil {
		return "", err
	}
	defer w.remove()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", script)
	cmd.Dir, cmd.Env, cmd.Stdout = root, b.environment(w), &out
	err = b.run(ctx, cmd, w, io.Discard)
	return out.String(), err
}
