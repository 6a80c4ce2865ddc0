package identity_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func actorOf(ctx context.Context) kernel.Actor {
	a, _ := kernel.ActorFrom(ctx)
	return a
}

// by returns a context that acts for the bearer of a token.
func (f fixture) by(t *testing.T, secret string) context.Context {
	t.Helper()
	a, err := f.Authenticate(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return kernel.WithActor(t.Context(), a)
}

func TestServiceAccounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		root, pat, ada := f.user(t, "root", identity.Admin), f.user(t, "pat", ""), f.user(t, "ada", "")
		f.grant(t, "shop", "pat", identity.Admin)
		shop := tenant().InProject("shop")
		_, err := f.CreateServiceAccount(ada, shop, identity.NewServiceAccount{Name: "ci"})
		want(t, err, kernel.Denied)
		_, err = f.CreateServiceAccount(pat, tenant(), identity.NewServiceAccount{Name: "ci"})
		want(t, err, kernel.Denied)
		ci, err := f.CreateServiceAccount(pat, shop, identity.NewServiceAccount{Name: "ci", Owner: "ada"})
		want(t, err, "")
		subject := identity.Subject{Kind: identity.KindService, Name: "ci"}
		f.give(t, shop, identity.NewGrant{Subject: subject, Role: identity.Developer})
		_, err = f.Grant(root, tenant(), identity.NewGrant{Subject: subject, Role: identity.Developer})
		want(t, err, kernel.Refused) // the project's admins make its tokens

		_, _, err = f.CreateToken(f.user(t, "eve", ""), tenant(), identity.NewToken{Service: "ci", Name: "x"})
		want(t, err, kernel.Denied)
		secret, token, err := f.CreateToken(ada, tenant(), identity.NewToken{Service: "ci", Name: "pipeline"})
		want(t, err, "")
		f.clock.add(time.Minute)
		robot := f.by(t, secret)
		if d := cmp.Diff(kernel.Actor{ID: ci.ID, Name: "service:ci", Kind: kernel.ActorService, Tenant: "default", Session: token.ID, Until: token.ExpiresAt}, actorOf(robot)); d != "" {
			t.Error(d)
		}
		want(t, f.Authorize(robot, "workload.deploy", shop.InStage("dev")), "")
		want(t, f.Authorize(robot, "run.approve", shop.InStage("dev")), kernel.Denied)
		page, err := f.ServiceAccounts(pat, shop, kernel.PageRequest{})
		if err != nil || len(page.Items) != 1 || page.Items[0].Owner != "ada" || !page.Items[0].LastUsedAt.Equal(f.clock.read()) {
			t.Errorf("%+v, %v", page, err)
		}
		_, _, err = f.SignIn(t.Context(), "default", "ci", password)
		want(t, err, kernel.Unauthenticated)

		_, err = f.DisableServiceAccount(ada, tenant(), "ci", true)
		want(t, err, "")
		want(t, f.Authorize(robot, "workload.deploy", shop), kernel.Unauthenticated)
		_, err = f.Authenticate(t.Context(), secret)
		want(t, err, kernel.Unauthenticated)
		_, err = f.DisableServiceAccount(ada, tenant(), "ci", false)
		want(t, err, kernel.Denied) // its owner keeps it out, and does not let it in
		_, err = f.DisableServiceAccount(pat, tenant(), "ci", false)
		want(t, err, "")
		f.by(t, secret)
		want(t, f.DeleteServiceAccount(pat, tenant(), "ci"), "")
		_, err = f.Authenticate(t.Context(), secret)
		want(t, err, kernel.Unauthenticated)
		_, err = f.CreateServiceAccount(pat, shop, identity.NewServiceAccount{Name: "ci"})
		want(t, err, "") // its name is free
		for _, fact := range []string{"service_account.created", "service_account.disabled", "service_account.enabled", "service_account.deleted"} {
			if f.journal.count(fact) == 0 {
				t.Errorf("%s is not recorded", fact)
			}
		}
	})
}

// TestAProgramThatIsNoServiceAccountMakesNoTokens: a workload, say, that came by the token
// of its configuration.
func TestAProgramThatIsNoServiceAccountMakesNoTokens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		workload := kernel.WithActor(t.Context(), kernel.Actor{ID: "cfgt_1", Name: "workload shop", Kind: kernel.ActorService, Tenant: "default", Session: "cfgt_1"})
		_, _, err := f.CreateToken(workload, tenant(), identity.NewToken{Name: "x"})
		want(t, err, kernel.Denied)
		_, err = f.TokensOf(workload, tenant(), "", "", kernel.PageRequest{})
		want(t, err, kernel.Denied)
	})
}

