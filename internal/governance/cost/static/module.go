package static

import (
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

// module is one instance of a module while it is evaluated.
type module struct {
	*reader
	dir, address, key string
	depth             int

	variables map[string]*hclsyntax.Block
	given     map[string]cty.Value
	locals    map[string]*hclsyntax.Attribute
	outputs   map[string]*hclsyntax.Block
	calls     map[string]*hclsyntax.Block
	resources map[string]map[string]*hclsyntax.Block
	data      map[string]map[string]*hclsyntax.Block
	order     []*hclsyntax.Block

	known map[string]cty.Value
	busy  map[string]bool
	steps int

	instances map[*hclsyntax.Block][]*instance
	children  map[string]children
}

// module reads the folder of a module.
func (r *reader) module(dir, address string, given map[string]cty.Value, depth int) (*module, error) {
	bodies, err := r.files(dir)
	if err != nil {
		return nil, err
	}
	m := &module{
		reader: r, dir: dir, address: address, given: given, depth: depth,
		variables: map[string]*hclsyntax.Block{}, locals: map[string]*hclsyntax.Attribute{},
		outputs: map[string]*hclsyntax.Block{}, calls: map[string]*hclsyntax.Block{},
		resources: map[string]map[string]*hclsyntax.Block{}, data: map[string]map[string]*hclsyntax.Block{},
		known: map[string]cty.Value{}, busy: map[string]bool{},
		instances: map[*hclsyntax.Block][]*instance{}, children: map[string]children{},
	}
	for _, body := range bodies {
		m.take(body)
		m.ask(body)
	}
	return m, nil
}

// take files the blocks of a body.
func (m *module) take(body *hclsyntax.Body) {
	for _, b := range body.Blocks {
		switch {
		case b.Type == "locals":
			for name, attr := range b.Body.Attributes {
				m.locals[name] = attr
			}
		case b.Type == "resource" && len(b.Labels) == 2:
			file(m.resources, b)
			m.order = append(m.order, b)
		case b.Type == "data" && len(b.Labels) == 2:
			file(m.data, b)
		case b.Type == "module" && len(b.Labels) == 1:
			m.calls[b.Labels[0]] = b
			m.order = append(m.order, b)
		case b.Type == "variable" && len(b.Labels) == 1:
			m.variables[b.Labels[0]] = b
		case b.Type == "output" && len(b.Labels) == 1:
			m.outputs[b.Labels[0]] = b
		}
	}
}

func file(into map[string]map[string]*hclsyntax.Block, b *hclsyntax.Block) {
	if into[b.Labels[0]] == nil {
		into[b.Labels[0]] = map[string]*hclsyntax.Block{}
	}
	into[b.Labels[0]][b.Labels[1]] = b
}

// ask notes every attribute name that an expression of any module reads, so
// that those a provider computes are there, unknown, when they are asked for.
func (m *module) ask(body *hclsyntax.Body) {
	_ = hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
		var steps hcl.Traversal
		switch t := n.(type) {
		case *hclsyntax.ScopeTraversalExpr:
			steps = t.Traversal
		case *hclsyntax.RelativeTraversalExpr:
			steps = t.Traversal
		}
		for _, s := range steps {
			if attr, ok := s.(hcl.TraverseAttr); ok {
				m.asked[attr.Name] = true
			}
		}
		return nil
	})
}

// expand evaluates every resource of the module and of those it calls.
func (m *module) expand() error {
	for _, b := range m.order {
		if err := m.ctx.Err(); err != nil {
			return err
		}
		if b.Type == "module" {
			if err := m.expandCall(b); err != nil {
				return err
			}
			continue
		}
		list, err := m.instancesOf(b)
		if err != nil {
			return err
		}
		for _, i := range list {
			m.found = append(m.found, i.resource)
		}
		if len(m.found) > maxResources {
			return tooMany(b.DefRange(), "there are too many resources", maxResources)
		}
	}
	return nil
}

func (m *module) expandCall(b *hclsyntax.Block) error {
	c, err := m.call(b)
	if err != nil {
		return err
	}
	for _, child := range c.list {
		if err := child.expand(); err != nil {
			return err
		}
	}
	return nil
}

// children are the instances of a module call.
type children struct {
	list []*module
	keys []cty.Value
	kind repetition
}

// call evaluates a module call; what is not there is listed once.
func (m *module) call(b *hclsyntax.Block) (children, error) {
	name := b.Labels[0]
	if c, ok := m.children[name]; ok {
		return c, nil
	}
	m.children[name] = children{}
	dir, ok := m.source(b)
	if !ok || m.depth >= maxModules {
		m.unread = append(m.unread, cost.Unpriced{
			Address: m.address + "module." + name, Type: "module",
			Reason: "the module is not in the folder: run terraform init, or estimate the plan",
		})
		return children{}, nil
	}
	scopes, kind, err := m.repeat(b)
	if err != nil {
		return children{}, err
	}
	c := children{kind: kind}
	for _, s := range scopes {
		// The child is read first: what it asks of resources must be in their values.
		child, err := m.module(dir, m.address+"module."+name+s.suffix+".", map[string]cty.Value{}, m.depth+1)
		if err != nil {
			return children{}, err
		}
		for key, attr := range b.Body.Attributes {
			if !meta[key] {
				child.given[key] = m.value(attr.Expr, s)
			}
		}
		child.key = strings.TrimPrefix(m.key+"."+name, ".")
		c.list, c.keys = append(c.list, child), append(c.keys, s.key)
	}
	m.children[name] = c
	return c, nil
}

// source finds a module's folder within the configuration's.
func (m *module) source(b *hclsyntax.Block) (string, bool) {
	if dir, ok := m.installed[strings.TrimPrefix(m.key+"."+b.Labels[0], ".")]; ok {
		return path.Clean(dir), true
	}
	attr := b.Body.Attributes["source"]
	if attr == nil {
		return "", false
	}
	v, diags := attr.Expr.Value(nil)
	if diags.HasErrors() || v.Type() != cty.String {
		return "", false
	}
	source := v.AsString()
	if !strings.HasPrefix(source, "./") && !strings.HasPrefix(source, "../") {
		return "", false
	}
	dir := path.Join(m.dir, source)
	return dir, dir != ".." && !strings.HasPrefix(dir, "../")
}
