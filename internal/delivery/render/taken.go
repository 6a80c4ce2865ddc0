package render

import (
	"encoding/json"
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The files that have the values of what is taken from other workloads: the
// tool reads every file with this ending by itself.
const (
	TakenFile  = "taken.auto.tfvars.json"
	SecretFile = "taken-sensitive.auto.tfvars.json"
)

// Taken is the value of one output of another workload.
type Taken struct {
	Value json.RawMessage
	// Sensitive values are in no file that people see.
	Sensitive bool
}

// variableName is the name of the variable that has an output. Names of
// resources have no _, so that no two of them are the same.
func variableName(resource, output string) string { return "taken_" + resource + "_" + output }

// variableReference returns the template for an output of another workload.
func variableReference(resource, output string, keys []string) string {
	return "${" + expression("var."+variableName(resource, output), keys) + "}"
}

// variablesOf declares what the workload takes of others, and the secrets that go into modules.
func variablesOf(in Input) map[string]any {
	variables := map[string]any{}
	for _, take := range in.Workload.Takes() {
		for _, out := range take.Outputs {
			variable := map[string]any{"description": fmt.Sprintf("The output %s of the workload %s.", out.Name, take.Workload)}
			if in.Taken[take.Resource][out.Name].Sensitive {
				variable["sensitive"] = true
			}
			variables[variableName(take.Resource, out.Name)] = variable
		}
	}
	for name, s := range secretsOf(in.Graph) {
		variable := map[string]any{"description": "The secret " + s.Reference.Inside() + " of the stage.", "type": "string", "sensitive": true}
		if s.Ephemeral {
			variable["ephemeral"] = true
		}
		variables[name] = variable
	}
	return variables
}

// addValues writes the values of the variables, sensitive ones apart.
func (root *Root) addValues(in Input) error {
	shown, secret := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for _, take := range in.Workload.Takes() {
		for _, out := range take.Outputs {
			taken, ok := in.Taken[take.Resource][out.Name]
			if !ok {
				return kernel.Errorf(kernel.Internal, "render: the output %s of %s is not given", out.Name, take.Workload)
			}
			into := shown
			if taken.Sensitive {
				into = secret
			}
			into[variableName(take.Resource, out.Name)] = taken.Value
		}
	}
	for _, f := range []struct {
		name   string
		values map[string]json.RawMessage
		files  map[string][]byte
	}{{TakenFile, shown, root.Files}, {SecretFile, secret, root.Secret}} {
		if len(f.values) == 0 {
			continue
		}
		text, err := encode(f.values)
		if err != nil {
			return err
		}
		f.files[f.name] = text
	}
	return nil
}

// published are the outputs that the workload publishes.
func published(in Input, s scope) (map[string]any, error) {
	all := map[string]any{}
	for _, name := range in.Workload.OutputNames() {
		out := in.Workload.Outputs[name]
		value, err := s.template(out.Value, "")
		if err != nil {
			return nil, fmt.Errorf("render the output %s: %w", name, err)
		}
		output := map[string]any{"description": "Published by the workload.", "value": value}
		if out.Sensitive {
			output["sensitive"] = true
		}
		all[name] = output
	}
	return all, nil
}
