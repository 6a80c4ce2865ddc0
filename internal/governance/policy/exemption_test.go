package policy_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestAnExemptionIsForItsScopeAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		both := []string{soft + " a.b", soft + " module.m.a.b[0]"}
		cases := map[string]struct {
			request         policy.ExemptionRequest
			stage, workload string
			want            []string
		}{
			"everywhere":            {policy.ExemptionRequest{}, "prod", "orders", both},
			"of the stage":          {policy.ExemptionRequest{Stage: "dev"}, "dev", "orders", both},
			"of another stage":      {policy.ExemptionRequest{Stage: "dev"}, "prod", "orders", []string{}},
			"of the workload":       {policy.ExemptionRequest{Workload: "orders"}, "dev", "orders", both},
			"of another workload":   {policy.ExemptionRequest{Workload: "orders"}, "dev", "other", []string{}},
			"an address":            {policy.ExemptionRequest{Address: "a.b"}, "dev", "orders", both[:1]},
			"a beginning":           {policy.ExemptionRequest{Address: "module.m*"}, "dev", "orders", both[1:]},
			"a module":              {policy.ExemptionRequest{Address: "module.m"}, "dev", "orders", both[1:]},
			"no module of its name": {policy.ExemptionRequest{Address: "module"}, "dev", "orders", both[1:]},
			"another address":       {policy.ExemptionRequest{Address: "a.bc"}, "dev", "orders", []string{}},
			"a part of a name":      {policy.ExemptionRequest{Address: "module.m.a.b[0"}, "dev", "orders", []string{}},
			"a set":                 {policy.ExemptionRequest{Set: "ours"}, "dev", "orders", both},
		}
		for name, tt := range cases {
			e := b.granted(t, tt.request)
			b.expect(t, name, tt.stage, tt.workload, tt.want...)
			if _, err := b.RevokeExemption(as("grace"), shop, e.ID, "enough"); err != nil {
				t.Fatal(err)
			}
			b.expect(t, name+", revoked", tt.stage, tt.workload)
		}
		if b.told[0] == "" || len(b.told) != 2*len(cases) {
			t.Errorf("runs were told of %v", b.told)
		}
	})
}

func TestAnExemptionCountsFromItsApprovalToItsEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		e := b.ask(t, policy.ExemptionRequest{Address: "a.b"})
		b.expect(t, "unapproved", "dev", "orders")
		if _, err := b.ApproveExemption(as("grace"), shop, e.ID, "seen"); err != nil {
			t.Fatal(err)
		}
		b.expect(t, "approved", "dev", "orders", soft+" a.b")
		approved := b.now
		b.now = approved.Add(-2 * time.Hour)
		b.expect(t, "before its approval", "dev", "orders")
		b.now = e.ExpiresAt.Add(-time.Microsecond)
		b.expect(t, "at its last moment", "dev", "orders", soft+" a.b")
		b.now = e.ExpiresAt
		b.expect(t, "expired", "dev", "orders")
		b.now = approved.Add(day)
		b.expect(t, "the clock was set back", "dev", "orders")
		if lapsed, err := b.Lapsed(context.Background(), "acme", []string{e.ID}); err != nil || len(lapsed) != 1 {
			t.Errorf("lapsed are %v, %v", lapsed, err)
		}
		if now, err := b.GetExemption(as("dave"), shop, e.ID); err != nil || now.Status != policy.Expired || now.ExpiredAt == nil {
			t.Errorf("it is %+v, %v", now, err)
		}
		if want := []string{"exemption.requested", "exemption.approved", "exemption.expired"}; !slices.Equal(b.facts, want) {
			t.Errorf("recorded were %v, want %v", b.facts, want)
		}
	})
}

// Whoever looks first that it has expired ends it, also where that is a run that is
// about to be applied.
func TestWhatLapsedIsSeenBeforeAnApply(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		e := b.granted(t, policy.ExemptionRequest{})
		lapsed, err := b.Lapsed(context.Background(), "acme", []string{e.ID})
		if err != nil || len(lapsed) != 0 {
			t.Fatalf("%v %v", lapsed, err)
		}
		b.now = e.ExpiresAt
		if lapsed, err = b.Lapsed(context.Background(), "acme", []string{e.ID}); err != nil || len(lapsed) != 1 {
			t.Errorf("%v %v", lapsed, err)
		}
		if _, err := b.Lapsed(context.Background(), "other", []string{e.ID}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("of another tenant: %v", err)
		}
	})
}

