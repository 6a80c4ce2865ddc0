package static

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// take files the blocks of a body. What is declared twice is told.
func (m *module) take(body *hclsyntax.Body) {
	for _, attr := range body.Attributes {
		m.wrong(attr.NameRange, "a configuration has no argument "+attr.Name+" outside of a block", "Take it out, or write it into a block.")
	}
	for _, b := range body.Blocks {
		if labels, known := kinds()[b.Type]; !known || labels != len(b.Labels) {
			m.strange(b, labels, known)
			continue
		}
		switch {
		case b.Type == "locals":
			for name, attr := range b.Body.Attributes {
				if first := m.locals[name]; first != nil {
					m.twice("local."+name, attr.NameRange, first.NameRange)
				}
				m.locals[name] = attr
			}
		case b.Type == "resource" && len(b.Labels) == 2:
			m.file(m.resources, b, b.Labels[0]+"."+b.Labels[1])
			m.order = append(m.order, b)
		case b.Type == "data" && len(b.Labels) == 2:
			m.file(m.data, b, "data."+b.Labels[0]+"."+b.Labels[1])
		case b.Type == "module" && len(b.Labels) == 1:
			m.name(m.calls, b, "module."+b.Labels[0])
			m.order = append(m.order, b)
		case b.Type == "variable" && len(b.Labels) == 1:
			m.name(m.variables, b, "the variable "+b.Labels[0])
		case b.Type == "output" && len(b.Labels) == 1:
			m.name(m.outputs, b, "the output "+b.Labels[0])
		}
	}
}

// kinds are the blocks that a configuration has, with how many labels each takes.
func kinds() map[string]int {
	return map[string]int{
		"locals": 0, "resource": 2, "data": 2, "ephemeral": 2, "action": 2, "module": 1, "variable": 1, "output": 1, "provider": 1, "check": 1,
		"terraform": 0, "moved": 0, "import": 0, "removed": 0,
	}
}

// strange tells of a block that is none, which nothing would be estimated of.
func (m *module) strange(b *hclsyntax.Block, labels int, known bool) {
	if !known {
		m.wrong(b.DefRange(), "a configuration has no block "+b.Type, "Correct the name.")
		return
	}
	m.wrong(b.DefRange(), fmt.Sprintf("the block %s takes %d labels, and has %d", b.Type, labels, len(b.Labels)), "Write them in quotes before the brace.")
}

func (m *module) file(into map[string]map[string]*hclsyntax.Block, b *hclsyntax.Block, address string) {
	if into[b.Labels[0]] == nil {
		into[b.Labels[0]] = map[string]*hclsyntax.Block{}
	}
	if first := into[b.Labels[0]][b.Labels[1]]; first != nil {
		m.twice(address, b.DefRange(), first.DefRange())
	}
	into[b.Labels[0]][b.Labels[1]] = b
}

func (m *module) name(into map[string]*hclsyntax.Block, b *hclsyntax.Block, what string) {
	if first := into[b.Labels[0]]; first != nil {
		m.twice(what, b.DefRange(), first.DefRange())
	}
	into[b.Labels[0]] = b
}

func (m *module) twice(what string, at, first hcl.Range) {
	m.wrong(at, fmt.Sprintf("%s is declared twice, first at %s:%d:%d", what, first.Filename, first.Start.Line, first.Start.Column), "Rename one of the two, or remove it.")
}

// override replaces arguments and blocks of what is declared, as files named
// override.tf do.
func (m *module) override(body *hclsyntax.Body) {
	for _, b := range body.Blocks {
		if b.Type == "locals" {
			for name, attr := range b.Body.Attributes {
				m.locals[name] = attr
			}
			continue
		}
		if into := m.declared(b); into != nil {
			replace(into.Body, b.Body)
		}
	}
}

func (m *module) declared(b *hclsyntax.Block) *hclsyntax.Block {
	switch {
	case b.Type == "resource" && len(b.Labels) == 2:
		return m.resources[b.Labels[0]][b.Labels[1]]
	case b.Type == "module" && len(b.Labels) == 1:
		return m.calls[b.Labels[0]]
	case b.Type == "variable" && len(b.Labels) == 1:
		return m.variables[b.Labels[0]]
	case b.Type == "output" && len(b.Labels) == 1:
		return m.outputs[b.Labels[0]]
	}
	return nil
}

func replace(into, by *hclsyntax.Body) {
	for name, attr := range by.Attributes {
		into.Attributes[name] = attr
	}
	replaced := map[string]bool{}
	for _, b := range by.Blocks {
		replaced[kindOf(b)] = true
	}
	var kept hclsyntax.Blocks
	for _, b := range into.Blocks {
		if !replaced[kindOf(b)] {
			kept = append(kept, b)
		}
	}
	into.Blocks = append(kept, by.Blocks...)
}

// kindOf is what a block becomes: a dynamic one becomes what it is labelled.
func kindOf(b *hclsyntax.Block) string {
	if b.Type == "dynamic" && len(b.Labels) == 1 {
		return b.Labels[0]
	}
	return b.Type
}
