package app

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/governance/drift/azurelog"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestTheActivityLogIsReadAsPlansAre asks who changed something as the identity of the
// stage's plans, though the daemon has a secret of its own.
func TestTheActivityLogIsReadAsPlansAre(t *testing.T) {
	t.Parallel()
	f := newFederated(t)
	env := f.sim.Env()
	env["ARM_CLIENT_SECRET"] = "of nobody"
	var environ []string
	for name, value := range env {
		environ = append(environ, name+"="+value)
	}
	if status, got := f.arm(f.owner, http.MethodPut, "/resourceGroups/orders", `{"location":"westeurope"}`); status >= http.StatusBadRequest {
		t.Fatalf("%d %v", status, got)
	}
	q := drift.ActivityQuery{
		Scope: kernel.Scope{Tenant: "acme", Project: "shop"}, Stage: stage.Stage{Name: "dev", Target: stage.TargetAzure, Identity: f.identity, Environment: map[string]string{"SSL_CERT_FILE": env["SSL_CERT_FILE"]}},
		Workload: "orders", ResourceID: "/subscriptions/" + f.identity.Subscription + "/resourceGroups/orders", Action: stage.DriftChanged,
		Since: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Minute),
	}
	log := &azurelog.Log{Environment: reader{environments{daemon: environ}, f.service}.environment}
	if all, err := log.Who(t.Context(), q); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if !slices.Contains(f.room.Journal.Types(), "workload_identity.issued") {
		t.Error("that it was signed in is not recorded")
	}
	q.Stage.Identity = stage.Identity{}
	if all, err := log.Who(t.Context(), q); !kernel.Is(err, kernel.Unavailable) {
		t.Errorf("the daemon's own secret, which is wrong, was not used where there is no identity: %+v, %v", all, err)
	}
}
