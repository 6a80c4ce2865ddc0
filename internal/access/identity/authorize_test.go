package identity_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// matrix repeats, by hand, who may do what: v viewer, u auditor, d developer, a approver,
// s secret-reader, m admin.
func matrix() map[string]string {
	return map[string]string{
		"project.read": "vudam", "workload.read": "vudam", "release.read": "vudam", "run.read": "vudam",
		"stage.read": "vudam", "definition.read": "vudam", "module.read": "vudam", "landing-zone.read": "vudam",
		"workload.deploy": "dm", "workload.destroy": "dm", "workload.verify": "dam", "artifact.upload": "dm", "run.discard": "dm", "output.take": "dm", "workload.orphan": "m",
		"run.cancel": "dm", "secret.write": "dm", "leak.read": "udam", "leak.scan": "dam", "leak.allow": "am", "run.approve": "am", "policy.override": "am", "release.approve": "am",
		"project.create": "m", "access.read": "vudam", "access.grant": "m", "platform.grant": "", "group.read": "vudam", "group.set": "m", "service-account.read": "vudam", "service-account.set": "m", "elevation.request": "vudam", "elevation.approve": "m", "user.create": "m", "user.disable": "m", "user.delete": "m", "user.read": "m", "user.reset": "m", "token.create": "m",
		"client.read": "m", "session.read": "m", "session.end": "m", "upstream.read": "m", "upstream.set": "m", "trust.read": "m", "trust.set": "m", "client.register": "m", "signing-key.read": "", "signing-key.rotate": "",
		"audit.read": "um", "audit.sign": "um", "audit.list": "vudam", "audit-key.rotate": "", "module.publish": "m", "definition.apply": "m", "definition.delete": "m", "landing-zone.set": "m",
		"secret.read": "sm", "secret.list": "vudasm", "secret.sync": "m", "key.read": "m", "key.rotate": "m", "key.rotate-root": "", "key.destroy": "", "tenant.create": "", "tenant.read": "", "tenant.suspend": "", "tenant.offboard": "", "tenant.export": "m", "state.read": "m",
		"repo.read": "vudam", "repo.push": "dm", "repo.create": "dm", "repo.connect": "m", "repo.bind": "m", "repo.delete": "m",
		"pr.create": "dm", "pr.merge": "dam", "pr.approve": "dam",
		"api.read": "vudam", "api.write": "dm", "api.publish": "dm", "api.approve": "am", "api.guide": "m",
		"drift.read": "vudam", "drift.check": "dam", "drift.decide": "dm", "stage.set": "m", "state.write": "m",
		"runner.read": "vudam", "runner.create": "m", "runner.delete": "m",
		"source.read": "vudam", "source.set": "m", "source.allow": "am", "source.override": "m", "source.trust": "m",
		"cost.read": "vudam", "cost.import": "m", "cost.rules": "m", "budget.read": "vudam", "budget.set": "m", "lifetime.read": "vudam", "lifetime.extend": "dm", "tags.read": "vudam", "tags.set": "m", "quota.read": "vudam", "quota.set": "m", "quota.read-tenant": "", "quota.set-tenant": "", "budget.read-tenant": "", "budget.set-tenant": "", "usage.read": "um", "usage.read-tenant": "", "gateway.read-unrouted": "", "maturity.read": "vudam", "maturity.answer": "m",
		"compliance.read": "vudam", "compliance.evaluate": "dam", "compliance.preview": "m",
		"policy.read": "vudam", "policy.evaluate": "dam", "policy.assign": "m", "exemption.read": "vudam", "exemption.request": "dam",
		"factor.read": "m", "factor.set": "m", "exemption.approve": "am", "exemption.approve-hard": "m", "exemption.revoke": "am",
		"subscription.read": "vudam", "subscription.write": "m", "topic.read": "vudam", "topic.write": "dm", "topic.publish": "dm", "topic.consume": "dm", "topic.grant": "dm", "event.read": "vudam", "rule.read": "vudam", "rule.write": "dm",
		"config.read": "vudam", "config.write": "dm", "config.connect": "m", "config.token": "m",
		"gateway.read": "vudam", "gateway.write": "dm", "gateway.purge": "dam", "gateway.govern": "m",
		"gateway-subscription.read": "vudam", "gateway-subscription.create": "dm", "gateway-subscription.approve": "am", "gateway-subscription.manage": "dm", "gateway-domain.read": "vudam", "gateway-domain.write": "m", "gateway-domain.approve": "", "gateway-domain.revoke": "", "acme.read": "vudam", "acme.write": "m", "certificate.read": "vudam", "certificate.issue": "m", "certificate.revoke": "m", "certificate-authority.manage": "",
		"mesh.read": "vudam", "mesh.write": "dm",
		"dns.read": "vudam", "dns.record": "dm", "dns.write": "m", "dns.govern": "",
	}
}

