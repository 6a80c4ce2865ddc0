package render

import (
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// escape returns the template whose value is s: terraform reads every string
// of a JSON file, names of members included, as a template.
func escape(s string) string { return escapePart(s, false) }

// escapePart escapes a literal; joined says that an interpolation follows.
//
// A single $ or % before a brace is doubled. A run of them cannot be, as $$${
// has another meaning; it becomes an interpolation of its own, and so do what
// would join with the interpolation that follows, and control characters, which
// the scanner of templates does not read as text.
func escapePart(s string, joined bool) string {
	var b strings.Builder
	for s != "" {
		plain := strings.IndexFunc(s, isSpecial)
		if plain < 0 {
			plain = len(s)
		}
		b.WriteString(s[:plain])
		run, rest := splitRun(s[plain:])
		b.WriteString(escapeRun(run, rest, joined))
		s = rest
	}
	return b.String()
}

func isSpecial(r rune) bool { return r == '$' || r == '%' || isStrange(r) }

// isStrange reports control characters, but for tabs and line feeds, and the
// byte order mark.
func isStrange(r rune) bool {
	return r == '\uFEFF' || unicode.IsControl(r) && r != '\n' && r != '\t'
}

func splitRun(s string) (run, rest string) {
	end := strings.IndexFunc(s, func(r rune) bool { return !isSpecial(r) })
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[end:]
}

func escapeRun(run, rest string, joined bool) string {
	switch {
	case strings.ContainsFunc(run, isStrange):
		return "${" + quote(run) + "}"
	case rest != "" && rest[0] != '{', rest == "" && !joined:
		return run
	case rest != "" && len(run) == 1:
		return run + run
	case run != "":
		return "${" + quote(run) + "}"
	default:
		return ""
	}
}

func escapeMap(in map[string]string) map[string]any {
	out := make(map[string]any, len(in))
	for key, value := range in {
		out[escape(key)] = escape(value)
	}
	return out
}

func escapeList(in []string) []any {
	out := make([]any, 0, len(in))
	for _, s := range in {
		out = append(out, escape(s))
	}
	return out
}

// reference returns the template for an output of a module, keys leading into it.
func reference(key, output string, keys []string) string {
	return "${" + expression("module."+key+"."+output, keys) + "}"
}

// expression returns the expression for what keys lead to in an object.
func expression(object string, keys []string) string {
	var b strings.Builder
	b.WriteString(object)
	for _, k := range keys {
		if hclsyntax.ValidIdentifier(k) {
			b.WriteString("." + k)
		} else {
			b.WriteString("[" + quote(k) + "]")
		}
	}
	return b.String()
}

// quote returns s as a quoted literal of the language.
func quote(s string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes())
}
