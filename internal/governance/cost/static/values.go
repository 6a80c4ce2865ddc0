package static

import (
	"encoding/json"
	"io/fs"
	"maps"
	"path"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// values are the root module's variables: files first, then what was told.
func (r *reader) values(o Options) (map[string]cty.Value, error) {
	out := map[string]cty.Value{}
	for _, name := range append(varFiles(r.fsys), o.VarFiles...) {
		body, err := r.parse(path.Clean(name))
		if err != nil {
			return nil, err
		}
		for key, attr := range body.Attributes {
			v, diags := attr.Expr.Value(nil)
			if diags.HasErrors() {
				return nil, diagnosed(diags)
			}
			out[key] = v
		}
	}
	told := map[string]cty.Value{}
	for name, text := range o.Variables {
		told[name] = literal(text)
	}
	maps.Copy(out, told)
	return out, nil
}

// literal reads a value as the command line gives it: HCL where it is a list, a
// map, a number or a boolean, else text.
func literal(text string) cty.Value {
	expr, diags := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.StringVal(text)
	}
	if v, diags := expr.Value(nil); !diags.HasErrors() {
		return v
	}
	return cty.StringVal(text)
}

// installed maps module paths to the folders that terraform init put them in.
func installed(fsys fs.FS) map[string]string {
	src, err := fs.ReadFile(fsys, ".terraform/modules/modules.json")
	if err != nil {
		return map[string]string{}
	}
	var list struct {
		Modules []struct{ Key, Dir string }
	}
	if json.Unmarshal(src, &list) != nil {
		return map[string]string{}
	}
	out := map[string]string{}
	for _, m := range list.Modules {
		out[m.Key] = m.Dir
	}
	return out
}

func tooMany(at hcl.Range, what string, limit int) error {
	return kernel.Errorf(kernel.Invalid, "the configuration is larger than Terrace reads").WithProblems(kernel.Problem{
		File: at.Filename, Line: at.Start.Line, Column: at.Start.Column,
		Message: what, Fix: "Keep it within the limit, or estimate the plan instead.",
	}).WithFix("The limit is %d.", limit)
}
