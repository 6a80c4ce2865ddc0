package runverify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

const (
	// shell sets the limits before it becomes the program; POSIX has it there.
	shell = "/bin/sh"
	// limited gets the limits and then the program with its arguments. It writes
	// no core, and each of its files is at most 64 MiB, told in blocks of 512 bytes.
	limited = `ulimit -c 0 && ulimit -f 131072 && ulimit -d "$1" || exit 126; shift; exec "$@"`
	// drain is how long output is waited for after the end of the program.
	drain = time.Second
)

// command runs programs.
type command struct {
	folder, rootFile string
	environ          []string
}

// verify runs the program once, in a directory of its own, which goes with it.
func (c *command) verify(ctx context.Context, in run.CheckInput) run.CheckResult {
	check := in.Check.Command
	result := run.CheckResult{Check: in.Check.Name, Asked: line(check.Argv), Attempts: 1}
	begin := time.Now()
	result.Passed, result.Message, result.Output = c.execute(ctx, in)
	result.Seconds = time.Since(begin).Seconds()
	return result
}

func (c *command) execute(ctx context.Context, in run.CheckInput) (passed bool, message, output string) {
	dir, err := os.MkdirTemp(c.folder, "check-")
	if err != nil {
		return false, "there is no directory to run it in: " + reason(err), ""
	}
	defer func() { _ = os.RemoveAll(dir) }() // New removes what stays
	env := c.environment(in, dir)
	program, err := find(in.Check.Command.Argv[0], env)
	if err != nil {
		return false, err.Error(), ""
	}
	limit := cmp.Or(in.Check.Command.Timeout, stage.DefaultCommandTime)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	said := &tail{}
	err = c.run(ctx, in.Check.Command, program, dir, env, said)
	switch {
	case err == nil:
		return true, "exit code 0", said.String()
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return false, fmt.Sprintf("it had not ended after %s, and was killed", limit), said.String()
	case ctx.Err() != nil:
		return false, "it was stopped", said.String()
	default:
		return false, ending(err), said.String()
	}
}

// run starts the program as the leader of a group and waits for it. Whatever of
// the group is left then is killed.
func (c *command) run(ctx context.Context, check *stage.CommandCheck, program, dir string, env []string, said *tail) error {
	// The kernel kills the child when the thread that started it ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	memory := strconv.Itoa(cmp.Or(check.Memory, stage.DefaultCommandMemory) << 10) // in KiB
	args := append([]string{"-c", limited, "check", memory, program}, check.Argv[1:]...)
	cmd := exec.CommandContext(ctx, shell, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = dir, env, said, said, drain
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left behind
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil // it ended well; only something that it left held the output open
	}
	return err
}

// passed are the variables of the daemon that a command gets, too: where
// programs are, the locale and the way out of the network. Nothing else:
// credentials above all stay out.
func passed(name string) bool {
	return slices.Contains([]string{
		"PATH", "LANG", "LANGUAGE", "TZ", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	}, name) || strings.HasPrefix(name, "LC_")
}

// environment is the whole environment of a command.
func (c *command) environment(in run.CheckInput, dir string) []string {
	all := map[string]string{"PATH": "/usr/local/bin:/usr/bin:/bin"}
	for _, entry := range c.environ {
		if name, value, _ := strings.Cut(entry, "="); passed(name) {
			all[name] = value
		}
	}
	maps.Copy(all, in.Check.Command.Environment)
	maps.Copy(all, map[string]string{
		"HOME": dir, "TMPDIR": dir,
		"TERRACE_TENANT": in.Scope.Tenant, "TERRACE_PROJECT": in.Scope.Project, "TERRACE_STAGE": in.Scope.Stage,
		"TERRACE_WORKLOAD": in.Workload, "TERRACE_RELEASE": in.Release, "TERRACE_VERSION": in.Version,
	})
	for i, name := range slices.Sorted(maps.Keys(in.Endpoints)) {
		if i == 0 {
			all["TERRACE_URL"] = in.Endpoints[name]
		}
		all["TERRACE_ENDPOINT_"+variable(name)] = in.Endpoints[name]
	}
	if in.Own && c.rootFile != "" {
		all["TERRACE_CA_FILE"] = c.rootFile
	}
	env := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		env = append(env, name+"="+all[name])
	}
	return env
}

var unfit = regexp.MustCompile(`[^A-Z0-9]+`)

// variable writes a name as a part of the name of a variable.
func variable(name string) string { return unfit.ReplaceAllString(strings.ToUpper(name), "_") }

// find returns the path of a program, looked for on the PATH of env.
func find(program string, env []string) (string, error) {
	candidates := []string{program}
	if !strings.Contains(program, "/") {
		candidates = nil
		for _, entry := range env {
			if path, ok := strings.CutPrefix(entry, "PATH="); ok {
				for _, dir := range filepath.SplitList(path) {
					candidates = append(candidates, filepath.Join(dir, program))
				}
			}
		}
	}
	for _, candidate := range candidates {
		info, err := os.Stat(candidate)
		if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 && filepath.IsAbs(candidate) {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("there is no program %s on the machine of the daemon, or it is not executable", program)
}

// ending tells how a program ended that did not end well.
func ending(err error) string {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return "it cannot be started: " + reason(err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return fmt.Sprintf("it was ended by the signal %q", status.Signal())
	}
	return fmt.Sprintf("exit code %d, want 0", exit.ExitCode())
}

// reason leaves the paths of an error out, which say nothing to its reader.
func reason(err error) string {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// line writes a command for people.
func line(argv []string) string {
	words := make([]string, len(argv))
	for i, a := range argv {
		if words[i] = a; a == "" || strings.ContainsAny(a, " \t\n\"'\\$`") {
			words[i] = strconv.Quote(a)
		}
	}
	return strings.Join(words, " ")
}
