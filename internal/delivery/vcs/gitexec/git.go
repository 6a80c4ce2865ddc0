// Package gitexec runs git on bare repositories, with a clean environment and
// bounds on time, output and disk.
//
// It owns the child processes and what is passed to them: no configuration of
// the machine, no hooks, no submodules, no prompt, only the protocols http and
// https. It knows no domain: whose repository it is and who may use it is
// delivery/vcs's.
package gitexec

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a command that names no others.
const (
	DefaultTime   = 2 * time.Minute
	DefaultOutput = 16 << 20
	// grace is how long a command that was told to end may take.
	grace = 5 * time.Second
	// MaxMemory is how much a process of git may have of its own, in MiB. A few hundred
	// bytes of trees that name each other, or of deltas, can stand for terabytes.
	MaxMemory = 1 << 10
)

// Git is the program git.
type Git struct {
	// Path is its path.
	Path string
	// Memory is how much each of its processes may have, in MiB; 0 is MaxMemory.
	Memory int
}

// Find returns the git on PATH; the error says what to do where there is none.
func Find() (Git, error) {
	path, err := exec.LookPath("git")
	if err != nil {
		return Git{}, kernel.Errorf(kernel.Unavailable, "git is not on PATH").WithFix("install git 2.38 or newer for terraced")
	}
	return Git{Path: path}, nil
}

// Setting is one key of git's configuration.
type Setting struct{ Key, Value string }

// settings are what every command has, over the repository's own.
func settings() []Setting {
	return []Setting{
		{"core.hooksPath", "/dev/null"},
		{"core.fsmonitor", "false"},
		{"core.logAllRefUpdates", "false"},
		{"safe.directory", "*"},
		{"gc.autoDetach", "false"},
		{"maintenance.autoDetach", "false"},
		{"transfer.fsckObjects", "true"},
		{"submodule.recurse", "false"},
		{"fetch.recurseSubmodules", "false"},
		{"protocol.allow", "never"},
		{"protocol.http.allow", "always"},
		{"protocol.https.allow", "always"},
		{"http.followRedirects", "false"},
		{"pack.windowMemory", "64m"},
		{"pack.threads", "1"},
		{"core.bigFileThreshold", "16m"},
	}
}

// Environment returns the environment of a command: nothing of the daemon's
// but PATH, and the settings.
func Environment(more ...Setting) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=/bin/false", "GIT_OPTIONAL_LOCKS=0", "GIT_ALLOW_PROTOCOL=http:https", "GIT_ATTR_NOSYSTEM=1",
	}
	all := append(settings(), more...)
	env = append(env, "GIT_CONFIG_COUNT="+strconv.Itoa(len(all)))
	for i, s := range all {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, s.Key), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, s.Value))
	}
	return env
}

// Command is one call of git.
type Command struct {
	// Dir is the repository, empty for none.
	Dir      string
	Args     []string
	Settings []Setting
	// Env is added to the environment.
	Env   []string
	Stdin io.Reader
	// Stdout takes the output as it comes; nil keeps at most Output bytes of it.
	Stdout io.Writer
	Output int
	Time   time.Duration
	// Watch, where it is set, is asked every half second; its error ends the command.
	Watch func() error
}

// Failed is the error of a command that ended with another status than 0.
type Failed struct {
	Command string
	Status  int
	Said    string
}

// Error returns what git said.
func (e *Failed) Error() string {
	return fmt.Sprintf("git %s ended with status %d: %s", e.Command, e.Status, strings.TrimSpace(e.Said))
}

// Run runs the command and returns its output. Its whole process group ends
// with ctx or with its time.
func (g Git) Run(ctx context.Context, c Command) ([]byte, error) {
	limit := c.Time
	if limit == 0 {
		limit = DefaultTime
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, kernel.Errorf(kernel.Unavailable, "git took longer than %s", limit))
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	cmd := g.prepare(ctx, c)
	out := &bounded{max: c.Output, full: func() { stop(kernel.Errorf(kernel.TooLarge, "git answers with more than is read here")) }}
	if out.max == 0 {
		out.max = DefaultOutput
	}
	var said tail
	cmd.Stdout, cmd.Stderr = out, &said
	if c.Stdout != nil {
		cmd.Stdout = c.Stdout
	}
	defer watch(c.Watch, stop)()
	err := cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if strings.Contains(strings.ToLower(said.String()), "out of memory") {
			return nil, kernel.Errorf(kernel.TooLarge, "git takes more than %d MiB of memory for what is in the commits", g.memory()).
				WithFix("look for folders that hold very many files")
		}
		return out.kept.Bytes(), &Failed{Command: c.Args[0], Status: exit.ExitCode(), Said: said.String()}
	}
	if err != nil {
		return nil, fmt.Errorf("git %s: %w", c.Args[0], err)
	}
	return out.kept.Bytes(), nil
}

func (g Git) prepare(ctx context.Context, c Command) *exec.Cmd {
	args := c.Args
	if c.Dir != "" {
		args = append([]string{"--git-dir", c.Dir}, args...)
	}
	cmd := g.Bounded(ctx, args...)
	cmd.Env = append(Environment(c.Settings...), c.Env...)
	cmd.Dir = c.Dir
	cmd.Stdin = c.Stdin
	return cmd
}

func (g Git) memory() int { return cmp.Or(g.Memory, MaxMemory) }

// Bounded is a command of git that may have no more memory than is said in each of its processes, and whose
// end is that of its whole process group. A shell sets the bound before it becomes git, so
// that no process of git begins without.
func (g Git) Bounded(ctx context.Context, args ...string) *exec.Cmd {
	args = append([]string{"-c", `ulimit -d "$0"; exec "$@"`, strconv.Itoa(g.memory() << 10), g.Path}, args...)
	cmd := exec.CommandContext(ctx, "/bin/sh", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = grace
	return cmd
}

// watch asks every half second until the returned function is called.
func watch(ask func() error, stop context.CancelCauseFunc) (end func()) {
	if ask == nil {
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(500 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				if err := ask(); err != nil {
					stop(err)
					return
				}
			}
		}
	}()
	return func() { close(done) }
}

// bounded keeps output up to max bytes and tells of more. It is no bytes.Buffer: that has
// another way to be written to, which knows no bound.
type bounded struct {
	kept bytes.Buffer
	max  int
	full func()
}

// Write keeps b, or ends the command where there is too much.
func (w *bounded) Write(b []byte) (int, error) {
	if w.kept.Len()+len(b) > w.max {
		w.full()
		return 0, io.ErrShortWrite
	}
	return w.kept.Write(b)
}

// tail keeps the last 4 KiB of what is said.
type tail struct{ b []byte }

// Write keeps the end of b.
func (t *tail) Write(b []byte) (int, error) {
	t.b = append(t.b, b...)
	if len(t.b) > 4<<10 {
		t.b = t.b[len(t.b)-4<<10:]
	}
	return len(b), nil
}

// String returns what was kept.
func (t *tail) String() string { return string(t.b) }