func TestItsEndIsToldBeforeAndWhenItComes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		e, asked := b.granted(t, policy.ExemptionRequest{}), b.ask(t, policy.ExemptionRequest{Until: b.now.Add(30*day + time.Hour)})
		b.facts = nil
		for _, step := range []struct {
			at    time.Time
			facts []string
		}{
			{b.now, nil},
			{e.ExpiresAt.Add(-7 * day), []string{"exemption.expiring"}},
			{e.ExpiresAt.Add(-6 * day), []string{"exemption.expiring"}},
			{e.ExpiresAt, []string{"exemption.expiring", "exemption.expired"}},
			{asked.ExpiresAt, []string{"exemption.expiring", "exemption.expired", "exemption.expired"}},
			{asked.ExpiresAt.Add(day), []string{"exemption.expiring", "exemption.expired", "exemption.expired"}},
		} {
			b.now = step.at
			if err := b.Sweep(context.Background()); err != nil || !slices.Equal(b.facts, step.facts) {
				t.Errorf("at %s: %v, %v, want %v", step.at, b.facts, err, step.facts)
			}
		}
		if _, err := b.ApproveExemption(as("grace"), shop, asked.ID, ""); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("an expired request is approved: %v", err)
		}
	})
}

func TestWhoMayExempt(t *testing.T) {
	t.Parallel()
	robot := kernel.WithActor(context.Background(), kernel.Actor{ID: "run_1", Name: "robot", Kind: kernel.ActorRun, Tenant: "acme"})
	each(t, func(t *testing.T, b *bench) {
		b.denied = map[string]bool{"vera exemption.request": true, "dave exemption.revoke": true, "dev exemption.approve": true, "grace exemption.approve-hard": true}
		everywhere, dev := b.ask(t, policy.ExemptionRequest{}), b.ask(t, policy.ExemptionRequest{Stage: "dev"})
		strict, set := b.ask(t, policy.ExemptionRequest{Policy: hard}), b.ask(t, policy.ExemptionRequest{Set: "theirs", Stage: "dev"})
		for _, step := range []struct {
			name string
			who  func() context.Context
			e    policy.Exemption
			kind kernel.Kind
		}{
			{"a program", func() context.Context { return robot }, everywhere, kernel.Denied},
			{"nobody", context.Background, everywhere, kernel.Unauthenticated},
			{"without the right", func() context.Context { return as("dev") }, everywhere, kernel.Denied},
			{"who asked, where prod wants another", func() context.Context { return as("dave") }, everywhere, kernel.Refused},
			{"who asked, where dev does not", func() context.Context { return as("dave") }, dev, ""},
			{"another", func() context.Context { return as("grace") }, everywhere, ""},
			{"twice", func() context.Context { return as("grace") }, everywhere, kernel.Conflict},
			{"what is hard-mandatory", func() context.Context { return as("grace") }, strict, kernel.Denied},
			{"with the stronger right", func() context.Context { return as("ada") }, strict, ""},
			{"a set that has what is hard-mandatory", func() context.Context { return as("grace") }, set, kernel.Denied},
		} {
			if _, err := b.ApproveExemption(step.who(), shop, step.e.ID, ""); kernel.KindOf(err) != step.kind {
				t.Errorf("%s: %v", step.name, err)
			}
		}
		if _, err := b.RequestExemption(as("vera"), shop, policy.ExemptionRequest{Policy: soft, Reason: "x", Until: b.now.Add(day)}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("asked without the right: %v", err)
		}
		if _, err := b.RevokeExemption(as("dave"), shop, everywhere.ID, "x"); err != nil {
			t.Errorf("who asked takes it back: %v", err)
		}
		if _, err := b.ApproveExemption(as("ada"), shop, everywhere.ID, ""); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("a revoked one is approved: %v", err)
		}
	})
}

// What was approved for a soft-mandatory rule is no word for a hard-mandatory one.
func TestAnExemptionCountsForNoStricterLevel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		e := b.granted(t, policy.ExemptionRequest{Address: "a.b"})
		b.expect(t, "soft", "dev", "orders", soft+" a.b")
		v, err := b.Assign(as("ada"), shop, policy.AssignRequest{Policies: soft, Level: policy.HardMandatory, Stage: "dev", Reason: "audit"})
		if err != nil || v.Matches != 1 || v.Stricter != 0 {
			t.Fatalf("%+v %v", v, err)
		}
		b.expect(t, "hard", "dev", "orders")
		b.expect(t, "soft elsewhere", "prod", "orders", soft+" a.b")
		if e.Level != policy.SoftMandatory {
			t.Errorf("it is for %s", e.Level)
		}
	})
}

