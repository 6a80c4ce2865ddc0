package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Result is what a client's process left.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// String is everything that the client printed and how it ended, for failures.
func (r Result) String() string {
	return fmt.Sprintf("exit %d\n--- stdout\n%s--- stderr\n%s", r.Code, r.Stdout, r.Stderr)
}

// Terrace runs the client with args in dir, as the first user on this machine.
func (d *Daemon) Terrace(ctx context.Context, dir string, args ...string) Result {
	d.t.Helper()
	return d.client(ctx, d.t, dir, nil, args...)
}

func (d *Daemon) client(ctx context.Context, t testing.TB, dir string, env []string, args ...string) Result {
	t.Helper()
	cmd := exec.CommandContext(ctx, Bin(t, "terrace"), args...)
	cmd.Dir, cmd.Env = dir, append(d.Environment(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Errorf("terrace %s: %v", strings.Join(args, " "), err)
		return Result{Code: -1}
	}
	return Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode()}
}

// MustTerrace runs the client and fails the test unless it exits with 0.
func (d *Daemon) MustTerrace(ctx context.Context, dir string, args ...string) Result {
	d.t.Helper()
	r := d.Terrace(ctx, dir, args...)
	if r.Code != 0 {
		d.t.Fatalf("terrace %s: %s", strings.Join(args, " "), r)
	}
	return r
}

// Environment is that of the daemon and its clients: the tester's, without the
// sign-ins and settings that the tester may have.
func (d *Daemon) Environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "TERRACE_") })
	env = append(env, "XDG_STATE_HOME="+filepath.Join(d.Dir, "state"), "XDG_CONFIG_HOME="+filepath.Join(d.Dir, "config"))
	if dir, err := os.UserCacheDir(); err == nil && os.Getenv("GOCACHE") == "" {
		env = append(env, "GOCACHE="+filepath.Join(dir, "go-build")) // what the daemon builds would else begin with the standard library
	}
	return append(env, d.Env...)
}

// SignIn is what `terraced up` leaves for the client of the same machine.
type SignIn struct {
	Address string `json:"address"`
	Token   string `json:"token"`
	CA      string `json:"ca"`
	Project string `json:"project"`
}

// SignIn reads the sign-in file.
func (d *Daemon) SignIn() SignIn {
	d.t.Helper()
	raw, err := os.ReadFile(filepath.Join(d.Dir, "state", "terrace", "local.json"))
	if err != nil {
		d.t.Fatal(err)
	}
	var s SignIn
	if err := json.Unmarshal(raw, &s); err != nil {
		d.t.Fatal(err)
	}
	return s
}
