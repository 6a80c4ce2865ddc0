package runner_test

import (
	"context"
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/confine"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

func TestMain(m *testing.M) {
	confine.Enter()
	os.Exit(m.Run())
}

// isolated reports whether the kernel allows it, and skips where it does not.
func isolated(t testing.TB) {
	t.Helper()
	if ok, why, _ := runner.Isolate(context.Background(), runner.IsolationAuto, ""); !ok {
		t.Skip(why)
	}
}

// spawner starts what is isolated in the way of a daemon.
func spawner(t testing.TB) *confine.Spawner {
	t.Helper()
	s := &confine.Spawner{}
	t.Cleanup(s.Close)
	return s
}

// everywhere runs a test with and without isolation.
func everywhere(t *testing.T, test func(t *testing.T, isolated bool)) {
	t.Helper()
	t.Run("isolated", func(t *testing.T) {
		t.Parallel()
		isolated(t)
		test(t, true)
	})
	t.Run("not isolated", func(t *testing.T) {
		t.Parallel()
		test(t, false)
	})
}

// TestWhoTakesTooMuchIsEnded has hostile tools; each ends with one message that
// names the limit, and leaves nothing that runs.
func TestWhoTakesTooMuchIsEnded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		limits runner.Limits
		want   string
	}{
		"memory": {
			`exec awk 'BEGIN { s = "0123456789abcdef"; while (1) { s = s s; if (length(s) > 2^27) while (1) {} } }'`,
			runner.Limits{Memory: 48 << 20},
			"of memory and may take 48 MiB",
		},
		"the memory of a child": {
			`(awk 'BEGIN { s = "0123456789abcdef"; while (1) { s = s s; if (length(s) > 2^27) while (1) {} } }') & wait`,
			runner.Limits{Memory: 48 << 20},
			"of memory and may take 48 MiB",
		},
		"processes": {
			`i=0; while [ $i -lt 60 ]; do sleep 3600 & i=$((i+1)); done; wait`,
			runner.Limits{Processes: 40},
			"and 40 may be",
		},
		"disk":                  {`head -c 33554432 /dev/zero > big; exec sleep 3600`, runner.Limits{Disk: 8 << 20}, "it wrote more than 8 MiB into its folders"},
		"a little of the disk":  {`head -c 12582912 /dev/zero > $TMPDIR/big; exec sleep 3600`, runner.Limits{Disk: 8 << 20}, "it wrote more than 8 MiB into its folders"},
		"many files":            {`i=0; while [ $i -lt 400 ]; do : > f$i; i=$((i+1)); done; exec sleep 3600`, runner.Limits{Disk: 1 << 20}, "it wrote more than 1 MiB into its folders"},
		"output":                {`exec yes`, runner.Limits{Output: 1 << 20}, "it printed more than 1 MiB"},
		"output without lines":  {`exec cat /dev/zero`, runner.Limits{Output: 1 << 20}, "it printed more than 1 MiB"},
		"output of errors":      {`yes >&2`, runner.Limits{Output: 1 << 20}, "it printed more than 1 MiB"},
		"time":                  {`exec sleep 3600`, runner.Limits{Time: 200 * time.Millisecond}, "it took too long"},
		"a process that leaves": {`setsid sh -c 'setsid sleep 3600 & sleep 3600' & wait`, runner.Limits{Processes: 2}, "and 2 may be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, isolated bool) {
				alive := pipe(t, "alive")
				config := runner.Config{Tool: fake(t, "exec 3<> "+alive+"\n"+c.script), DataDir: t.TempDir(), Limits: c.limits, Grace: time.Millisecond, Isolated: isolated, Spawner: spawner(t)}
				err := planWith(t.Context(), config)
				known, ok := errors.AsType[*kernel.Error](err)
				if !ok || !strings.Contains(known.Message, c.want) || !strings.Contains(known.Fix, "of the stage") {
					t.Errorf("plan: %v, want %q and which limit it is", err, c.want)
				}
				released(t, alive)
			})
		})
	}
}

// TestNothingOutlivesTheTool has a tool end in peace whose child has left its
// group and session.
func TestNothingOutlivesTheTool(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, isolated bool) {
		alive := pipe(t, "alive")
		tool := fake(t, "exec 3<> "+alive+"\nsetsid sh -c 'setsid sleep 3600 & sleep 3600' &\necho broken >&2; exit 7")
		err := planWith(t.Context(), runner.Config{Tool: tool, DataDir: t.TempDir(), Isolated: isolated, Spawner: spawner(t)})
		if err == nil || !strings.Contains(err.Error(), "broken") {
			t.Errorf("plan: %v, want the tool's words", err)
		}
		released(t, alive)
	})
}