func TestExemptionsThatAreNone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		until := b.now.Add(day)
		for name, r := range map[string]struct {
			policy.ExemptionRequest
			kind kernel.Kind
		}{
			"from nothing":             {policy.ExemptionRequest{Reason: "x", Until: until}, kernel.Invalid},
			"from a policy and a set":  {policy.ExemptionRequest{Policy: soft, Set: "ours", Reason: "x", Until: until}, kernel.Invalid},
			"without a reason":         {policy.ExemptionRequest{Policy: soft, Reason: " ", Until: until}, kernel.Invalid},
			"without an end":           {policy.ExemptionRequest{Policy: soft, Reason: "x"}, kernel.Invalid},
			"for longer than is given": {policy.ExemptionRequest{Policy: soft, Reason: "x", Until: b.now.Add(90*day + time.Second)}, kernel.Invalid},
			"with two ends of names":   {policy.ExemptionRequest{Policy: soft, Reason: "x", Until: until, Address: "a*b*"}, kernel.Invalid},
			"from what is not there":   {policy.ExemptionRequest{Policy: "azure-sfot", Reason: "x", Until: until}, kernel.NotFound},
			"from no set":              {policy.ExemptionRequest{Set: "other", Reason: "x", Until: until}, kernel.NotFound},
			"of no workload":           {policy.ExemptionRequest{Policy: soft, Workload: "nope", Reason: "x", Until: until}, kernel.NotFound},
			"on no stage":              {policy.ExemptionRequest{Policy: soft, Stage: "moon", Reason: "x", Until: until}, kernel.NotFound},
		} {
			if _, err := b.RequestExemption(as("dave"), shop, r.ExemptionRequest); kernel.KindOf(err) != r.kind {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := b.ListExemptions(as("dave"), shop, policy.ExemptionFilter{Policy: "azure-sfot"}, kernel.PageRequest{}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("a list of those from what is not there: %v", err)
		}
		if found, err := b.ListExemptions(as("dave"), shop, policy.ExemptionFilter{Policy: soft}, kernel.PageRequest{}); err != nil || len(found.Items) != 0 {
			t.Errorf("a list of none: %v, %v", found, err)
		}
		if _, err := b.RequestExemption(as("dave"), shop, policy.ExemptionRequest{Policy: soft, Reason: "x", Until: b.now.Add(90 * day)}); err != nil {
			t.Errorf("for as long as may be: %v", err)
		}
	})
}

func TestExemptionsOfAnotherProjectAreNotSeen(t *testing.T) {
	t.Parallel()
	other := kernel.Scope{Tenant: "acme", Project: "other"}
	each(t, func(t *testing.T, b *bench) {
		e := b.granted(t, policy.ExemptionRequest{})
		all, err := b.RequestExemption(as("dave"), kernel.Scope{Tenant: "acme"}, policy.ExemptionRequest{Policy: soft, Reason: "x", Until: b.now.Add(day)})
		if err != nil {
			t.Fatal(err)
		}
		for name, one := range map[string]struct {
			scope kernel.Scope
			want  []string
		}{"its own": {shop, []string{all.ID, e.ID}}, "another": {other, []string{all.ID}}, "the tenant": {kernel.Scope{Tenant: "acme"}, []string{all.ID, e.ID}}} {
			page, err := b.ListExemptions(as("dave"), one.scope, policy.ExemptionFilter{}, kernel.PageRequest{})
			var ids []string
			for _, found := range page.Items {
				ids = append(ids, found.ID)
			}
			if err != nil || !slices.Equal(ids, one.want) {
				t.Errorf("%s lists %v, %v, want %v", name, ids, err, one.want)
			}
		}
		if _, err := b.GetExemption(as("dave"), other, e.ID); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("seen from another project: %v", err)
		}
	})
}

// TestAnExemptionNeedsAsManyApprovalsAsItsStages: different people's, for the level that
// it has.
func TestAnExemptionNeedsAsManyApprovalsAsItsStages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.approvals = 2
		approve := func(who string, e policy.Exemption) policy.Exemption {
			t.Helper()
			after, err := b.ApproveExemption(as(who), shop, e.ID, who+" has seen it")
			if err != nil {
				t.Fatal(err)
			}
			return after
		}
		onDev := approve("grace", b.ask(t, policy.ExemptionRequest{Stage: "dev", Address: "a.b"}))
		if onDev.Status != policy.Approved {
			t.Errorf("dev wants nobody: %+v", onDev)
		}
		e := approve("grace", b.ask(t, policy.ExemptionRequest{Address: "module.m.a.b[0]"}))
		if e.Status != policy.Requested || len(e.Approvals) != 1 || e.Approval != nil {
			t.Fatalf("one of two: %+v", e)
		}
		b.expect(t, "half approved", "prod", "orders")
		if _, err := b.ApproveExemption(as("grace"), shop, e.ID, "again"); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("twice: %v", err)
		}
		e = approve("ada", e)
		if e.Status != policy.Approved || len(e.Approvals) != 2 {
			t.Fatalf("both: %+v", e)
		}
		if lapsed, err := b.Lapsed(context.Background(), "acme", []string{e.ID}); err != nil || len(lapsed) != 0 {
			t.Errorf("it does not count: %+v, %v", lapsed, err)
		}
		if len(b.told) != 2 {
			t.Errorf("runs were told of %v", b.told)
		}
	})
}