func TestEveryActionForEveryRole(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	f.user(t, "root", identity.Admin)
	letters := map[identity.Role]string{identity.Viewer: "v", identity.Auditor: "u", identity.Developer: "d", identity.Approver: "a", identity.SecretReader: "s", identity.Admin: "m"}
	for role, letter := range letters {
		ctx := f.user(t, "member-"+string(role), "")
		f.grant(t, "demo", "member-"+string(role), role)
		for action, who := range matrix() {
			if identity.Decisions()[action].Platform {
				want(t, f.Authorize(ctx, action, kernel.Scope{}), kernel.Denied)
				continue
			}
			allowed := strings.Contains(who, letter)
			err := f.Authorize(ctx, action, tenant().InProject("demo").InStage("dev"))
			if allowed != (err == nil) || (err != nil && !kernel.Is(err, kernel.Denied)) {
				t.Errorf("%s %s in its project: %v", role, action, err)
			}
			if err := f.Authorize(ctx, action, tenant().InProject("shop")); !kernel.Is(err, kernel.Denied) {
				t.Errorf("%s %s in another project: %v", role, action, err)
			}
			if err := f.Authorize(ctx, action, kernel.Scope{Tenant: "other", Project: "demo"}); !kernel.Is(err, kernel.NotFound) {
				t.Errorf("%s %s in another tenant: %v", role, action, err)
			}
			anywhere := allowed && slices.Contains([]string{"stage.read", "definition.read", "module.read", "landing-zone.read", "runner.read", "source.read", "event.read", "budget.read", "tags.read", "quota.read", "group.read", "elevation.request", "leak.read", "gateway.read", "gateway-domain.read", "certificate.read", "acme.read", "dns.read", "api.read"}, action)
			if err := f.Authorize(ctx, action, tenant()); anywhere != (err == nil) {
				t.Errorf("%s %s in the whole tenant: %v", role, action, err)
			}
		}
	}
	for action, d := range identity.Decisions() {
		if _, ok := matrix()[action]; !ok {
			t.Errorf("the action %s is in no test", action)
		}
		if !slices.Contains(identity.TokenScopes(), d.Scope) {
			t.Errorf("the action %s belongs to no scope of tokens", action)
		}
	}
	if len(matrix()) != len(identity.Decisions()) {
		t.Errorf("%d actions, %d in the table", len(matrix()), len(identity.Decisions()))
	}
}

func TestATenantWideRoleCountsInEveryProject(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		ctx := f.user(t, "root", identity.Admin)
		for _, scope := range []kernel.Scope{tenant(), tenant().InProject("demo"), tenant().InProject("shop").InStage("prod")} {
			if err := f.Authorize(ctx, "run.approve", scope); err != nil {
				t.Errorf("%s: %v", scope, err)
			}
		}
		if err := f.Authorize(ctx, "run.read", tenant().InProject("nowhere")); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("a project that does not exist: %v", err)
		}
	})
}

func TestADenialExplainsItself(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		f.user(t, "root", identity.Admin)
		f.user(t, "pat", "")
		f.grant(t, "demo", "pat", identity.Admin)
		ada := f.user(t, "ada", "")
		f.grant(t, "demo", "ada", identity.Developer)
		err := f.Authorize(ada, "run.approve", tenant().InProject("demo"))
		want(t, err, kernel.Denied)
		if d := cmp.Diff("ada may not do run.approve in the project demo: that needs the role approver or admin, and ada has developer there: pat or root can grant it", err.Error()); d != "" {
			t.Error(d)
		}
		for role, has := range map[identity.Role]bool{identity.Developer: true, identity.Approver: false} {
			if got, err := f.HasRole(ada, "run.approve", tenant().InProject("demo"), role); got != has || err != nil {
				t.Errorf("has %s: %v, %v", role, got, err)
			}
		}
	})
}

func TestOtherActors(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	want(t, f.Authorize(t.Context(), "run.read", tenant()), kernel.Unauthenticated)
	want(t, f.Authorize(system(t.Context()), "state.read", tenant()), "")
	want(t, f.Authorize(system(t.Context()), "no.action", tenant()), kernel.Internal)
	secret, err := f.issuer.Issue(tokens.Run{Run: "run_1", Stack: "s", Scope: tenant(), Phase: tokens.PhasePlan, Expires: f.clock.read().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	actor, err := f.Authenticate(t.Context(), secret)
	if err != nil || actor.Kind != kernel.ActorRun {
		t.Fatalf("%+v, %v", actor, err)
	}
	run := kernel.WithActor(t.Context(), actor)
	want(t, f.Authorize(run, "module.read", tenant()), "")
	want(t, f.Authorize(run, "run.approve", tenant().InProject("demo")), kernel.Denied)
	want(t, f.Authorize(run, "module.read", kernel.Scope{Tenant: "other"}), kernel.NotFound)
}
