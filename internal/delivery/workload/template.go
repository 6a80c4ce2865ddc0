package workload

import "strings"

// Template is a string in which placeholders may stand.
type Template struct {
	// Raw is the string as it was written.
	Raw string
	// Parts are its literal parts, with escapes undone, and its references to
	// resources and secrets. References to metadata are replaced by their value already.
	Parts []Part
	At    Position
}

// Part is a literal, or a reference when Ref or Secret is set.
type Part struct {
	Literal string
	Ref     *Ref
	// Secret is the name of a secret of the stage, with #KEY behind it where one of its
	// keys is meant. Its value is put in where the container starts.
	Secret string
	// At is where the reference to a secret is.
	At Position
}

func (p Part) isLiteral() bool { return p.Ref == nil && p.Secret == "" }

// Ref is a placeholder that stands for an output of a resource.
type Ref struct {
	// Resource is the resource's name in the workload; it exists.
	Resource string
	// Output is the output's name, never empty.
	Output string
	// Keys lead into an output that is an object.
	Keys []string
	At   Position
}

// String returns the reference as it is written: ${resources.db.host}.
func (r Ref) String() string {
	return "${" + strings.Join(append([]string{"resources", r.Resource, r.Output}, r.Keys...), ".") + "}"
}

// Refs returns the references, in their order.
func (t Template) Refs() []Ref {
	var refs []Ref
	for _, p := range t.Parts {
		if p.Ref != nil {
			refs = append(refs, *p.Ref)
		}
	}
	return refs
}

// Literal returns the text of a template without references.
func (t Template) Literal() (text string, ok bool) {
	var b strings.Builder
	for _, p := range t.Parts {
		if !p.isLiteral() {
			return "", false
		}
		b.WriteString(p.Literal)
	}
	return b.String(), true
}
