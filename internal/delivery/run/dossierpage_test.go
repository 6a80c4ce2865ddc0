package run_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// large plans n resources of 25 values each, whatever is asked for: the first
// tenth is deleted, the second replaced, the rest created; the last has many
// values and a long one.
type large struct {
	run.Planner
	n int
}

func (p large) Plan(ctx context.Context, job run.Job, sink func(run.Event)) (run.Planned, error) {
	planned, err := p.Planner.Plan(ctx, job, sink)
	if err != nil {
		return planned, err
	}
	planned.JSON = &tfjson.Plan{}
	for i := range p.n {
		planned.JSON.ResourceChanges = append(planned.JSON.ResourceChanges, p.change(i))
	}
	return planned, nil
}

func (p large) change(i int) *tfjson.ResourceChange {
	values := map[string]any{"tags": map[string]any{"costcenter": "42", "env": "dev", "owner": "team"}}
	for v := range 22 {
		values[fmt.Sprintf("attribute_%02d", v)] = fmt.Sprintf("the value %d of resource %d", v, i)
	}
	c := &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}, After: values, AfterUnknown: map[string]any{"id": true}, AfterSensitive: map[string]any{"attribute_00": true}}
	switch {
	case i < p.n/10:
		c = &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionDelete}, Before: values}
	case i < p.n/5:
		c.Actions, c.Before = tfjson.Actions{tfjson.ActionDelete, tfjson.ActionCreate}, map[string]any{"attribute_01": "another"}
		c.ReplacePaths = []any{[]any{"attribute_01"}}
	case i == p.n-1:
		many := map[string]any{}
		for v := range 20_000 {
			many[fmt.Sprint(v)] = v
		}
		values["many"], values["long"] = many, strings.Repeat("x", 1<<20)
	}
	return &tfjson.ResourceChange{
		Address: fmt.Sprintf("module.subnet[%q].azurerm_subnet.this[%d]", fmt.Sprint(i%50), i), Mode: tfjson.ManagedResourceMode, Type: "azurerm_subnet", Change: c,
	}
}

func planned(t *testing.T, n int) (*runtest.Bench, run.Run) {
	t.Helper()
	b := bench(t, func(d *run.Deps) { d.Planner = large{d.Planner, n} })
	r, err := b.Service.Deploy(runtest.As(runtest.Ada), runtest.Project, run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t), DryRun: true})
	runtest.Must(t, err)
	begin := time.Now()
	r = carry(t, b, r)
	t.Logf("planned in %s", time.Since(begin))
	if r.Status != run.PlannedOnly {
		t.Fatalf("%s: %+v", r.Status, r.Failure)
	}
	return b, r
}

func page(t *testing.T, b *runtest.Bench, id, cursor string, limit int) run.DossierPage {
	t.Helper()
	p, err := b.DossierPage(runtest.As(runtest.Ada), runtest.Project, id, kernel.PageRequest{Cursor: cursor, Limit: limit})
	runtest.Must(t, err)
	return p
}

