package policy_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy"
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
