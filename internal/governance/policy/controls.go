package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The frameworks of the table of controls.
const (
	MCSB     = "mcsb"
	CISAzure = "cis-azure-3.0.0"
	ISO27001 = "iso-27001-2022"
)

// Frameworks returns the frameworks of the table with their names.
func Frameworks() map[string]string {
	return map[string]string{
		MCSB:     "Microsoft cloud security benchmark v1",
		CISAzure: "CIS Microsoft Azure Foundations Benchmark 3.0.0",
		ISO27001: "ISO/IEC 27001:2022, Annex A",
	}
}

// Table is the table of controls: by the id of the rule.
type Table map[string]Control

// Control is one line of the table.
type Control struct {
	Title      string   `yaml:"title"`
	Severity   Severity `yaml:"severity"`
	Fix        string   `yaml:"fix"`
	Frameworks Controls `yaml:"frameworks"`
	// AzurePolicies say the same in Azure, where Azure Policy can.
	AzurePolicies []AzurePolicy `yaml:"azure_policies,omitempty"`
}

// AzurePolicy is a definition that says what a rule says: of its own, by its
// condition, or one that Azure has.
type AzurePolicy struct {
	// Name is the key in the module policy-compliance.
	Name     string `yaml:"name"`
	Category string `yaml:"category"`
	// Title and Message are the control's where they are empty.
	Title   string `yaml:"title,omitempty"`
	Message string `yaml:"message,omitempty"`
	Mode    string `yaml:"mode,omitempty"`
	// When is the condition of a definition of its own.
	When map[string]any `yaml:"when,omitempty"`
	// Definition is the id of a built-in, with its parameters. It has one called effect
	// that takes Audit, Deny and Disabled.
	Definition string         `yaml:"definition,omitempty"`
	Parameters map[string]any `yaml:"parameters,omitempty"`
	// Effect is the one that it has unless somebody names another for it alone; without,
	// it is that of all.
	Effect string `yaml:"effect,omitempty"`
}

// ReadTable reads the table and checks each line of it.
func ReadTable(file string, content []byte) (Table, error) {
	d := yaml.NewDecoder(bytes.NewReader(content))
	d.KnownFields(true)
	var table Table
	if err := d.Decode(&table); err != nil && !errors.Is(err, io.EOF) {
		return nil, kernel.Errorf(kernel.Invalid, "%s is no table of controls: %w", file, err)
	}
	var problems []kernel.Problem
	for _, id := range slices.Sorted(maps.Keys(table)) {
		for _, wrong := range table[id].check() {
			problems = append(problems, kernel.Problem{File: file, Path: id, Message: wrong})
		}
	}
	if len(problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "%s has mistakes", file).WithProblems(problems...)
	}
	return table, nil
}

// builtIn is the id of a definition of Azure.
var builtIn = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func (c Control) check() []string {
	var wrong []string
	if c.Title == "" || c.Fix == "" {
		wrong = append(wrong, "the title or the fix is missing")
	}
	if _, err := ParseSeverity(string(c.Severity)); err != nil {
		wrong = append(wrong, err.Error())
	}
	if len(c.Frameworks.Names()) == 0 {
		wrong = append(wrong, "it answers no control of any framework")
	}
	for framework := range c.Frameworks {
		if Frameworks()[framework] == "" {
			wrong = append(wrong, fmt.Sprintf("there is no framework %s", framework))
		}
	}
	for _, p := range c.AzurePolicies {
		if p.Name == "" || p.Category == "" || (len(p.When) == 0) == (p.Definition == "") {
			wrong = append(wrong, "an Azure policy has a name, a category, and either when or definition")
		}
		if p.Definition != "" && !builtIn.MatchString(p.Definition) {
			wrong = append(wrong, fmt.Sprintf("%q is no id of a definition", p.Definition))
		}
		if p.Effect != "" && !slices.Contains([]string{"Audit", "Deny", "Disabled"}, p.Effect) {
			wrong = append(wrong, fmt.Sprintf("there is no effect %q", p.Effect))
		}
	}
	return wrong
}

// Check compares policies with the table: each has its line, each line its
// policy, and they agree.
func (t Table) Check(policies []Policy) []kernel.Problem {
	var problems []kernel.Problem
	left := maps.Clone(t)
	for _, p := range policies {
		c, known := t[p.ID]
		delete(left, p.ID)
		if !known {
			problems = append(problems, kernel.Problem{File: p.File, Message: "the table of controls has no " + p.ID})
			continue
		}
		if p.Title != c.Title || p.Severity != c.Severity || p.Fix != c.Fix || p.Controls.String() != c.Frameworks.String() {
			problems = append(problems, kernel.Problem{File: p.File, Message: p.ID + " says another title, severity, fix or controls than the table"})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(left)) {
		problems = append(problems, kernel.Problem{Path: id, Message: "the table of controls has a line without a rule"})
	}
	return problems
}
