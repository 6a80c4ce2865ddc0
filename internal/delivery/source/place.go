package source

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// problemsOf returns an error as problems of a file, each at its line and column
// as far as its path in the document tells them.
func problemsOf(file string, src []byte, err error) []kernel.Problem {
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok {
		return []kernel.Problem{{File: file, Line: 1, Column: 1, Message: err.Error()}}
	}
	problems := e.Problems
	if len(problems) == 0 {
		problems = []kernel.Problem{{Message: e.Message, Fix: e.Fix}}
	}
	var doc yaml.Node
	if yaml.Unmarshal(src, &doc) != nil {
		doc = yaml.Node{}
	}
	out := make([]kernel.Problem, 0, len(problems))
	for _, p := range problems {
		if p.File = file; p.Line == 0 {
			p.Line, p.Column = position(&doc, p.Path)
		}
		out = append(out, p)
	}
	return out
}

var step = regexp.MustCompile(`[^.\[\]]+`)

// position returns the place of the deepest part of the path that is there.
func position(doc *yaml.Node, path string) (line, column int) {
	if len(doc.Content) == 0 {
		return 1, 1
	}
	at, line, column := doc.Content[0], doc.Content[0].Line, doc.Content[0].Column
	for _, word := range step.FindAllString(path, -1) {
		key, next := child(at, word)
		if next == nil {
			break
		}
		at, line, column = next, key.Line, key.Column
	}
	return line, column
}

func child(n *yaml.Node, word string) (key, value *yaml.Node) {
	switch n.Kind { //nolint:exhaustive // all else has nothing below it
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == word {
				return n.Content[i], n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(word); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
	}
	return nil, nil
}

// inStage takes the name of the set off the paths of a stage's problems.
func inStage(name string, problems []kernel.Problem) []kernel.Problem {
	out := make([]kernel.Problem, 0, len(problems))
	for _, p := range problems {
		p.Path = strings.TrimPrefix(strings.TrimPrefix(p.Path, "stages."+name), ".")
		out = append(out, p)
	}
	return out
}
