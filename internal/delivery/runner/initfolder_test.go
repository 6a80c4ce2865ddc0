package runner_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// shop is a server of states and of one module, acme/box/local 1.0.0, which has
// another one within.
type shop struct {
	bench

	fetched atomic.Int64
}

func newShop(t *testing.T, tool runner.Tool) *shop {
	t.Helper()
	s := &shop{bench: newBench(t)}
	states, err := url.Parse(s.room.URL)
	if err != nil {
		t.Fatal(err)
	}
	module := box(t)
	mux := http.NewServeMux()
	mux.Handle("/", httputil.NewSingleHostReverseProxy(states))
	mux.HandleFunc("GET /registry/v1/modules/acme/box/local/versions", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"modules":[{"versions":[{"version":"1.0.0"}]}]}`)
	})
	mux.HandleFunc("GET /registry/v1/modules/acme/box/local/1.0.0/download", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Terraform-Get", "../../../../../../../box.tar.gz")
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /box.tar.gz", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet { // the tool asks for the head first
			s.fetched.Add(1)
		}
		_, _ = w.Write(module)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.Runner = runner.New(runner.Config{Tool: tool, DataDir: s.DataDir, Address: server.URL})
	return s
}

// box is the module's archive. It tells where it lies.
func box(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for name, text := range map[string]string{
		"main.tf":        `module "inner" { source = "./inner" }` + "\n" + `output "inner" { value = module.inner.told }`,
		"inner/main.tf":  `resource "terraform_data" "a" { input = file("${path.module}/said.txt") }` + "\n" + `output "told" { value = "${path.module} ${terraform_data.a.output}" }`,
		"inner/said.txt": "hello",
	} {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// order deploys a stack that calls the module by the names, and tells whether it
// needed no init, and what the modules say.
func (s *shop) order(t *testing.T, stack string, names ...string) (reused bool, told map[string]string) {
	t.Helper()
	var modules, outputs []string
	for _, name := range names {
		modules = append(modules, fmt.Sprintf(`%q:{"source":"terrace.localhost/acme/box/local","version":"1.0.0"}`, name))
		outputs = append(outputs, fmt.Sprintf(`%q:{"value":"${module.%s.inner}"}`, name, name))
	}
	root := `{"module":{` + strings.Join(modules, ",") + `},"output":{` + strings.Join(outputs, ",") + `}}`
	var log log
	plan, err := s.Plan(context.Background(), s.job(t, "run_1", stack, tokens.PhasePlan, root), log.sink)
	if err != nil {
		t.Fatal(err)
	}
	applied, err := s.Apply(context.Background(), s.job(t, "run_1", stack, tokens.PhaseApply, root), s.kept(plan), nil)
	if err != nil {
		t.Fatal(err)
	}
	told = map[string]string{}
	for name, value := range applied.Outputs {
		told[name] = strings.Trim(string(value), `"`)
	}
	return log.has(func(e runner.Event) bool { return e.Type == "init_reused" }), told
}

// eachTool runs a test with terraform and with tofu, as far as they are there.
func eachTool(t *testing.T, test func(t *testing.T, tool runner.Tool)) {
	t.Helper()
	found := 0
	for _, name := range []string{"terraform", "tofu"} {
		for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
			tool, err := runner.Find(t.Context(), runner.Options{Path: filepath.Join(dir, name)})
			if err != nil {
				continue
			}
			found++
			t.Run(name, func(t *testing.T) { t.Parallel(); test(t, tool) })
			break
		}
	}
	if found == 0 {
		t.Skip("neither terraform nor tofu is on PATH")
	}
}

// TestStacksOfOneShapeShareAnInit has stacks call one module by different names.
func TestStacksOfOneShapeShareAnInit(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, tool runner.Tool) {
		s := newShop(t, tool)
		for _, c := range []struct {
			stack  string
			names  []string
			reused bool
		}{
			{"acme/shop/orders/dev", []string{"orders"}, false},
			{"acme/shop/carts/dev", []string{"carts", "carts_2", "orders"}, true},
			{"acme/shop/orders/dev", []string{"orders"}, true},
			{"rival/shop/orders/dev", []string{"orders"}, false},
		} {
			reused, told := s.order(t, c.stack, c.names...)
			if reused != c.reused {
				t.Errorf("%s reuses an init: %t, want %t", c.stack, reused, c.reused)
			}
			for _, name := range c.names {
				if want := ".terraform/modules/" + name + "/inner hello"; told[name] != want {
					t.Errorf("%s: the module %s says %q, want %q as after an init of its own", c.stack, name, told[name], want)
				}
			}
		}
		if n := s.fetched.Load(); n != 2 {
			t.Errorf("the module was fetched %d times, want once for each tenant", n)
		}
	})
}

// spoils damage what is kept of a shape.
func spoils() map[string]func(entry string) error {
	const old = `{"version":3,"backend":{"type":"local","config":{},"hash":1}}`
	manifest := func(entry string) string { return filepath.Join(entry, "data", "modules", "modules.json") }
	backend := func(entry string) string { return filepath.Join(entry, "data", "terraform.tfstate") }
	return map[string]func(entry string) error{
		"the modules are gone":    func(entry string) error { return emptied(filepath.Join(entry, "data", "modules")) },
		"the manifest is cut off": func(entry string) error { return os.Truncate(manifest(entry), 9) },
		"the manifest is gone":    func(entry string) error { return os.Remove(manifest(entry)) },
		"the names are gone":      func(entry string) error { return os.Remove(filepath.Join(entry, "calls.json")) },
		"the backend is gone":     func(entry string) error { return os.Remove(backend(entry)) },
		"the backend is another":  func(entry string) error { return os.WriteFile(backend(entry), []byte(old), 0o600) },
	}
}

// emptied removes the folders in dir.
func emptied(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// TestAnInitThatTheToolRefusesIsMadeAnew spoils what is kept of a shape: a stack
// with other names of calls gets an init of its own, and mends it for the next.
func TestAnInitThatTheToolRefusesIsMadeAnew(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, tool runner.Tool) {
		s := newShop(t, tool)
		s.order(t, "acme/shop/first/dev", "first")
		turn := 0
		for name, spoil := range spoils() {
			turn++
			second := fmt.Sprintf("second_%d", turn)
			found, err := filepath.Glob(filepath.Join(s.DataDir, "init", "*"))
			if err != nil || len(found) != 1 {
				t.Fatalf("kept are %v, %v, want one folder", found, err)
			}
			if err := spoil(found[0]); err != nil {
				t.Fatal(err)
			}
			fetched := s.fetched.Load()
			if _, told := s.order(t, "acme/shop/second/dev", second); told[second] != ".terraform/modules/"+second+"/inner hello" {
				t.Errorf("%s: the module says %q", name, told[second])
			}
			if s.fetched.Load() != fetched+1 {
				t.Errorf("%s: the module was fetched %d times more, want once", name, s.fetched.Load()-fetched)
			}
			if reused, _ := s.order(t, "acme/shop/first/dev", "first"); !reused || s.fetched.Load() != fetched+1 {
				t.Errorf("%s: what is kept was not mended", name)
			}
		}
	})
}
