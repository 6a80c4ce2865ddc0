package apispec_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestWhatAWorkloadDeclares(t *testing.T) {
	t.Parallel()
	got, err := apispec.ReadDeclared("orders/v1, stock/v2@3")
	if err != nil || len(got) != 2 || got[0] != (apispec.Declared{API: "orders", Version: "v1"}) || got[1] != (apispec.Declared{API: "stock", Version: "v2", Revision: 3}) {
		t.Errorf("%+v %v", got, err)
	}
	for _, text := range []string{"", "orders", "orders/", "/v1", "orders/v1,", "orders/v1@", "orders/v1@0", "orders/v1@x", "Orders/v1", "a/b/c", strings.Repeat("orders/v1,", 20) + "orders/v1"} {
		if got, err := apispec.ReadDeclared(text); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%q: %+v %v", text, got, err)
		}
	}
}

// bring has a run bring a version to a stage, and end well.
func (b *bench) bring(t *testing.T, c apispec.Carried, first bool) ([]kernel.Fact, error) {
	t.Helper()
	c.Key = v1
	c, err := b.Carry(as("ada"), c, first)
	if err != nil {
		return nil, err
	}
	if err := b.KeepCarried(as("ada"), shop, c.Run, []apispec.Carried{c}); err != nil {
		t.Fatal(err)
	}
	facts, err := b.Arrive(kernel.WithActor(t.Context(), kernel.System("run", "acme")), shop, c.Run)
	if err != nil {
		t.Fatal(err)
	}
	return facts, nil
}

// TestARunBringsADocument: the newest one to the first stage, and that same one on.
func TestARunBringsADocument(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		if _, err := b.bring(t, apispec.Carried{Run: "run_0", Release: "r1", Stage: "dev"}, true); !kernel.Is(err, kernel.Refused) {
			t.Fatalf("what is not there is brought: %v", err)
		}
		b.upload(t, v1, document())
		facts, err := b.bring(t, apispec.Carried{Run: "run_1", Release: "r1", Stage: "dev"}, true)
		if err != nil || len(facts) != 1 || facts[0].Type != "api.published" || facts[0].Reason != "brought by run_1" || b.at(t, "dev").Revision != 1 || b.at(t, "dev").PublishedBy != "run_1" {
			t.Fatalf("%+v %v", facts, err)
		}
		if facts, err := b.bring(t, apispec.Carried{Run: "run_1b", Release: "r1", Stage: "dev"}, true); err != nil || len(facts) != 0 {
			t.Errorf("the same again: %+v %v", facts, err)
		}
		b.upload(t, v1, document("      tags: [orders]\n"))
		if _, err := b.bring(t, apispec.Carried{Run: "run_2", Release: "r1", Stage: "prod"}, false); err != nil || b.at(t, "prod").Revision != 1 {
			t.Errorf("the release brings something else on: %+v %v", b.at(t, "prod"), err)
		}
		if _, err := b.bring(t, apispec.Carried{Run: "run_3", Release: "r2", Stage: "dev"}, true); err != nil || b.at(t, "dev").Revision != 2 {
			t.Errorf("%+v %v", b.at(t, "dev"), err)
		}
		if _, err := b.bring(t, apispec.Carried{Run: "run_4", Release: "r3", Stage: "prod", Revision: 2}, false); err != nil || b.at(t, "prod").Revision != 2 {
			t.Errorf("the one that was named: %+v %v", b.at(t, "prod"), err)
		}
	})
}

func (b *bench) at(t *testing.T, stage string) apispec.Standing {
	t.Helper()
	st, err := b.store.Standing(t.Context(), v1, stage)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		t.Fatal(err)
	}
	return st
}

// TestARunThatBreaksClientsIsStopped, unless two people have said otherwise, or it
// goes back.
func TestARunThatBreaksClientsIsStopped(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.upload(t, v1, document())
		for run, stage := range map[string]string{"run_1": "dev", "run_2": "prod"} {
			if _, err := b.bring(t, apispec.Carried{Run: run, Release: "r1", Stage: stage}, stage == "dev"); err != nil {
				t.Fatal(err)
			}
		}
		b.upload(t, v1, document(colour))
		_, err := b.bring(t, apispec.Carried{Run: "run_3", Release: "r2", Stage: "prod"}, false)
		if !kernel.Is(err, kernel.Refused) || !strings.Contains(problems(err), "11:12: GET /orders") || b.at(t, "prod").Revision != 1 {
			t.Errorf("%v", err)
		}
		o, err := b.RequestOverride(as("ada"), v1, "prod", 2, "they moved")
		if err == nil {
			_, err = b.ApproveOverride(as("grace"), shop, o.ID, "")
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.bring(t, apispec.Carried{Run: "run_4", Release: "r2", Stage: "prod"}, false); err != nil || b.at(t, "prod").Revision != 2 {
			t.Errorf("what was approved: %+v %v", b.at(t, "prod"), err)
		}
		b.upload(t, v1, document(colour)+"  /more:\n    get:\n      operationId: more\n      summary: More\n      responses:\n        '200': {description: ok}\n")
		if _, err := b.bring(t, apispec.Carried{Run: "run_4b", Release: "r3", Stage: "prod"}, false); err != nil || b.at(t, "prod").Revision != 3 {
			t.Errorf("%+v %v", b.at(t, "prod"), err)
		}
		if _, err := b.bring(t, apispec.Carried{Run: "run_4c", Release: "r2", Stage: "prod", Back: true}, false); err != nil || b.at(t, "prod").Revision != 2 {
			t.Errorf("what it takes from clients holds going back up: %+v %v", b.at(t, "prod"), err)
		}
		b.upload(t, v1, document())
		if _, err := b.bring(t, apispec.Carried{Run: "run_5", Release: "r1", Stage: "prod", Back: true}, false); err != nil || b.at(t, "prod").Revision != 1 {
			t.Errorf("going back: %+v %v", b.at(t, "prod"), err)
		}
		if facts, err := b.bring(t, apispec.Carried{Run: "run_6", Release: "r0", Stage: "prod", Back: true}, false); err != nil || len(facts) != 0 || b.at(t, "prod").Revision != 1 {
			t.Errorf("back to what brought nothing: %+v %v", facts, err)
		}
	})
}

