package workload

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/secretref"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// literalFix tells how to write ${ where it is meant as text.
func literalFix(v yamldoc.Value) string {
	if strings.Contains(v.Path(), ".files") {
		return "write $${ where ${ is meant as text, or set noExpand: true on the file"
	}
	return "write $${ where ${ is meant as text"
}

// template reads the placeholders of s, the value's text. alone is the output
// that a reference without one means; "" makes it mean the resource's name.
func (r *reader) template(v yamldoc.Value, s, alone string) Template {
	t := Template{Raw: s, At: r.at(v.At())}
	literal := func(text string) {
		if n := len(t.Parts); n > 0 && t.Parts[n-1].isLiteral() {
			t.Parts[n-1].Literal += text
		} else if text != "" {
			t.Parts = append(t.Parts, Part{Literal: text})
		}
	}
	for i := 0; i < len(s); {
		next := strings.IndexByte(s[i:], '$')
		if next < 0 {
			next = len(s) - i
		}
		literal(s[i : i+next])
		i += next
		switch rest := s[i:]; {
		case rest == "":
		case strings.HasPrefix(rest, "$$"):
			literal("$")
			i += 2
		case strings.HasPrefix(rest, "${"):
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				v.ProblemAt(v.Inside(i, i+2), "close it with }, or "+literalFix(v), "the placeholder %q has no end", clip(rest))
				return t
			}
			p := r.placeholder(v, i, i+end+1, rest[2:end], alone)
			if !p.isLiteral() {
				t.Parts = append(t.Parts, p)
			} else {
				literal(p.Literal)
			}
			i += end + 1
		default:
			literal("$")
			i++
		}
	}
	if len(t.Parts) == 0 {
		t.Parts = []Part{{}}
	}
	return t
}

func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

// placeholder resolves the one at [start:end], whose inside is given.
func (r *reader) placeholder(v yamldoc.Value, start, end int, inside, alone string) Part {
	p := lookup{r: r, v: v, at: v.Inside(start, end), inside: inside}
	if name, ok := strings.CutPrefix(inside, "secret:"); ok {
		return p.secret(start, end, name)
	}
	path := splitPath(inside)
	switch path[0] {
	case "metadata":
		return Part{Literal: p.metadata(path[1:])}
	case "resources":
		return p.resource(path[1:], alone)
	}
	p.problem("use ${resources.<name>.<output>}, ${metadata.<key>} or ${secret:<name>}; "+literalFix(v), "nothing is known as %q", path[0])
	return Part{}
}

// splitPath splits at dots; \. is a dot inside a key.
func splitPath(s string) []string {
	parts := strings.Split(strings.ReplaceAll(s, `\.`, "\x00"), ".")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(p, "\x00", ".")
	}
	return parts
}

type lookup struct {
	r      *reader
	v      yamldoc.Value
	at     yamldoc.Position
	inside string
}

func (l lookup) problem(fix, format string, args ...any) {
	l.v.ProblemAt(l.at, fix, "${%s}: %s", clip(l.inside), fmt.Sprintf(format, args...))
}

// secret is a reference to a secret of the stage. Its value is known to processes alone, so
// that it stands where these get it.
func (l lookup) secret(start, end int, name string) Part {
	if path := l.v.Path(); !strings.HasPrefix(path, "containers.") || !strings.Contains(path, ".variables.") && !strings.Contains(path, ".files") {
		l.problem("refer to it in a container's variables or files", "the value of a secret is put in where a container starts, and not here")
		return Part{}
	}
	if _, err := secretref.Parse(name); err != nil {
		if e, ok := errors.AsType[*secretref.Error](err); ok {
			l.at = l.v.Inside(start+len(secretref.Open)+e.Offset, end)
		}
		l.problem("write ${secret:NAME}, ${secret:NAME#KEY} for one of its keys, or ${secret:NAME@VERSION} for one version", "%v", err)
		return Part{}
	}
	return Part{Secret: name, At: l.r.at(l.at)}
}

func (l lookup) resource(path []string, alone string) Part {
	names := l.r.resources
	if len(path) == 0 || !slices.Contains(names, path[0]) {
		name := strings.Join(path[:min(1, len(path))], "")
		l.problem(suggest(name, names, "the resources are "), "there is no resource %q", name)
		return Part{}
	}
	switch {
	case len(path) > 1 && path[len(path)-1] != "" && path[1] != "":
		ref := &Ref{Resource: path[0], Output: path[1], At: l.r.at(l.at)}
		if len(path) > 2 {
			ref.Keys = path[2:]
		}
		return Part{Ref: ref}
	case len(path) > 1:
		l.problem("write ${resources."+path[0]+".<output>}", "the name of an output is empty")
		return Part{}
	case alone == "":
		return Part{Literal: path[0]}
	}
	return Part{Ref: &Ref{Resource: path[0], Output: alone, At: l.r.at(l.at)}}
}

// metadata returns the text at the path. The rest of a path may also be one
// key with dots in it, as in metadata.annotations.example.com/team.
func (l lookup) metadata(path []string) string {
	var value any = l.r.w.Metadata
	for i, key := range path {
		object, ok := value.(map[string]any)
		if !ok {
			l.problem("stop before it", "%q leads into a value that is no object", key)
			return ""
		}
		if rest, ok := object[strings.Join(path[i:], ".")]; ok {
			return l.text(rest)
		}
		if value, ok = object[key]; !ok {
			l.problem(suggest(key, sortedKeys(object), "the keys there are "), "metadata has no key %q", key)
			return ""
		}
	}
	return l.text(value)
}

func (l lookup) text(value any) string {
	switch value.(type) {
	case map[string]any, []any, nil:
		l.problem("name a text, number or boolean", "an object, a list or nothing cannot be put into a text")
		return ""
	}
	return fmt.Sprint(value)
}
