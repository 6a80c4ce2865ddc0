package azure

import (
	"slices"
	"strings"
)

// element is one of a policy document.
type element struct {
	name     string
	attrs    []attribute
	text     string
	children []element
}

type attribute struct{ name, value string }

// el is an element with attributes, which are names and values in turn.
func el(name string, attrs ...string) element {
	e := element{name: name}
	for i := 0; i+1 < len(attrs); i += 2 {
		e.attrs = append(e.attrs, attribute{attrs[i], attrs[i+1]})
	}
	return e
}

func (e element) with(children ...element) element {
	e.children = append(e.children, children...)
	return e
}

func (e element) having(attrs ...attribute) element {
	e.attrs = append(slices.Clone(e.attrs), attrs...)
	return e
}

func (e element) saying(text string) element {
	e.text = text
	return e
}

// texts are elements of one name that say one text each.
func texts(name string, all []string) []element {
	out := make([]element, 0, len(all))
	for _, t := range all {
		out = append(out, el(name).saying(literal(t)))
	}
	return out
}

// literal is a text as it is: what API Management would read something into is put into
// an expression.
func literal(s string) string {
	if strings.ContainsAny(s, "<>&'\"") || strings.Contains(s, "{{") || strings.HasPrefix(s, "@(") || strings.HasPrefix(s, "@{") || s != strings.TrimSpace(s) {
		return expression(text(s))
	}
	return s
}

func (e element) String() string {
	var b strings.Builder
	e.write(&b, "")
	return b.String()
}

func (e element) write(b *strings.Builder, indent string) {
	b.WriteString(indent + "<" + e.name)
	for _, a := range e.attrs {
		b.WriteString(" " + a.name + "=" + quoted(a.value))
	}
	switch {
	case len(e.children) > 0:
		b.WriteString(">\n")
		for _, c := range e.children {
			c.write(b, indent+"  ")
		}
		b.WriteString(indent + "</" + e.name + ">\n")
	case e.text != "":
		b.WriteString(">" + e.text + "</" + e.name + ">\n")
	default:
		b.WriteString(" />\n")
	}
}

// quoted is the value of an attribute. An expression has nothing to be escaped but its quotes.
func quoted(value string) string {
	if strings.HasPrefix(value, "@(") {
		return "'" + value + "'"
	}
	return `"` + strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;").Replace(value) + `"`
}

// choice is the first of several that holds.
type choice struct {
	element

	otherwise []element
}

func (c *choice) when(condition string, then ...element) {
	if len(then) > 0 {
		c.children = append(c.children, el("when", "condition", expression(condition)).with(then...))
	}
}

// done is the element, or nothing where nothing is chosen.
func (c *choice) done() []element {
	if len(c.children) == 0 {
		return c.otherwise
	}
	e := el("choose").with(c.children...)
	if len(c.otherwise) > 0 {
		e = e.with(el("otherwise").with(c.otherwise...))
	}
	return []element{e}
}

// answer ends a request with a problem (RFC 9457).
func answer(status, reason, title string, headers ...element) element {
	return el("return-response").with(el("set-status", "code", status, "reason", reason)).with(headers...).with(
		setHeader("Content-Type", "override", "application/problem+json"),
		el("set-body").saying(expression("\"{\\u0022title\\u0022:\\u0022"+title+"\\u0022,\\u0022status\\u0022:"+status+"}\"")),
	)
}

// setHeader is the policy set-header; value is a literal, or an expression that is made here.
func setHeader(name, action, value string) element {
	e := el("set-header", "name", name, "exists-action", action)
	if action == "delete" {
		return e
	}
	return e.with(el("value").saying(value))
}

func setVariable(name, cs string) element {
	return el("set-variable", "name", name, "value", expression(cs))
}
