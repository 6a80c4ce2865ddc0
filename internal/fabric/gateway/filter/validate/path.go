package validate

import (
	"regexp"
	"slices"
	"strings"
)

// node is a place in the tree of paths.
type node struct {
	literal map[string]*node
	// patterns are segments with parameters, each with its names.
	patterns []*pattern
	methods  map[string]*operation
}

type pattern struct {
	text  string
	re    *regexp.Regexp
	names []string
	node  *node
}

var parameterName = regexp.MustCompile(`\{([^{}]+)\}`)

func (n *node) add(path, method string, o *operation) error {
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		next, err := n.next(segment)
		if err != nil {
			return err
		}
		n = next
	}
	if n.methods == nil {
		n.methods = map[string]*operation{}
	}
	n.methods[method] = o
	return nil
}

func (n *node) next(segment string) (*node, error) {
	if !strings.Contains(segment, "{") {
		if n.literal == nil {
			n.literal = map[string]*node{}
		}
		if n.literal[segment] == nil {
			n.literal[segment] = &node{}
		}
		return n.literal[segment], nil
	}
	for _, p := range n.patterns {
		if p.text == segment {
			return p.node, nil
		}
	}
	p := &pattern{text: segment, node: &node{}}
	last, expression := 0, "^"
	for _, m := range parameterName.FindAllStringSubmatchIndex(segment, -1) {
		expression += regexp.QuoteMeta(segment[last:m[0]]) + "(.+?)"
		p.names = append(p.names, segment[m[2]:m[3]])
		last = m[1]
	}
	re, err := regexp.Compile(expression + regexp.QuoteMeta(segment[last:]) + "$")
	if err != nil {
		return nil, err
	}
	p.re = re
	n.patterns = append(n.patterns, p)
	// The longest text beside parameters is the most particular.
	slices.SortStableFunc(n.patterns, func(a, b *pattern) int {
		return len(parameterName.ReplaceAllString(b.text, "")) - len(parameterName.ReplaceAllString(a.text, ""))
	})
	return p.node, nil
}

// find returns the node of a path, and the values of its parameters.
func (n *node) find(path string, values map[string]string) *node {
	segment, rest, more := strings.Cut(path, "/")
	if next := n.literal[segment]; next != nil {
		if found := next.below(rest, more, values); found != nil {
			return found
		}
	}
	for _, p := range n.patterns {
		m := p.re.FindStringSubmatch(segment)
		if m == nil {
			continue
		}
		if found := p.node.below(rest, more, values); found != nil {
			for i, name := range p.names {
				values[name] = m[i+1]
			}
			return found
		}
	}
	return nil
}

func (n *node) below(rest string, more bool, values map[string]string) *node {
	switch {
	case more:
		return n.find(rest, values)
	case n.methods != nil:
		return n
	}
	return nil
}
