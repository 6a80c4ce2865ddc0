package static

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"sort"

	"github.com/hashicorp/hcl/v2"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// node is a value of JSON with its place.
type node struct {
	at hcl.Range
	// value is a text, a json.Number, a bool, nil, a []node or a []member.
	value any
}

// member is one of an object, in the order that it is written.
type member struct {
	name string
	at   hcl.Range
	node node
}

// treeReader reads JSON with the places of its values.
type treeReader struct {
	decoder *json.Decoder
	name    string
	// lines are where they begin.
	lines []int
}

// tree reads a file of JSON that was found not to nest too deep.
func tree(src []byte, name string) (node, error) {
	t := &treeReader{decoder: json.NewDecoder(bytes.NewReader(src)), name: name, lines: []int{0}}
	t.decoder.UseNumber()
	for i, c := range src {
		if c == '\n' {
			t.lines = append(t.lines, i+1)
		}
	}
	n, err := t.next()
	if err == nil {
		if _, more := t.decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is something behind it")
		}
	}
	if err != nil {
		at := t.here()
		return n, misunderstood([]kernel.Problem{{File: name, Line: at.Start.Line, Column: at.Start.Column, Message: "this is no JSON: " + err.Error(), Fix: "Correct it."}})
	}
	return n, nil
}

// here is the place after what was read last.
func (t *treeReader) here() hcl.Range {
	offset := int(t.decoder.InputOffset())
	line := sort.SearchInts(t.lines, offset+1)
	at := hcl.Pos{Line: line, Column: offset - t.lines[line-1] + 1, Byte: offset}
	return hcl.Range{Filename: t.name, Start: at, End: at}
}

func (t *treeReader) next() (node, error) {
	token, err := t.decoder.Token()
	if errors.Is(err, io.EOF) {
		err = errors.New("it breaks off")
	}
	n := node{at: t.here(), value: token}
	if err != nil {
		return n, err
	}
	switch token {
	case json.Delim('{'):
		return t.object(n)
	case json.Delim('['):
		return t.list(n)
	}
	return n, nil
}

func (t *treeReader) list(n node) (node, error) {
	all := []node{}
	for t.decoder.More() {
		one, err := t.next()
		if err != nil {
			return n, err
		}
		all = append(all, one)
	}
	n.value = all
	_, err := t.decoder.Token()
	return n, err
}

func (t *treeReader) object(n node) (node, error) {
	all := []member{}
	for t.decoder.More() {
		token, err := t.decoder.Token()
		if err != nil {
			return n, err
		}
		name, _ := token.(string) // the decoder lets nothing else pass
		m := member{name: name, at: t.here()}
		if m.node, err = t.next(); err != nil {
			return n, err
		}
		if name != "//" { // a comment
			all = append(all, m)
		}
	}
	n.value = all
	_, err := t.decoder.Token()
	return n, err
}
