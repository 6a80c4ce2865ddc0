package yamldoc

import (
	"bytes"
	"slices"

	"gopkg.in/yaml.v3"
)

// Edit replaces a part of a document's text.
type Edit struct {
	start, end int
	// Text is what is put there.
	Text string
}

// Through returns an edit that replaces everything from the start of v to the
// end of last. It is not ok where last is not a text on one line.
func (v Value) Through(last Value) (Edit, bool) {
	end, ok := last.end()
	return Edit{start: v.offset(), end: end}, ok
}

// end returns the offset after a scalar on one line.
func (v Value) end() (int, bool) {
	start := v.offset()
	line, _, _ := bytes.Cut(v.doc.src[start:], []byte("\n"))
	switch v.node.Style &^ yaml.TaggedStyle {
	case 0:
		return start + len(v.node.Value), bytes.HasPrefix(line, []byte(v.node.Value))
	case yaml.SingleQuotedStyle:
		return closing(line, start, '\'', '\'')
	case yaml.DoubleQuotedStyle:
		return closing(line, start, '"', '\\')
	default: // blocks of text have no end on their line
		return 0, false
	}
}

// closing finds the end of a quoted scalar, in which escape takes its meaning
// from the character after it.
func closing(line []byte, start int, quote, escape byte) (int, bool) {
	for i := 1; i < len(line); i++ {
		switch {
		case line[i] == escape && i+1 < len(line) && (escape != quote || line[i+1] == quote):
			i++
		case line[i] == quote:
			return start + i + 1, true
		}
	}
	return 0, false
}

// Apply returns the document's text with the edits, which do not overlap.
func (d *Document) Apply(edits []Edit) []byte {
	slices.SortFunc(edits, func(a, b Edit) int { return a.start - b.start })
	var out []byte
	done := 0
	for _, e := range edits {
		out = append(append(out, d.src[done:e.start]...), e.Text...)
		done = e.end
	}
	return append(out, d.src[done:]...)
}
