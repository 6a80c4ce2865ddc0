package azuresim_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/target/azuresim"
	"github.com/terrace-idp/terrace/internal/target/azuresim/azuresimtest"
)

// client runs `terrace azure-sim` against a simulator of the test.
type client struct {
	sim    *azuresimtest.Sim
	folder string
}

func start(t *testing.T) *client {
	t.Helper()
	folder := t.TempDir()
	return &client{azuresimtest.StartWith(t, azuresim.Config{Announce: folder}), folder}
}

func (c *client) run(t *testing.T, want int, args ...string) string {
	t.Helper()
	return c.execute(t, want, append([]string{"azure-sim", "--data", c.folder}, args...)...)
}

func (c *client) execute(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	e := &command.Env{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: func(string) string { return "" }}
	if got := cli.Main(t.Context(), e, args); got != want {
		t.Fatalf("%v ends with %d, not %d: %s%s", args, got, want, &out, &errs)
	}
	return out.String() + errs.String()
}

func TestEdit(t *testing.T) {
	t.Parallel()
	c := start(t)
	id := "/subscriptions/" + c.sim.Env()["ARM_SUBSCRIPTION_ID"]
	if out := c.run(t, exit.OK, "list", "--type", "Microsoft.Resources/subscriptions"); !strings.Contains(out, id) {
		t.Errorf("the list: %s", out)
	}
	c.run(t, exit.OK, "edit", id, "--set", `tags={"a":"1"}`, "--set", "displayName=renamed", "--as", "mallory")
	var shown struct {
		DisplayName string
		Tags        map[string]string
	}
	if err := json.Unmarshal([]byte(c.run(t, exit.OK, "show", id, "-o", "json")), &shown); err != nil || shown.DisplayName != "renamed" || shown.Tags["a"] != "1" {
		t.Errorf("shown: %v %v", shown, err)
	}
	if out := c.run(t, exit.OK, "activity"); !strings.Contains(out, "mallory") {
		t.Errorf("the activity log: %s", out)
	}
	c.run(t, exit.NotFound, "show", id+"/resourceGroups/none")
	for _, args := range [][]string{{"delete", id}, {"edit", id}, {"edit", id, "--set", "displayName={}"}, {"edit", id, "--set", "nothing"}, {"edit", id, "--set", "tags..a=1"}, {"edit", id, "--set", "displayName={bad"}, {"activity", "--limit", "-1"}} {
		c.run(t, exit.Usage, args...)
	}
}

func TestFaultsAndApps(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.run(t, exit.OK, "fault", "add", "--match", "PUT .*", "--status", "429", "--retry-after", "1", "--times", "3")
	if out := c.run(t, exit.OK, "fault", "list"); !strings.Contains(out, "PUT .*") || !strings.Contains(out, "429") {
		t.Errorf("the faults: %s", out)
	}
	c.run(t, exit.OK, "fault", "clear")
	if out := c.run(t, exit.OK, "fault", "list", "-o", "json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("after clear: %s", out)
	}
	c.run(t, exit.Usage, "fault", "add", "--match", "(", "--status", "429")
	c.run(t, exit.Usage, "fault", "add", "--match", "x")
	c.run(t, exit.OK, "app", "add", "deploy", "--issuer", "https://example.com", "--subject", "s")
	if out := c.run(t, exit.OK, "app", "list"); !strings.Contains(out, "deploy") {
		t.Errorf("the apps: %s", out)
	}
}

func TestNoSimulator(t *testing.T) {
	t.Parallel()
	c := &client{folder: t.TempDir()}
	if out := c.run(t, exit.Unavailable, "list"); !strings.Contains(out, "terraced azuresim") {
		t.Errorf("it does not say what to do: %s", out)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	c := start(t)
	id := "/subscriptions/" + c.sim.Env()["ARM_SUBSCRIPTION_ID"]
	for _, name := range []string{"show", "edit", "delete"} {
		if out := c.complete(t, name, ""); !strings.Contains(out, id+"\n") {
			t.Errorf("%s: %s", name, out)
		}
	}
	if out := c.complete(t, "list", "--type", ""); strings.Count(out, "Microsoft.Resources/subscriptions\n") != 1 {
		t.Errorf("types: %s", out)
	}
	none := &client{folder: t.TempDir()}
	if out := none.complete(t, "show", ""); !strings.HasPrefix(out, ":4\n") {
		t.Errorf("without a simulator: %s", out)
	}
}

// complete returns what a shell is offered after some words.
func (c *client) complete(t *testing.T, words ...string) string {
	t.Helper()
	return c.execute(t, exit.OK, append([]string{"__complete", "azure-sim", "--data", c.folder}, words...)...)
}
