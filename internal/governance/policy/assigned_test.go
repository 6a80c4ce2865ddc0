package policy_test

import (
	"context"
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// A tenant tightens and never loosens what the platform sets; the platform may
// loosen, and a policy may allow it.
func TestATenantTightensAndNeverLoosens(t *testing.T) {
	t.Parallel()
	const none = policy.Level("")
	cases := map[string]struct {
		own, floor, platform policy.Level
		tenant               []policy.Level
		want                 policy.Level
	}{
		"nothing is assigned":                    {policy.SoftMandatory, none, none, nil, policy.SoftMandatory},
		"tightened":                              {policy.SoftMandatory, none, none, []policy.Level{policy.HardMandatory}, policy.HardMandatory},
		"not loosened":                           {policy.SoftMandatory, none, none, []policy.Level{policy.Advisory}, policy.SoftMandatory},
		"not left out":                           {policy.Advisory, none, none, []policy.Level{policy.Off}, policy.Advisory},
		"left out where the policy allows it":    {policy.HardMandatory, policy.Off, none, []policy.Level{policy.Off}, policy.Off},
		"loosened as far as the policy allows":   {policy.HardMandatory, policy.Advisory, none, []policy.Level{policy.Off}, policy.Advisory},
		"allowed, and nobody did":                {policy.HardMandatory, policy.Off, none, nil, policy.HardMandatory},
		"the platform loosens":                   {policy.HardMandatory, none, policy.Advisory, nil, policy.Advisory},
		"the platform's level is the floor":      {policy.Advisory, policy.Off, policy.SoftMandatory, []policy.Level{policy.Off}, policy.SoftMandatory},
		"over the platform's":                    {policy.HardMandatory, none, policy.Advisory, []policy.Level{policy.SoftMandatory}, policy.SoftMandatory},
		"what the platform leaves out, put back": {policy.HardMandatory, none, policy.Off, []policy.Level{policy.Advisory}, policy.Advisory},
		"the strictest of the tenant's, early":   {policy.Advisory, none, none, []policy.Level{policy.HardMandatory, policy.SoftMandatory}, policy.HardMandatory},
		"the strictest of the tenant's, late":    {policy.Advisory, none, none, []policy.Level{policy.SoftMandatory, policy.HardMandatory}, policy.HardMandatory},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all policy.Assigned
			if tt.platform != none {
				all.Platform = policy.Assignments{{Policies: "a-*", Level: tt.platform}}
			}
			for _, l := range tt.tenant {
				all.Tenant = append(all.Tenant, policy.Assignment{Policies: "a-*", Level: l})
			}
			level, on := all.Level(policy.Policy{ID: "a-b", Level: tt.own, Floor: tt.floor}, policy.Context{Tenant: "acme"})
			if level != tt.want || on != (tt.want != policy.Off) {
				t.Errorf("got %s, %t, want %s", level, on, tt.want)
			}
		})
	}
}

func TestAnAssignmentIsOfASetWhereItNamesOne(t *testing.T) {
	t.Parallel()
	all := policy.Assigned{Tenant: policy.Assignments{{Policies: "*", Set: "ours", Level: policy.HardMandatory}}}
	for source, want := range map[string]policy.Level{"ours": policy.HardMandatory, "terrace": policy.Advisory} {
		if level, _ := all.Level(policy.Policy{ID: "a", Level: policy.Advisory, Source: source}, policy.Context{}); level != want {
			t.Errorf("%s: %s", source, level)
		}
	}
}

