package runner

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// editTime bounds one change of a state by the tool.
const editTime = 2 * time.Minute

// MoveState gives what has one address in a state another one, as `state mv` of
// the tool does. The error is Invalid, in the tool's words, where it refuses.
func (r *Runner) MoveState(ctx context.Context, state io.Reader, from, to string) (io.ReadSeekCloser, error) {
	return r.editState(ctx, state, "mv", from, to)
}

// RemoveState forgets resources of a state, as `state rm` of the tool does.
func (r *Runner) RemoveState(ctx context.Context, state io.Reader, addresses ...string) (io.ReadSeekCloser, error) {
	return r.editState(ctx, state, "rm", addresses...)
}

// editState runs a command of the tool over a state in a folder of its own, in
// which there is no module: no code of anybody is run.
func (r *Runner) editState(ctx context.Context, state io.Reader, command string, addresses ...string) (changed io.ReadSeekCloser, err error) {
	for _, address := range addresses {
		if address == "" || strings.HasPrefix(address, "-") || strings.ContainsAny(address, "\x00\n") {
			return nil, kernel.Errorf(kernel.Invalid, "%q is not the address of a resource", address).
				WithFix("write it as terrace state list shows it")
		}
	}
	if err := os.MkdirAll(runsDir(r.DataDir), 0o700); err != nil {
		return nil, onDisk("make a work directory", err)
	}
	dir, err := os.MkdirTemp(runsDir(r.DataDir), "state-")
	if err != nil {
		return nil, onDisk("make a work directory", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	path := filepath.Join(dir, "edited.tfstate")
	if err := layOut(path, state); err != nil {
		return nil, err
	}
	env := append(inherited(), "TF_CLI_CONFIG_FILE=/dev/null", "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1")
	p := process{tool: r.Tool, dir: dir, env: env, limits: Limits{Time: editTime}, grace: r.Grace}
	args := append([]string{"state", command, "-no-color", "-state=" + path, "-backup=-"}, addresses...)
	stderr, err := p.run(ctx, func([]byte) {}, args...)
	if err != nil {
		return nil, refusedEdit(err, r.Tool, command, stderr)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, onDisk("read the changed state", err)
	}
	return &editedState{File: file, dir: dir}, nil
}

// layOut writes what r gives to a new file. What kept it from being read is the
// error itself.
func layOut(path string, r io.Reader) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return onDisk("lay out the state", err)
	}
	_, err = io.Copy(file, r)
	if err := errors.Join(err, file.Close()); err != nil {
		return onDisk("lay out the state", err)
	}
	return nil
}

// editedState is a changed state in a folder of its own.
type editedState struct {
	*os.File

	dir string
}

// Close removes it.
func (e *editedState) Close() error {
	return errors.Join(e.File.Close(), os.RemoveAll(e.dir))
}

// refusedEdit tells what the tool had against a change.
func refusedEdit(err error, tool Tool, command, stderr string) error {
	if kernel.KindOf(err) != kernel.Internal {
		return err
	}
	said := strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(stderr)), " ")
	kind := kernel.Invalid
	if strings.Contains(said, "No matching objects found") || strings.Contains(said, "does not match anything in the current state") {
		kind = kernel.NotFound
	}
	return kernel.Errorf(kind, "%s state %s refuses: %s", tool.Name, command, strings.TrimPrefix(said, "Error: ")).
		WithFix("terrace state list shows the addresses")
}
