package agreement_test

import (
	"testing"
	"testing/fstest"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/agreement"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

func TestTheSubjectFindsItsPolicy(t *testing.T) {
	t.Parallel()
	policies := []policy.Policy{
		{ID: "private", Rule: "deny", Resources: []string{"aks"}, Subjects: []string{"AKS private cluster"}},
		{ID: "any", Rule: "deny", Resources: []string{"aks"}, Subjects: []string{"AKS"}},
		{ID: "attribute", Rule: "deny", Resources: []string{"disk"}, Subjects: []string{"azurerm_managed_disk.storage_account_type"}},
		{ID: "warning", Rule: "warn", Resources: []string{"disk"}, Subjects: []string{"azurerm_managed_disk_storage_account_type"}},
		{ID: "tags", Rule: "deny", Resources: []string{"*"}, Subjects: []string{"tags"}},
	}
	cases := map[string]struct{ subject, resource, want string }{
		"camel case":           {"AKSEnablesPrivateClusters", "aks", "private"},
		"less is better":       {"AKSLogging", "aks", "any"},
		"type and attribute":   {"azurerm_managed_disk_storage_account_type", "disk", "attribute"},
		"another type":         {"azurerm_managed_disk_storage_account_type", "vm", ""},
		"any type":             {"RequiredTags", "vm", "tags"},
		"nothing speaks of it": {"FirewallZones", "disk", ""},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			for _, p := range agreement.Speaking(policies, tt.subject, []string{tt.resource}) {
				got += p.ID
			}
			if got != tt.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestBothFigures(t *testing.T) {
	t.Parallel()
	set, err := rego.Compile(t.Context(), policy.Folder{}, policy.Folder{Modules: []policy.File{{Path: "a.rego", Name: "a.rego", Content: []byte(`# METADATA
# custom: {resources: [t], subjects: [bad]}
package a

deny contains c.address if {
	some c in input.resource_changes
	c.change.after.bad
}
`)}}})
	if err != nil {
		t.Fatal(err)
	}
	const mock = `{"mock":{
		"good":{"resource_changes":[{"address":"t.a","type":"t","change":{"after":{}}}]},
		"labelled_good":{"resource_changes":[{"address":"t.a","type":"t","change":{"after":{"bad":true}}}]},
		"invalid_bad":{"resource_changes":[{"address":"t.a","type":"t","change":{"after":{"bad":true}}}]},
		"invalid_missed":{"resource_changes":[{"address":"t.a","type":"t","change":{"after":{}}}]}}}`
	report, err := agreement.Run(t.Context(), set, fstest.MapFS{
		"group__TBad.mock.json": {Data: []byte(mock)}, "TOther.mock.json": {Data: []byte(mock)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.Coverage != 50 || report.Agreement != 50 || report.Cases != 4 {
		t.Errorf("%+v", report)
	}
}
