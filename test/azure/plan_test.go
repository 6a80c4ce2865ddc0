package azure_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

func (l landing) plan(t *testing.T, file string) *tfjson.Plan {
	t.Helper()
	var plan tfjson.Plan
	if err := json.Unmarshal([]byte(l.tf(t, "show", "-json", file)), &plan); err != nil {
		t.Fatal(err)
	}
	return &plan
}

// changed are the resources that a plan would touch.
func changed(plan *tfjson.Plan) []*tfjson.ResourceChange {
	return slices.DeleteFunc(slices.Clone(plan.ResourceChanges), func(c *tfjson.ResourceChange) bool {
		return c.Mode != tfjson.ManagedResourceMode || c.Change.Actions.NoOp() || c.Change.Actions.Read()
	})
}

// drift changes one attribute of one resource behind Terraform's back, and wants
// a plan that puts just that one right.
func (l landing) drift(t *testing.T) {
	t.Helper()
	for _, id := range l.sim.resources(t) {
		if strings.HasSuffix(strings.ToLower(id), "/flexibleservers/mysql-terrace-"+l.stage) {
			l.sim.edit(t, id, map[string]any{"tags.owner": "somebody-else"})
		}
	}
	out, err := l.run(t, l.dir, l.env, l.terraform, "plan", l.variables(), "-no-color", "-detailed-exitcode", "-out=drift")
	if err == nil {
		t.Fatalf("an edit behind its back is not seen: %s", out)
	}
	changes := changed(l.plan(t, "drift"))
	if len(changes) != 1 {
		t.Fatalf("one edit shows as %d changes: %v\n%s", len(changes), err, out)
	}
	before, _ := changes[0].Change.Before.(map[string]any)
	after, _ := changes[0].Change.After.(map[string]any)
	if got := differences(before, after); !slices.Equal(got, []string{"tags"}) {
		t.Errorf("the edit of a tag of %s shows as drift of %v", changes[0].Address, got)
	}
}

func differences(before, after map[string]any) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if !reflect.DeepEqual(before[name], after[name]) {
			names = append(names, name)
		}
	}
	return names
}
