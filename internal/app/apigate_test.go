package app

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecsql"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// ordersDocument is an API that passes the style guide.
func ordersDocument(more string) string {
	return `openapi: 3.1.0
info: {title: Orders, version: '1', description: Orders.}
security: []
paths:
  /orders:
    get:
      operationId: listOrders
      summary: List
      parameters:
        - {name: limit, in: query, description: How many., schema: {type: integer, maximum: 100}}
` + more + `      responses:
        '200': {description: ok}
`
}

// TestThePromotionOfAWorkloadAsksWhatBreaks: of the API that it declares, against what
// stands on the stage that it comes to.
func TestThePromotionOfAWorkloadAsksWhatBreaks(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, apispecsql.Migrations())
	store := apispecsql.NewStore(d)
	set, err := stage.NewSet([]stage.Stage{{Name: "dev", Order: 1, Target: "local", Runtime: "process"}, {Name: "prod", Order: 2, Target: "local", Runtime: "process"}})
	if err != nil {
		t.Fatal(err)
	}
	apis := apispec.New(apispec.Config{Store: store, Decisions: store, Traffic: store, Carries: store, Stages: knownStages{set}, Authorizer: anybody{}, Journal: anybody{}, Tx: d})
	g := apiGate{&delivery{stages: set, apis: apis}}
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "acme"))
	k := apispec.Key{Tenant: "acme", Project: "shop", API: "orders", Version: "v1"}
	upload := func(text string) {
		t.Helper()
		if _, _, err := apis.Upload(ctx, k, text, ""); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(id, release_, to string, op run.Operation, declares string) run.GateResult {
		t.Helper()
		in := run.GateInput{
			Run:      run.Run{ID: id, Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: to}, Workload: "orders", Operation: op},
			Release:  release.Release{ID: release_},
			Stage:    stage.Stage{Name: to},
			Workload: &workload.Workload{Name: "orders", Annotations: map[string]string{apispec.Annotation: declares}},
		}
		result, err := g.Evaluate(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	end := func(id string, result run.GateResult, to string) {
		t.Helper()
		if result.Settle == nil {
			t.Fatalf("nothing is kept: %+v", result)
		}
		if err := result.Settle(ctx); err != nil {
			t.Fatal(err)
		}
		facts, err := publish(ctx, apis, kernel.Fact{Type: "run.succeeded", Subject: id, Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: to}}, true)
		if err != nil || len(facts) != 1 {
			t.Fatalf("%+v %v", facts, err)
		}
	}
	for _, c := range []struct {
		declares string
		op       run.Operation
		blocks   bool
	}{
		{"", run.Deploy, false}, {"orders", run.Deploy, true}, {"orders/v1", run.Deploy, true}, {"orders/v1", run.Destroy, false},
	} {
		if got := ask("run_0", "r1", "dev", c.op, c.declares); got.Blocks() != c.blocks || c.blocks && (got.Fix == "" || len(got.Problems) == 0) {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	upload(ordersDocument(""))
	for id, to := range map[string]string{"run_1": "dev", "run_2": "prod"} {
		end(id, ask(id, "r1", to, run.Deploy, "orders/v1"), to)
	}
	upload(ordersDocument("        - {name: colour, in: query, required: true, description: Which., schema: {type: string}}\n"))
	got := ask("run_3", "r2", "prod", run.Promote, "orders/v1")
	if !got.Blocks() || got.Settle != nil || !strings.Contains(got.Fix, "terrace api override orders v1 --stage prod --revision 2") {
		t.Errorf("%+v", got)
	}
	if len(got.Problems) != 1 || !strings.HasPrefix(got.Problems[0].String(), "orders v1, revision 2:11:12: GET /orders: ") {
		t.Errorf("%+v", got.Problems)
	}
	if got := ask("run_4", "r1", "prod", run.Rollback, "orders/v1"); got.Blocks() {
		t.Errorf("to go back is stopped: %+v", got)
	}
	dry := run.GateInput{
		Run: run.Run{ID: "run_5", Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, DryRun: true, Operation: run.Deploy}, Release: release.Release{ID: "r3"}, Stage: stage.Stage{Name: "test"},
		Workload: &workload.Workload{Annotations: map[string]string{apispec.Annotation: "orders/v1"}},
	}
	if got, err := g.Evaluate(ctx, dry); err != nil || got.Blocks() || got.Settle != nil {
		t.Errorf("a dry run: %+v %v", got, err)
	}
}
