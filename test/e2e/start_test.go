package e2e_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// TestStartFails has what an operator can get wrong. The daemon ends with one
// message that names the cause and the way out, and starts when it is mended.
func TestStartFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arguments, env []string
		words          []string
	}{
		"terraform that is not there": {
			arguments: []string{"--terraform", "/nonexistent/terraform"},
			words:     []string{"/nonexistent/terraform", "leave it empty to have one found"},
		},
		"neither terraform nor go": {
			env:   []string{"PATH=/nonexistent"},
			words: []string{"terraform", "tofu", "Go"},
		},
		"a database of an unknown kind": {
			arguments: []string{"--database", "oracle://db"},
			words:     []string{"database: ", "sqlite", "postgres"},
		},
		"a PostgreSQL that is away": {
			arguments: []string{"--database", "postgres://nobody@127.0.0.1:1/none?sslmode=disable"},
			words:     []string{"PostgreSQL", "127.0.0.1:1", "--database"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := harness.New(t, c.arguments...)
			d.Env = c.env
			fails(t, d, c.words...)
			d.Arguments, d.Env = nil, nil
			d.Boot()
			d.MustTerrace(t.Context(), d.Dir, "doctor")
		})
	}
}

// fails starts a daemon that must end by itself with exit 1.
func fails(t *testing.T, d *harness.Daemon, words ...string) {
	t.Helper()
	if err := d.Launch(); err != nil {
		t.Fatal(err)
	}
	code, log := d.Wait(), d.Log()
	if code != 1 || strings.Count("\n"+log, "\nterraced: ") != 1 || !(strings.Contains(log, "  → ") || strings.Contains(log, " (use ")) {
		t.Errorf("exit %d, want one message with a way out:\n%s", code, log)
	}
	says(t, log, words...)
	for _, internal := range []string{"panic", "goroutine", "%!", "<nil>"} {
		if strings.Contains(log, internal) {
			t.Errorf("the message tells internals:\n%s", log)
		}
	}
}

// TestPortsThatAreTaken takes each of the daemon's own ports.
func TestPortsThatAreTaken(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(*harness.Daemon) (flag, address string){
		"API":     func(d *harness.Daemon) (string, string) { return "--listen", d.API },
		"gateway": func(d *harness.Daemon) (string, string) { return "--gateway", d.Gateway },
		"HTTP":    func(d *harness.Daemon) (string, string) { return "--gateway-http", d.HTTP },
		"DNS":     func(d *harness.Daemon) (string, string) { return "--dns", d.DNS },
		"NATS":    func(d *harness.Daemon) (string, string) { return "--nats", d.NATS },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := harness.New(t)
			flag, address := of(d)
			l, err := net.Listen("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			fails(t, d, address, flag)
			_ = l.Close()
			d.Boot()
		})
	}
}

// TestOneDaemonForOneDataDirectory starts a second one on the same folder.
func TestOneDaemonForOneDataDirectory(t *testing.T) {
	t.Parallel()
	first, second := harness.Start(t), harness.New(t)
	second.Data = first.Data
	fails(t, second, first.Data)
	first.MustTerrace(t.Context(), first.Dir, "doctor")
}

// TestFullDisk fills the disk of the data directory: a deploy is refused with a
// clear message, and goes on when there is space again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	ctx := t.Context()
	d := harness.New(t)
	disk(t, d.Data, "320m")
	d.Boot()
	p := patient{Person: d.Project(ctx, t, "full"), t: t, folder: t.TempDir()}
	if r := p.deploy(workload{}); r.Code != 0 {
		t.Fatal(r)
	}
	ballast := filepath.Join(d.Data, "ballast")
	fill(t, ballast)
	r := p.deploy(workload{Version: "1.1.0", Variables: map[string]string{"NOTE": "more"}})
	if r.Code == 0 {
		t.Errorf("a deploy to a full disk: %s", r)
	}
	refused(t, r, r.Code, "disk", "full")
	if a, err := p.Visit(ctx, "patient.dev.full.localhost", "/"); err != nil || a.Version != "1.0.0" {
		t.Errorf("what ran before does not answer: %d %s, %v", a.Status, a.Body, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	p.recovers()
	p.Must(ctx, "audit", "verify")
}

// disk mounts a small disk on dir until the test ends.
func disk(t *testing.T, dir, size string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no disk can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("umount %s: %v: %s", dir, err, out)
		}
	})
}

// fill writes until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, size := range []int{1 << 20, 4 << 10, 1} {
		for piece := make([]byte, size); ; {
			if _, err := f.Write(piece); err != nil {
				break
			}
		}
	}
}
