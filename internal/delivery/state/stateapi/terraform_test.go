package stateapi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/terrace-idp/terrace/iac/iactest"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

const stack = "acme/shop/orders/dev"

const simple = `{
  "terraform": {"backend": {"http": {}}},
  "resource": {"terraform_data": {"a": {"input": "hello"}}},
  "output": {"greeting": {"value": "${terraform_data.a.output}"}}
}`

// halting is a root whose apply says on the pipe `started` that it is in the
// middle, and goes on when something is written into the pipe `go`.
const halting = `{
  "terraform": {"backend": {"http": {}}},
  "resource": {"terraform_data": {
    "first": {"input": "done before the halt"},
    "halt": {"depends_on": ["terraform_data.first"], "provisioner": {"local-exec": {"command": "echo > started; cat go"}}}
  }}
}`

// workspace is a folder with a root module, a tool, and the environment of a run.
type workspace struct {
	tool, dir string
	env       []string
}

// each runs a test with terraform and with tofu, as far as they are on PATH.
func each(t *testing.T, test func(t *testing.T, tool string)) {
	t.Helper()
	for _, tool := range iactest.Tools(t) {
		t.Run(filepath.Base(tool), func(t *testing.T) {
			t.Parallel()
			test(t, tool)
		})
	}
}

func newWorkspace(t *testing.T, tool string, r *statetest.Room, root, run string, fence int64, phase string) workspace {
	t.Helper()
	w := workspace{tool: tool, dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(w.dir, "main.tf.json"), []byte(root), 0o600); err != nil {
		t.Fatal(err)
	}
	address := r.Address(stack)
	w.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "TF_CLI_CONFIG_FILE=/dev/null", "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1",
		"TF_HTTP_ADDRESS=" + address, "TF_HTTP_LOCK_ADDRESS=" + address, "TF_HTTP_UNLOCK_ADDRESS=" + address,
		"TF_HTTP_USERNAME=" + run, "TF_HTTP_PASSWORD=" + r.Token(t, run, stack, fence, phase), "TF_HTTP_RETRY_MAX=0",
	}
	return w
}

func (w workspace) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), w.tool, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

func (w workspace) run(args ...string) (string, error) {
	out, err := w.command(args...).CombinedOutput()
	return string(out), err
}

func (w workspace) must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := w.run(args...)
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", w.tool, args, err, out)
	}
	return out
}

// startHalting starts an apply and returns when it is in the middle.
func (w workspace) startHalting(t *testing.T) *exec.Cmd {
	t.Helper()
	for _, pipe := range []string{"started", "go"} {
		if err := syscall.Mkfifo(filepath.Join(w.dir, pipe), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.must(t, "init", "-input=false")
	cmd := w.command("apply", "-auto-approve", "-input=false", "-no-color")
	log, err := os.Create(filepath.Join(w.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	if _, err := os.ReadFile(filepath.Join(w.dir, "started")); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func newRoom(t *testing.T) *statetest.Room {
	t.Helper()
	return statetest.New(t, dbtest.SQLite(t, statesql.Migrations()))
}

func TestToolsApplyThroughTheBackend(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, tool string) {
		r := newRoom(t)
		w := newWorkspace(t, tool, r, simple, "run_1", 1, tokens.PhaseApply)
		for _, methods := range [][]string{nil, {
			"TF_HTTP_LOCK_METHOD=POST", "TF_HTTP_UNLOCK_METHOD=DELETE",
			"TF_HTTP_LOCK_ADDRESS=" + r.Address(stack) + "/lock", "TF_HTTP_UNLOCK_ADDRESS=" + r.Address(stack) + "/lock",
		}} {
			w.env = append(w.env, methods...)
			w.must(t, "init", "-input=false")
			w.must(t, "plan", "-input=false", "-out=plan")
			w.must(t, "apply", "-input=false", "plan")
			if out := w.must(t, "output", "-raw", "greeting"); out != "hello" {
				t.Errorf("output %q, want hello", out)
			}
		}
		serial, err := r.Service.Serial(context.Background(), stack)
		if err != nil || serial == 0 {
			t.Errorf("serial %d, %v; want one", serial, err)
		}
		if causes := r.Journal.Causes(); len(causes) == 0 || slices.ContainsFunc(causes, func(c string) bool { return c != "evt_of_run_1" }) {
			t.Errorf("the facts name %q", causes)
		}
		if record := get(t, r.URL+"/api/v1/projects/shop/workloads/orders/state-versions?stage=dev"); !strings.Contains(record, `"run":"run_1"`) {
			t.Errorf("versions: %s", record)
		}
	})
}

func TestAPlanningRunMayNotApply(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, tool string) {
		w := newWorkspace(t, tool, newRoom(t), simple, "run_1", 1, tokens.PhasePlan)
		w.must(t, "init", "-input=false")
		w.must(t, "plan", "-input=false")
		out, err := w.run("apply", "-auto-approve", "-input=false")
		if err == nil || !strings.Contains(out, "403") {
			t.Errorf("apply with a plan's token: %v, want 403\n%s", err, out)
		}
	})
}

func TestTheSecondApplyIsToldWhoHoldsTheLock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, tool string) {
		r := newRoom(t)
		first := newWorkspace(t, tool, r, halting, "run_first", 1, tokens.PhaseApply)
		cmd := first.startHalting(t)
		second := newWorkspace(t, tool, r, simple, "run_second", 1, tokens.PhaseApply)
		second.must(t, "init", "-input=false")
		out, err := second.run("apply", "-auto-approve", "-input=false", "-no-color")
		if err == nil || !strings.Contains(out, "run run_first") || !strings.Contains(out, "OperationTypeApply") {
			t.Errorf("second apply: %v, want the holder's name\n%s", err, out)
		}
		if err := os.WriteFile(filepath.Join(first.dir, "go"), []byte("\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("first apply: %v\n%s", err, first.log(t))
		}
		second.must(t, "apply", "-auto-approve", "-input=false")
	})
}

