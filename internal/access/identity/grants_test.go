package identity_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestTheLastAdminStays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		root := f.user(t, "root", identity.Admin)
		page, err := f.Grants(root, tenant(), identity.GrantFilter{Subject: person("root")}, kernel.PageRequest{})
		if err != nil || len(page.Items) != 1 {
			t.Fatalf("%+v, %v", page, err)
		}
		own := page.Items[0]
		_, err = f.Revoke(root, tenant(), own.ID, "")
		want(t, err, kernel.Refused)
		_, err = f.Grant(root, tenant(), identity.NewGrant{Subject: person("root"), Role: identity.Admin, ExpiresAt: f.clock.read().Add(time.Hour)})
		want(t, err, kernel.Refused) // it would end by itself
		f.user(t, "pat", "")
		f.give(t, tenant(), identity.NewGrant{Subject: person("pat"), Role: identity.Admin, ExpiresAt: f.clock.read().Add(time.Hour)})
		_, err = f.Revoke(root, tenant(), own.ID, "")
		want(t, err, kernel.Refused) // pat is one for an hour
		f.grant(t, "", "pat", identity.Admin)
		_, err = f.Revoke(root, tenant(), own.ID, "I leave")
		want(t, err, "")
		want(t, f.Authorize(root, "user.read", tenant()), kernel.Denied)
	})
}

// TestARoleInAStageIsForThatStage: and for reading what belongs to no stage.
func TestARoleInAStageIsForThatStage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		f.user(t, "root", identity.Admin)
		ada, shop := f.user(t, "ada", ""), tenant().InProject("shop")
		for _, stage := range []string{"dev", "test"} {
			f.give(t, shop.InStage(stage), identity.NewGrant{Subject: person("ada"), Role: identity.Developer})
		}
		for _, c := range []struct {
			action string
			scope  kernel.Scope
			kind   kernel.Kind
		}{
			{"workload.deploy", shop.InStage("dev"), ""},
			{"workload.deploy", shop.InStage("test"), ""},
			{"workload.deploy", shop.InStage("prod"), kernel.Denied},
			{"workload.deploy", shop, ""}, // makes a release, which is not anywhere yet
			{"workload.destroy", shop, kernel.Denied},
			{"secret.write", shop.InStage("prod"), kernel.Denied},
			{"secret.write", shop.InStage("dev"), ""},
			{"run.read", shop.InStage("prod"), kernel.Denied},
			{"project.read", shop, ""},
			{"project.read", tenant().InProject("demo"), kernel.Denied},
			{"stage.read", tenant(), ""},
			{"workload.deploy", tenant(), kernel.Denied},
		} {
			if err := f.Authorize(ada, c.action, c.scope); kernel.KindOf(err) != c.kind {
				t.Errorf("%s in %s: %v, want %q", c.action, c.scope, err, c.kind)
			}
		}
		err := f.Authorize(ada, "workload.deploy", shop.InStage("prod"))
		if d := cmp.Diff("ada may not do workload.deploy in the stage prod of the project shop: that needs the role developer or admin, and ada has developer in dev and developer in test there: root can grant it", err.Error()); d != "" {
			t.Error(d)
		}
		reach, err := f.Allowed(ada, "run.read", tenant())
		if err != nil || reach.All || reach.Has("shop", "") || !reach.Has("shop", "dev") || reach.Has("shop", "prod") || reach.Has("demo", "dev") {
			t.Errorf("%+v, %v", reach, err)
		}
	})
}

func TestAGrantEndsByItself(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		root, ada := f.user(t, "root", identity.Admin), f.user(t, "ada", "")
		n := identity.NewGrant{Subject: person("ada"), Role: identity.Developer, ExpiresAt: f.clock.read().Add(time.Hour)}
		first := f.give(t, tenant().InProject("demo"), n)
		want(t, f.Authorize(ada, "workload.deploy", tenant().InProject("demo")), "")
		f.clock.add(30 * time.Minute)
		n.ExpiresAt = f.clock.read().Add(time.Hour)
		if again := f.give(t, tenant().InProject("demo"), n); again.ID != first.ID {
			t.Errorf("the same grant has two ids: %s, %s", first.ID, again.ID)
		}
		f.clock.add(59 * time.Minute)
		want(t, f.Authorize(ada, "workload.deploy", tenant().InProject("demo")), "")
		f.clock.add(time.Minute)
		want(t, f.Authorize(ada, "workload.deploy", tenant().InProject("demo")), kernel.Denied)
		if mine, err := f.Mine(ada); err != nil || len(mine) != 0 {
			t.Errorf("%+v, %v", mine, err)
		}
		_, err := f.Grant(root, tenant().InProject("demo"), n)
		want(t, err, kernel.Invalid) // the end is past
	})
}

