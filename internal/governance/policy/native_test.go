package policy_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// TestNativePoliciesAreAsAllOthers: what Terrace itself finds has levels, exemptions and a
// place in lists as what is found by Rego.
func TestNativePoliciesAreAsAllOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		native := policy.Policy{ID: "shown", Rule: "deny", Title: "Nothing is shown", Severity: policy.High, Level: policy.HardMandatory, WarnsOn: []string{"dev"}, Fix: "hide it", Source: "terrace"}
		b.Native = []policy.Policy{native}
		ask := func(stage string, found map[string][]policy.Result) (got policy.Result, asked bool) {
			t.Helper()
			r, err := b.Service.Evaluate(t.Context(), policy.Question{Input: policy.Input{Context: policy.Context{Tenant: "acme", Project: "shop", Stage: stage}, Found: found}, Workload: "orders"})
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range r.Results {
				if one.Policy == native.ID {
					got = one
				}
			}
			for _, id := range r.Evaluated {
				asked = asked || id == native.ID
			}
			return got, asked
		}
		found := map[string][]policy.Result{native.ID: {{Address: "a.b", Message: "shows it"}}}
		if r, asked := ask("prod", nil); asked || r.Policy != "" {
			t.Errorf("nobody was asked: %+v", r)
		}
		if r, asked := ask("prod", map[string][]policy.Result{native.ID: nil}); !asked || r.Policy != "" {
			t.Errorf("nothing was found: %+v", r)
		}
		if r, _ := ask("dev", found); r.Level != policy.Advisory || r.Blocks() || r.Outcome != policy.Violated {
			t.Errorf("on dev %+v", r)
		}
		if r, _ := ask("prod", found); !r.Blocks() || r.Level != policy.HardMandatory || r.Severity != policy.High || r.Fix != "hide it" || r.Title == "" {
			t.Errorf("on prod %+v", r)
		}
		guessed := map[string][]policy.Result{native.ID: {{Address: "a.b", Outcome: policy.Warned, Severity: policy.Low}}}
		if r, _ := ask("prod", guessed); r.Blocks() || r.Level != policy.Advisory || r.Severity != policy.Low {
			t.Errorf("a warning %+v", r)
		}
		b.granted(t, policy.ExemptionRequest{Policy: native.ID, Stage: "prod", Address: "a.b"})
		if r, _ := ask("prod", found); r.Outcome != policy.Exempted || r.Exemption == nil {
			t.Errorf("exempted %+v", r)
		}
		b.Platform = policy.Assignments{{Policies: "shown", Level: policy.SoftMandatory, Stage: "dev"}}
		if r, _ := ask("dev", found); r.Level != policy.SoftMandatory {
			t.Errorf("with a level of the operator %+v", r)
		}
	})
}
