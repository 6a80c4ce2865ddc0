package yamldoc

import (
	"bytes"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Inside returns the place of text[start:end], text being the value's, in the
// document. Where escapes hide it, that is the place of the value.
func (v Value) Inside(start, end int) Position {
	text := v.node.Value
	if v.node.Kind != yaml.ScalarNode || start < 0 || end > len(text) || start >= end {
		return v.At()
	}
	sought := text[start:end]
	offset := v.offset()
	for nth := strings.Count(text[:start], sought); ; nth-- {
		at := bytes.Index(v.doc.src[min(offset, len(v.doc.src)):], []byte(sought))
		switch {
		case at < 0 || strings.ContainsRune(sought, '\n'):
			return v.At()
		case nth == 0:
			return v.doc.position(offset + at)
		}
		offset += at + len(sought)
	}
}

// offset returns the value's first byte in the document.
func (v Value) offset() int {
	start := v.doc.lines[max(1, min(v.node.Line-v.doc.before, len(v.doc.lines)))-1]
	for range v.node.Column - 1 {
		_, size := utf8.DecodeRune(v.doc.src[start:])
		start += size
	}
	return start
}

func (d *Document) position(offset int) Position {
	line := sort.Search(len(d.lines), func(i int) bool { return d.lines[i] > offset })
	return Position{d.before + line, utf8.RuneCount(d.src[d.lines[line-1]:offset]) + 1}
}

// Find returns where the document says what is at the path, such as spec.inputs.size or
// spec.rules[1].name: the place of its key, or of the item of a list. Where it does not,
// it is the place of what is nearest above it.
func (d *Document) Find(path string) Position {
	at := d.Root().At()
	for n, here := d.root, ""; n != nil && here != path; {
		var marked *yaml.Node
		marked, n, here = below(n, here, path)
		if marked != nil {
			at = Position{marked.Line, marked.Column}
		}
	}
	return at
}

// below goes one step towards a path: marked is where the step is said, n what is there.
func below(from *yaml.Node, here, path string) (marked, n *yaml.Node, at string) {
	if from.Kind == yaml.SequenceNode {
		index, _, _ := strings.Cut(strings.TrimPrefix(path[len(here):], "["), "]")
		i, err := strconv.Atoi(index)
		if err != nil || i < 0 || i >= len(from.Content) {
			return nil, nil, here
		}
		return from.Content[i], from.Content[i], here + "[" + index + "]"
	}
	for i := 0; from.Kind == yaml.MappingNode && i+1 < len(from.Content); i += 2 {
		key := from.Content[i]
		at := join(here, key.Value)
		if path == at || strings.HasPrefix(path, at+".") || strings.HasPrefix(path, at+"[") {
			return key, from.Content[i+1], at
		}
	}
	return nil, nil, here
}