// TestAPlanOfFiveThousandResources: all of it is under the digest, and no answer
// is larger than a person's program takes.
func TestAPlanOfFiveThousandResources(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it plans five thousand resources")
	}
	const n = 5000
	b, r := planned(t, n)
	whole, digest, err := b.DossierContent(runtest.As(runtest.Ada), runtest.Project, r.ID)
	if err != nil || kernel.DigestOf(whole) != r.Dossier || digest != r.Dossier {
		t.Fatalf("the content has not the digest: %v", err)
	}
	row, err := json.Marshal(r)
	if err != nil || len(row) > 64<<10 {
		t.Errorf("the run itself has %d bytes: %v", len(row), err)
	}
	seen, pages, largest, omitted := map[string]bool{}, 0, 0, 0
	rank, order := map[string]int{"delete": 0, "replace": 1, "create": 2}, 0
	for cursor := ""; ; {
		p := page(t, b, r.ID, cursor, 0)
		raw, err := json.Marshal(p)
		runtest.Must(t, err)
		pages, largest = pages+1, max(largest, len(raw))
		for _, c := range p.Dossier.Plan.Changes {
			if seen[c.Address] = true; rank[c.Action] < order || len(c.Values) > 100 {
				t.Fatalf("%s %s with %d values", c.Action, c.Address, len(c.Values))
			}
			order, omitted = rank[c.Action], max(omitted, c.Omitted)
		}
		if p.Changes != n || p.Digest != r.Dossier || p.Size != len(whole) {
			t.Fatalf("a page of %d changes, %d bytes under %s", p.Changes, p.Size, p.Digest)
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	if len(seen) != n || largest > 3<<20 {
		t.Errorf("%d resources on %d pages, the largest of %d bytes", len(seen), pages, largest)
	}
	t.Logf("%d changes: the dossier has %d bytes, the run %d, the largest of %d pages %d", n, len(whole), len(row), pages, largest)
	if omitted < 19_000 {
		t.Errorf("the change with many values leaves out %d", omitted)
	}
	if p := page(t, b, r.ID, "", 1000); len(p.Dossier.Plan.Changes) >= 1000 || p.Next == "" {
		t.Errorf("a page of %d changes is over its bound of bytes", len(p.Dossier.Plan.Changes))
	}
	for _, cursor := range []string{"5001", "-1", "x"} {
		if _, err := b.DossierPage(runtest.As(runtest.Ada), runtest.Project, r.ID, kernel.PageRequest{Cursor: cursor}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("cursor %s: %v", cursor, err)
		}
	}
}

func TestADossierMarksWhatAnApproverMustSee(t *testing.T) {
	t.Parallel()
	b, r := planned(t, 20)
	changes := page(t, b, r.ID, "", 0).Dossier.Plan.Changes
	if len(changes) != 20 || changes[0].Action != "delete" || changes[2].Action != "replace" || changes[4].Action != "create" {
		t.Fatalf("what destroys comes first: %+v", changes[:5])
	}
	marks := map[string]run.ValueChange{}
	for _, v := range changes[2].Values {
		marks[v.Path] = v
	}
	if v := marks["attribute_01"]; !v.ForcesReplace || v.Before != "another" {
		t.Errorf("what forces the replacement: %+v", v)
	}
	if v := marks["id"]; !v.Unknown || v.After != nil {
		t.Errorf("what is known after the apply: %+v", v)
	}
	if v := marks["attribute_00"]; !v.Sensitive || v.After != nil || v.Before != nil {
		t.Errorf("what is sensitive: %+v", v)
	}
}

// indexed plans the resources with these indexes, all created but the last.
type indexed struct {
	run.Planner
	indexes []int
}

func (p indexed) Plan(ctx context.Context, job run.Job, sink func(run.Event)) (run.Planned, error) {
	planned, err := p.Planner.Plan(ctx, job, sink)
	planned.JSON = &tfjson.Plan{}
	for i, index := range p.indexes {
		actions := tfjson.Actions{tfjson.ActionCreate}
		if i == len(p.indexes)-1 {
			actions = tfjson.Actions{tfjson.ActionDelete}
		}
		planned.JSON.ResourceChanges = append(planned.JSON.ResourceChanges, &tfjson.ResourceChange{
			Address: fmt.Sprintf("x.run[%d]", index), Mode: tfjson.ManagedResourceMode, Type: "x", Change: &tfjson.Change{Actions: actions},
		})
	}
	return planned, err
}

// TestIndexesAreOrderedAsNumbers, after what destroys.
func TestIndexesAreOrderedAsNumbers(t *testing.T) {
	t.Parallel()
	b := bench(t, func(d *run.Deps) { d.Planner = indexed{d.Planner, []int{1000, 100, 9, 10, 0, 2000}} })
	r, err := b.Service.Deploy(runtest.As(runtest.Ada), runtest.Project, run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t), DryRun: true})
	runtest.Must(t, err)
	r = carry(t, b, r)
	p, err := b.DossierPage(runtest.As(runtest.Ada), runtest.Project, r.ID, kernel.PageRequest{})
	runtest.Must(t, err)
	var order []string
	for _, c := range p.Dossier.Plan.Changes {
		order = append(order, strings.TrimPrefix(c.Address, "x.run"))
	}
	if got := strings.Join(order, " "); got != "[2000] [0] [9] [10] [100] [1000]" {
		t.Errorf("the order is %s", got)
	}
}
