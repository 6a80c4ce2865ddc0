package policy

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// azureControl is a line of the table that the module policy-compliance reads.
type azureControl struct {
	Rule       string              `yaml:"rule"`
	Title      string              `yaml:"title"`
	Severity   Severity            `yaml:"severity"`
	Category   string              `yaml:"category"`
	Frameworks map[string][]string `yaml:"frameworks"`
	Message    string              `yaml:"message"`
	Mode       string              `yaml:"mode"`
	Definition string              `yaml:"definition,omitempty"`
	Parameters map[string]any      `yaml:"parameters,omitempty"`
	Effect     string              `yaml:"effect,omitempty"`
	When       map[string]any      `yaml:"when,omitempty"`
}

// moduleFrameworks are the names of the frameworks in the module.
func moduleFrameworks() map[string]string {
	return map[string]string{MCSB: "mcsb", CISAzure: "cis", ISO27001: "iso27001"}
}

// AzureControls is the file of which the module policy-compliance makes its policies and
// assignments.
func (t Table) AzureControls() ([]byte, error) {
	controls := map[string]azureControl{}
	for _, rule := range slices.Sorted(maps.Keys(t)) {
		for _, p := range t[rule].AzurePolicies {
			if other, twice := controls[p.Name]; twice {
				return nil, kernel.Errorf(kernel.Invalid, "%s and %s have an Azure policy %s", other.Rule, rule, p.Name).WithFix("give one of them another name")
			}
			controls[p.Name] = t[rule].azure(rule, p)
		}
	}
	var text bytes.Buffer
	text.WriteString("# Code generated from policies/controls.yaml by go generate ./policies; DO NOT EDIT.\n#\n" +
		"# Each control is a policy of its own, by its condition (when), or one that Azure has\n" +
		"# (definition). One with an effect has that, whatever default_effect is.\n")
	e := yaml.NewEncoder(&text)
	e.SetIndent(2)
	if err := e.Encode(controls); err != nil {
		return nil, fmt.Errorf("the controls of Azure: %w", err)
	}
	return text.Bytes(), e.Close()
}

func (c Control) azure(rule string, p AzurePolicy) azureControl {
	out := azureControl{
		Rule: rule, Title: cmp.Or(p.Title, c.Title), Severity: c.Severity, Category: p.Category, Frameworks: map[string][]string{},
		Message: cmp.Or(p.Message, c.Fix), Mode: cmp.Or(p.Mode, "Indexed"), Definition: p.Definition, Parameters: p.Parameters, Effect: p.Effect, When: p.When,
	}
	for framework, ids := range c.Frameworks {
		out.Frameworks[moduleFrameworks()[framework]] = ids
	}
	return out
}
