package static

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
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
	// callers are the folders of the modules that this one is called by, and its own.
	callers []string

	variables map[string]*hclsyntax.Block
	given     map[string]argument
	locals    map[string]*hclsyntax.Attribute
	outputs   map[string]*hclsyntax.Block
	calls     map[string]*hclsyntax.Block
	resources map[string]map[string]*hclsyntax.Block
	data      map[string]map[string]*hclsyntax.Block
	order     []*hclsyntax.Block

	known map[string]cty.Value
	busy  []string

	instances map[*hclsyntax.Block][]*instance
	children  map[string]children
}

// module reads the folder of a module.
func (r *reader) module(dir, address string, given map[string]argument, callers []string) (*module, error) {
	bodies, overrides, err := r.files(dir)
	if err != nil {
		return nil, err
	}
	m := &module{
		reader: r, dir: dir, address: address, given: given, callers: append(slices.Clone(callers), dir),
		variables: map[string]*hclsyntax.Block{}, locals: map[string]*hclsyntax.Attribute{},
		outputs: map[string]*hclsyntax.Block{}, calls: map[string]*hclsyntax.Block{},
		resources: map[string]map[string]*hclsyntax.Block{}, data: map[string]map[string]*hclsyntax.Block{},
		known:     map[string]cty.Value{},
		instances: map[*hclsyntax.Block][]*instance{}, children: map[string]children{},
	}
	for _, body := range bodies {
		m.take(body)
		m.ask(body)
	}
	for _, body := range overrides {
		m.override(body)
		m.ask(body)
	}
	return m, nil
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
		if err := m.stop(); err != nil {
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
	for _, name := range slices.Sorted(maps.Keys(m.locals)) {
		m.named("local", name) // what nothing reads may be wrong, too
	}
	for _, name := range slices.Sorted(maps.Keys(m.variables)) {
		m.validate(name)
	}
	return m.stop()
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
	dir, why := m.folder(b)
	if why != "" {
		m.unread = append(m.unread, cost.Unpriced{Address: m.address + "module." + name, Type: "module", Reason: why + " (" + b.DefRange().String() + ")"})
		return children{}, nil
	}
	if slices.Contains(m.callers, dir) || len(m.callers) > maxModules {
		return children{}, refused(b.DefRange(), "the module calls itself, or modules call one another deeper than "+strconv.Itoa(maxModules)+" levels: "+
			strings.Join(append(slices.Clone(m.callers), dir), " -> "), "Remove the call.")
	}
	scopes, kind, err := m.repeat(b)
	if err != nil {
		return children{}, err
	}
	c := children{kind: kind}
	for _, s := range scopes {
		// The child is read first: what it asks of resources must be in their values.
		child, err := m.module(dir, m.address+"module."+name+s.suffix+".", map[string]argument{}, m.callers)
		if err != nil {
			return children{}, err
		}
		m.hand(b, s, child)
		child.key = strings.TrimPrefix(m.key+"."+name, ".")
		c.list, c.keys = append(c.list, child), append(c.keys, s.key)
	}
	m.children[name] = c
	return c, nil
}

// folder finds a module's folder within the configuration's, or tells why there
// is none.
func (m *module) folder(b *hclsyntax.Block) (dir, why string) {
	const notHere = "the module is not in the folder: run terraform init, or estimate the plan"
	if dir, ok := m.installed[strings.TrimPrefix(m.key+"."+b.Labels[0], ".")]; ok && m.isFolder(path.Clean(dir)) {
		return path.Clean(dir), ""
	}
	attr := b.Body.Attributes["source"]
	if attr == nil {
		return "", "the module has no source"
	}
	v, diags := attr.Expr.Value(nil)
	if diags.HasErrors() || !v.IsKnown() || v.IsNull() || v.Type() != cty.String {
		return "", "the module's source is no text"
	}
	source := v.AsString()
	if !strings.HasPrefix(source, "./") && !strings.HasPrefix(source, "../") {
		return "", notHere
	}
	dir = path.Join(m.dir, source)
	switch {
	case dir == "..", strings.HasPrefix(dir, "../"):
		return "", "the module " + source + " is outside of the folder: estimate the folder above, or the plan"
	case !m.isFolder(dir):
		return "", "there is no folder " + source + " that can be read"
	}
	return dir, ""
}

func (r *reader) isFolder(dir string) bool {
	entries, err := fs.ReadDir(r.fsys, dir)
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return configures(e.Name()) })
}
