package stage_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestDefaultStages(t *testing.T) {
	t.Parallel()
	set, err := stage.NewSet(stage.Default())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range set.All() {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "dev test int qs prod" {
		t.Errorf("stages %s", got)
	}
	prod, _ := set.Get("prod")
	qs, _ := set.Get("qs")
	dev, _ := set.Get("dev")
	if dev.Approvals.Count != 0 || qs.Approvals != (stage.Approvals{Count: 1, Role: "approver"}) || !prod.Approvals.OtherThanRequester {
		t.Errorf("approvals of dev %+v, qs %+v, prod %+v", dev.Approvals, qs.Approvals, prod.Approvals)
	}
}

func TestNeighbours(t *testing.T) {
	t.Parallel()
	given := stage.Default()
	given[0], given[4] = given[4], given[0]
	set, err := stage.NewSet(given)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ before, after string }{
		"dev": {"", "test"}, "int": {"test", "qs"}, "prod": {"qs", ""}, "nope": {"", ""},
	}
	for name, c := range cases {
		before, hasBefore := set.Before(name)
		after, hasAfter := set.After(name)
		if before.Name != c.before || after.Name != c.after || hasBefore != (c.before != "") || hasAfter != (c.after != "") {
			t.Errorf("%s is between %q and %q, want %q and %q", name, before.Name, after.Name, c.before, c.after)
		}
	}
	_, err = set.Get("nope")
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || e.Kind != kernel.NotFound || !strings.Contains(e.Fix, "dev, test, int, qs, prod") {
		t.Errorf("unknown stage: %v", err)
	}
}

func TestNewSetRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*stage.Stage)
		path   string
	}{
		"a name twice":      {func(s *stage.Stage) { s.Name = "test" }, "stages.test"},
		"a name with space": {func(s *stage.Stage) { s.Name = "de v" }, "stages.de v.name"},
		"an order twice":    {func(s *stage.Stage) { s.Order = 2 }, "stages.test.order"},
		"a target":          {func(s *stage.Stage) { s.Target, s.Runtime = "ibm", "kubernetes" }, "stages.dev.target"},
		"a runtime":         {func(s *stage.Stage) { s.Runtime = "vm" }, "stages.dev.runtime"},
		"processes afar":    {func(s *stage.Stage) { s.Target = "azure" }, "stages.dev.runtime"},
		"approvals":         {func(s *stage.Stage) { s.Approvals = stage.Approvals{Count: -1} }, "stages.dev.approvals.count"},
		"a role":            {func(s *stage.Stage) { s.Approvals = stage.Approvals{Count: 1, Role: "boss"} }, "stages.dev.approvals.role"},
		"a tag":             {func(s *stage.Stage) { s.RequiredTags = []string{" "} }, "stages.dev.requiredTags"},
		"an empty check":    {func(s *stage.Stage) { s.Verify = []stage.Check{{Name: "x"}} }, "stages.dev.verify[0]"},
		"a check's path":    {verify(stage.HTTPCheck{Path: "x"}), "stages.dev.verify[0].http.path"},
		"a check's status":  {verify(stage.HTTPCheck{Path: "/", Status: 20}), "stages.dev.verify[0].http.status"},
		"drift too often":   {func(s *stage.Stage) { s.Drift.Every = time.Second }, "stages.dev.drift.every"},
		"a jitter":          {func(s *stage.Stage) { s.Drift = stage.Drift{Every: time.Hour, Jitter: 2 * time.Hour} }, "stages.dev.drift.jitter"},
		"a nameless rule":   {driftRule(stage.DriftRule{Severity: "low"}), "stages.dev.drift.rules[0].name"},
		"a severity":        {driftRule(stage.DriftRule{Name: "x", Severity: "awful"}), "stages.dev.drift.rules[0].severity"},
		"a drift's action":  {driftRule(stage.DriftRule{Name: "x", Severity: "low", Action: "moved"}), "stages.dev.drift.rules[0].action"},
		"a lost attribute":  {driftRule(stage.DriftRule{Name: "x", Severity: "low", Action: "deleted", Attribute: "a"}), "stages.dev.drift.rules[0].attribute"},
		"a window twice": {func(s *stage.Stage) {
			w := stage.Window{Name: "night", Kind: stage.WindowDeny, RRule: "FREQ=DAILY;BYHOUR=22", Duration: 8 * time.Hour}
			s.Windows = []stage.Window{w, w}
		}, "stages.dev.windows[1].name"},
		"a check's timeout": {verify(stage.HTTPCheck{Path: "/", Timeout: -time.Second}), "stages.dev.verify[0].http.timeout"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stages := stage.Default()
			c.change(&stages[0])
			_, err := stage.NewSet(stages)
			e, ok := errors.AsType[*kernel.Error](err)
			if !ok || e.Kind != kernel.Invalid || len(e.Problems) != 1 || e.Problems[0].Path != c.path || e.Problems[0].Fix == "" {
				t.Errorf("want one problem at %s, got %v", c.path, err)
			}
		})
	}
	if _, err := stage.NewSet(nil); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("no stages: %v", err)
	}
}

func verify(h stage.HTTPCheck) func(*stage.Stage) {
	return func(s *stage.Stage) { s.Verify = []stage.Check{{Name: "x", HTTP: &h}} }
}

func driftRule(r stage.DriftRule) func(*stage.Stage) {
	return func(s *stage.Stage) { s.Drift.Rules = []stage.DriftRule{r} }
}
