// Package harness boots the built daemon as its users do, as a process of its
// own, and drives it through its public doors: the client, the HTTP API, the
// gateway and DNS.
//
// It owns child processes and ports of a test; it links nothing of the platform.
package harness

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Daemon is a running terraced with a data directory of its own.
type Daemon struct {
	t testing.TB
	// Dir holds Data and the sign-in file.
	Dir, Data string
	// API, Gateway, HTTP, DNS and NATS are host:port addresses on loopback.
	API, Gateway, HTTP, DNS, NATS string
	// Arguments are added to `terraced up`.
	Arguments []string
	// Env is added to the environment of the daemon and the client.
	Env []string

	cmd  *exec.Cmd
	done chan struct{}
	logs lockedBuffer
}

// Start boots a daemon on an empty data directory and waits until it is ready.
// It is stopped at the end of the test.
func Start(t testing.TB, arguments ...string) *Daemon {
	t.Helper()
	d := New(t, arguments...)
	d.Boot()
	return d
}

// New prepares a daemon without starting it.
func New(t testing.TB, arguments ...string) *Daemon {
	t.Helper()
	dir := t.TempDir()
	d := &Daemon{
		t: t, Dir: dir, Data: filepath.Join(dir, "data"), Arguments: arguments,
		API: FreeAddress(t), Gateway: FreeAddress(t), HTTP: FreeAddress(t), DNS: FreeAddress(t), NATS: FreeAddress(t),
	}
	t.Cleanup(func() {
		d.Stop()
		if t.Failed() {
			t.Logf("the daemon's log, without requests that went well:\n%s", quiet(d.logs.tail(256<<10)))
		}
	})
	return d
}

// quiet leaves out the access log's lines of requests that succeeded.
func quiet(log string) string {
	well := regexp.MustCompile(`(?m)^.*"msg":"(gateway )?request".*"status":[23].*\n`)
	left := well.ReplaceAllString(log, "")
	return left[max(0, len(left)-(16<<10)):]
}

// Bin returns the path of a built program, or fails the test. The folder is
// bin/ of the tree, or the one that TERRACE_TEST_BIN names.
func Bin(t testing.TB, name string) string {
	t.Helper()
	folder := os.Getenv("TERRACE_TEST_BIN")
	if folder == "" {
		folder = filepath.Join(tree(t), "bin")
	}
	path := filepath.Join(folder, name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is not built: run `make build` first (%v)", name, err)
	}
	return path
}

// tree returns the root of the source tree, above the folder of the test.
func tree(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("the test does not run in the source tree; name the folder of the binaries in TERRACE_TEST_BIN")
	return ""
}

// Boot starts the process and waits until it is ready.
func (d *Daemon) Boot() {
	d.t.Helper()
	if err := d.Launch(); err != nil {
		d.t.Fatal(err)
	}
	d.WaitReady()
}

// Launch starts the process without waiting for it.
func (d *Daemon) Launch() error {
	args := append([]string{
		"up", "--data", d.Data, "--listen", d.API, "--gateway", d.Gateway, "--gateway-http", d.HTTP, "--dns", d.DNS, "--nats", d.NATS,
	}, d.Arguments...)
	cmd := exec.Command(Bin(d.t, "terraced"), args...)
	cmd.Env = d.Environment()
	cmd.Stdout, cmd.Stderr = &d.logs, &d.logs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start terraced: %w", err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	d.cmd, d.done = cmd, done
	return nil
}

// WaitReady waits until the daemon answers as ready.
func (d *Daemon) WaitReady() {
	d.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		select {
		case <-d.done:
			d.t.Fatalf("terraced ended before it was ready:\n%s", d.logs.tail(8<<10))
		case <-time.After(10 * time.Millisecond):
		}
		response, err := http.Get("http://" + d.API + "/readyz")
		if err != nil {
			continue
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return
		}
	}
	d.t.Fatalf("terraced is not ready after a minute:\n%s", d.logs.tail(8<<10))
}

// Kill ends the daemon as a power cut would, with SIGKILL, and waits for it.
func (d *Daemon) Kill() { d.end(syscall.SIGKILL) }

// Stop asks the daemon to end and waits for it.
func (d *Daemon) Stop() { d.end(syscall.SIGTERM) }

// Dump ends the daemon with SIGQUIT, at which it prints what all of it is doing.
func (d *Daemon) Dump() { d.end(syscall.SIGQUIT) }

func (d *Daemon) end(signal syscall.Signal) {
	if d.cmd == nil {
		return
	}
	_ = d.cmd.Process.Signal(signal)
	select {
	case <-d.done:
	case <-time.After(time.Minute):
		_ = d.cmd.Process.Kill()
		<-d.done
		d.t.Errorf("terraced did not end within a minute of %v", signal)
	}
	d.cmd = nil
}

// PID returns the daemon's process id.
func (d *Daemon) PID() int { return d.cmd.Process.Pid }

// Wait waits until the process has ended by itself and returns its exit status.
func (d *Daemon) Wait() int {
	d.t.Helper()
	select {
	case <-d.done:
	case <-time.After(time.Minute):
		d.t.Fatalf("terraced still runs after a minute:\n%s", d.logs.tail(8<<10))
	}
	code := d.cmd.ProcessState.ExitCode()
	d.cmd = nil
	return code
}

// Log returns the end of what the daemon printed.
func (d *Daemon) Log() string { return d.logs.tail(64 << 10) }

// WholeLog returns everything that the daemon printed, over its restarts.
func (d *Daemon) WholeLog() string { return d.logs.tail(math.MaxInt) }

// lockedBuffer collects output of a process while a test reads it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) tail(n int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.buf.Bytes()
	return string(all[max(0, len(all)-n):])
}
