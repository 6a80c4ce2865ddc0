package github_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestAPullRequestOfGitHub(t *testing.T) {
	t.Parallel()
	c := connect(t, "")
	base := c.Git("rev-parse", "main")
	head := c.Commit("price", map[string]string{"src/a.go": "package a"})
	c.lose = true
	c.accepted(hook{event: "ping", body: `{"zen":"Keep it logically awesome.","hook_id":292430182}`})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: base})})
	plan := c.Runs.Waiting(t, "dev")
	if !plan.DryRun || plan.RequestedBy.Name != "octocat (github)" {
		t.Errorf("planned %+v", plan)
	}
	vcstest.Eventually(t, "the status is pending", func() bool { return c.stateOf(head, "terrace/plan/orders/dev") == "pending" })
	c.Runs.End(t, plan.ID, run.PlannedOnly)
	vcstest.Eventually(t, "the status is success", func() bool { return c.stateOf(head, "terrace") == "success" })
	vcstest.Eventually(t, "it is commented", func() bool { return strings.Contains(c.said(t), "plan of `"+head[:12]+"`") })

	second := c.Commit("price", map[string]string{"src/a.go": "package b"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "synchronize", head: second, base: base})})
	c.Runs.End(t, c.Runs.Waiting(t, "dev").ID, run.PlannedOnly)
	vcstest.Eventually(t, "the comment follows", func() bool { return strings.Contains(c.said(t), "plan of `"+second[:12]+"`") })

	c.Git("checkout", "-q", "main")
	c.Git("merge", "-q", "--no-ff", "--no-edit", "price")
	c.Git("push", "-q", "origin", "main")
	merge := c.Git("rev-parse", "HEAD")
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "closed", head: second, base: base, merge: merge})})
	apply := c.Runs.Waiting(t, "dev")
	if apply.DryRun {
		t.Errorf("planned again: %+v", apply)
	}
	c.Runs.End(t, apply.ID, run.Succeeded)
	vcstest.Eventually(t, "the merge commit says so", func() bool { return c.stateOf(merge, "terrace/apply/orders/dev") == "success" })
	vcstest.Eventually(t, "the comment says so", func() bool { return strings.Contains(c.said(t), "### Terrace: applied") })
	if strings.Contains(c.said(t), token) {
		t.Error("the comment has the token")
	}
}

// TestALoginIsAUser has who merges on GitHub be the user that an admin has named, so
// that they cannot approve as another self; of one whom nobody has named the comment
// says so.
func TestALoginIsAUser(t *testing.T) {
	t.Parallel()
	for user, want := range map[string]string{"": "system:github:octocat", "grace": "usr_grace"} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			c := connect(t, "")
			admin := vcstest.As(t.Context(), "admin")
			if _, err := c.Identify(vcstest.As(t.Context(), "developer"), vcstest.Shop(), "orders", "octocat", "developer"); !kernel.Is(err, kernel.Denied) {
				t.Errorf("a developer names them: %v", err)
			}
			if _, err := c.Identify(admin, vcstest.Shop(), "orders", "octocat", "nobody"); !kernel.Is(err, kernel.NotFound) {
				t.Errorf("nobody is named: %v", err)
			}
			if user != "" {
				if _, err := c.Identify(admin, vcstest.Shop(), "orders", "OctoCat", user); err != nil {
					t.Fatal(err)
				}
			}
			base := c.Git("rev-parse", "main")
			head := c.Commit("price", map[string]string{"src/a.go": "package a"})
			c.accepted(hook{event: "pull_request", body: c.event(pull{action: "opened", head: head, base: base})})
			plan := c.Runs.Waiting(t, "dev")
			if plan.RequestedBy.ID != want || plan.RequestedBy.Kind != kernel.ActorSystem {
				t.Errorf("planned for %+v", plan.RequestedBy)
			}
			c.Runs.End(t, plan.ID, run.PlannedOnly)
			vcstest.Eventually(t, "it is planned", func() bool { return c.stateOf(head, "terrace") == "success" })
			c.Git("checkout", "-q", "main")
			c.Git("merge", "-q", "--no-ff", "--no-edit", "price")
			c.Git("push", "-q", "origin", "main")
			c.accepted(hook{event: "pull_request", body: c.event(pull{action: "closed", head: head, base: base, merge: c.Git("rev-parse", "HEAD")})})
			apply := c.Runs.Waiting(t, "dev")
			if apply.RequestedBy.ID != want {
				t.Errorf("applied for %+v", apply.RequestedBy)
			}
			c.Runs.End(t, apply.ID, run.AwaitingApproval)
			vcstest.Eventually(t, "it waits for approval", func() bool { return strings.Contains(c.said(t), "terrace run approve ") })
			if told := strings.Contains(c.said(t), "terrace repo identify orders octocat USER"); told != (user == "") {
				t.Errorf("the comment is\n%s", c.said(t))
			}
			if user == "" {
				return
			}
			if err := c.Unidentify(admin, vcstest.Shop(), "orders", "OCTOCAT"); err != nil {
				t.Error(err)
			}
			if all, err := c.Identities(admin, vcstest.Shop(), "orders"); err != nil || len(all) != 0 {
				t.Errorf("left are %v, %v", all, err)
			}
		})
	}
}
