package azure

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// matching is how long an expression may take, in milliseconds: the one of .NET tries again
// where that of the gateway does not, and a request that it takes too long for fails.
const matching = 100

// longestWritten bounds an expression as .NET has it, in bytes.
const longestWritten = 4 << 10

// dotnet writes an expression of RE2 so that .NET reads the same: each set of characters by
// its members, whatever its name means where. What cannot be is a problem, with a fix.
func dotnet(pattern string) (written, problem, fix string) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", fmt.Sprintf("the expression cannot be read: %v", err), "correct it"
	}
	if repeats(parsed) {
		return "", "an expression repeats what repeats itself, so that a request could have API Management try for long",
			"repeat once, or begin or end what is repeated with a character that is nowhere else in it, such as (/[^/]+)*"
	}
	w := &writer{}
	w.write(parsed)
	switch {
	case w.beyond:
		return "", "the expression has a part of the characters beyond U+FFFF, which .NET has as two", "use all of them, or none"
	case w.Len() > longestWritten:
		return "", "the expression is too long where all that it takes is written out", "use narrower sets than those of Unicode"
	}
	return w.String(), "", ""
}

// writer writes expressions. Groups are for no answer: none is kept.
type writer struct {
	strings.Builder

	beyond bool
}

func (w *writer) write(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpNoMatch:
		w.WriteString("(?!)")
	case syntax.OpEmptyMatch:
		w.WriteString("(?:)")
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			w.set(folded(r, re.Flags))
		}
	case syntax.OpCharClass:
		w.set(re.Rune)
	case syntax.OpAnyChar:
		w.set([]rune{0, unicode.MaxRune})
	case syntax.OpAnyCharNotNL:
		w.set([]rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune})
	case syntax.OpBeginText:
		w.WriteString(`\A`)
	case syntax.OpEndText:
		w.WriteString(`\z`)
	case syntax.OpBeginLine:
		w.WriteString(`(?<![^\n])`)
	case syntax.OpEndLine:
		w.WriteString(`(?![^\n])`)
	case syntax.OpWordBoundary:
		w.WriteString(`(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))`)
	case syntax.OpNoWordBoundary:
		w.WriteString(`(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<![0-9A-Za-z_])(?![0-9A-Za-z_]))`)
	case syntax.OpCapture, syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat, syntax.OpConcat, syntax.OpAlternate:
		w.compound(re)
	}
}

func (w *writer) compound(re *syntax.Regexp) {
	w.WriteString("(?:")
	for i, sub := range re.Sub {
		if i > 0 && re.Op == syntax.OpAlternate {
			w.WriteString("|")
		}
		w.write(sub)
	}
	w.WriteString(")" + quantifier(re))
	if re.Flags&syntax.NonGreedy != 0 && quantifier(re) != "" {
		w.WriteString("?")
	}
}

func quantifier(re *syntax.Regexp) string {
	switch re.Op { //nolint:exhaustive // the others repeat nothing
	case syntax.OpStar:
		return "*"
	case syntax.OpPlus:
		return "+"
	case syntax.OpQuest:
		return "?"
	case syntax.OpRepeat:
		most := ""
		if re.Max >= 0 {
			most = strconv.Itoa(re.Max)
		}
		return "{" + strconv.Itoa(re.Min) + "," + most + "}"
	}
	return ""
}

// folded are the characters that are one without regard to case, as ranges.
func folded(r rune, flags syntax.Flags) []rune {
	all := []rune{r, r}
	if flags&syntax.FoldCase != 0 {
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			all = append(all, other, other)
		}
	}
	return all
}

// set writes one character of some ranges. Those beyond U+FFFF are two to .NET.
func (w *writer) set(ranges []rune) {
	if len(ranges) == 2 && ranges[0] == ranges[1] && plainSign(ranges[0]) {
		w.WriteRune(ranges[0])
		return
	}
	var b strings.Builder
	beyond := false
	for i := 0; i+1 < len(ranges); i += 2 {
		low, high := ranges[i], ranges[i+1]
		if high > 0xffff {
			w.beyond = w.beyond || low > 0x10000 || high != unicode.MaxRune
			beyond, high = true, 0xffff
		}
		if low <= high {
			units(&b, low, high)
		}
	}
	switch {
	case !beyond && b.Len() == 0:
		w.WriteString("(?!)")
	case !beyond:
		w.WriteString("[" + b.String() + "]")
	case b.Len() == 0:
		w.WriteString(`(?:[\ud800-\udbff][\udc00-\udfff])`)
	default:
		w.WriteString(`(?:[` + b.String() + `]|[\ud800-\udbff][\udc00-\udfff])`)
	}
}

// units writes a range without the halves of characters beyond U+FFFF.
func units(b *strings.Builder, low, high rune) {
	for _, part := range [][2]rune{{low, min(high, 0xd7ff)}, {max(low, 0xe000), high}} {
		switch {
		case part[0] > part[1]:
		case part[0] == part[1]:
			b.WriteString(unit(part[0]))
		default:
			b.WriteString(unit(part[0]) + "-" + unit(part[1]))
		}
	}
}

func plainSign(r rune) bool {
	return r == '/' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func unit(r rune) string {
	if plainSign(r) {
		return string(r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// repeats tells that something repeats what can itself be parted in several ways, so that a
// text of many turns can be in very many: more than one part varies, or nothing tells one
// turn from the next.
func repeats(re *syntax.Regexp) bool {
	if again(re) {
		if n := variations(re.Sub[0]); n > 1 || n == 1 && !marked(re.Sub[0]) {
			return true
		}
	}
	return slices.ContainsFunc(re.Sub, repeats)
}

// again tells that something may come more than once.
func again(re *syntax.Regexp) bool {
	return re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat && (re.Max < 0 || re.Max > 1)
}

// variations are how many parts there are whose length is not given.
func variations(re *syntax.Regexp) int {
	n := 0
	switch re.Op { //nolint:exhaustive // the others are as long as what is within them
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpAlternate:
		n = 1
	case syntax.OpRepeat:
		if re.Min != re.Max {
			n = 1
		}
	}
	for _, sub := range re.Sub {
		n += variations(sub)
	}
	return n
}

// marked tells that each turn has one character, at its beginning or its end, that is nowhere
// else in it.
func marked(re *syntax.Regexp) bool {
	for re.Op == syntax.OpCapture {
		re = re.Sub[0]
	}
	if re.Op != syntax.OpConcat || len(re.Sub) < 2 {
		return false
	}
	first, last := re.Sub[0], re.Sub[len(re.Sub)-1]
	return mark(first, re.Sub[1:]) || mark(last, re.Sub[:len(re.Sub)-1])
}

// mark tells that something is one character that others cannot take.
func mark(re *syntax.Regexp, others []*syntax.Regexp) bool {
	if re.Op != syntax.OpLiteral || len(re.Rune) != 1 {
		return false
	}
	for _, sign := range folded(re.Rune[0], re.Flags) {
		for _, other := range others {
			if takes(other, sign) {
				return false
			}
		}
	}
	return true
}

// takes tells that something may take a character.
func takes(re *syntax.Regexp, sign rune) bool {
	switch re.Op { //nolint:exhaustive // the others take what is within them
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpLiteral, syntax.OpCharClass:
		ranges := re.Rune
		if re.Op == syntax.OpLiteral {
			ranges = nil
			for _, r := range re.Rune {
				ranges = append(ranges, folded(r, re.Flags)...)
			}
		}
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= sign && sign <= ranges[i+1] {
				return true
			}
		}
	}
	return slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return takes(sub, sign) })
}