func TestAssignmentsAreKeptInVersions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		level := func(stage string) policy.Level {
			r, err := b.Service.Evaluate(context.Background(), policy.Question{Input: policy.Input{Context: policy.Context{Tenant: "acme", Project: "shop", Stage: stage}}})
			if err != nil {
				t.Fatal(err)
			}
			return r.Results[0].Level
		}
		b.Platform = policy.Assignments{{Policies: "azure-*", Level: policy.Advisory, Stage: "dev"}}
		first, err := b.Assign(as("ada"), shop, policy.AssignRequest{Policies: "azure-s*", Level: policy.SoftMandatory, Reason: "an audit"})
		if err != nil || first.Version != 1 || level("dev") != policy.SoftMandatory {
			t.Fatalf("%+v %v", first, err)
		}
		b.now = b.now.Add(day)
		second, err := b.Assign(as("grace"), shop, policy.AssignRequest{Policies: "azure-s*", Level: policy.HardMandatory, Reason: "a finding"})
		if err != nil || second.ID != first.ID || second.Version != 2 || level("prod") != policy.HardMandatory {
			t.Fatalf("%+v %v", second, err)
		}
		if _, err := b.Unassign(as("ada"), shop, first.ID, " "); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("removed without a reason: %v", err)
		}
		if _, err := b.Unassign(as("ada"), kernel.Scope{Tenant: "acme", Project: "other"}, first.ID, "x"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("removed from another project: %v", err)
		}
		if _, err := b.Unassign(as("ada"), shop, first.ID, "it is over"); err != nil || level("dev") != policy.Advisory {
			t.Errorf("removed: %v", err)
		}
		if _, err := b.Unassign(as("ada"), shop, first.ID, "again"); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("removed twice: %v", err)
		}
		all, err := b.AssignmentHistory(as("vera"), shop, first.ID)
		if err != nil || len(all) != 3 || !all[0].Removed || all[1].By.Name != "grace" || all[2].Reason != "an audit" || !all[1].At.After(all[2].At) {
			t.Errorf("%+v %v", all, err)
		}
		if left, err := b.ListAssignments(as("vera"), shop); err != nil || len(left) != 0 {
			t.Errorf("%+v %v", left, err)
		}
		if want := []string{"policy.assigned", "policy.assigned", "policy.unassigned"}; !slices.Equal(b.facts, want) {
			t.Errorf("recorded were %v", b.facts)
		}
	})
}

func TestAssignmentsThatAreNone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.denied = map[string]bool{"dave policy.assign": true}
		b.Platform = policy.Assignments{{Policies: hard, Level: policy.SoftMandatory, Stage: "dev"}}
		for name, tt := range map[string]struct {
			r    policy.AssignRequest
			who  string
			kind kernel.Kind
		}{
			"looser than the rule":            {policy.AssignRequest{Policies: soft, Level: policy.Advisory, Reason: "x"}, "ada", kernel.Refused},
			"left out":                        {policy.AssignRequest{Policies: hard, Level: policy.Off, Reason: "x"}, "ada", kernel.Refused},
			"looser than the platform":        {policy.AssignRequest{Policies: hard, Level: policy.Advisory, Stage: "dev", Reason: "x"}, "ada", kernel.Refused},
			"stricter than the platform":      {policy.AssignRequest{Policies: hard, Level: policy.HardMandatory, Stage: "dev", Reason: "x"}, "ada", ""},
			"as the platform, where that is":  {policy.AssignRequest{Policies: hard, Level: policy.SoftMandatory, Target: "local", Reason: "x"}, "ada", ""},
			"without a reason":                {policy.AssignRequest{Policies: soft, Level: policy.HardMandatory}, "ada", kernel.Invalid},
			"no level":                        {policy.AssignRequest{Policies: soft, Level: "harsh", Reason: "x"}, "ada", kernel.Invalid},
			"no pattern":                      {policy.AssignRequest{Policies: "[", Level: policy.HardMandatory, Reason: "x"}, "ada", kernel.Invalid},
			"no policy":                       {policy.AssignRequest{Policies: "aws-*", Level: policy.HardMandatory, Reason: "x"}, "ada", kernel.NotFound},
			"no policy of the set":            {policy.AssignRequest{Policies: soft, Set: "theirs", Level: policy.HardMandatory, Reason: "x"}, "ada", kernel.NotFound},
			"no stage":                        {policy.AssignRequest{Policies: soft, Stage: "moon", Level: policy.HardMandatory, Reason: "x"}, "ada", kernel.NotFound},
			"without the right":               {policy.AssignRequest{Policies: soft, Level: policy.HardMandatory, Reason: "x"}, "dave", kernel.Denied},
			"of a set, all of what it has is": {policy.AssignRequest{Policies: "*", Set: "ours", Level: policy.HardMandatory, Reason: "x"}, "ada", ""},
		} {
			if _, err := b.Assign(as(tt.who), shop, tt.r); kernel.KindOf(err) != tt.kind {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
