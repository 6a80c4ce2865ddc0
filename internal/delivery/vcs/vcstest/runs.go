package vcstest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Runs are runs that wait until a test ends them.
type Runs struct {
	mu       sync.Mutex
	runs     map[string]run.Run
	order    []string
	Canceled []string
	// Refuse, where it is set, is asked about each deployment.
	Refuse func(d run.DeployRequest) error
	// Missing are the secrets that no stage has, by name, and Looked how often they were looked for.
	Missing []string
	Looked  int
	// Dossiers are what runs of a stage tell.
	Dossier run.Dossier
}

// References tells of those that are missing.
func (r *Runs) References(_ context.Context, _ kernel.Scope, w *workload.Workload, stage string) (lacking run.Lacking, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Looked++
	for _, use := range w.SecretUses() {
		if slices.Contains(r.Missing, use.Reference.Name) {
			lacking.Problems = append(lacking.Problems, kernel.Problem{
				File: use.At.File, Line: use.At.Line, Column: use.At.Column, Path: use.Path, Message: "there is no secret " + use.Reference.Name + " in " + stage,
			})
		}
	}
	return lacking, nil
}

// Deploy queues a run.
func (r *Runs) Deploy(ctx context.Context, scope kernel.Scope, d run.DeployRequest) (run.Run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Refuse != nil {
		if err := r.Refuse(d); err != nil {
			return run.Run{}, err
		}
	}
	actor, _ := kernel.ActorFrom(ctx)
	made := run.Run{
		Unmerged: d.Unmerged,
		ID:       kernel.NewID("run"), Scope: scope.InStage(d.Stage), Workload: d.Workload.Name, Operation: run.Deploy, DryRun: d.DryRun,
		Status: run.Queued, RequestedBy: actor, Reason: d.Reason,
	}
	r.runs[made.ID] = made
	r.order = append(r.order, made.ID)
	return made, nil
}

// Get returns a run.
func (r *Runs) Get(_ context.Context, _ kernel.Scope, id string) (run.Run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, ok := r.runs[id]
	if !ok {
		return found, kernel.Errorf(kernel.NotFound, "run %s does not exist", id)
	}
	return found, nil
}

// GetDossier returns the one dossier.
func (r *Runs) GetDossier(context.Context, kernel.Scope, string) (run.Dossier, kernel.Digest, error) {
	return r.Dossier, "sha256:1", nil
}

// List returns all runs.
func (r *Runs) List(context.Context, kernel.Scope, run.Filter, kernel.PageRequest) (kernel.Page[run.Run], error) {
	return kernel.Page[run.Run]{Items: r.All()}, nil
}

// Cancel ends a run.
func (r *Runs) Cancel(_ context.Context, _ kernel.Scope, id, _ string, _ bool) (run.Run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Canceled = append(r.Canceled, id)
	return r.end(id, run.Canceled)
}

func (r *Runs) end(id string, status run.Status) (run.Run, error) {
	found := r.runs[id]
	if found.Status.Terminal() {
		return found, kernel.Errorf(kernel.Conflict, "%s has ended", id)
	}
	found.Status, found.Dossier = status, "sha256:1"
	if status == run.Failed {
		found.Failure = &run.Failure{Phase: "apply", Message: "the database is too small", Fix: "make it larger"}
	}
	r.runs[id] = found
	return found, nil
}

// End ends a run with a status.
func (r *Runs) End(t testing.TB, id string, status run.Status) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.end(id, status); err != nil {
		t.Fatal(err)
	}
}

// All returns the runs in their order.
func (r *Runs) All() []run.Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]run.Run, 0, len(r.order))
	for _, id := range r.order {
		all = append(all, r.runs[id])
	}
	return all
}

// Waiting returns the newest run of a stage that has not ended, once there is one.
func (r *Runs) Waiting(t testing.TB, stage string) run.Run {
	t.Helper()
	var found run.Run
	Eventually(t, "a run on "+stage, func() bool {
		for _, one := range r.All() {
			if one.Scope.Stage == stage && !one.Status.Terminal() {
				found = one
			}
		}
		return found.ID != ""
	})
	return found
}
