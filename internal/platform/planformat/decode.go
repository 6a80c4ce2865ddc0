package planformat

import (
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/jsonscan"
)

// decode reads one object of JSON, with its numbers as they are written, and says how
// its changes are written, where it has several.
func decode(name string, content []byte) (document map[string]any, written [][]byte, err error) {
	s := survey{content: content}
	s.look()
	switch {
	case s.scan.Most > deepest:
		return nil, nil, outOfBounds(name, content, jsonscan.Deeper(content, deepest), fmt.Sprintf(tooDeep, deepest))
	case s.huge > 0:
		return nil, nil, outOfBounds(name, content, s.huge, noNumber)
	}
	if document, ok := s.together(); ok {
		return document, s.written(), nil
	}
	if document, ok := whole(string(content)); ok {
		return document, nil, nil
	}
	return nil, nil, broken(name, content)
}

// whole reads an object.
func whole(text string) (map[string]any, bool) {
	r := reader{text: text}
	v, ok := r.value(deepest)
	document, is := v.(map[string]any)
	return document, ok && is && r.end()
}

func outOfBounds(name string, content []byte, at int, what string) error {
	line, column := jsonscan.Position(content, at)
	return kernel.Errorf(kernel.Invalid, "%s has what Terrace does not read", name).
		WithProblems(kernel.Problem{File: name, Line: line, Column: column, Message: what, Fix: unwritten})
}
