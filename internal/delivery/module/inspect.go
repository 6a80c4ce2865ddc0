package module

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/terraform-config-inspect/tfconfig"

	"github.com/terrace-idp/terrace/internal/delivery/module/archive"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tfvariables"
)

// inspect reads what a module takes and gives. A module that does not parse is
// Invalid, with every problem at its file and line.
func inspect(files archive.Files) ([]Input, []Output, error) {
	problems, foreign := parse(files)
	if len(problems) > 0 {
		return nil, nil, kernel.Errorf(kernel.Invalid, "the module does not parse").WithProblems(problems...)
	}
	if len(foreign) > 0 {
		return nil, nil, kernel.Errorf(kernel.Invalid, "the module needs what is not in it").WithProblems(foreign...)
	}
	root := rootFiles(files)
	if !tfconfig.IsModuleDirOnFilesystem(root, ".") {
		return nil, nil, kernel.Errorf(kernel.Invalid, "the archive has no .tf file at its root").
			WithFix("pack the module from inside its folder")
	}
	found, diagnostics := tfconfig.LoadModuleFromFilesystem(root, ".")
	if problems := problemsOf(diagnostics); len(problems) > 0 {
		return nil, nil, kernel.Errorf(kernel.Invalid, "the module is not valid").WithProblems(problems...)
	}
	return inputsOf(found, tfvariables.Of(files)), outputsOf(found), nil
}

// parse checks the syntax of every configuration file, nested modules included, and where
// they get other modules from.
func parse(files archive.Files) (problems, foreign []kernel.Problem) {
	parser := hclparse.NewParser()
	for _, name := range files.Paths() {
		if !tfvariables.Configuration(name) {
			continue
		}
		if deep := tfvariables.Nested(name, files[name]); deep != nil {
			problems = append(problems, *deep)
			continue
		}
		var diagnostics hcl.Diagnostics
		var file *hcl.File
		switch { // of tofu's own names, tofu takes these in the place of those of terraform
		case strings.HasSuffix(name, ".tf"), strings.HasSuffix(name, ".tofu"):
			file, diagnostics = parser.ParseHCL(files[name], name)
		case strings.HasSuffix(name, ".tf.json"), strings.HasSuffix(name, ".tofu.json"):
			file, diagnostics = parser.ParseJSON(files[name], name)
		}
		if file != nil && !diagnostics.HasErrors() {
			foreign = append(foreign, sourcesOf(name, file.Body)...)
		}
		for _, d := range diagnostics {
			if d.Severity == hcl.DiagError {
				problems = append(problems, syntaxProblem(name, d))
			}
		}
	}
	return problems, foreign
}

func syntaxProblem(file string, d *hcl.Diagnostic) kernel.Problem {
	p := kernel.Problem{File: file, Message: d.Summary, Fix: d.Detail}
	if d.Subject != nil {
		p.Line, p.Column = d.Subject.Start.Line, d.Subject.Start.Column
	}
	return p
}

func problemsOf(diagnostics tfconfig.Diagnostics) []kernel.Problem {
	var problems []kernel.Problem
	for _, d := range diagnostics {
		if d.Severity != tfconfig.DiagError {
			continue
		}
		p := kernel.Problem{Message: d.Summary, Fix: d.Detail}
		if d.Pos != nil {
			p.File, p.Line, p.Column = path.Clean(d.Pos.Filename), d.Pos.Line, 1
		}
		problems = append(problems, p)
	}
	return problems
}

func inputsOf(m *tfconfig.Module, marks map[string]tfvariables.Variable) []Input {
	inputs := make([]Input, 0, len(m.Variables))
	for v := range maps.Values(m.Variables) {
		inputs = append(inputs, Input{Name: v.Name, Type: v.Type, Description: v.Description, Required: v.Required, Sensitive: v.Sensitive, Ephemeral: marks[v.Name].Ephemeral})
	}
	slices.SortFunc(inputs, func(a, b Input) int { return cmp.Compare(a.Name, b.Name) })
	return inputs
}

func outputsOf(m *tfconfig.Module) []Output {
	outputs := make([]Output, 0, len(m.Outputs))
	for o := range maps.Values(m.Outputs) {
		outputs = append(outputs, Output{Name: o.Name, Description: o.Description, Sensitive: o.Sensitive})
	}
	slices.SortFunc(outputs, func(a, b Output) int { return cmp.Compare(a.Name, b.Name) })
	return outputs
}
