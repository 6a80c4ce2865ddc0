package buildexec_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/build"
	"github.com/terrace-idp/terrace/internal/delivery/build/buildexec"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/confine"
)

func TestMain(m *testing.M) {
	confine.Enter()
	os.Exit(m.Run())
}

// everywhere runs a test with and without isolation, with the caches of who tests.
func everywhere(t *testing.T, test func(t *testing.T, c buildexec.Config)) {
	t.Helper()
	for name, isolated := range map[string]bool{"isolated": true, "not isolated": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if why := confine.Missing(t.Context(), ""); isolated && why != "" {
				t.Skip(why)
			}
			data := t.TempDir()
			out, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
			if err != nil {
				t.Skip("go is not on PATH")
			}
			test(t, buildexec.Config{
				Dir: filepath.Join(data, "builds"), Environ: append(os.Environ(), "GOCACHE="+strings.TrimSpace(string(out)), "GOPROXY=off", "TOKEN=secret"),
				Isolated: isolated, Hidden: func() []string { return []string{data} }, Output: 1 << 20, Limit: build.Limit{Time: 5 * time.Minute}, Keep: kept,
			})
		})
	}
}

// kept keeps nothing and names what it was given.
func kept(_ context.Context, _ kernel.Scope, archive io.Reader) (kernel.Digest, error) {
	text, err := io.ReadAll(archive)
	return kernel.DigestOf(text), err
}

// commit is a folder with a program in svc.
func commit(t *testing.T, main string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "svc"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"svc/go.mod": "module svc\n\ngo 1.24\n", "svc/main.go": main} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const hello = "package main\n\nfunc main() { println(1) }\n"

var shop = kernel.Scope{Tenant: "acme", Project: "shop"}

func TestTheSameSourceIsTheSameArtifact(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, c buildexec.Config) {
		b := buildexec.New(c)
		first, err := b.Build(t.Context(), shop, commit(t, hello), "svc", io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := b.Build(t.Context(), shop, commit(t, hello), "svc", io.Discard); err != nil || second != first {
			t.Errorf("%s, then %s, %v", first, second, err)
		}
		if left, err := os.ReadDir(filepath.Join(c.Dir, "work")); err != nil || len(left) != 0 {
			t.Errorf("it leaves %v, %v", left, err)
		}
	})
}

func TestWhatDoesNotCompileIsToldAtItsPlace(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, c buildexec.Config) {
		var said bytes.Buffer
		_, err := buildexec.New(c).Build(t.Context(), shop, commit(t, "package main\n\nfunc main() { x() }\n"), "svc", &said)
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || e.Kind != kernel.Invalid || len(e.Problems) != 1 || e.Problems[0].File != "svc/main.go" || e.Problems[0].Line != 3 {
			t.Errorf("%v", err)
		}
		if !strings.Contains(said.String(), "undefined: x") {
			t.Errorf("said %q", said.String())
		}
	})
}

func TestAFolderOutsideIsNotBuilt(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, c buildexec.Config) {
		if _, err := buildexec.New(c).Build(t.Context(), shop, commit(t, hello), "../svc", io.Discard); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%v", err)
		}
	})
}

// TestWhatTakesTooMuchIsStopped has compilers that may take next to nothing.
func TestWhatTakesTooMuchIsStopped(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, c buildexec.Config) {
		for name, limit := range map[string]func(c *buildexec.Config){
			"it printed more than": func(c *buildexec.Config) { c.Output = 1 },
			"longer than 1ms, buildTime of the configuration: raise it; or build": func(c *buildexec.Config) {
				c.Limit = build.Limit{Time: time.Millisecond, Of: "buildTime of the configuration", Raise: "raise it"}
			},
		} {
			limited := c
			limit(&limited)
			if _, err := buildexec.New(limited).Build(t.Context(), shop, commit(t, "package main\n\nfunc main() { x() }\n"), "svc", io.Discard); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestACompilerSeesNothingOfTerrace runs a script in the place of one.
func TestACompilerSeesNothingOfTerrace(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, c buildexec.Config) {
		secret := filepath.Join(filepath.Dir(c.Dir), "kek")
		if err := os.WriteFile(secret, []byte("key of keys"), 0o600); err != nil {
			t.Fatal(err)
		}
		root := commit(t, hello)
		out, err := buildexec.New(c).Sh(t.Context(), root, "env; cat "+secret+"; echo x > "+root+"/svc/main.go; echo ok > $TMPDIR/x && cat $TMPDIR/x; cat "+root+"/svc/go.mod")
		if strings.Contains(out, "secret") || !strings.Contains(out, "ok") || !strings.Contains(out, "module svc") {
			t.Errorf("it sees %s, %v", out, err)
		}
		main, err := os.ReadFile(filepath.Join(root, "svc", "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		if c.Isolated && (strings.Contains(out, "key of keys") || string(main) != hello) {
			t.Errorf("isolated it sees %s, and writes %s", out, main)
		}
	})
}

// TestABigCompilerIsEnded measures what it takes.
func TestABigCompilerIsEnded(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, c buildexec.Config) {
		for limit, script := range map[string]string{
			"processes": "for i in 1 2 3 4 5 6 7 8 9; do sleep 300 & done; wait",
			"disk":      "head -c 67108864 /dev/zero > $TMPDIR/large; sleep 300",
			"memory":    `exec awk 'BEGIN { s = "0123456789abcdef"; while (1) { s = s s; if (length(s) > 2^27) while (1) {} } }'`,
		} {
			limited := c
			switch limit {
			case "processes":
				limited.Bounds.Processes = 4
			case "disk":
				limited.Disk = 16 << 20
			case "memory":
				limited.Bounds.Memory = 48 << 20
			}
			if _, err := buildexec.New(limited).Sh(t.Context(), commit(t, hello), script); !kernel.Is(err, kernel.TooLarge) {
				t.Errorf("%s: %v", limit, err)
			}
		}
	})
}
