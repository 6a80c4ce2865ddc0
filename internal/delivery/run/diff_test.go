package run

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"
)

func TestChangesOfAResource(t *testing.T) {
	t.Parallel()
	got := changesOf(&tfjson.Change{
		Before:          map[string]any{"name": "a", "tags": map[string]any{"owner": "x", "env": "dev"}, "list": []any{"1", "2"}, "password": "old", "same": "s"},
		After:           map[string]any{"name": "b", "tags": map[string]any{"owner": "y", "env": "dev"}, "list": []any{"1", "3", "4"}, "password": "new", "same": "s"},
		AfterUnknown:    map[string]any{"id": true, "list": []any{false, false, false}},
		AfterSensitive:  map[string]any{"password": true},
		BeforeSensitive: map[string]any{"password": true},
		ReplacePaths:    []any{[]any{"name"}},
	})
	want := []ValueChange{
		{Path: "id", Unknown: true},
		{Path: "list[1]", Before: "2", After: "3"},
		{Path: "list[2]", After: "4"},
		{Path: "name", Before: "a", After: "b", ForcesReplace: true},
		{Path: "password", Sensitive: true},
		{Path: "tags.owner", Before: "x", After: "y"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSensitiveValuesAreNowhere(t *testing.T) {
	t.Parallel()
	secret := "s3cret"
	for name, c := range map[string]*tfjson.Change{
		"a value":        {After: map[string]any{"p": secret}, AfterSensitive: map[string]any{"p": true}},
		"a subtree":      {After: map[string]any{"p": map[string]any{"q": []any{secret}}}, AfterSensitive: map[string]any{"p": true}},
		"everything":     {After: map[string]any{"p": secret}, AfterSensitive: true},
		"only before":    {Before: map[string]any{"p": secret}, After: map[string]any{"p": "x"}, BeforeSensitive: map[string]any{"p": true}},
		"in a list":      {After: map[string]any{"p": []any{"x", secret}}, AfterSensitive: map[string]any{"p": []any{false, true}}},
		"an output":      {After: secret, AfterSensitive: true},
		"what goes away": {Before: map[string]any{"p": secret}, BeforeSensitive: map[string]any{"p": true}},
	} {
		text, err := json.Marshal(changesOf(c))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), secret) || !strings.Contains(string(text), `"sensitive":true`) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestPlanViewPutsDestructionFirst(t *testing.T) {
	t.Parallel()
	rc := func(address string, actions ...tfjson.Action) *tfjson.ResourceChange {
		return &tfjson.ResourceChange{Address: address, Mode: tfjson.ManagedResourceMode, Change: &tfjson.Change{Actions: actions}}
	}
	data := rc("data.x", tfjson.ActionRead)
	data.Mode = tfjson.DataResourceMode
	view := planView(&tfjson.Plan{
		ResourceChanges: []*tfjson.ResourceChange{
			rc("z", tfjson.ActionCreate), rc("b", tfjson.ActionUpdate), rc("c", tfjson.ActionDelete, tfjson.ActionCreate),
			rc("d", tfjson.ActionNoop), rc("e", tfjson.ActionDelete), rc("a", tfjson.ActionCreate), rc("f", tfjson.ActionForget), data,
		},
		OutputChanges: map[string]*tfjson.Change{"url": {Actions: tfjson.Actions{tfjson.ActionCreate}, After: "x"}, "same": {Actions: tfjson.Actions{tfjson.ActionNoop}}},
	})
	var order []string
	for _, c := range view.Changes {
		order = append(order, c.Address+" "+c.Action)
	}
	if diff := cmp.Diff([]string{"e delete", "c replace", "f forget", "b update", "a create", "z create"}, order); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Plan{Create: 2, Update: 1, Replace: 1, Delete: 2, NoOp: 1, Outputs: 1}, view.Summary); diff != "" {
		t.Error(diff)
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ endpoint, path, want string }{
		{"https://a.localhost:7443/", "/healthz", "https://a.localhost:7443/healthz"},
		{"https://a.localhost:7443", "/healthz", "https://a.localhost:7443/healthz"},
		{"https://a.localhost/api", "/healthz", "https://a.localhost/api"},
		{"https://a.localhost/api/", "/api/health", "https://a.localhost/api/health"},
	} {
		if got := checkURL(tc.endpoint, tc.path); got != tc.want {
			t.Errorf("%s with %s: %s, want %s", tc.endpoint, tc.path, got, tc.want)
		}
	}
}
