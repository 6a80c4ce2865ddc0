package confine_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/confine"
)

func TestMain(m *testing.M) {
	confine.Enter()
	if folder := os.Getenv(asDaemon); folder != "" {
		os.Exit(daemon(folder))
	}
	os.Exit(m.Run())
}

// need skips where the kernel has no namespaces for this user.
func need(t *testing.T) {
	t.Helper()
	if why := confine.Missing(t.Context(), ""); why != "" {
		t.Skip(why)
	}
}

// place is a data folder with a secret and a work folder in it.
func place(t *testing.T) (p confine.Place, data, work string) {
	t.Helper()
	data = t.TempDir()
	work = filepath.Join(data, "runs", "one")
	kept := filepath.Join(data, "mirror")
	for _, dir := range []string{work, kept, filepath.Join(data, "keys")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{filepath.Join(data, "keys", "kek"), filepath.Join(kept, "provider")} {
		if err := os.WriteFile(path, []byte("content"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return confine.Place{Hidden: []string{data}, Readable: []string{kept}, Writable: []string{work}}, data, work
}

// sh runs a script in the place, with $1 the data folder and $2 the process of the test.
func sh(t *testing.T, p confine.Place, data, work, script string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", script, "sh", data)
	cmd.Dir, cmd.Env = work, []string{"PATH=/usr/bin:/bin"}
	if err := p.Confine(cmd); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("%s: %v", script, err)
	}
	return strings.TrimSpace(string(out))
}

func TestWhatIsHiddenIsGone(t *testing.T) {
	t.Parallel()
	need(t)
	p, data, work := place(t)
	for script, want := range map[string]string{
		"cat $1/keys/kek":                     "No such file",
		"ls $1":                               "mirror\nruns",
		"cat $1/mirror/provider":              "content",
		"echo x > $1/mirror/provider":         "Read-only",
		"echo x > $1/other":                   "Read-only",
		"echo x > /etc/terrace-test":          "Read-only",
		"echo x > own && cat $1/runs/one/own": "x",
		"pwd":                                 work,
		"umount $1; ls $1":                    "mirror\nruns",
		"unshare -Urm umount $1; ls $1/keys":  "No such file",
		"echo 1 > /proc/sys/kernel/panic":     "Read-only",
		"echo $$":                             "1",
		"echo /proc/[0-9]*":                   "/proc/1",
		"cat /proc/$PPID/environ":             "No such file",
		"grep -E 'Cap(Prm|Eff|Bnd)|NoNewPrivs' /proc/$$/status | tr -d '\\n\\t'": "CapPrm:0000000000000000CapEff:0000000000000000CapBnd:0000000000000000NoNewPrivs:1",
		"echo x > /dev/null; ls /dev":                                            "fd\nfull\nnull\nrandom\nshm\nstderr\nstdin\nstdout\nurandom\nzero",
	} {
		if got := sh(t, p, data, work, script); !strings.Contains(got, want) || strings.HasPrefix(want, "/proc") && got != want {
			t.Errorf("%s: %q, want %q", script, got, want)
		}
	}
}

// TestWhatIsNoHelperIsMissing names a program that does not know how to help.
func TestWhatIsNoHelperIsMissing(t *testing.T) {
	t.Parallel()
	if why := confine.Missing(t.Context(), "/bin/true"); why == "" {
		t.Error("nothing is missing")
	}
	if why := confine.Missing(t.Context(), "/nonexistent"); why == "" {
		t.Error("nothing is missing")
	}
}

// TestProcessesThatMultiplyAreRefused: the kernel counts them, and not who looks at times.
func TestProcessesThatMultiplyAreRefused(t *testing.T) {
	t.Parallel()
	need(t)
	var major, minor int
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Skip(err)
	}
	if _, err := fmt.Sscanf(string(release), "%d.%d", &major, &minor); err != nil || major < 6 || major == 6 && minor < 14 {
		t.Skipf("Linux %s has no bound for a place", release)
	}
	p, data, work := place(t)
	p.Processes = 1
	out := sh(t, p, data, work, `i=0; while [ $i -lt 400 ]; do sleep 60 & i=$((i+1)); done`)
	if !strings.Contains(strings.ToLower(out), "fork") {
		t.Errorf("400 processes were let: %q", out)
	}
	if whole, err := os.ReadFile("/proc/sys/kernel/pid_max"); err != nil || strings.TrimSpace(string(whole)) == "316" {
		t.Errorf("the machine itself may have %s, %v", whole, err)
	}
}
