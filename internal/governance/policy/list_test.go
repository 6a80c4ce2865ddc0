package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// inForce are policies with the levels that dave sees of them.
func (b *bench) inForce(t *testing.T, f policy.Filter) []string {
	t.Helper()
	var all []string
	for page := (kernel.PageRequest{Limit: 1}); ; {
		found, err := b.ListPolicies(as("dave"), shop, f, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range found.Items {
			text := p.ID + " of " + p.Source + " " + p.Version
			for _, at := range p.Levels {
				text += fmt.Sprintf(", %s %s by %s", at.Stage, at.Level, at.From)
			}
			all = append(all, text)
		}
		if page.Cursor = found.Next; page.Cursor == "" {
			return all
		}
	}
}

func TestPoliciesInForceTellTheirLevelsAndWhereThoseAreFrom(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		set, err := b.Assign(as("grace"), shop, policy.AssignRequest{Policies: "azure-s*", Stage: "prod", Level: policy.HardMandatory, Reason: "the audit"})
		if err != nil {
			t.Fatal(err)
		}
		hards := hard + " of theirs 2, dev hard-mandatory by policy, prod hard-mandatory by policy, trial hard-mandatory by configuration"
		softs := soft + " of ours 1, dev soft-mandatory by policy, prod hard-mandatory by assignment, trial soft-mandatory by policy"
		for name, tt := range map[string]struct {
			filter policy.Filter
			want   []string
		}{
			"all":                {policy.Filter{}, []string{hards, softs}},
			"a part of the id":   {policy.Filter{Text: "SOFT"}, []string{softs}},
			"a source":           {policy.Filter{Set: "theirs"}, []string{hards}},
			"a level somewhere":  {policy.Filter{Level: policy.SoftMandatory}, []string{softs}},
			"a level on a stage": {policy.Filter{Level: policy.SoftMandatory, Stage: "prod"}, nil},
			"one stage":          {policy.Filter{Stage: "dev", Text: soft}, []string{soft + " of ours 1, dev soft-mandatory by policy"}},
		} {
			if diff := cmp.Diff(tt.want, b.inForce(t, tt.filter)); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", name, diff)
			}
		}
		page, err := b.ListPolicies(as("dave"), shop, policy.Filter{Text: soft, Stage: "prod"}, kernel.PageRequest{})
		if err != nil || page.Items[0].Levels[0].Assignment != set.ID {
			t.Errorf("%+v %v", page, err)
		}
		if _, err := b.ListPolicies(as("dave"), shop, policy.Filter{Stage: "nope"}, kernel.PageRequest{}); !kernel.Is(err, kernel.NotFound) {
			t.Error(err)
		}
		for _, none := range []policy.Filter{{Type: "azurerm_key_vault"}, {Set: "nobodys"}, {Control: "mcsb"}, {Control: "mcsb:DP-3"}} {
			if _, err := b.ListPolicies(as("dave"), shop, none, kernel.PageRequest{}); !kernel.Is(err, kernel.NotFound) {
				t.Errorf("%+v: %v", none, err)
			}
		}
		b.denied["eve policy.read"] = true
		if _, err := b.ListPolicies(as("eve"), shop, policy.Filter{}, kernel.PageRequest{}); !kernel.Is(err, kernel.Denied) {
			t.Error(err)
		}
	})
}

func TestLevelsThatNothingHasAreTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for text, want := range map[string]string{
			"azure-*=advisory@stage=dev":          "",
			"another-gate=soft-mandatory":         "",
			"*=off@project=shop":                  "",
			"azure-sotf=advisory":                 "there is no policy azure-sotf, so that azure-sotf=advisory sets nothing",
			"azure-soft=advisory@stage=nope":      "there is no stage nope",
			"azure-soft=off@tenant=a,target=nope": "there is no target nope, so that azure-soft=off@tenant=a,target=nope",
		} {
			a, err := policy.ParseAssignment(text)
			if err != nil {
				t.Fatal(err)
			}
			b.Platform = policy.Assignments{a}
			var told []string
			for _, p := range b.Unused(t.Context()) {
				told = append(told, p.Message)
			}
			if want == "" && told != nil || want != "" && !slices.ContainsFunc(told, func(s string) bool { return strings.Contains(s, want) }) {
				t.Errorf("%s: %q", text, told)
			}
		}
	})
}
