package identity_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestADecisionIsExplained: with every grant, the group it came through, the token's
// limits, and who can grant what is missing.
func TestADecisionIsExplained(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		root, ada, eve := f.user(t, "root", identity.Admin), f.user(t, "ada", ""), f.user(t, "eve", "")
		_, err := f.CreateGroup(root, tenant(), "shoppers", "")
		want(t, err, "")
		want(t, f.AddToGroup(root, tenant(), "shoppers", "ada"), "")
		shop := tenant().InProject("shop")
		f.give(t, shop.InStage("dev"), identity.NewGrant{Subject: identity.Subject{Kind: identity.KindGroup, Name: "shoppers"}, Role: identity.Developer})
		f.grant(t, "shop", "ada", identity.Viewer)
		f.give(t, shop, identity.NewGrant{Subject: person("ada"), Role: identity.Admin, ExpiresAt: f.clock.read().Add(time.Minute)})
		f.clock.add(time.Hour)

		x, err := f.Explain(root, person("ada"), "workload.deploy", shop.InStage("dev"))
		if err != nil || !x.Allowed || x.Why != "developer in the stage dev of the project shop, through the group shoppers, lets ada do it" || len(x.Grantors) != 0 {
			t.Errorf("%+v, %v", x, err)
		}
		x, err = f.Explain(ada, identity.Subject{}, "workload.deploy", shop.InStage("prod"))
		if err != nil || x.Allowed || !cmp.Equal(x.Grantors, []string{"root"}) {
			t.Fatalf("%+v, %v", x, err)
		}
		var got []string
		for _, g := range x.Grants {
			got = append(got, string(g.Role)+" via "+g.Via+": "+g.Why)
		}
		if d := cmp.Diff([]string{
			"developer via shoppers: it is for the stage dev of the project shop", "viewer via : the role viewer does not do it", "admin via : it has ended",
		}, got); d != "" {
			t.Error(d)
		}
		secret, _, err := f.CreateToken(ada, tenant(), identity.NewToken{Name: "ci", Limits: &kernel.Limits{Scopes: []string{"read"}}})
		want(t, err, "")
		x, err = f.Explain(f.by(t, secret), identity.Subject{}, "workload.deploy", shop.InStage("dev"))
		if err != nil || x.Allowed || x.Why != "ada may, but not with this token: the token has not the scope deploy but read" {
			t.Errorf("%+v, %v", x, err)
		}
		_, err = f.Explain(eve, person("ada"), "workload.deploy", shop)
		want(t, err, kernel.Denied)
		_, err = f.Explain(ada, identity.Subject{}, "workload.fly", shop)
		want(t, err, kernel.NotFound)
		_, err = f.Explain(root, identity.Subject{}, "workload.deploy", tenant().InProject("nowhere"))
		want(t, err, kernel.NotFound)
		_, err = f.Explain(root, person("nobody"), "workload.deploy", shop)
		want(t, err, kernel.NotFound)

		ci := identity.Subject{Kind: identity.KindService, Name: "ci"}
		_, err = f.CreateServiceAccount(root, shop, identity.NewServiceAccount{Name: "ci", Owner: "ada"})
		want(t, err, "")
		f.give(t, shop, identity.NewGrant{Subject: ci, Role: identity.Developer})
		for project, may := range map[string]bool{"shop": true, "demo": false} {
			x, err = f.Explain(root, ci, "workload.deploy", tenant().InProject(project))
			if err != nil || x.Allowed != may || x.Who.Name != "ci" {
				t.Errorf("a project's account in %s: %+v, %v", project, x, err)
			}
		}
	})
}

// TestAnExplanationAgreesWithTheDecision: for every action and every kind of grant.
func TestAnExplanationAgreesWithTheDecision(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it asks for every action of every role twice")
	}
	f := sqlite(t)
	f.user(t, "root", identity.Admin)
	for name, node := range map[string]kernel.Scope{"tenant": tenant(), "project": tenant().InProject("shop"), "stage": tenant().InProject("shop").InStage("dev")} {
		for _, role := range identity.Roles() {
			user := name + "-" + string(role)
			ctx := f.user(t, user, "")
			f.give(t, node, identity.NewGrant{Subject: person(user), Role: role})
			for action := range identity.Decisions() {
				for _, scope := range []kernel.Scope{tenant(), tenant().InProject("shop"), tenant().InProject("demo"), tenant().InProject("shop").InStage("dev"), tenant().InProject("shop").InStage("prod")} {
					x, err := f.Explain(ctx, identity.Subject{}, action, scope)
					if err != nil || x.Allowed != (f.Authorize(ctx, action, scope) == nil) {
						t.Errorf("%s in %s by %s: %+v, %v", action, scope, user, x, err)
					}
				}
			}
		}
	}
}

// TestWhatThereIsNotIsToldToWhoMaySeeIt: a name that nobody has, and a project that there is
// not, are no answer by roles; and who may see neither learns nothing of what there is.
func TestWhatThereIsNotIsToldToWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	root, eve, bob := f.user(t, "root", identity.Admin), f.user(t, "eve", identity.Viewer), f.user(t, "bob", "")
	f.grant(t, "shop", "bob", identity.Viewer)
	f.user(t, "idle", "")
	list := func(ctx context.Context, s identity.Subject, project string) error {
		_, err := f.Grants(ctx, tenant(), identity.GrantFilter{Project: project, Subject: s}, kernel.PageRequest{})
		return err
	}
	want(t, list(root, person("idle"), ""), "")
	want(t, list(root, person("nobody"), ""), kernel.NotFound)
	want(t, list(eve, person("root"), ""), "")
	want(t, list(eve, identity.Subject{Kind: identity.KindGroup, Name: "nobody"}, ""), kernel.NotFound)
	for _, name := range []string{"idle", "nobody"} {
		err := list(eve, person(name), "")
		if !kernel.Is(err, kernel.NotFound) || err.Error() != "there is no user "+name+" that has a role there: see terrace access list without --of" {
			t.Errorf("%s: %v", name, err)
		}
	}
	why := func(ctx context.Context, action, project string) error {
		_, err := f.Explain(ctx, identity.Subject{}, action, tenant().InProject(project))
		return err
	}
	want(t, why(eve, "workload.deploy", "nowhere"), kernel.NotFound)
	want(t, why(eve, "workload.deploy", "shop"), "")
	want(t, why(bob, "workload.deploy", "nowhere"), "")
	want(t, why(bob, "workload.deploy", "other"), "")
}