func TestATokenNarrows(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		root := f.user(t, "root", identity.Admin)
		secret, token, err := f.CreateToken(root, tenant(), identity.NewToken{Name: "ci", Limits: &kernel.Limits{
			Scopes: []string{"read", "deploy"}, Projects: []string{"shop"}, Stages: []string{"dev", "test"},
		}})
		want(t, err, "")
		narrow, shop := f.by(t, secret), tenant().InProject("shop")
		if actorOf(narrow).Session != token.ID {
			t.Errorf("%+v", actorOf(narrow))
		}
		for _, c := range []struct {
			action string
			scope  kernel.Scope
			kind   kernel.Kind
		}{
			{"workload.deploy", shop.InStage("dev"), ""},
			{"workload.deploy", shop.InStage("prod"), kernel.Denied},
			{"workload.deploy", shop, ""},
			{"workload.destroy", shop, kernel.Denied},
			{"workload.deploy", tenant().InProject("demo").InStage("dev"), kernel.Denied},
			{"workload.deploy", tenant(), kernel.Denied},
			{"run.approve", shop.InStage("dev"), kernel.Denied},
			{"secret.read", shop.InStage("dev"), kernel.Denied},
			{"user.read", tenant(), kernel.Denied},
			{"stage.read", tenant(), ""},
		} {
			if err := f.Authorize(narrow, c.action, c.scope); kernel.KindOf(err) != c.kind {
				t.Errorf("%s in %s: %v, want %q", c.action, c.scope, err, c.kind)
			}
		}
		reach, err := f.Allowed(narrow, "run.read", tenant())
		if err != nil || !reach.Has("shop", "dev") || reach.Has("shop", "prod") || reach.Has("demo", "dev") {
			t.Errorf("%+v, %v", reach, err)
		}
		if reach, err := f.Allowed(narrow, "secret.read", tenant()); err != nil || !reach.None() {
			t.Errorf("%+v, %v", reach, err)
		}
		if has, err := f.HasRole(narrow, "run.approve", shop.InStage("dev"), identity.Developer); has || err != nil {
			t.Errorf("a token without the scope approves: %v", err)
		}
		_, _, err = f.CreateToken(narrow, tenant(), identity.NewToken{Name: "wide"})
		want(t, err, kernel.Denied)
		want(t, f.ChangePassword(narrow, tenant(), password, "another long one"), kernel.Denied)
		other, another, err := f.CreateToken(root, tenant(), identity.NewToken{Name: "other"})
		want(t, err, "")
		want(t, f.RevokeToken(narrow, tenant(), "", "", another.ID), kernel.Denied)
		f.by(t, other)
		want(t, f.RevokeToken(narrow, tenant(), "", "", token.ID), "") // itself
		for name, l := range map[string]kernel.Limits{"scope": {Scopes: []string{"all"}}} {
			_, _, err := f.CreateToken(root, tenant(), identity.NewToken{Name: name, Limits: &l})
			want(t, err, kernel.Invalid)
		}
		for name, l := range map[string]kernel.Limits{"project": {Projects: []string{"nowhere"}}, "stage": {Stages: []string{"moon"}}} {
			_, _, err := f.CreateToken(root, tenant(), identity.NewToken{Name: name, Limits: &l})
			want(t, err, kernel.NotFound)
		}
	})
}

func TestAnAdminSeesAndEndsTokensOfOthers(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	root, ada := f.user(t, "root", identity.Admin), f.user(t, "ada", "")
	secret, token, err := f.CreateToken(ada, tenant(), identity.NewToken{Name: "laptop"})
	want(t, err, "")
	_, err = f.TokensOf(ada, tenant(), "root", "", kernel.PageRequest{})
	want(t, err, kernel.Denied)
	page, err := f.TokensOf(root, tenant(), "ada", "", kernel.PageRequest{})
	if err != nil || len(page.Items) != 1 || page.Items[0].Name != "laptop" {
		t.Errorf("%+v, %v", page, err)
	}
	want(t, f.RevokeToken(root, tenant(), "ada", "", token.ID), "")
	_, err = f.Authenticate(t.Context(), secret)
	want(t, err, kernel.Unauthenticated)
}
