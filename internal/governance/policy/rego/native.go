package rego

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	oparego "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/types"
)

// planLibrary is the package whose functions are here in Go, too: policies call
// hardly anything else, and Rego takes ten times as long for them.
const planLibrary = "data.terrace.lib.plan"

// Digests of the files of the library that this package knows by heart: of plan.rego
// the functions that are here in Go, of general.rego that it lists resources one by
// one. Who changes them looks here, at native.go and at each.go. Another package of
// that name, such as an operator's own, is evaluated as it stands.
const (
	planDigest    = "ee0edc0c4a2ad23b9080963a104289626a7fcbcfd44d744b4b4324535075e082"
	generalDigest = "41f2e4d6ea3ea1c79605b253db9fabff0e7b4d800dc873c98b96d3e919a12a98"
)

// native is a function of the library in Go. A nil term is undefined.
type native struct {
	args   []types.Type
	result types.Type
	call   func(ctx context.Context, args []*ast.Term) (*ast.Term, error)
	// more are what it takes behind its own arguments, of the library.
	more []string
}

func (n native) declaration() *types.Function {
	args := slices.Clone(n.args)
	for range n.more {
		args = append(args, types.A)
	}
	return types.NewFunction(args, n.result)
}

// natives are the functions by their name in the library. Their types are those
// that the compiler finds for them in Rego.
func natives() map[string]native {
	one, two, three := []types.Type{types.A}, []types.Type{types.A, types.A}, []types.Type{types.A, types.A, types.A}
	told := []types.Type{types.A, types.A, types.S}
	found := types.NewObject([]*types.StaticProperty{
		types.NewStaticProperty("address", types.A), types.NewStaticProperty("attribute", types.A),
		types.NewStaticProperty("message", types.S), types.NewStaticProperty("msg", types.S), types.NewStaticProperty("type", types.A),
	}, nil)
	return map[string]native{
		"associated": {three, types.NewArray(nil, types.A), associated, []string{
			planLibrary + ".by_type", "data.terrace.lib.configuration.resources", "data.terrace.lib.configuration.call_of",
		}},
		"blocks":   {two, types.A, plain(blocks), nil},
		"certain":  {three, types.A, plain(certain), nil},
		"fact":     {told, found, plain(fact), nil},
		"finding":  {told, found, plain(finding), nil},
		"former":   {three, types.A, plain(former), nil},
		"location": {one, types.S, plain(location), nil},
		"named":    {two, types.A, plain(named), nil},
		"or_else":  {two, types.A, plain(orElse), nil},
		"present":  {two, types.B, truth(present), nil},
		"spread":   {two, types.B, truth(spread), nil},
		"taggable": {one, types.B, plain(taggable), nil},
		"tags":     {one, types.A, plain(tags), nil},
		"unknown":  {two, types.B, truth(unknown), nil},
		"value":    {three, types.A, plain(value), nil},
	}
}

// nativeName is how a function is called where it is in Go.
func nativeName(function string) string { return "terrace.native." + function }

// plain is what needs nothing but its arguments.
func plain(f func([]*ast.Term) (*ast.Term, error)) func(context.Context, []*ast.Term) (*ast.Term, error) {
	return func(_ context.Context, args []*ast.Term) (*ast.Term, error) { return f(args) }
}

// truth is what holds or does not.
func truth(f func(r, path *ast.Term) bool) func(context.Context, []*ast.Term) (*ast.Term, error) {
	return func(_ context.Context, args []*ast.Term) (*ast.Term, error) { return yes(f(args[0], args[1])), nil }
}

func yes(ok bool) *ast.Term {
	if ok {
		return ast.InternedTerm(true)
	}
	return nil
}

// declared are the natives as the compiler has to know them.
func declared() []*ast.Builtin {
	var all []*ast.Builtin
	for name, n := range natives() {
		all = append(all, &ast.Builtin{Name: nativeName(name), Decl: n.declaration()})
	}
	return all
}

// functions are the natives as queries have to know them.
func functions() []func(*oparego.Rego) {
	var all []func(*oparego.Rego)
	for name, n := range natives() {
		all = append(all, oparego.FunctionDyn(
			&oparego.Function{Name: nativeName(name), Decl: n.declaration()},
			func(c oparego.BuiltinContext, args []*ast.Term) (*ast.Term, error) { return n.call(c.Context, args) },
		))
	}
	return all
}

// knows reports whether a package is one file alone, the one whose digest this is.
func (b *built) knows(pkg, digest string) bool {
	found := 0
	for name, m := range b.modules {
		if m.Package.Path.String() != pkg {
			continue
		}
		if sum := sha256.Sum256(b.contents[name]); hex.EncodeToString(sum[:]) != digest {
			return false
		}
		found++
	}
	return found == 1
}
