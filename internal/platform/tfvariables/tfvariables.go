// Package tfvariables reads what a configuration of terraform or tofu says of its variables.
//
// It owns the marks that keep values from being shown, and how the tool reads a value from its
// environment. It evaluates nothing: a mark that is not written as true is none.
package tfvariables

import (
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"
)

// Variable is one of the root module.
type Variable struct {
	// Sensitive values are not shown, Ephemeral ones kept in neither plans nor states.
	Sensitive, Ephemeral bool
	// Structured values are read from the environment as expressions; all others are texts.
	Structured bool
	// File and Line say where it is.
	File string
	Line int
}

// Secret reports whether the tool shows its value to nobody.
func (v Variable) Secret() bool { return v.Sensitive || v.Ephemeral }

// Of returns the variables in files of the root module, by name. What does not parse is left
// out: the tool tells of it.
func Of(files map[string][]byte) map[string]Variable {
	parser, found := hclparse.NewParser(), map[string]Variable{}
	for name, content := range files {
		if path.Dir(name) != "." || !Configuration(name) {
			continue
		}
		read := parser.ParseHCL
		if strings.HasSuffix(name, ".json") {
			read = parser.ParseJSON
		}
		file, _ := read(content, name)
		if file == nil {
			continue
		}
		variables, _, _ := file.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "variable", LabelNames: []string{"name"}}}})
		for _, block := range variables.Blocks {
			found[block.Labels[0]] = variable(block, name)
		}
	}
	return found
}

// Configuration reports whether a file of that name is one of the tool's.
func Configuration(name string) bool {
	for _, end := range []string{".tf", ".tf.json", ".tofu", ".tofu.json"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

func variable(block *hcl.Block, file string) Variable {
	settings, _, _ := block.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "type"}, {Name: "sensitive"}, {Name: "ephemeral"}}})
	return Variable{
		Sensitive: truth(settings, "sensitive"), Ephemeral: truth(settings, "ephemeral"), Structured: structured(settings),
		File: file, Line: block.DefRange.Start.Line,
	}
}

// truth reports whether an attribute is written as true.
func truth(settings *hcl.BodyContent, name string) bool {
	is, ok := settings.Attributes[name]
	if !ok {
		return false
	}
	value, diagnostics := is.Expr.Value(nil)
	return !diagnostics.HasErrors() && value.RawEquals(cty.True)
}

// structured reports whether the type is any or no primitive one; without a type a text is taken as it is.
func structured(settings *hcl.BodyContent) bool {
	is, ok := settings.Attributes["type"]
	if !ok {
		return false
	}
	switch hcl.ExprAsKeyword(is.Expr) {
	case "string", "number", "bool":
		return false
	}
	return true
}
