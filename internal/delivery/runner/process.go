package runner

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// process is one child process of the tool.
type process struct {
	tool    Tool
	dir     string
	env     []string
	timeout time.Duration
	grace   time.Duration
	// kill is closed when the tool must end at once.
	kill <-chan struct{}
	// maxLine bounds a line of output; 0 means maxLine.
	maxLine int
}

// run starts the tool, hands each line of its output to line, and waits for it.
// When ctx ends the tool is told to stop; after the grace, or at once when kill
// is closed, its whole group, providers included, is killed. It returns the end
// of the error output.
func (p process) run(ctx context.Context, line func([]byte), args ...string) (stderr string, err error) {
	// The kernel kills the child when the thread that started it ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	limited, cancel := context.WithTimeoutCause(ctx, p.timeout, errTimeout)
	defer cancel()
	if p.killed() {
		return "", p.stopped(args[0], errKilled)
	}
	cmd := exec.CommandContext(limited, p.tool.Path, args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	last := &tail{max: maxStderr}
	out := &output{}
	defer out.close()
	if err := p.start(cmd, out, line, last); err != nil {
		return "", p.notStarted(ctx, err)
	}
	stop := p.killLater(limited, cmd.Process.Pid)
	err = cmd.Wait()
	stop()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left behind, which may hold the output open
	readErr := out.wait()
	if cause := p.cause(limited); cause != nil && err != nil {
		return last.String(), p.stopped(args[0], cause)
	}
	if signal, ok := signaled(err); ok {
		return last.String(), p.ended(args[0], signal)
	}
	return last.String(), errors.Join(err, readErr)
}

func (p process) start(cmd *exec.Cmd, out *output, line func([]byte), last *tail) (err error) {
	if cmd.Stdout, err = out.read(func(r io.Reader) error { return eachLine(r, cmp.Or(p.maxLine, maxLine), line) }); err != nil {
		return err
	}
	if cmd.Stderr, err = out.read(func(r io.Reader) error { _, err := io.Copy(last, r); return err }); err != nil {
		return err
	}
	err = cmd.Start()
	out.started()
	return err
}

var (
	errTimeout = errors.New("it took too long")
	errKilled  = errors.New("it was killed on request")
)

// cause returns why the tool was stopped from outside, nil when it was not.
func (p process) cause(ctx context.Context) error {
	if p.killed() {
		return errKilled
	}
	return context.Cause(ctx)
}

func (p process) killed() bool {
	select {
	case <-p.kill:
		return true
	default:
		return false
	}
}

func (p process) notStarted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return p.stopped("start", context.Cause(ctx))
	}
	return kernel.Errorf(kernel.Unavailable, "%s at %s cannot be started: %w", p.tool.Name, p.tool.Path, err).
		WithFix("install %s", needed)
}

func (p process) stopped(command string, cause error) error {
	e := kernel.Errorf(kernel.Unavailable, "%s %s was stopped: %w", p.tool.Name, command, cause)
	if errors.Is(cause, errTimeout) {
		return e.WithFix("it may take %s at most: look at its last events for what it waited for", p.timeout)
	}
	return e
}

// signaled returns the signal that ended a process, if one did.
func signaled(err error) (syscall.Signal, bool) {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return 0, false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return status.Signal(), ok && status.Signaled()
}

// ended tells of a tool that neither ended by itself nor was asked to.
func (p process) ended(command string, signal syscall.Signal) error {
	return kernel.Errorf(kernel.Unavailable, "%s %s was ended from outside, by the signal %q, as it happens when the machine runs out of memory",
		p.tool.Name, command, signal).WithFix("see to it that the machine has enough memory and that nobody ends %s, then try again: what was done stays, the rest goes on", p.tool.Name)
}

// killLater kills the process group once ctx has ended and the grace is over,
// or at once on request. The function it returns calls that off and waits until
// nothing is under way.
func (p process) killLater(ctx context.Context, pid int) (stop func()) {
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		if p.patience(ctx, done) {
			_ = syscall.Kill(-pid, syscall.SIGKILL) // it may have ended just now
		}
	})
	return func() { close(done); group.Wait() }
}

// patience waits as long as the tool may still run, and reports whether it must
// be killed then; closing done says that it has ended.
func (p process) patience(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return false
	case <-p.kill:
		return true
	case <-ctx.Done():
	}
	timer := time.NewTimer(p.grace)
	defer timer.Stop()
	select {
	case <-done:
		return false
	case <-p.kill:
		return true
	case <-timer.C:
		return true
	}
}
