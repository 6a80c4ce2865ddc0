package github_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestWebhooksOfASuspendedTenantWait: nothing is begun and nothing is told, and when the
// tenant is resumed the newest commits are looked at.
func TestWebhooksOfASuspendedTenantWait(t *testing.T) {
	t.Parallel()
	heard := &listener{told: make(chan string, 4)}
	c := connect(t, "", heard)
	c.Suspended.Store(true)
	base := c.Git("rev-parse", "main")
	first := c.Commit("price", map[string]string{"src/a.go": "package a"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "opened", head: first, base: base})})
	second := c.Commit("price", map[string]string{"src/a.go": "package b"})
	c.accepted(hook{event: "pull_request", body: c.event(pull{action: "synchronize", head: second, base: base})})
	for n := range 2 {
		c.accepted(hook{event: "push", body: fmt.Sprintf(`{"ref":"refs/heads/main","before":"%040d","after":"%040d","repository":{"full_name":"acme/orders","pushed_at":%d},"sender":{"login":"octocat"}}`,
			n, n+1, c.clock.Unix()+int64(n))})
	}
	c.accepted(hook{event: "issue_comment", body: c.says("plan", "MEMBER")})
	held := func() (waiting int) {
		page, err := c.Store.Deliveries(t.Context(), vcstest.Shop(), c.repo.Repository.ID, kernel.PageRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Items {
			if strings.Contains(d.Problem, "suspended") {
				waiting++
			}
		}
		return waiting
	}
	vcstest.Eventually(t, "one of the branch and one of the pull request wait, and no comment", func() bool {
		n, err := c.Store.CountWaiting(t.Context())
		return err == nil && n == 2 && held() >= 2
	})
	if runs, pushes := c.Runs.All(), c.Facts.Of("vcs.pushed"); len(runs)+len(pushes)+len(heard.told) > 0 || c.stateOf(second, "terrace") != "" || len(c.comments) > 0 {
		t.Fatalf("something was begun: %v %v", runs, pushes)
	}

	c.Suspended.Store(false)
	plan := c.Runs.Waiting(t, "dev")
	if told := <-heard.told; told != "octocat (github) "+c.Facts.Of("vcs.pushed")[0].ID {
		t.Errorf("heard is %q", told)
	}
	vcstest.Eventually(t, "the newest commit is planned", func() bool { return c.stateOf(second, "terrace/plan/orders/dev") == "pending" })
	if len(c.Runs.All()) != 1 || c.stateOf(first, "terrace/plan/orders/dev") != "" || len(c.Facts.Of("vcs.pushed")) != 1 {
		t.Errorf("the older commit is looked at, too: %v", c.Runs.All())
	}

	// What was begun before ends, and is told afterwards.
	c.Suspended.Store(true)
	leftAlone := func() {
		revision := func() int64 {
			p, err := c.Store.Pull(t.Context(), vcstest.Shop(), c.repo.Repository.ID, 7)
			if err != nil {
				t.Fatal(err)
			}
			return int64(p.Work.Revision)
		}
		before := revision()
		vcstest.Eventually(t, "it is left alone, again and again", func() bool { return revision() > before+2 })
	}
	leftAlone() // so that no look is under way
	c.Runs.End(t, plan.ID, run.PlannedOnly)
	leftAlone()
	if state := c.stateOf(second, "terrace"); state == "success" {
		t.Error("a check is posted for a tenant that is suspended")
	}
	c.Suspended.Store(false)
	vcstest.Eventually(t, "the status is success", func() bool { return c.stateOf(second, "terrace") == "success" })
}
