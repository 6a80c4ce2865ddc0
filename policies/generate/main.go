// Command generate writes the table of controls as the module policy-compliance reads it.
//
// It owns where the file lies; what is in it, governance/policy says.
package main

import (
	"fmt"
	"os"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

func main() {
	if err := run("controls.yaml", "../iac/modules/policy-compliance/controls.yaml"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	table, err := policy.ReadTable(from, content)
	if err != nil {
		return err
	}
	controls, err := table.AzureControls()
	if err != nil {
		return err
	}
	return os.WriteFile(to, controls, 0o644)
}