func TestAKilledApplyLeavesNoLock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, tool string) {
		r := newRoom(t)
		dead := newWorkspace(t, tool, r, halting, "run_dead", 1, tokens.PhaseApply)
		cmd := dead.startHalting(t)
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		next := newWorkspace(t, tool, r, simple, "run_next", r.Fences.Next(stack), tokens.PhaseApply)
		next.must(t, "init", "-input=false")
		next.must(t, "apply", "-auto-approve", "-input=false")
		if status := post(t, r, "run_dead", 1, "?ID=x"); status != http.StatusConflict {
			t.Errorf("a write with the old fence: %d, want %d", status, http.StatusConflict)
		}
	})
}

// TestAPersonIsToldWhatToDoInstead: the tool itself shows what a person with a personal
// token is to do, as soon as it wants the lock.
func TestAPersonIsToldWhatToDoInstead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, tool string) {
		r := newRoom(t)
		w := newWorkspace(t, tool, r, simple, "run_1", 1, tokens.PhaseApply)
		w.env = append(w.env, "TF_HTTP_USERNAME=ada", "TF_HTTP_PASSWORD=terr_2bxq")
		if out, err := w.run("init", "-input=false", "-no-color"); err == nil || !strings.Contains(out, "HTTP remote state endpoint invalid auth") {
			t.Errorf("init with a personal token: %v\n%s", err, out)
		}
		for _, methods := range [][]string{nil, {
			"TF_HTTP_LOCK_METHOD=POST", "TF_HTTP_UNLOCK_METHOD=DELETE",
			"TF_HTTP_LOCK_ADDRESS=" + r.Address(stack) + "/lock", "TF_HTTP_UNLOCK_ADDRESS=" + r.Address(stack) + "/lock",
		}} {
			w.env = append(w.env, methods...)
			out, err := w.run("plan", "-input=false", "-no-color")
			if err == nil || !strings.Contains(out, "takes their tokens alone") || !strings.Contains(out, "terrace state import") {
				t.Errorf("plan with a personal token: %v, want what to do instead\n%s", err, out)
			}
		}
	})
}

// TestAnApplyThatLostItsLeaseWritesNothing lets the old apply live on.
func TestAnApplyThatLostItsLeaseWritesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, tool string) {
		r := newRoom(t)
		old := newWorkspace(t, tool, r, halting, "run_old", 1, tokens.PhaseApply)
		cmd := old.startHalting(t)
		next := newWorkspace(t, tool, r, simple, "run_next", r.Fences.Next(stack), tokens.PhaseApply)
		next.must(t, "init", "-input=false")
		next.must(t, "apply", "-auto-approve", "-input=false")
		before, _, err := r.Service.Current(context.Background(), stack)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(old.dir, "go"), []byte("\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Errorf("the old apply ended well:\n%s", old.log(t))
		}
		after, _, err := r.Service.Current(context.Background(), stack)
		if err != nil || after != before || after.Run != "run_next" {
			t.Errorf("state version %+v (%v), want that of run_next", after, err)
		}
	})
}

func (w workspace) log(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	token := r.Token(t, "run_1", stack, 1, tokens.PhaseApply)
	for _, c := range []struct {
		name, user, password, address string
		want                          int
	}{
		{"the run's own stack, still without a state", "run_1", token, r.Address(stack), http.StatusNotFound},
		{"no credentials", "", "", r.Address(stack), http.StatusUnauthorized},
		{"a personal token", "ada", "terr_2bxq", r.Address(stack), http.StatusForbidden},
		{"a wrong token", "run_1", token + "x", r.Address(stack), http.StatusUnauthorized},
		{"another run's name", "run_2", token, r.Address(stack), http.StatusUnauthorized},
		{"another tenant's stack", "run_1", token, r.Address("rival/shop/orders/dev"), http.StatusForbidden},
		{"another stage", "run_1", token, r.Address("acme/shop/orders/prod"), http.StatusForbidden},
	} {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, c.address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.user != "" {
			request.SetBasicAuth(c.user, c.password)
		}
		if status, body := do(t, request); status != c.want {
			t.Errorf("%s: %d %s, want %d", c.name, status, body, c.want)
		}
	}
}

func post(t *testing.T, r *statetest.Room, run string, fence int64, query string) int {
	t.Helper()
	body := strings.NewReader(fmt.Sprintf(`{"version":4,"serial":99,"lineage":%q}`, kernel.NewID("l")))
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, r.Address(stack)+query, body)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(run, r.Token(t, run, stack, fence, tokens.PhaseApply))
	status, _ := do(t, request)
	return status
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, body := do(t, request)
	return body
}

func do(t *testing.T, request *http.Request) (int, string) {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}
