package config

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// place is where something is in a file, from 1.
type place struct{ line, column int }

// places says where the values of a file are, by their paths: stages[0].name, and, for what a
// list has by name, stages.dev.name as well.
type places map[string]place

// placesOf finds the values of a file that can be read.
func placesOf(src []byte) places {
	var document yaml.Node
	found := places{}
	if err := yaml.Unmarshal(src, &document); err != nil || len(document.Content) == 0 {
		return found // strict has told what is wrong
	}
	found.walk("", document.Content[0])
	return found
}

func (p places) walk(path string, n *yaml.Node) {
	p[path] = place{n.Line, n.Column}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			p.walk(strings.TrimPrefix(path+"."+n.Content[i].Value, "."), n.Content[i+1])
		}
	case yaml.SequenceNode:
		for i, one := range n.Content {
			p.walk(path+"["+strconv.Itoa(i)+"]", one)
			if name := nameOf(one); name != "" {
				p.walk(path+"."+name, one)
			}
		}
	case yaml.DocumentNode, yaml.ScalarNode, yaml.AliasNode:
	}
}

// nameOf is the name that an element of a list has.
func nameOf(n *yaml.Node) string {
	if n.Kind != yaml.MappingNode {
		return ""
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "name" {
			return n.Content[i+1].Value
		}
	}
	return ""
}

// locate says where in the file the values of problems are, or what is nearest above them. Those
// of values that the file does not have, or that a flag or the environment has in the place of
// the file's, name no file.
func (p places) locate(file string, over values, problems []kernel.Problem) {
	for i := range problems {
		at := &problems[i]
		if at.File != "" && at.File != file {
			continue
		}
		at.File = ""
		key, _, _ := strings.Cut(at.Path, ".")
		key, _, _ = strings.Cut(key, "[")
		if _, set := over[key]; set {
			continue
		}
		for path := at.Path; path != ""; path = path[:max(0, strings.LastIndexAny(path, ".["))] {
			if found, ok := p[path]; ok {
				at.File, at.Line, at.Column = file, found.line, found.column
				break
			}
		}
	}
}
