package graph

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/secretref"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// Referred returns where the source of a definition, the file, has a reference in one of its
// inputs; an input that has it no more is not found.
func Referred(file string, src []byte, input string, r secretref.Reference) (path string, at yamldoc.Position, found bool) {
	doc, err := yamldoc.Read(file, src)
	if err != nil {
		return "", at, false
	}
	root := doc.Root()
	for _, key := range []string{"spec", "inputs", input} {
		if !root.IsObject() {
			return "", at, false
		}
		var ok bool
		if root, ok = root.Open().Get(key); !ok {
			return "", at, false
		}
	}
	within(root, r.String(), func(v yamldoc.Value, start, end int) {
		if !found {
			path, at, found = v.Path(), v.Inside(start, end), true
		}
	})
	return path, at, found
}

// within tells the texts of a value in which a reference stands, and where in them.
func within(v yamldoc.Value, reference string, tell func(v yamldoc.Value, start, end int)) {
	switch {
	case v.IsObject():
		v.Each(func(_ string, member yamldoc.Value) { within(member, reference, tell) })
	case v.IsList():
		v.Items(func(_ int, item yamldoc.Value) { within(item, reference, tell) })
	default:
		if start := unescaped(v.Text(), reference); start >= 0 {
			tell(v, start, start+len(reference))
		}
	}
}

// unescaped is where a text has a reference whose first character is not escaped, -1 for nowhere.
func unescaped(text, reference string) int {
	for from := 0; ; {
		at := strings.Index(text[from:], reference)
		if at < 0 {
			return -1
		}
		at += from
		if before := text[:at]; (len(before)-len(strings.TrimRight(before, "$")))%2 == 0 {
			return at
		}
		from = at + len(reference)
	}
}