// TestAPlanSeesOnlyWhatItNeeds lays out what others must not know, and has a tool
// look for it.
func TestAPlanSeesOnlyWhatItNeeds(t *testing.T) {
	t.Parallel()
	isolated(t)
	data, outside := t.TempDir(), filepath.Join(t.TempDir(), "written")
	kek := filepath.Join(t.TempDir(), "kek")
	if err := os.MkdirAll(filepath.Join(data, "runs", "other"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{kek, filepath.Join(data, "terrace.db"), filepath.Join(data, "runs", "other", "main.tf.json")} {
		if err := os.WriteFile(path, []byte("a secret of others"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script := `for f in ` + kek + ` ` + data + `/terrace.db ` + data + `/runs/other/main.tf.json ; do grep secret $f && echo "READ $f"; done
for f in /proc/$PPID/environ /proc/` + pid() + `/environ; do cat $f && echo "READ $f"; done
ls ~root /root 2>/dev/null
echo x > ` + outside + ` && echo "WROTE $f"
echo x > $HOME/own && echo x > $TMPDIR/own && echo x > here || echo "NOT WRITTEN"
kill -9 ` + pid() + ` && echo KILLED
exit 9`
	err := planWith(t.Context(), runner.Config{Tool: fake(t, "("+script+") >&2; exit 9"), DataDir: data, Hidden: func() []string { return []string{kek} }, Isolated: true, Spawner: spawner(t)})
	if err == nil {
		t.Fatal("the plan did not fail")
	}
	said := err.Error()
	if known, ok := errors.AsType[*kernel.Error](err); ok && len(known.Problems) > 0 {
		said = known.Problems[0].Message
	}
	for _, bad := range []string{"a secret of others", "READ", "WROTE", "NOT WRITTEN", "KILLED"} {
		if strings.Contains(said, bad) {
			t.Errorf("the tool said %q", said)
		}
	}
	if _, err := os.Stat(outside); err == nil {
		t.Error("it wrote outside")
	}
	if !strings.Contains(said, "No such") && !strings.Contains(said, "Read-only") {
		t.Errorf("the tool said %q, want that it tried", said)
	}
}

// TestAPlanDoesNotSeeTheHome: the home of the daemon's user is no variable's to name,
// though the daemon has one that does.
func TestAPlanDoesNotSeeTheHome(t *testing.T) {
	isolated(t)
	home := t.TempDir()
	t.Setenv("HOME", home)
	if err := os.WriteFile(filepath.Join(home, "credentials"), []byte("a secret of others"), 0o600); err != nil {
		t.Fatal(err)
	}
	script := `(test -w "$HOME" && cat ` + filepath.Join(home, "credentials") + `) >&2; exit 9`
	err := planWith(t.Context(), runner.Config{Tool: fake(t, script), DataDir: t.TempDir(), Isolated: true, Spawner: spawner(t)})
	if err == nil {
		t.Fatal("the plan did not fail")
	}
	known, _ := errors.AsType[*kernel.Error](err)
	if known == nil || len(known.Problems) == 0 || !strings.Contains(known.Problems[0].Message, "No such file") {
		t.Errorf("the tool said %+v, want that there is no such file", known)
	}
}

// TestAPlanDoesNotSeeTheHomeOfTheSystem: a daemon that was started with another HOME
// has a user with a home all the same.
func TestAPlanDoesNotSeeTheHomeOfTheSystem(t *testing.T) {
	isolated(t)
	who, err := user.Current()
	if err != nil {
		t.Skip(err)
	}
	files, _ := filepath.Glob(filepath.Join(who.HomeDir, ".*rc"))
	if len(files) == 0 {
		t.Skip("there is nothing in " + who.HomeDir)
	}
	t.Setenv("HOME", t.TempDir())
	tool := fake(t, "(ls "+files[0]+") >&2; exit 9")
	err = planWith(t.Context(), runner.Config{Tool: tool, DataDir: t.TempDir(), Isolated: true, Spawner: spawner(t)})
	known, _ := errors.AsType[*kernel.Error](err)
	if known == nil || len(known.Problems) == 0 || !strings.Contains(known.Problems[0].Message, "No such file") {
		t.Errorf("the tool said %+v, want that there is no such file", known)
	}
}

func pid() string { return filepath.Base(selfPath()) }

func selfPath() string { path, _ := os.Readlink("/proc/self"); return path }

// TestADeployWithoutSight plans and applies with the real tool and provider in a
// place of its own, twice, so that the kept folder is used too.
func TestADeployWithoutSight(t *testing.T) {
	t.Parallel()
	isolated(t)
	b := newBench(t)
	b.Isolated, b.Spawner = true, spawner(t)
	root := data(`{"a":{"input":"x","provisioner":{"local-exec":{"command":"cat /proc/1/comm; test -w $HOME && test -w $TMPDIR && ! ls ` + filepath.Join(b.DataDir, "init") + `/*/lock.hcl"}}}}`)
	for _, run := range []string{"run_1", "run_2"} {
		stack := freshStack()
		plan, err := b.Plan(t.Context(), b.job(t, run, stack, tokens.PhasePlan, root), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Apply(t.Context(), b.job(t, run, stack, tokens.PhaseApply, root), b.kept(plan), nil); err != nil {
			t.Fatal(err)
		}
	}
	b.isClean(t)
}

// BenchmarkIsolation measures what a start in a place of its own costs.
func BenchmarkIsolation(b *testing.B) {
	isolated(b)
	for name, on := range map[string]bool{"isolated": true, "open": false} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "terraform")
			if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 7\n"), 0o700); err != nil {
				b.Fatal(err)
			}
			c := runner.Config{Tool: runner.Tool{Name: "terraform", Path: path, Version: "1.11.4"}, DataDir: b.TempDir(), Isolated: on, Spawner: spawner(b)}
			for b.Loop() {
				if planWith(b.Context(), c) == nil {
					b.Fatal("it did not run")
				}
			}
		})
	}
}
