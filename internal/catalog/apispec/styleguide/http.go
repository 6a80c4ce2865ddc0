package styleguide

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// unique tells of the second of two equal values.
func unique(l *lint, p place) {
	s, ok := word(p.value)
	if !ok {
		return
	}
	key := l.asked.name + "\x00" + s
	if l.seen[key] {
		l.tell(p)
	}
	l.seen[key] = true
}

// plural wants the segment before a parameter to be in the plural. Irregular
// plurals and words that have none are known as far as APIs use them.
func plural(l *lint, p place) {
	path, _ := word(p.value)
	segments := strings.Split(path, "/")
	for i := 1; i < len(segments); i++ {
		name := segments[i-1]
		if !strings.HasPrefix(segments[i], "{") || name == "" || strings.ContainsAny(name, "{}") {
			continue
		}
		last := name[strings.LastIndexByte(name, '-')+1:]
		if !strings.HasSuffix(last, "s") && !slices.Contains(unchanged, last) {
			l.tell(p, name)
		}
	}
}

//nolint:gochecknoglobals // a list of words
var unchanged = []string{"people", "children", "data", "media", "criteria", "feedback", "history", "metadata", "status", "by-id", "search", "me", "information", "v1", "v2", "v3"}

// problemResponses wants errors with a body to be problems, wherever described.
func problemResponses(l *lint, p place) {
	m, _ := p.value.(map[string]any)
	for status, response := range m {
		if status != "default" && !strings.HasPrefix(status, "4") && !strings.HasPrefix(status, "5") {
			continue
		}
		r := l.follow(response)
		content, _ := r["content"].(map[string]any)
		if _, ok := content["application/problem+json"]; !ok && len(content) > 0 || len(content) == 0 && status != "default" {
			l.tell(place{path: append(slices.Clone(p.path), status), value: status})
		}
	}
}

// follow resolves a reference within the document.
func (l *lint) follow(v any) map[string]any {
	m, _ := v.(map[string]any)
	for range 16 {
		ref, is := m["$ref"].(string)
		if !is {
			return m
		}
		at := l.value
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			in, _ := at.(map[string]any)
			at = in[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
		}
		m, _ = at.(map[string]any)
	}
	return m
}

// hasStatus wants a response whose status begins with one of some.
func hasStatus(starts ...string) function {
	return func(l *lint, p place) {
		m, ok := p.value.(map[string]any)
		for status := range m {
			for _, start := range starts {
				if strings.HasPrefix(status, start) {
					return
				}
			}
		}
		if ok {
			l.tell(p)
		}
	}
}

// paginated wants a GET that answers with a list to have a parameter to page by.
func paginated(l *lint, p place) {
	op, ok := p.value.(map[string]any)
	if !ok || !l.lists(op) {
		return
	}
	all, _ := op["parameters"].([]any)
	if len(p.path) > 1 {
		paths, _ := l.value.(map[string]any)["paths"].(map[string]any)
		item, _ := paths[p.path[1]].(map[string]any)
		shared, _ := item["parameters"].([]any)
		all = slices.Concat(all, shared)
	}
	for _, one := range all {
		name, _ := l.follow(one)["name"].(string)
		name = strings.ToLower(strings.NewReplacer("-", "", "_", "", "[", "", "]", "").Replace(name))
		for _, word := range []string{"page", "cursor", "limit", "offset", "after", "before", "since", "skip", "top", "continue"} {
			if strings.Contains(name, word) {
				return
			}
		}
	}
	l.tell(p)
}

// lists tells whether the answer of an operation is an array, or has one named
// items, data or value.
func (l *lint) lists(op map[string]any) bool {
	responses, _ := op["responses"].(map[string]any)
	content, _ := l.follow(responses["200"])["content"].(map[string]any)
	media, _ := content["application/json"].(map[string]any)
	schema := l.follow(media["schema"])
	if schema["type"] == "array" {
		return true
	}
	properties, _ := schema["properties"].(map[string]any)
	for _, name := range []string{"items", "data", "value"} {
		if array(l.follow(properties[name])["type"]) {
			return true
		}
	}
	return false
}

func array(kind any) bool {
	many, _ := kind.([]any)
	return kind == "array" || slices.Contains(many, any("array"))
}

// secured wants an operation, or the document, to say how callers authenticate.
func secured(l *lint, p place) {
	op, ok := p.value.(map[string]any)
	_, own := op["security"]
	root, _ := l.value.(map[string]any)
	_, all := root["security"]
	if ok && !own && !all {
		l.tell(p)
	}
}

// noSecret looks through the document's text. The value itself is told nowhere.
func noSecret(l *lint, _ place) {
	found, err := leakscan.New().Scan(context.Background(), string(l.doc.Source), leakscan.Source{Name: "openapi.yaml"})
	if err != nil {
		l.tell(place{}, "the document could not be looked through ("+err.Error()+"): a part of it")
		return
	}
	for _, m := range found.Matches {
		if leakscan.Guesses(m.Rule) {
			continue
		}
		l.tell(place{}, m.Redacted+" ("+m.Rule+")")
		f := &l.found[len(l.found)-1]
		f.Line, f.Column, f.Path = m.Line, m.Column, ""
	}
}
