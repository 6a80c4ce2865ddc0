package buildexec

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/confine"
)

// compiler is the process of one.
type compiler = exec.Cmd

// run runs the compiler in its place and ends all that it started. What it takes
// too much of ends it, too.
func (b *Builder) run(ctx context.Context, cmd *compiler, w workshop, said io.Writer) error {
	// The kernel kills the child when the thread that started it ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	limited, exceed := context.WithCancelCause(ctx)
	defer exceed(nil)
	tree := confine.Tree{Mark: rand.Text(), Confined: b.Isolated}
	cmd.Env = append(cmd.Env, confine.Mark+"="+tree.Mark)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out := &metered{w: io.MultiWriter(cmd.Stdout, said), left: b.Output, max: b.Output, exceed: exceed}
	cmd.Stdout, cmd.Stderr = out, out
	if b.Isolated {
		if err := b.place(ctx, w).Confine(cmd); err != nil {
			return err
		}
	}
	if err := cmd.Start(); err != nil {
		return kernel.Errorf(kernel.Unavailable, "the compiler cannot be started: %w", err)
	}
	if err := confine.Bound(cmd.Process.Pid); err != nil {
		return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	tree.PID = cmd.Process.Pid
	stop := b.guard(limited, tree, w, exceed)
	err := cmd.Wait()
	stop()
	tree.Kill() // what it left behind
	if over, ok := errors.AsType[*confine.Overrun](context.Cause(limited)); ok {
		return kernel.Errorf(kernel.TooLarge, "the build was stopped: %w", over).WithFix("build it elsewhere and name the image that comes out; or let an admin of the machine raise what runs may take")
	}
	return err
}

// guard ends the tree when ctx ends or when it takes too much, until stop.
func (b *Builder) guard(ctx context.Context, tree confine.Tree, w workshop, exceed context.CancelCauseFunc) (stop func()) {
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		select {
		case <-done:
		case <-ctx.Done():
			tree.Kill()
		}
	})
	group.Go(func() { b.Bounds.Watch(tree, done, exceed) })
	group.Go(func() { confine.Folders{Disk: b.Disk, Paths: w.own()}.Watch(tree, done, exceed) })
	return func() { close(done); group.Wait() }
}

// place is what the compiler sees: the copy of the commit to read, its workshop
// and the caches to write, and of the rest of Terrace and of its user nothing.
func (b *Builder) place(ctx context.Context, w workshop) confine.Place {
	return confine.Place{
		Helper: b.Helper, Hidden: b.Hidden(), Readable: append([]string{w.source}, b.toolchain(ctx)...),
		Writable: append(w.own(), b.cache(), b.modules(), b.moduleCache()),
	}
}

// toolchain is where Go is, which may be in the home of somebody. The command has no
// home itself, so that it begins no counters of its use, in a process that outlives it.
func (b *Builder) toolchain(ctx context.Context) []string {
	cmd := exec.CommandContext(ctx, "go", "env", "GOROOT")
	cmd.Env = []string{"PATH=" + b.variable("PATH"), "GOENV=off", "GOTOOLCHAIN=local"}
	out, err := cmd.Output()
	root := strings.TrimSpace(string(out))
	if err != nil || !filepath.IsAbs(root) {
		return nil // the compiler tells what is missing
	}
	return []string{root}
}

// metered passes on what is printed, up to a bound.
type metered struct {
	mu        sync.Mutex
	w         io.Writer
	left, max int64
	exceed    context.CancelCauseFunc
}

// Write passes p on; what is too much is dropped, and ends the process.
func (m *metered) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.max > 0 {
		if m.left -= int64(len(p)); m.left < 0 {
			m.exceed(&confine.Overrun{What: "it printed more than " + confine.Size(m.max), Limit: "output"})
			return len(p), nil
		}
	}
	return m.w.Write(p) //nolint:wrapcheck // of buffers
}
