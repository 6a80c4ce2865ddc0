package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// TestRestart stops the daemon in order and without warning: what was deployed
// answers again without a run, and nothing is left over.
func TestRestart(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d := harness.Start(t)
	p := d.Project(ctx, t, "shop")
	w := workload{
		Name: "clock", Variables: map[string]string{"CACHE": "${resources.cache.host}:${resources.cache.port}"},
		Resources: map[string]any{"cache": map[string]any{"type": "redis"}},
	}
	p.Succeed(ctx, "deploy", w.file(t, filepath.Join(d.Dir, "clock")), "--stage", "dev")
	first := visits(t, p, "clock.dev.shop.localhost", nil)
	supervised(t, p, first)

	ends := map[string]func(){"in order": d.Stop, "by SIGKILL": d.Kill}
	for name, end := range ends {
		end()
		harness.Eventually(t, "no process outlives the daemon that ended "+name, func() (string, bool) {
			left := d.Processes()
			return fmt.Sprint(left), len(left) == 0
		})
		d.Boot()
		again := visits(t, p, "clock.dev.shop.localhost", nil)
		if again.Release != first.Release || !again.Cache.OK || again.PID == first.PID {
			t.Errorf("ended %s, then it answers %s", name, again.Body)
		}
	}
	if runs := p.Runs(ctx, "clock"); len(runs) != 1 {
		t.Errorf("there are %d runs", len(runs))
	}
	p.Must(ctx, "audit", "verify")
	w.Version = "1.1.0"
	p.Succeed(ctx, "deploy", w.file(t, filepath.Join(d.Dir, "clock")), "--stage", "dev")
	p.Succeed(ctx, "destroy", "clock", "--stage", "dev", "--yes")
	noProcesses(t, d)
}

// TestUpdate starts the daemon with another build of the provider: what was released
// before goes on, and goes back.
func TestUpdate(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	provider := filepath.Join(t.TempDir(), "terraform-provider-terrace")
	program, err := os.ReadFile(harness.Bin(t, "terraform-provider-terrace"))
	if err != nil {
		t.Fatal(err)
	}
	d := harness.New(t, "--provider", provider)
	start := func(program []byte) {
		if err := os.WriteFile(provider, program, 0o700); err != nil {
			t.Fatal(err)
		}
		d.Boot()
	}
	start(program)
	p := d.Project(ctx, t, "shop")
	w := workload{Name: "clock", Version: "1.0.0"}
	p.Succeed(ctx, "deploy", w.file(t, filepath.Join(d.Dir, "clock")), "--stage", "dev")
	w.Version = "1.1.0"
	p.Succeed(ctx, "deploy", w.file(t, filepath.Join(d.Dir, "clock")), "--stage", "dev")
	d.Stop()
	start(append(program, "another build"...))
	p.Succeed(ctx, "promote", "clock", "--to", "test")
	p.Succeed(ctx, "rollback", "clock", "--stage", "dev")
	p.Must(ctx, "drift", "check", "clock", "--stage", "dev")
	p.Succeed(ctx, "destroy", "clock", "--stage", "dev", "--yes")
	p.Succeed(ctx, "destroy", "clock", "--stage", "test", "--yes")
}

// visits asks the service until it answers well, and as wanted.
func visits(t *testing.T, p harness.Person, host string, wanted func(harness.Answer) bool) (a harness.Answer) {
	t.Helper()
	harness.Eventually(t, host+" answers", func() (string, bool) {
		var err error
		a, err = p.Visit(t.Context(), host, "/")
		return fmt.Sprint(a.Status, a.Body, err), err == nil && a.Status == 200 && (wanted == nil || wanted(a))
	})
	return a
}

// supervised kills the process of a service: another takes its place.
func supervised(t *testing.T, p harness.Person, first harness.Answer) {
	t.Helper()
	if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	visits(t, p, "clock.dev.shop.localhost", func(a harness.Answer) bool { return a.PID != first.PID && a.Release == first.Release })
}
