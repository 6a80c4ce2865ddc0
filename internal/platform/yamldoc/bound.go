package yamldoc

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// bound walks the document once and reports what no document may have: too
// many values, too deep, aliases, merge keys, own tags, keys twice.
func (d *Document) bound() {
	w := walk{d: d, left: MaxNodes}
	w.visit(d.root, "", 1)
}

type walk struct {
	d    *Document
	left int
}

func (w *walk) visit(n *yaml.Node, path string, depth int) {
	w.left--
	switch {
	case w.left == 0:
		w.report(n, path, fmt.Sprintf("the document has more than the %d values allowed", MaxNodes), "make it smaller")
	case w.left < 0:
	case depth > MaxDepth:
		w.report(n, path, fmt.Sprintf("values are nested deeper than the %d levels allowed", MaxDepth), "make it flatter")
	case n.Kind == yaml.AliasNode:
		w.report(n, path, fmt.Sprintf("aliases such as *%s are not allowed", n.Value), "write the value out")
	case n.Kind == yaml.MappingNode:
		w.mapping(n, path, depth)
	case n.Kind == yaml.SequenceNode:
		for i, item := range n.Content {
			w.visit(item, fmt.Sprintf("%s[%d]", path, i), depth+1)
		}
	default:
		w.scalar(n, path)
	}
}

func (w *walk) mapping(n *yaml.Node, path string, depth int) {
	w.tag(n, path)
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content) && w.left > 0; i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if w.key(key, path, seen) {
			w.visit(value, join(path, key.Value), depth+1)
		}
	}
}

func (w *walk) key(key *yaml.Node, path string, seen map[string]*yaml.Node) bool {
	w.left--
	switch {
	case key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge":
		w.report(key, path, "merge keys (<<) are not allowed", "write the keys out")
		return false
	case key.Kind != yaml.ScalarNode:
		w.report(key, path, "a key must be text", "write the key as text")
		return false
	}
	if first := seen[key.Value]; first != nil {
		w.report(key, join(path, key.Value), fmt.Sprintf("the key %q is here a second time", key.Value),
			fmt.Sprintf("remove one; the first is in line %d", first.Line))
		return false
	}
	seen[key.Value] = key
	w.scalar(key, path)
	return true
}

func (w *walk) scalar(n *yaml.Node, path string) {
	switch n.ShortTag() {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp":
	default:
		w.tag(n, path)
	}
}

func (w *walk) tag(n *yaml.Node, path string) {
	if tag := n.ShortTag(); tag != "!!map" && tag != "!!seq" {
		w.report(n, path, fmt.Sprintf("the tag %s is not allowed", tag), "write the value without a tag")
	}
}

func (w *walk) report(n *yaml.Node, path, message, fix string) {
	w.d.Report(Position{n.Line, n.Column}, path, message, fix)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
