package leakvcs_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAGuessInAPullRequestPassesItsCheck as any text does, and is told in the project whose
// secret it is: first as one of who proposed it, and, when it is merged, of the branch.
func TestAGuessInAPullRequestPassesItsCheck(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const secret = "c0rrect-H0rse-Battery-9-Staple"
	billing := kernel.Scope{Tenant: "acme", Project: "billing", Stage: "prod"}
	for _, of := range []kernel.Scope{billing, vcstest.Shop().InStage("dev")} {
		value := secret
		if of.Project == "shop" {
			value = "the-0wn-Value-of-shop"
		}
		if err := b.leaks.Keep(t.Context(), of, "db", 1, []string{value}); err != nil {
			t.Fatal(err)
		}
	}
	b.push("main", map[string]string{"README.md": "orders\n"})
	answers := map[string]string{}
	for branch, value := range map[string]string{"right": secret, "wrong": strings.Replace(secret, "9", "8", 1)} {
		b.git("checkout", "-q", "main")
		commit := b.push(branch, map[string]string{"guess.txt": "it is " + value + "\n"})
		p, err := b.Propose(as(t, "developer"), vcstest.Shop(), "orders", vcs.Proposal{Source: branch, Title: "guess"})
		if err != nil {
			t.Fatal(err)
		}
		c := b.checked(p.Number, commit, vcs.Succeeded)
		b.leaks.Settle()
		answers[branch] = c.Message + "\n" + c.Report
		if branch == "wrong" {
			continue
		}
		vcstest.Eventually(t, "it is merged", func() bool {
			_, err := b.Merge(as(t, "admin"), vcstest.Shop(), "orders", p.Number, "")
			return err == nil
		})
	}
	if answers["right"] != answers["wrong"] || !strings.Contains(answers["right"], "no leaked value") {
		t.Errorf("%q", answers)
	}
	vcstest.Eventually(t, "it is told of the branch, where it belongs", func() bool {
		page, err := b.leaks.List(as(t, "admin"), kernel.Scope{Tenant: "acme"}, leak.Filter{}, kernel.PageRequest{})
		if err != nil || len(page.Items) > 1 {
			t.Fatalf("%+v, %v", page.Items, err)
		}
		if len(page.Items) == 0 {
			return false
		}
		f := page.Items[0]
		if f.Scope != billing || f.Source == nil || f.Source.Scope.Project != "shop" || f.Source.By != "developer" {
			t.Fatalf("%+v, %+v", f, f.Source)
		}
		return f.Place.Pull == 0
	})
	b.git("checkout", "-q", "main")
	commit := b.push("own", map[string]string{"own.txt": "the-0wn-Value-of-shop\n"})
	p, err := b.Propose(as(t, "developer"), vcstest.Shop(), "orders", vcs.Proposal{Source: "own", Title: "own"})
	if err != nil {
		t.Fatal(err)
	}
	if c := b.checked(p.Number, commit, vcs.Failed); !strings.Contains(c.Message, "shop/dev/db@1") {
		t.Errorf("an own secret: %s", c.Message)
	}
}
