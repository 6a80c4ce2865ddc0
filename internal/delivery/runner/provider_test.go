package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// withProvider is a root module that needs the provider and uses no resource of
// it, so that nothing configures it.
const withProvider = `{
  "terraform": {"required_providers": {"terrace": {"source": "terrace.localhost/terrace/terrace", "version": "0.1.0"}}},
  "resource": {"terraform_data": {"a": {"input": "x"}}}
}`

// buildProvider builds the provider once for all tests and returns its program.
//

var buildProvider = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "terrace-provider-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "provider")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", path, "github.com/terrace-idp/terrace/cmd/terraform-provider-terrace")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return os.ReadFile(path)
})

// install installs the provider; extra is appended to its program.
func install(t testing.TB, dataDir, extra string) []byte {
	t.Helper()
	program, err := buildProvider()
	if err != nil {
		t.Fatalf("build the provider: %v", err)
	}
	path := filepath.Join(t.TempDir(), "provider")
	if err := os.WriteFile(path, append(program[:len(program):len(program)], extra...), 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := runner.InstallProvider(dataDir, path, "0.1.0")
	if err != nil {
		t.Fatal(err)
	}
	return lock
}

func TestTheProviderIsLinkedFromTheMirror(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it runs terraform init several times")
	}
	b := newBench(t)
	lock := install(t, b.DataDir, "")
	if again := install(t, b.DataDir, ""); !bytes.Equal(lock, again) {
		t.Errorf("the same program has another lock:\n%s\n%s", lock, again)
	}
	job := b.job(t, "run_1", stack, tokens.PhasePlan, withProvider)
	job.Files[".terraform.lock.hcl"] = lock
	if _, err := b.Plan(context.Background(), job, nil); err != nil {
		t.Fatal(err)
	}
	kept, err := filepath.Glob(filepath.Join(b.DataDir, "init", "*", "lock.hcl"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("lock files: %v, %v; want one", kept, err)
	}
	if after, err := os.ReadFile(kept[0]); err != nil || !bytes.Contains(after, lock[bytes.IndexByte(lock, '\n'):]) {
		t.Errorf("init changed the lock file to\n%s\nfrom\n%s (%v)", after, lock, err)
	}
	links, err := filepath.Glob(filepath.Join(b.DataDir, "init", "*", "data", "providers", "terrace.localhost", "terrace", "terrace", "0.1.0", runtime.GOOS+"_"+runtime.GOARCH))
	if err != nil || len(links) != 1 {
		t.Fatalf("installed providers: %v, %v; want one", links, err)
	}
	if info, err := os.Lstat(links[0]); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the provider is %v, %v; want a link into the mirror", info.Mode(), err)
	}
	if other := install(t, b.DataDir, "another"); bytes.Equal(lock, other) {
		t.Error("another program has the same lock")
	}
	job.Files[".terraform.lock.hcl"] = lock
	if _, err := b.Plan(context.Background(), job, nil); err == nil {
		t.Error("a plan with the old lock went through although the program is another")
	}
}

// TestInitIsReused plans for two stages: the second needs no init. Other
// modules, another tenant and files that are not JSON do.
func TestInitIsReused(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it runs terraform init several times")
	}
	b := newBench(t)
	plan := func(stack, root, file string) (reused bool) {
		var log log
		job := b.job(t, "run_1", stack, tokens.PhasePlan, root)
		if file != "" {
			job.Files[file] = []byte("# nothing\n")
		}
		if _, err := b.Plan(context.Background(), job, log.sink); err != nil {
			t.Fatal(err)
		}
		return log.has(func(e runner.Event) bool { return e.Type == "init_reused" })
	}
	for _, c := range []struct {
		why, stack, root, file string
		want                   bool
	}{
		{"the first", stack, data(`{"a":{"input":"x"}}`), "", false},
		{"the same stack again", stack, data(`{"a":{"input":"x"}}`), "", true},
		{"other resources on another stage", "acme/shop/orders/prod", data(`{"b":{"input":"x"}}`), "", true},
		{"another tenant", "rival/shop/orders/dev", data(`{"a":{"input":"x"}}`), "", false},
		{"another backend", stack, `{"terraform":{"required_version":">= 1.0"}}`, "", false},
		{"a file in HCL", stack, data(`{"a":{"input":"x"}}`), "more.tf", false},
		{"a file in HCL again", stack, data(`{"a":{"input":"x"}}`), "more.tf", false},
	} {
		if got := plan(c.stack, c.root, c.file); got != c.want {
			t.Errorf("%s: reused %t, want %t", c.why, got, c.want)
		}
	}
}

// TestADamagedInitIsMadeAnew takes files out of the kept folder.
func TestADamagedInitIsMadeAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := data(`{"a":{"input":"x"}}`)
	b.plan(t, "run_1", stack, root)
	kept, err := filepath.Glob(filepath.Join(b.DataDir, "init", "*", "data", "terraform.tfstate"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept: %v, %v", kept, err)
	}
	if err := os.Remove(kept[0]); err != nil {
		t.Fatal(err)
	}
	b.deploy(t, "run_2", stack, root)
	if _, err := os.Stat(kept[0]); err != nil {
		t.Errorf("the kept folder was not made anew: %v", err)
	}
}

func TestSweepKeepsWhatIsInUse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.plan(t, "run_1", stack, data(`{"a":{"input":"x"}}`))
	for _, left := range []string{"runs/run_0-apply-1", "init/new-1", "mirror/new-2"} {
		if err := os.MkdirAll(filepath.Join(b.DataDir, left, "deep"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := runner.Sweep(t.Context(), b.DataDir, nil); err != nil {
		t.Fatal(err)
	}
	for pattern, want := range map[string]int{"runs/*": 0, "init/*": 1, "mirror/*": 0} {
		if found, err := filepath.Glob(filepath.Join(b.DataDir, pattern)); err != nil || len(found) != want {
			t.Errorf("%s after a sweep: %v, %v; want %d", pattern, found, err, want)
		}
	}
}
