package run_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// store has one secret, api-key, in dev.
type store struct {
	mu      sync.Mutex
	version int
	reads   []string
}

func (s *store) Missing(context.Context, kernel.Scope, secretref.Reference) (*kernel.Problem, error) {
	return nil, nil
}

func (s *store) Unvaulted(context.Context, kernel.Scope, secretref.Reference) (*kernel.Problem, bool, error) {
	return nil, true, nil
}

func (s *store) Value(_ context.Context, scope kernel.Scope, r secretref.Reference, run string) (string, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version == 0 {
		return "", 0, kernel.Errorf(kernel.NotFound, "there is no secret %s", r.Name)
	}
	version := s.version
	if r.Version != 0 {
		version = r.Version
	}
	s.reads = append(s.reads, run)
	return fmt.Sprintf("value %d of %s in %s", version, r.Name, scope.Stage), version, nil
}

func (s *store) put(version int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = version
}

// giving is a renderer whose root module wants the secret.
type giving struct{ run.Renderer }

func (g giving) Render(ctx context.Context, in run.RenderInput) (run.Root, error) {
	root, err := g.Renderer.Render(ctx, in)
	root.Secrets = map[string]string{"secret_1": "api-key"}
	return root, err
}

// handed are the files with secrets that terraform was given, by run and phase. A new version
// comes after each plan.
type handed struct {
	run.Planner
	store *store

	mu    sync.Mutex
	files map[string]string
}

func (h *handed) keep(phase string, job run.Job) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files[job.Run+" "+phase] = string(job.Files[run.SecretsFile])
}

func (h *handed) Plan(ctx context.Context, job run.Job, sink func(run.Event)) (run.Planned, error) {
	h.keep("plan", job)
	job.Warm = false
	planned, err := h.Planner.Plan(ctx, job, sink)
	if h.store.version > 0 {
		h.store.put(h.store.version + 1)
	}
	return planned, err
}

func (h *handed) Apply(ctx context.Context, job run.Job, plan run.PlanFile, sink func(run.Event)) (run.Applied, error) {
	h.keep("apply", job)
	return h.Planner.Apply(ctx, job, plan, sink)
}

func TestAModuleIsGivenTheVersionThatWasPlanned(t *testing.T) {
	t.Parallel()
	secrets := &store{version: 1}
	h := &handed{store: secrets, files: map[string]string{}}
	b := bench(t, func(d *run.Deps) {
		h.Planner = d.Planner
		d.Secrets, d.Renderer, d.Planner = secrets, giving{d.Renderer}, h
	}).Start(t)
	of := func(r run.Run, phase string) string { h.mu.Lock(); defer h.mu.Unlock(); return h.files[r.ID+" "+phase] }

	first := b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	want := `{"secret_1":"value 1 of api-key in dev"}`
	if of(first, "plan") != want || of(first, "apply") != want {
		t.Errorf("planned with %s, applied with %s", of(first, "plan"), of(first, "apply"))
	}
	if len(first.Secrets) != 1 || first.Secrets[0] != (run.SecretInput{Reference: "${secret:api-key}", Version: 1}) {
		t.Errorf("it tells of %+v", first.Secrets)
	}
	root, err := b.GetRoot(runtest.As(runtest.Ada), runtest.Project, first.ID)
	runtest.Must(t, err)
	for name, content := range root.Files {
		if strings.Contains(string(content), "value 1") {
			t.Errorf("%s has the value", name)
		}
	}
	if second := b.Await(t, b.Deploy(t, "dev", "2").ID, run.Succeeded); !strings.Contains(of(second, "apply"), "value 2") {
		t.Errorf("the next is applied with %s", of(second, "apply"))
	}

	before := len(secrets.reads)
	dry, err := b.Service.Deploy(runtest.As(runtest.Ada), runtest.Project, run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t), DryRun: true, Unmerged: true})
	runtest.Must(t, err)
	if dry = b.Await(t, dry.ID, run.PlannedOnly); of(dry, "plan") != `{"secret_1":"(this secret is not read)"}` || len(secrets.reads) != before || dry.Secrets[0].Version != 0 {
		t.Errorf("a change that nobody has merged is planned with %s: %+v", of(dry, "plan"), dry.Secrets)
	}

	secrets.put(0)
	if r := b.Await(t, b.Deploy(t, "dev", "3").ID, run.Failed); !strings.Contains(r.Failure.Message, "gives the secret ${secret:api-key} to a module in dev") || r.Failure.Fix != "terrace secret set api-key --stage dev" {
		t.Errorf("%+v", r.Failure)
	}
	gone, err := b.Destroy(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "dev"})
	runtest.Must(t, err)
	b.Await(t, gone.ID, run.Succeeded)
}

func TestAChangeThatNobodyHasMergedIsOneWhenItIsDoneAgain(t *testing.T) {
	t.Parallel()
	b := bench(t) // nobody executes it
	ctx := runtest.As(runtest.Ada)
	r, err := b.Service.Deploy(ctx, runtest.Project, run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t), DryRun: true, Unmerged: true})
	runtest.Must(t, err)
	_, err = b.Cancel(ctx, runtest.Project, r.ID, "", false)
	runtest.Must(t, err)
	if again, err := b.Retry(ctx, runtest.Project, r.ID, run.RetryRequest{}); err != nil || !again.Unmerged {
		t.Errorf("%+v, %v", again, err)
	}
}
