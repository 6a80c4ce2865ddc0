package static

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// bounded puts limits on functions that make much of what they are given: that is
// measured before, what they make after, and what would grow is computed first. The
// others stay as they are, as a call through another costs a walk through all values.
func (b *budget) bounded(table map[string]function.Function) map[string]function.Function {
	out := make(map[string]function.Function, len(table))
	for name, f := range table {
		out[name] = f
		if grows := growth()[name]; grows != nil {
			out[name] = b.wrap(name, f, grows)
		}
	}
	return out
}

func (b *budget) wrap(name string, f function.Function, grows func([]cty.Value) string) function.Function {
	before := func(args []cty.Value) error {
		if err := b.stop(); err != nil {
			return err
		}
		if _, err := b.measure(args...); err != nil {
			return err
		}
		if what := grows(args); what != "" {
			return b.fail(name+": "+what, smaller)
		}
		return nil
	}
	return function.New(&function.Spec{
		Params: f.Params(), VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if err := before(args); err != nil {
				return cty.DynamicPseudoType, err
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if err := b.stop(); err != nil {
				return cty.DynamicVal, err
			}
			v, err := f.Call(args)
			if err == nil {
				err = b.charge(v)
			}
			return v, err
		},
	})
}

// growth is what functions make of their arguments, by name: the word for what is
// too much of it, "" where the size of what they are given says enough.
func growth() map[string]func([]cty.Value) string {
	out := map[string]func([]cty.Value) string{
		"format": formatted, "formatlist": formatted, "join": joined, "replace": replaced, "indent": indented,
		"setproduct": multiplied, "distinct": paired, "matchkeys": paired, "yamldecode": yamlText,
	}
	for _, name := range []string{
		"chunklist", "compact", "concat", "csvdecode", "flatten", "jsondecode", "jsonencode", "merge", "regexall", "reverse",
		"setintersection", "setsubtract", "setunion", "sort", "split", "templatefile", "tolist", "tomap", "toset", "yamlencode", "zipmap",
	} {
		out[name] = func([]cty.Value) string { return "" }
	}
	return out
}

const tooMuchText = "the result has more text than Terrace evaluates"

// formatted is as wide as its verbs say, and as long as what they print.
func formatted(args []cty.Value) string {
	if len(args) == 0 {
		return ""
	}
	text := plain(args[0])
	for _, digits := range regexp.MustCompile(`\d+`).FindAllString(text, -1) {
		if n, err := strconv.Atoi(digits); err != nil || n > maxWidth {
			return "the width " + digits[:min(len(digits), 20)] + " is larger than " + strconv.Itoa(maxWidth)
		}
	}
	longest, most := maxWidth/100, 1
	for _, v := range args[1:] {
		longest = max(longest, len(plain(v)))
		if v, _ = v.Unmark(); v.IsKnown() && !v.IsNull() && v.CanIterateElements() {
			most = max(most, v.LengthInt())
			longest = max(longest, longestOf(v))
		}
	}
	if (len(text)+strings.Count(text, "%")*longest)*most > maxText {
		return tooMuchText
	}
	return ""
}

func joined(args []cty.Value) string {
	if len(args) == 0 {
		return ""
	}
	count := 0
	for _, v := range args[1:] {
		if v, _ = v.Unmark(); v.IsKnown() && !v.IsNull() && v.CanIterateElements() {
			count += v.LengthInt()
		}
	}
	if len(plain(args[0]))*count > maxText {
		return tooMuchText
	}
	return ""
}

// replaced may have the new text at each place, with parts of the old one.
func replaced(args []cty.Value) string {
	text, part, by := plain(args[0]), plain(args[1]), plain(args[2])
	if (len(text)/max(1, min(len(part), 1))+1)*len(by)+strings.Count(by, "$")*len(text) <= maxText {
		return ""
	}
	if len(part) > 1 && part[0] == '/' || strings.Count(text, part)*len(by) > maxText {
		return tooMuchText
	}
	return ""
}

func indented(args []cty.Value) string {
	spaces, _ := args[0].Unmark()
	if !spaces.IsKnown() || spaces.IsNull() || spaces.Type() != cty.Number {
		return ""
	}
	n, _ := spaces.AsBigFloat().Int64()
	if n > maxWidth || n*int64(strings.Count(plain(args[1]), "\n")) > maxText {
		return tooMuchText
	}
	return ""
}

func multiplied(args []cty.Value) string {
	total := 1
	for _, v := range args {
		if v, _ = v.Unmark(); v.IsKnown() && !v.IsNull() && v.CanIterateElements() {
			total *= v.LengthInt()
		}
		if total*len(args) > maxElements {
			return "the result has more elements than Terrace evaluates"
		}
	}
	return ""
}

func paired(args []cty.Value) string {
	for _, v := range args {
		if v, _ = v.Unmark(); v.IsKnown() && !v.IsNull() && v.CanIterateElements() && v.LengthInt() > maxPairs {
			return "the list has more than " + strconv.Itoa(maxPairs) + " elements"
		}
	}
	return ""
}

func yamlText(args []cty.Value) string {
	if len(plain(args[0])) > maxYAML {
		return "the text is larger than Terrace reads"
	}
	return ""
}

// plain is a text, or "" for anything else.
func plain(v cty.Value) string {
	v, _ = v.Unmark()
	if !v.IsKnown() || v.IsNull() || v.Type() != cty.String {
		return ""
	}
	return v.AsString()
}

func longestOf(list cty.Value) int {
	longest := 0
	for it := list.ElementIterator(); it.Next(); {
		_, v := it.Element()
		longest = max(longest, len(plain(v)))
	}
	return longest
}
