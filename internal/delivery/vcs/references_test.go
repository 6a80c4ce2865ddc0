package vcs_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
)

// A pull request is told of a secret that is missing where its merge is applied, and planned
// where it is not.
func TestAPullRequestIsToldOfAMissingSecret(t *testing.T) {
	t.Parallel()
	b := bound("orders")
	b.Apply, b.Stages, b.Plan = vcs.ApplyOnMerge, []string{"dev"}, []string{"dev", "prod"}
	w := newWork(t, b)
	w.Runs.Missing = []string{"api-key"}
	w.push("key", map[string]string{"orders/score.yaml": vcstest.Score("orders", "registry.example.com/orders:2") + "    variables:\n      KEY: ${secret:api-key}\n"})
	p := w.propose("key")
	w.Runs.End(t, w.Runs.Waiting(t, "prod").ID, run.PlannedOnly)
	w.eventually(p.Number, "terrace/plan/orders/dev", "failure")
	text := w.told(p.Number, "orders/score.yaml:8:12: containers.main.variables.KEY: there is no secret api-key in dev")
	if strings.Contains(text, "api-key in prod") || len(w.Runs.All()) != 1 {
		t.Errorf("%v\n%s", w.Runs.All(), text)
	}
}
