package rego

import "github.com/open-policy-agent/opa/v1/ast"

// useTexts has the compiler write data[2] as data["2"] where the data has a member of
// that name: Rego finds it so in its store, and a program goes by the value alone.
func useTexts(c *ast.Compiler, data map[string]any) *ast.Compiler {
	return c.WithStageAfterID(ast.StageResolveRefs, ast.CompilerStageDefinition{
		Name: "NameMembersOfData", MetricName: "compile_stage_name_members_of_data", Stage: func(c *ast.Compiler) *ast.Error {
			for _, m := range c.Modules {
				ast.WalkRefs(m, func(ref ast.Ref) bool {
					nameMembers(ref, data)
					return false
				})
			}
			return nil
		},
	})
}

// nameMembers writes the numbers in a reference to data as texts where they name members.
func nameMembers(ref ast.Ref, data map[string]any) {
	if len(ref) == 0 || !ref[0].Equal(ast.DefaultRootDocument) {
		return
	}
	object := data
	for i, step := range ref[1:] {
		name, isText := textOf(step)
		if n, ok := step.Value.(ast.Number); ok {
			name = string(n)
		} else if !isText {
			return
		}
		value, there := object[name]
		if !there {
			return
		}
		if !isText {
			ref[i+1] = ast.StringTerm(name).SetLocation(step.Location)
		}
		if object, there = value.(map[string]any); !there {
			return
		}
	}
}
