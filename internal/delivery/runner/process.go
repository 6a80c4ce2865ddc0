package runner

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/confine"
)

// process is one child process of the tool.
type process struct {
	tool  Tool
	dir   string
	env   []string
	grace time.Duration
	// limits bound it; a limit of time is always there.
	limits Limits
	// folders are those that it writes into, which the limit of the disk is for.
	folders []string
	// place is what it sees; nil is the whole machine.
	place *confine.Place
	// spawner starts it in its place; nil does that from here.
	spawner *confine.Spawner
	// kill is closed when the tool must end at once.
	kill <-chan struct{}
	// stdout reads the output in the place of line.
	stdout func(io.Reader) error
}

// run starts the tool, hands each line of its output to line, and waits for it.
// When ctx ends the tool is told to stop; after the grace, or at once when kill
// is closed, its whole group, providers included, is killed. It returns the end
// of the error output.
func (p process) run(ctx context.Context, line func([]byte), args ...string) (stderr string, err error) {
	if p.place == nil || p.spawner == nil { // the kernel kills the child when the thread that started it ends; a spawner has its own
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		confine.Punctual()
	}
	timed, cancel := context.WithTimeoutCause(ctx, p.limits.Time, errTimeout)
	defer cancel()
	limited, exceed := context.WithCancelCause(timed)
	defer exceed(nil)
	if p.killed() {
		return "", p.stopped(args[0], errKilled)
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), p.tool.Path, args...) // wait tells it to stop
	tree := confine.Tree{Mark: mark(), Confined: p.place != nil}
	cmd.Dir, cmd.Env = p.dir, append(p.env[:len(p.env):len(p.env)], confine.Mark+"="+tree.Mark)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL} // a session is a share of the processor of its own
	last := &tail{max: maxStderr}
	out := &output{meter: meter{left: p.limits.Output, max: p.limits.Output, exceed: exceed}}
	defer out.close()
	if err := p.start(cmd, out, line, last); err != nil {
		return "", p.notStarted(ctx, err)
	}
	tree.PID = cmd.Process.Pid
	stop := p.guard(limited, tree, exceed)
	err = wait(limited, cmd)
	stop()
	tree.Kill() // what it left behind, which may hold the output open
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
	read := p.stdout
	if read == nil {
		read = func(r io.Reader) error { return eachLine(r, maxLine, line) }
	}
	if cmd.Stdout, err = out.read(read); err != nil {
		return err
	}
	if cmd.Stderr, err = out.read(func(r io.Reader) error { _, err := io.Copy(last, r); return err }); err != nil {
		return err
	}
	defer out.started()
	if p.place != nil && p.spawner != nil {
		return p.spawner.Start(*p.place, cmd, confine.Bound)
	}
	if p.place != nil {
		if err := p.place.Confine(cmd); err != nil {
			return err
		}
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := confine.Bound(cmd.Process.Pid); err != nil {
		return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	return nil
}

// wait waits for the tool, which is told to stop when ctx ends: then its end is not
// one of its own, whatever it says.
func wait(ctx context.Context, cmd *exec.Cmd) error {
	told := make(chan error, 1)
	listening := context.AfterFunc(ctx, func() { told <- cmd.Process.Signal(syscall.SIGINT) })
	err := cmd.Wait()
	if !listening() && <-told == nil && err == nil {
		return context.Cause(ctx)
	}
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
		return e.WithFix("it may take %s at most, which limits.time of the stage changes: look at its last events for what it waited for", p.limits.Time)
	}
	if over, ok := errors.AsType[*confine.Overrun](cause); ok {
		e.Kind = kernel.TooLarge
		return e.WithFix("look at what the modules do, and raise limits.%s of the stage if that is right", over.Limit)
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

// guard kills the tree once ctx has ended and the grace is over, or at once on
// request or when it takes too much. The function it returns calls that off and
// waits until nothing is under way.
func (p process) guard(ctx context.Context, tree confine.Tree, exceed context.CancelCauseFunc) (stop func()) {
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		if p.patience(ctx, done) {
			tree.Kill()
		}
	})
	group.Go(func() { p.limits.watch(tree, done, exceed) })
	group.Go(func() { confine.Folders{Disk: p.limits.Disk, Paths: p.folders}.Watch(tree, done, exceed) })
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
