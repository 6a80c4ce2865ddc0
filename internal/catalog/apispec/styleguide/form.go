package styleguide

import (
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

//nolint:gochecknoglobals // words, and what they mean
var (
	placeholder  = regexp.MustCompile(`\{\{[^{}]*\}\}`)
	placeholders = []string{"{{value}}", "{{key}}", "{{path}}"}
	// formats are Spectral's names of documents, as their field openapi begins.
	formats = map[string]string{"oas3": "3.", "oas3.0": "3.0.", "oas3_0": "3.0.", "oas3.1": "3.1.", "oas3_1": "3.1."}
)

// unread tells of a text that is no YAML, at its line where that is known.
func (r *reader) unread(err error) {
	if err == nil {
		r.tell(nil, "", "this is empty", "begin with rules:")
		return
	}
	at, message := &yaml.Node{Line: 1, Column: 1}, strings.TrimPrefix(err.Error(), "yaml: ")
	if _, scanErr := fmt.Sscanf(message, "line %d: ", &at.Line); scanErr == nil {
		_, message, _ = strings.Cut(message, ": ")
	}
	r.tell(at, "", "this is no YAML: "+message, "correct the indentation and quotes at or just above this line")
}

// extends begins a guide with those that it names, one or a list.
func (r *reader) extends(g *Guide, n *yaml.Node) {
	for _, one := range oneOrMany(n) {
		if one.Kind == yaml.ScalarNode && one.Value == "terrace" {
			*g, _ = Shipped()
			continue
		}
		name := one.Value
		if one.Kind == yaml.SequenceNode && len(one.Content) > 0 {
			name = one.Content[0].Value
		}
		r.tell(one, "extends", fmt.Sprintf("there is no style guide %q to extend", name), "write terrace, or leave it out; rules of others are written out")
	}
}
