package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// drain is how long output that a runaway descendant holds open is waited for.
const drain = time.Second

// Exit is how a process ended.
type Exit struct {
	// Code is the exit status, -1 after a signal.
	Code int
	// Signal is the signal that ended it, "" for none.
	Signal string
}

// String returns the exit for people.
func (e Exit) String() string {
	if e.Signal != "" {
		return "was ended by signal " + e.Signal
	}
	return fmt.Sprintf("exited with status %d", e.Code)
}

// Process is one started process with its group.
type Process struct {
	pid  int
	done chan struct{}
	exit Exit
}

// PID returns the process id, which is the id of its group too.
func (p *Process) PID() int { return p.pid }

// Done is closed when the process has ended and its output is written.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit returns how the process ended; call it after Done.
func (p *Process) Exit() Exit {
	<-p.done
	return p.exit
}

// Stop asks the whole group to end, waits for grace, then kills it. It returns
// when the process is gone; a done ctx shortens the grace.
func (p *Process) Stop(ctx context.Context, grace time.Duration) {
	p.signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
		return
	case <-timer.C:
	case <-ctx.Done():
	}
	p.signal(syscall.SIGKILL)
	<-p.done
}

func (p *Process) signal(s syscall.Signal) {
	select {
	case <-p.done: // the id may belong to another by now
	default:
		_ = syscall.Kill(-p.pid, s)
	}
}

// watch waits for the end. While the ended leader is not reaped, the group's
// id cannot be taken by another, so its remaining members are killed before.
func (p *Process) watch(cmd *exec.Cmd, read *os.File, output io.Writer, ended, release func()) {
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		copyOutput(output, read)
	}()
	awaitExit(p.pid)
	_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	ended()
	_ = cmd.Wait() // the state says how it ended
	_ = read.SetReadDeadline(time.Now().Add(drain))
	<-copied
	_ = read.Close()
	release()
	p.exit = exitOf(cmd.ProcessState)
	close(p.done)
}

func awaitExit(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

func copyOutput(output io.Writer, read io.Reader) {
	if output == nil {
		output = io.Discard
	}
	_, _ = io.Copy(output, read)
	_, _ = io.Copy(io.Discard, read) // a writer that fails must not block the process
	if c, ok := output.(io.Closer); ok {
		_ = c.Close()
	}
}

func exitOf(s *os.ProcessState) Exit {
	if s == nil {
		return Exit{Code: -1}
	}
	e := Exit{Code: s.ExitCode()}
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		e.Signal = unix.SignalName(w.Signal())
	}
	return e
}
