package rego

import (
	"context"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// associated are the resources of a type whose attribute refers to r. Behind its own
// arguments it takes what the library found of the input: resources by type, those
// of the configuration, and calls of modules.
func associated(ctx context.Context, args []*ast.Term) (*ast.Term, error) {
	r, by := args[0], holdersOf(ctx, args[1], args[2], args[3:])
	var found []*ast.Term
	for _, name := range namesOf(r) {
		found = append(found, by[name]...)
	}
	return ast.ArrayTerm(found...), nil
}

// namesOf are what others call a resource: by address, by a module around it, by its id.
func namesOf(r *ast.Term) []string {
	config, _ := textOf(part(r, keyConfig))
	names := []string{config}
	steps := strings.Split(config, ".")
	for n := 2; n <= len(steps)-2; n += 2 {
		names = append(names, strings.Join(steps[:n], "."))
	}
	if id, ok := textOf(part(part(r, keyValues), keyID)); ok {
		names = append(names, id)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// holders are resources by what their attribute points at.
type holders map[string][]*ast.Term

// associations are holders that were found already, for one worker and input.
type associations map[association]holders

type association struct {
	byType          ast.Value
	kind, attribute string
}

type associationsKey struct{}

func holdersOf(ctx context.Context, kind, attribute *ast.Term, of []*ast.Term) holders {
	k, _ := textOf(kind)
	a, ok := textOf(attribute)
	if !ok {
		return nil
	}
	known, _ := ctx.Value(associationsKey{}).(associations)
	key := association{byType: of[0].Value, kind: k, attribute: a}
	if found, asked := known[key]; asked {
		return found
	}
	found := holders{}
	p := pointers{resources: of[1], calls: of[2]}
	if all := of[0].Get(kind); all != nil {
		each(all, func(other *ast.Term) {
			for _, target := range p.of(other, attribute) {
				found[target] = append(found[target], other)
			}
		})
	}
	if known != nil {
		known[key] = found
	}
	return found
}

// pointers finds what attributes point at.
type pointers struct{ resources, calls *ast.Term }

// of are the targets of an attribute of a resource, each once.
func (p pointers) of(other, attribute *ast.Term) []string {
	var targets []string
	config, module := part(other, keyConfig), part(other, keyModule)
	if prefix, ok := textOf(module); ok && config != nil {
		targets = p.referred(prefix, part(part(at(p.resources, config), keyExpressions), attribute), 2)
	}
	if v := at(part(other, keyValues), attribute); v != nil {
		words(v, func(text string) {
			if text != "" {
				targets = append(targets, text)
			}
		})
	}
	slices.Sort(targets)
	return slices.Compact(targets)
}

// referred are the targets of an expression in a module: those that it names and, so
// many calls up, those that the arguments of the module name.
func (p pointers) referred(prefix string, expression *ast.Term, up int) []string {
	if expression == nil || isNull(expression) {
		return nil
	}
	var targets []string
	references(expression, func(word string) {
		targets = append(targets, prefix+target(word))
		call := p.calls.Get(ast.StringTerm(prefix))
		if up == 0 || call == nil || !strings.HasPrefix(word, "var.") {
			return
		}
		argument := at(part(call, keyArguments), ast.StringTerm(strings.Split(word, ".")[1]))
		if caller, ok := textOf(part(call, keyCaller)); ok {
			targets = append(targets, p.referred(caller, argument, up-1)...)
		}
	})
	return targets
}

// target is what a word of a reference names: type.name or module.name.
func target(word string) string {
	steps := strings.SplitN(withoutIndices(word), ".", 3)
	return strings.Join(steps[:min(2, len(steps))], ".")
}

// references calls f for the words that an expression names.
func references(v *ast.Term, f func(string)) {
	if o, ok := v.Value.(ast.Object); ok {
		if list := o.Get(keyReferences); list != nil {
			each(list, func(word *ast.Term) {
				if text, ok := textOf(word); ok {
					f(text)
				}
			})
		}
	}
	each(v, func(item *ast.Term) { references(item, f) })
}

// words calls f for the texts in a value.
func words(v *ast.Term, f func(string)) {
	if text, ok := textOf(v); ok {
		f(text)
	}
	each(v, func(item *ast.Term) { words(item, f) })
}
