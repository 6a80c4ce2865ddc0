package graph

import (
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// SecretUse is an input of a module that gets the value of a secret of the stage.
type SecretUse struct {
	// UID is the resource's, Definition what serves it.
	UID, Definition string
	Input           string
	Reference       secretref.Reference
	// Ephemeral says that terraform keeps the input's value nowhere.
	Ephemeral bool
}

// SecretUses returns where secrets go into modules, in the order of the nodes.
func (g *Graph) SecretUses() []SecretUse {
	var uses []SecretUse
	for _, n := range g.Nodes {
		for _, input := range sortedKeys(n.Inputs) {
			walkTemplates(n.Inputs[input], func(t Template) {
				for _, p := range t.Parts {
					if r, err := secretref.Parse(p.Output); p.From == FromSecret && err == nil { // it was read already
						uses = append(uses, SecretUse{n.UID, n.Definition, input, r, slices.Contains(n.Module.Ephemeral, input)})
					}
				}
			})
		}
	}
	return uses
}

// Shown are the problems of inputs that get a secret, although the variable of the module
// is none whose value terraform keeps to itself.
func (d Definition) Shown(pin ModulePin) (problems []kernel.Problem) {
	for _, input := range sortedKeys(d.Inputs) {
		secret := ""
		t := compileTree(d.Inputs[input], input, place{dependents: sortedKeys(d.Resources), landingZone: true, secrets: true}, func(string, string) {})
		walkTerms(t, func(t term) {
			if t.path != nil && t.path[0] == secretRoot {
				secret = t.text()
			}
		})
		if secret != "" && pin.shows(input) {
			problems = append(problems, kernel.Problem{
				Path:    "spec.inputs." + input,
				Message: fmt.Sprintf("%s is a secret, and the variable %s of %s is not sensitive: plans and logs would show its value", secret, input, moduleName(pin)),
				Fix:     "write sensitive = true to the variable, or ephemeral = true where it goes into write-only arguments alone, and publish that version",
			})
		}
	}
	return problems
}

// shows reports whether terraform shows the value of an input, as far as that is known.
func (m ModulePin) shows(input string) bool {
	return m.SensitiveInputs != nil && !slices.Contains(m.SensitiveInputs, input) && !slices.Contains(m.Ephemeral, input)
}
