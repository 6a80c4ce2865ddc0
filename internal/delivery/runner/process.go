package runner

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of what a process may say.
const (
	maxLine   = 4 << 20
	maxStderr = 64 << 10
)

// process is one child process of the tool.
type process struct {
	tool    Tool
	dir     string
	env     []string
	timeout time.Duration
	grace   time.Duration
	// maxLine bounds a line of output; 0 means maxLine.
	maxLine int
}

// run starts the tool, hands each line of its output to line, and waits for it.
// When ctx ends the tool is told to stop; after the grace its whole group,
// providers included, is killed. It returns the end of the error output.
func (p process) run(ctx context.Context, line func([]byte), args ...string) (stderr string, err error) {
	// The kernel kills the child when the thread that started it ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	limited, cancel := context.WithTimeoutCause(ctx, p.timeout, errTimeout)
	defer cancel()
	cmd := exec.CommandContext(limited, p.tool.Path, args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	tail := &tail{max: maxStderr}
	cmd.Stderr = tail
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", fmt.Errorf("start %s: %w", p.tool.Name, err)
	}
	if err := cmd.Start(); err != nil {
		return "", p.notStarted(ctx, err)
	}
	stop := killLater(limited, cmd.Process.Pid, p.grace)
	readErr := eachLine(stdout, cmp.Or(p.maxLine, maxLine), line)
	err = cmd.Wait()
	stop()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left behind
	if cause := context.Cause(limited); cause != nil && err != nil {
		return tail.String(), p.stopped(args[0], cause)
	}
	return tail.String(), errors.Join(err, readErr)
}

var errTimeout = errors.New("it took too long") //nolint:gochecknoglobals // a sentinel

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

// killLater kills the process group once ctx has ended and the grace is over.
// The function it returns calls that off and waits until nothing is under way.
func killLater(ctx context.Context, pid int, grace time.Duration) (stop func()) {
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		select {
		case <-done:
			return
		case <-ctx.Done():
		}
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-done:
		case <-timer.C:
			_ = syscall.Kill(-pid, syscall.SIGKILL) // it may have ended just now
		}
	})
	return func() { close(done); group.Wait() }
}

// eachLine hands every line to use. What goes beyond limit of a line is dropped.
func eachLine(r io.Reader, limit int, use func([]byte)) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) <= limit {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 {
			use(trimmed)
		}
		line = line[:0]
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read output: %w", err)
		}
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	max int
	buf []byte
}

// Write keeps p's end.
func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.max; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

// String returns what was kept.
func (t *tail) String() string { return string(bytes.TrimSpace(t.buf)) }
