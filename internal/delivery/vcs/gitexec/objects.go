package gitexec

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Objects reads the contents of objects by their ids, one after the other, with one process
// of git: no name says anything there. Whoever is done closes it.
type Objects struct {
	repo Repo
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	said *tail
	stop context.CancelFunc
}

// Objects returns a reader. It begins its process when something is read.
func (r Repo) Objects() *Objects { return &Objects{repo: r} }

// Read returns the content of a file's object; NotFound where there is none, TooLarge beyond
// limit bytes.
func (o *Objects) Read(ctx context.Context, object string, limit int) ([]byte, error) {
	if !IsObject(object) {
		return nil, kernel.Errorf(kernel.Invalid, "%q is no object", object)
	}
	if err := o.begin(ctx); err != nil {
		return nil, err
	}
	end := context.AfterFunc(ctx, o.stop)
	defer end()
	content, err := o.read(object, limit)
	if err == nil || kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.TooLarge) {
		return content, err
	}
	said := o.said
	o.Close() // the next begins anew
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case strings.Contains(strings.ToLower(said.String()), "out of memory"):
		return nil, kernel.Errorf(kernel.TooLarge, "git takes more than %d MiB of memory for it", o.repo.Git.memory())
	}
	return nil, kernel.Errorf(kernel.Unavailable, "git does not read an object: %w", errors.Join(err, errors.New(strings.TrimSpace(said.String()))))
}

func (o *Objects) begin(ctx context.Context) error {
	if o.cmd != nil {
		return nil
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // each read is bounded by its own
	cmd := o.repo.Git.prepare(ctx, Command{Dir: o.repo.Dir, Args: []string{"cat-file", "--batch-command"}})
	said := &tail{}
	cmd.Stderr = said
	in, err := cmd.StdinPipe()
	if err == nil {
		var out io.ReadCloser
		if out, err = cmd.StdoutPipe(); err == nil {
			o.out = bufio.NewReaderSize(out, 64<<10)
			err = cmd.Start()
		}
	}
	if err != nil {
		stop()
		return fmt.Errorf("git cat-file: %w", err)
	}
	o.cmd, o.in, o.said, o.stop = cmd, in, said, stop
	return nil
}

func (o *Objects) read(object string, limit int) ([]byte, error) {
	size, kind, err := o.ask("info", object)
	switch {
	case err != nil:
		return nil, err
	case kind != "blob":
		return nil, kernel.Errorf(kernel.NotFound, "there is no content of the object %s", object)
	case size > int64(limit):
		return nil, kernel.Errorf(kernel.TooLarge, "the object has %d bytes, and %d are read", size, limit)
	}
	if size, _, err = o.ask("contents", object); err != nil {
		return nil, err
	}
	content := make([]byte, size+1) // with the line break after it
	if _, err := io.ReadFull(o.out, content); err != nil {
		return nil, err
	}
	return content[:size], nil
}

func (o *Objects) ask(what, object string) (size int64, kind string, err error) {
	if _, err := fmt.Fprintf(o.in, "%s %s\n", what, object); err != nil {
		return 0, "", err
	}
	head, err := o.out.ReadString('\n')
	if err != nil {
		return 0, "", err
	}
	f := strings.Fields(head)
	if len(f) != 3 {
		return 0, "", nil // it is missing
	}
	size, err = strconv.ParseInt(f[2], 10, 64)
	return size, f[1], err
}

// Close ends the process.
func (o *Objects) Close() {
	if o.cmd == nil {
		return
	}
	o.stop()
	_ = o.in.Close() // it is not asked for more
	_ = o.cmd.Wait() // it was told to end
	o.cmd, o.out = nil, nil
}
