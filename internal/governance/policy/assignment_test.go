package policy_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

func TestAssignments(t *testing.T) {
	t.Parallel()
	var all policy.Assignments
	for _, text := range []string{"azure-*=advisory@stage=dev", "azure-storage-*=soft-mandatory@stage=dev,project=shop", "tags=off@target=local"} {
		a, err := policy.ParseAssignment(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	cases := map[string]struct {
		id      string
		context policy.Context
		want    policy.Level
		on      bool
	}{
		"its own":           {"azure-aks", policy.Context{Stage: "prod"}, policy.HardMandatory, true},
		"a pattern":         {"azure-aks", policy.Context{Stage: "dev"}, policy.Advisory, true},
		"the last counts":   {"azure-storage-https", policy.Context{Stage: "dev", Project: "shop"}, policy.SoftMandatory, true},
		"another project":   {"azure-storage-https", policy.Context{Stage: "dev", Project: "other"}, policy.Advisory, true},
		"off":               {"tags", policy.Context{Target: "local"}, policy.Off, false},
		"off but elsewhere": {"tags", policy.Context{Target: "azure"}, policy.HardMandatory, true},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			level, on := all.Level(policy.Policy{ID: tt.id, Level: policy.HardMandatory}, tt.context)
			if level != tt.want || on != tt.on {
				t.Errorf("got %s %t", level, on)
			}
		})
	}
	for _, text := range []string{"", "a", "a=b", "=advisory", "a=off@", "a=off@stage", "a=off@planet=earth", "[=off"} {
		if _, err := policy.ParseAssignment(text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}
