package process

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"github.com/terrace-idp/terrace/internal/platform/confine"
)

// Marker names the environment variable that every started process carries, so
// that a later daemon finds what an earlier one has left behind; see Sweep.
const Marker = "TERRACE_INSTANCE"

// Spec says what to start.
type Spec struct {
	// Path is the program; a path with a slash is relative to Dir, one without is looked up on PATH.
	Path string
	Args []string
	Dir  string
	// Env is the whole environment, as NAME=value; nothing is inherited.
	Env []string
	// Input is what the process reads on its standard input; "" is nothing.
	Input string
	// Output takes both output streams; nil discards them.
	Output io.Writer
	// Credential is whom to run as; nil is the daemon's own user.
	Credential *syscall.Credential
	// Owner is for whom it is started, see Launcher.Owner; nil is nobody.
	Owner any
	// Limits bound the process where the machine allows it.
	Limits Limits
}

// Launcher starts processes from one operating-system thread that never ends.
// Their parent-death signal is bound to that thread, so they die with the
// daemon, however it ends, and never earlier.
type Launcher struct {
	marker   string
	owners   owners
	groups   *cgroups
	guard    *guard
	requests chan func()
	done     chan struct{}
	closing  sync.Once
}

// NewLauncher starts a launcher whose processes carry marker, so that Sweep
// finds those that outlive it. Close it when all of its processes have stopped.
func NewLauncher(marker string) (*Launcher, error) {
	own := marker + "." + rand.Text() // tells the processes of this daemon from those of the next
	g, err := startGuard(Marker + "=" + own)
	if err != nil {
		return nil, err
	}
	l := &Launcher{marker: own, groups: openCgroups(cgroupRoot, own), guard: g, requests: make(chan func()), done: make(chan struct{})}
	go l.serve()
	return l, nil
}

func (l *Launcher) serve() {
	// The thread must outlive this goroutine: others may have started processes
	// from it before, which would die with it. So it is unlocked in the end.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	confine.Punctual()
	for {
		select {
		case request := <-l.requests:
			request()
		case <-l.done:
			return
		}
	}
}

// Close ends the launcher; a second call does nothing.
func (l *Launcher) Close() {
	l.closing.Do(func() {
		close(l.done)
		l.guard.close()
		l.groups.close()
	})
}

// Enforcement tells whether limits are enforced: "" if they are, else why not.
func (l *Launcher) Enforcement() string { return l.groups.missing }

// ErrClosed is returned by Start after Close.
var ErrClosed = errors.New("the launcher is closed")

// Start starts a process in a group of its own.
func (l *Launcher) Start(s Spec) (*Process, error) {
	type reply struct {
		p   *Process
		err error
	}
	answer := make(chan reply, 1)
	select {
	case l.requests <- func() {
		p, err := l.start(s)
		answer <- reply{p, err}
	}:
	case <-l.done:
		return nil, ErrClosed
	}
	r := <-answer
	return r.p, r.err
}

func (l *Launcher) start(s Spec) (*Process, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make the output pipe: %w", err)
	}
	defer func() { _ = write.Close() }()
	cmd := exec.Command(s.Path, s.Args...) //nolint:noctx // lives until Stop; running what is given is the purpose
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.Dir, write, write
	if s.Input != "" {
		cmd.Stdin = strings.NewReader(s.Input)
	}
	cmd.Env = append(s.Env[:len(s.Env):len(s.Env)], Marker+"="+l.marker)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: s.Credential}
	release, err := l.groups.enter(cmd.SysProcAttr, s.Limits)
	if err == nil {
		err = l.owners.start(cmd, s.Owner)
	}
	if err != nil {
		release()
		_ = read.Close()
		return nil, fmt.Errorf("start %s: %w", s.Path, cause(err))
	}
	p := &Process{pid: cmd.Process.Pid, done: make(chan struct{})}
	go p.watch(cmd, read, s.Output, func() { l.owners.forget(p.pid) }, release)
	return p, nil
}

// cause strips the path that os/exec repeats.
func cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}
