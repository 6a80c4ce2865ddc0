package run_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// zone is a landing zone that somebody applies again.
type zone struct {
	mu      sync.Mutex
	outputs map[string]any
}

func (z *zone) Outputs(context.Context, kernel.Scope) (map[string]any, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.outputs, nil
}

func (z *zone) set(id string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.outputs = map[string]any{"id": id}
}

func TestAnotherLandingZoneMakesAnApprovalStale(t *testing.T) {
	t.Parallel()
	under := &zone{}
	under.set("first")
	b := bench(t, two(t), func(d *run.Deps) { d.Zones = under }).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval)
	d, err := b.Service.Store.Dossier(t.Context(), r.Scope, r.ID, r.Dossier)
	if err != nil || d.LandingZone == "" {
		t.Fatalf("%+v, %v: the dossier does not name the landing zone", d, err)
	}
	under.set("second")
	_, err = b.Approve(runtest.As(runtest.Grace), runtest.Project, r.ID, r.Dossier, "")
	if !kernel.Is(err, kernel.Stale) || !strings.Contains(err.Error(), "the landing zone of dev changed") {
		t.Fatalf("%v, want stale", err)
	}
	again := b.Await(t, r.ID, run.AwaitingApproval)
	for again.Dossier == r.Dossier { // the run has not been taken up yet
		again = b.Await(t, r.ID, run.AwaitingApproval)
	}
	if _, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, r.ID, again.Dossier, ""); err != nil {
		t.Errorf("the new plan: %v", err)
	}
}