// TestARunAsksTheStyleGuide of a document that it brings, not of one that stands there
// already, nor of one that it goes back to.
func TestARunAsksTheStyleGuide(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.upload(t, v1, strings.Replace(document(), "      operationId: listOrders\n", "", 1))
		c := apispec.Carried{Run: "run_1", Release: "r1", Stage: "dev", Revision: 1}
		if _, err := b.bring(t, c, true); !kernel.Is(err, kernel.Refused) || b.at(t, "dev").Revision != 0 {
			t.Errorf("what the guide has errors about is brought: %v", err)
		}
		c.Back = true
		if _, err := b.bring(t, c, true); err != nil || b.at(t, "dev").Revision != 1 {
			t.Errorf("it holds going back up: %v", err)
		}
		c.Run, c.Back = "run_2", false
		if facts, err := b.bring(t, c, true); err != nil || len(facts) != 0 {
			t.Errorf("what stands there already: %+v %v", facts, err)
		}
	})
}

// TestWhatChangedMeanwhileIsTold: what the run has brought is left where it would break
// clients of what was published since its gates were asked.
func TestWhatChangedMeanwhileIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.upload(t, v1, document())
		b.upload(t, v1, document(colour))
		c, err := b.Carry(as("ada"), apispec.Carried{Key: v1, Run: "run_1", Release: "r1", Stage: "dev"}, true)
		if err == nil {
			err = b.KeepCarried(as("ada"), shop, "run_1", []apispec.Carried{c})
		}
		if err != nil {
			t.Fatal(err)
		}
		b.publish(t, v1, apispec.Publishing{Stage: "dev", Revision: 1})
		facts, err := b.Arrive(as("ada"), shop, "run_1")
		if err != nil || len(facts) != 1 || facts[0].Type != "api.withheld" || b.at(t, "dev").Revision != 1 {
			t.Errorf("%+v %v", facts, err)
		}
		if err := b.KeepCarried(as("ada"), shop, "run_2", []apispec.Carried{{Key: v1, Run: "run_2", Release: "r2", Stage: "prod", Revision: 1}}); err != nil {
			t.Fatal(err)
		}
		if err := b.Leave(as("ada"), shop, "run_2"); err != nil {
			t.Fatal(err)
		}
		if facts, err := b.Arrive(as("ada"), shop, "run_2"); err != nil || len(facts) != 0 || b.at(t, "prod").Revision != 0 {
			t.Errorf("a run that failed publishes: %+v %v", facts, err)
		}
	})
}

// TestARunLeavesWhatIsRetired as it is, and keeps that a version is deprecated.
func TestARunLeavesWhatIsRetired(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.upload(t, v1, document())
		b.publish(t, v1, apispec.Publishing{Stage: "dev"})
		if _, err := b.Deprecate(as("ada"), v1, apispec.Deprecation{Stage: "dev", Sunset: b.clock().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		b.upload(t, v1, document("      tags: [orders]\n"))
		if _, err := b.bring(t, apispec.Carried{Run: "run_1", Release: "r1", Stage: "dev"}, true); err != nil || b.at(t, "dev").State != apispec.Deprecated || b.at(t, "dev").Revision != 2 {
			t.Errorf("%+v %v", b.at(t, "dev"), err)
		}
		b.mu.Lock()
		b.now = b.now.Add(2 * time.Hour)
		b.mu.Unlock()
		if _, err := b.Retire(as("ada"), v1, "dev", ""); err != nil {
			t.Fatal(err)
		}
		b.upload(t, v1, document(colour))
		if facts, err := b.bring(t, apispec.Carried{Run: "run_2", Release: "r2", Stage: "dev"}, true); err != nil || len(facts) != 0 || b.at(t, "dev").State != apispec.Retired {
			t.Errorf("%+v %+v %v", facts, b.at(t, "dev"), err)
		}
	})
}

// problems are those of an error, as people read them.
func problems(err error) string {
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok {
		return ""
	}
	var lines []string
	for _, p := range e.Problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}