func TestWhatCannotBeGranted(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	root := f.user(t, "root", identity.Admin)
	pat := f.user(t, "pat", "")
	f.grant(t, "demo", "pat", identity.Admin)
	for name, c := range map[string]struct {
		as    string
		where kernel.Scope
		n     identity.NewGrant
		kind  kernel.Kind
	}{
		"a project that there is not":          {"root", tenant().InProject("nowhere"), identity.NewGrant{Subject: person("pat"), Role: identity.Viewer}, kernel.NotFound},
		"a stage that there is not":            {"root", tenant().InProject("demo").InStage("moon"), identity.NewGrant{Subject: person("pat"), Role: identity.Viewer}, kernel.NotFound},
		"a stage without a project":            {"root", tenant().InStage("dev"), identity.NewGrant{Subject: person("pat"), Role: identity.Viewer}, kernel.Invalid},
		"a user that there is not":             {"root", tenant(), identity.NewGrant{Subject: person("nobody"), Role: identity.Viewer}, kernel.NotFound},
		"a role that there is not":             {"root", tenant(), identity.NewGrant{Subject: person("pat"), Role: "king"}, kernel.Invalid},
		"the operator of a tenant":             {"root", tenant(), identity.NewGrant{Subject: person("pat"), Role: identity.Operator}, kernel.Invalid},
		"the platform by an admin":             {"root", tenant(), identity.NewGrant{Subject: person("root"), Role: identity.Operator, Platform: true}, kernel.Denied},
		"another project by a project's admin": {"pat", tenant().InProject("shop"), identity.NewGrant{Subject: person("pat"), Role: identity.Viewer}, kernel.Denied},
		"the tenant by a project's admin":      {"pat", tenant(), identity.NewGrant{Subject: person("pat"), Role: identity.Admin}, kernel.Denied},
		"a stage by a project's admin":         {"pat", tenant().InProject("demo").InStage("dev"), identity.NewGrant{Subject: person("root"), Role: identity.Viewer}, ""},
	} {
		ctx := map[string]func() error{
			"root": func() error { _, err := f.Grant(root, c.where, c.n); return err },
			"pat":  func() error { _, err := f.Grant(pat, c.where, c.n); return err },
		}[c.as]
		if err := ctx(); kernel.KindOf(err) != c.kind {
			t.Errorf("%s: %v, want %q", name, err, c.kind)
		}
	}
}

// TestTheFirstAdminIsOperator: of a fresh daemon, and of no tenant after it.
func TestTheFirstAdminIsOperator(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		keep := func(context.Context, identity.Credentials) error { return nil }
		first, _, err := f.Bootstrap(t.Context(), "default", keep)
		want(t, err, "")
		second, _, err := f.Bootstrap(t.Context(), "other", keep)
		want(t, err, "")
		as := func(c identity.Credentials) (a kernel.Actor) {
			a, err := f.Authenticate(t.Context(), c.Token)
			want(t, err, "")
			return a
		}
		operator, other := kernel.WithActor(t.Context(), as(first)), kernel.WithActor(t.Context(), as(second))
		want(t, f.Authorize(operator, "platform.grant", kernel.Scope{}), "")
		want(t, f.Authorize(other, "platform.grant", kernel.Scope{}), kernel.Denied)
		want(t, f.Authorize(operator, "user.read", kernel.Scope{Tenant: "other"}), kernel.NotFound) // it sees nothing in others
		g, err := f.Grant(operator, tenant(), identity.NewGrant{Subject: person("admin"), Role: identity.Operator, Platform: true})
		want(t, err, "")
		_, err = f.Revoke(operator, tenant(), g.ID, "")
		want(t, err, kernel.Refused) // the last operator
		pat := f.user(t, "pat", identity.Admin)
		_, _, err = f.CreateToken(pat, tenant(), identity.NewToken{User: "admin", Name: "x"})
		want(t, err, kernel.Denied) // an admin would become an operator
		f.give(t, tenant(), identity.NewGrant{Subject: person("pat"), Role: identity.Operator, Platform: true})
		all, err := f.Grants(f.user(t, "oz", ""), tenant(), identity.GrantFilter{Platform: true}, kernel.PageRequest{})
		if !kernel.Is(err, kernel.Denied) {
			t.Errorf("who is no operator sees those of the platform: %+v, %v", all, err)
		}
		op := f.user(t, "op", "")
		f.give(t, tenant(), identity.NewGrant{Subject: person("op"), Role: identity.Operator, Platform: true})
		_, err = f.Grants(op, tenant(), identity.GrantFilter{}, kernel.PageRequest{})
		want(t, err, kernel.Denied) // nothing of the tenant
		all, err = f.Grants(op, tenant(), identity.GrantFilter{Platform: true, Subject: person("pat")}, kernel.PageRequest{})
		if err != nil || len(all.Items) != 1 || !all.Items[0].Platform {
			t.Errorf("an operator who has no role in the tenant: %+v, %v", all, err)
		}
		_, err = f.Grants(op, tenant(), identity.GrantFilter{Platform: true, Project: "shop"}, kernel.PageRequest{})
		want(t, err, kernel.Invalid)
		_, err = f.Revoke(operator, tenant(), g.ID, "")
		want(t, err, "")
		want(t, f.Authorize(operator, "platform.grant", kernel.Scope{}), kernel.Denied)
	})
}

func TestGrantsAreListedInPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		root := f.user(t, "root", identity.Admin)
		for _, name := range []string{"ada", "bob"} {
			f.user(t, name, "")
			f.give(t, tenant().InProject("demo").InStage("dev"), identity.NewGrant{Subject: person(name), Role: identity.Viewer})
		}
		f.grant(t, "shop", "bob", identity.Admin)
		list := func(filter identity.GrantFilter) (got []string) {
			for page := (kernel.PageRequest{Limit: 1}); ; {
				p, err := f.Grants(root, tenant(), filter, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, g := range p.Items {
					got = append(got, g.Subject.String()+" "+string(g.Role)+" "+g.Where())
				}
				if page.Cursor = p.Next; p.Next == "" {
					return got
				}
			}
		}
		dev := []string{"root admin the tenant", "ada viewer the stage dev of the project demo", "bob viewer the stage dev of the project demo"}
		if d := cmp.Diff(dev, list(identity.GrantFilter{Project: "demo"})); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(dev[:1], list(identity.GrantFilter{Project: "demo", Stage: "prod"})); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{dev[2], "bob admin the project shop"}, list(identity.GrantFilter{Subject: person("bob")})); d != "" {
			t.Error(d)
		}
		_, err := f.Grants(root, tenant(), identity.GrantFilter{Project: "nowhere"}, kernel.PageRequest{})
		want(t, err, kernel.NotFound)
	})
}

func TestAGroupGivesItsRoles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		root, ada := f.user(t, "root", identity.Admin), f.user(t, "ada", "")
		_, err := f.CreateGroup(root, tenant(), "team-shop", "who builds the shop")
		want(t, err, "")
		_, err = f.CreateGroup(root, tenant(), "team-shop", "")
		want(t, err, kernel.Conflict)
		_, err = f.CreateGroup(ada, tenant(), "mine", "")
		want(t, err, kernel.Denied)
		shop := tenant().InProject("shop")
		f.give(t, shop, identity.NewGrant{Subject: identity.Subject{Kind: identity.KindGroup, Name: "team-shop"}, Role: identity.Admin})
		want(t, f.Authorize(ada, "workload.deploy", shop), kernel.Denied)
		want(t, f.AddToGroup(root, tenant(), "team-shop", "ada"), "")
		want(t, f.Authorize(ada, "workload.deploy", shop), "")
		f.user(t, "eve", "")
		eve := f.user(t, "eva", "")
		if err := f.Authorize(eve, "access.grant", shop); !strings.HasSuffix(err.Error(), ": ada or root can grant it") {
			t.Error(err)
		}
		u := actorOf(ada)
		unknown, err := f.SyncGroups(system(t.Context()), "default", u.ID, "entra", []string{"team-shop", "nobodys"})
		if err != nil || !cmp.Equal(unknown, []string{"nobodys"}) {
			t.Errorf("%v, %v", unknown, err)
		}
		want(t, f.RemoveFromGroup(root, tenant(), "team-shop", "ada"), "")
		want(t, f.Authorize(ada, "workload.deploy", shop), "") // the upstream says so still
		want(t, f.RemoveFromGroup(root, tenant(), "team-shop", "ada"), kernel.NotFound)
		_, err = f.SyncGroups(system(t.Context()), "default", u.ID, "entra", nil)
		want(t, err, "")
		want(t, f.Authorize(ada, "workload.deploy", shop), kernel.Denied)
		want(t, f.AddToGroup(root, tenant(), "team-shop", "ada"), "")
		groups, err := f.Groups(root, tenant(), kernel.PageRequest{})
		if err != nil || len(groups.Items) != 1 || groups.Items[0].Members != 1 {
			t.Errorf("%+v, %v", groups, err)
		}
		members, err := f.GroupMembers(root, tenant(), "team-shop", kernel.PageRequest{})
		if err != nil || len(members.Items) != 1 || members.Items[0].User != "ada" || members.Items[0].Source != identity.LocalSource {
			t.Errorf("%+v, %v", members, err)
		}
		want(t, f.DeleteGroup(root, tenant(), "team-shop"), "")
		want(t, f.Authorize(ada, "workload.deploy", shop), kernel.Denied)
		for _, fact := range []string{"group.created", "group.member_added", "group.member_removed", "group.deleted"} {
			if f.journal.count(fact) == 0 {
				t.Errorf("%s is not recorded", fact)
			}
		}
	})
}
