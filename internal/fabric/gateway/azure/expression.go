package azure

import (
	"fmt"
	"strconv"
	"strings"
)

// Expressions of policies are C#. None that is written here has a sign that XML wants
// escaped, nor two braces, which name a value of API Management: what people write is in
// texts whose other signs are escaped as C# has it.

// text is a string of C#.
func text(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', strings.ContainsRune(" !#$%()*+,-./:;=?@[]^_|~", r):
			b.WriteRune(r)
		case r > 0xffff:
			_, _ = fmt.Fprintf(&b, `\U%08x`, r)
		default:
			_, _ = fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// expression is an attribute or a text that API Management computes.
func expression(cs string) string { return "@(" + cs + ")" }

// variable is what a policy has kept under a name, as a string.
func variable(name string) string { return `((string)context.Variables["` + name + `"])` }

// every holds where all hold; it needs no ampersands.
func every(conditions ...string) string {
	switch len(conditions) {
	case 0:
		return "true"
	case 1:
		return conditions[0]
	}
	denied := make([]string, len(conditions))
	for i, c := range conditions {
		denied[i] = "!(" + c + ")"
	}
	return "!(" + strings.Join(denied, " || ") + ")"
}

// some holds where one of them holds.
func some(conditions ...string) string {
	if len(conditions) == 0 {
		return "false"
	}
	return "(" + strings.Join(conditions, " || ") + ")"
}

// among holds where a value is one of several.
func among(value string, options []string) string {
	out := make([]string, len(options))
	for i, o := range options {
		out[i] = value + " == " + text(o)
	}
	return some(out...)
}

// header is the first value of a request's header, null without one.
func header(name string) string {
	return first("context.Request.Headers", name)
}

// query is the first value of a parameter of the request, null without one.
func query(name string) string {
	return first("context.Request.OriginalUrl.Query", name)
}

func first(of, name string) string {
	n := text(name)
	return "(" + of + ".ContainsKey(" + n + ") ? " + of + "[" + n + "].FirstOrDefault() : null)"
}

// seconds are whole seconds, at least one.
func seconds(nanoseconds int64) int64 {
	return max(1, (nanoseconds+999_999_999)/1_000_000_000)
}

// iso is a length of time as ISO 8601 has it.
func iso(nanoseconds int64) string { return "PT" + strconv.FormatInt(seconds(nanoseconds), 10) + "S" }
