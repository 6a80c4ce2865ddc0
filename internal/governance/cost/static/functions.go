package static

import (
	"encoding/base64"
	"io/fs"
	"maps"
	"path"
	"path/filepath"

	"github.com/hashicorp/go-cty-funcs/cidr"
	"github.com/hashicorp/go-cty-funcs/crypto"
	"github.com/hashicorp/go-cty-funcs/encoding"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// functions are Terraform's, as far as they need nothing but their arguments
// and the folder. Others make their expression unknown.
func (m *module) functions() map[string]function.Function {
	if m.reader.functionTable == nil {
		table := known()
		table["file"] = m.reader.fileFunc(func(b []byte) string { return string(b) })
		table["filebase64"] = m.reader.fileFunc(base64.StdEncoding.EncodeToString)
		table["fileexists"] = m.reader.existsFunc()
		table["templatefile"] = m.reader.templateFunc()
		m.reader.functionTable = m.bounded(table)
	}
	return m.reader.functionTable
}

func (r *reader) fileFunc(encode func([]byte) string) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			src, err := r.content(args[0].AsString())
			return cty.StringVal(encode(src)), err
		},
	})
}

func (r *reader) existsFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			info, err := fs.Stat(r.fsys, within(args[0].AsString()))
			return cty.BoolVal(err == nil && info.Mode().IsRegular()), nil
		},
	})
}

func (r *reader) templateFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "vars", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if t := args[1].Type(); !t.IsObjectType() && !t.IsMapType() {
				return cty.DynamicVal, function.NewArgErrorf(1, "must be a map of the template's values")
			}
			return r.template(args[0].AsString(), args[1].AsValueMap())
		},
	})
}

// template renders a file of the folder.
func (r *reader) template(name string, values map[string]cty.Value) (cty.Value, error) {
	src, err := r.content(name)
	if err != nil {
		return cty.DynamicVal, err
	}
	name = filepath.Join(r.dir, name)
	if err := shallow(templateTokens(src, name)); err != nil {
		r.failed = err
		return cty.DynamicVal, err
	}
	expr, diags := hclsyntax.ParseTemplate(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	guard(expr, &r.budget)
	v, diags := expr.Value(&hcl.EvalContext{Variables: values, Functions: r.bounded(known())})
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	return v, nil
}

func (r *reader) content(name string) ([]byte, error) {
	info, err := fs.Stat(r.fsys, within(name))
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, kernel.Errorf(kernel.Invalid, "%s is not in the folder, or larger than %d MiB", name, maxFile>>20)
	}
	return fs.ReadFile(r.fsys, within(name))
}

// known are all functions that need no folder.
func known() map[string]function.Function {
	out := later()
	maps.Copy(out, pure())
	return out
}

func pure() map[string]function.Function {
	return map[string]function.Function{
		"try": tryfunc.TryFunc, "can": tryfunc.CanFunc,
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "log": stdlib.LogFunc,
		"max": stdlib.MaxFunc, "min": stdlib.MinFunc, "pow": stdlib.PowFunc, "signum": stdlib.SignumFunc, "parseint": stdlib.ParseIntFunc,
		"chomp": stdlib.ChompFunc, "format": stdlib.FormatFunc, "formatlist": stdlib.FormatListFunc, "indent": stdlib.IndentFunc,
		"join": stdlib.JoinFunc, "lower": stdlib.LowerFunc, "upper": stdlib.UpperFunc, "title": stdlib.TitleFunc,
		"regex": stdlib.RegexFunc, "regexall": stdlib.RegexAllFunc, "replace": replaceFunc(), "split": stdlib.SplitFunc,
		"strrev": stdlib.ReverseFunc, "substr": stdlib.SubstrFunc, "trim": stdlib.TrimFunc, "trimprefix": stdlib.TrimPrefixFunc,
		"trimspace": stdlib.TrimSpaceFunc, "trimsuffix": stdlib.TrimSuffixFunc,
		"startswith": textTest(startsWith), "endswith": textTest(endsWith), "strcontains": textTest(containsText), "basename": textFunc(path.Base), "dirname": textFunc(path.Dir),
		"chunklist": stdlib.ChunklistFunc, "coalesce": stdlib.CoalesceFunc, "coalescelist": stdlib.CoalesceListFunc,
		"compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc, "distinct": stdlib.DistinctFunc,
		"element": stdlib.ElementFunc, "flatten": stdlib.FlattenFunc, "index": stdlib.IndexFunc, "keys": stdlib.KeysFunc,
		"length": lengthFunc(), "lookup": stdlib.LookupFunc, "merge": stdlib.MergeFunc, "one": oneFunc(), "alltrue": everyFunc(true), "anytrue": everyFunc(false), "sensitive": sameFunc(), "nonsensitive": sameFunc(), "range": stdlib.RangeFunc,
		"reverse": stdlib.ReverseListFunc, "setintersection": stdlib.SetIntersectionFunc, "setproduct": stdlib.SetProductFunc,
		"setsubtract": stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc, "slice": stdlib.SliceFunc, "sort": stdlib.SortFunc,
		"sum": sumFunc(), "values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,
		"csvdecode": stdlib.CSVDecodeFunc, "jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc,
		"yamldecode": yaml.YAMLDecodeFunc, "yamlencode": yaml.YAMLEncodeFunc,
		"base64encode": encoding.Base64EncodeFunc, "base64decode": encoding.Base64DecodeFunc, "urlencode": encoding.URLEncodeFunc,
		"cidrhost": cidr.HostFunc, "cidrnetmask": cidr.NetmaskFunc, "cidrsubnet": cidr.SubnetFunc, "cidrsubnets": cidr.SubnetsFunc,
		"md5": crypto.Md5Func, "sha1": crypto.Sha1Func, "sha256": crypto.Sha256Func, "sha512": crypto.Sha512Func,
		"formatdate": stdlib.FormatDateFunc, "timeadd": stdlib.TimeAddFunc,
		"tostring": stdlib.MakeToFunc(cty.String), "tonumber": stdlib.MakeToFunc(cty.Number), "tobool": stdlib.MakeToFunc(cty.Bool),
		"toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)), "tolist": stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
		"tomap": stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
	}
}
