package stage

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Placeholders are the names that ${…} of a query may have.
func Placeholders() []string { return []string{"tenant", "project", "stage", "workload", "release"} }

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

// Expand puts values in the place of a query's placeholders. Inside of a string
// of PromQL a value is escaped as that string wants it, elsewhere it becomes a
// string of its own, so that no value can end a string or begin a selector.
func Expand(query string, values map[string]string) (string, error) {
	var b strings.Builder
	for quote := byte(0); query != ""; {
		if m := placeholder.FindStringSubmatchIndex(query); m != nil && m[0] == 0 {
			value, known := values[query[m[2]:m[3]]]
			if !known {
				return "", fmt.Errorf("there is no placeholder %s", query[:m[1]])
			}
			literal, err := quoted(value, quote)
			if err != nil {
				return "", err
			}
			b.WriteString(literal)
			query = query[m[1]:]
			continue
		}
		n := 1
		switch c := query[0]; {
		case c == '\\' && (quote == '"' || quote == '\'') && len(query) > 1:
			n = 2
		case quote == 0 && strings.IndexByte("\"'`", c) >= 0:
			quote = c
		case c == quote:
			quote = 0
		case quote == 0 && c == '#': // a comment, to the end of its line
			if n = strings.IndexByte(query, '\n'); n < 0 {
				n = len(query)
			}
		}
		b.WriteString(query[:n])
		query = query[n:]
	}
	return b.String(), nil
}

// quoted writes a value for the inside of a string with the quote, or, where
// quote is 0, as a string.
func quoted(value string, quote byte) (string, error) {
	text := strconv.QuoteToASCII(value)
	switch quote {
	case 0:
		return text, nil
	case '"':
		return text[1 : len(text)-1], nil
	case '\'':
		return strings.ReplaceAll(strings.ReplaceAll(text[1:len(text)-1], `\"`, `"`), `'`, `\'`), nil
	default:
		if strings.ContainsRune(value, '`') {
			return "", fmt.Errorf("%s cannot be written between backquotes", text)
		}
		return value, nil
	}
}

// unknownPlaceholders returns what Expand would refuse.
func unknownPlaceholders(query string) []string {
	var unknown []string
	for _, m := range placeholder.FindAllStringSubmatch(query, -1) {
		if !slices.Contains(Placeholders(), m[1]) {
			unknown = append(unknown, m[0])
		}
	}
	return unknown
}

// Condition is a comparison with a number.
type Condition struct {
	Operator string
	Number   float64
}

var condition = regexp.MustCompile(`^\s*(<=|>=|==|!=|<|>)\s*(\S+)\s*$`)

// ParseCondition reads a comparison such as < 0.01.
func ParseCondition(text string) (Condition, error) {
	m := condition.FindStringSubmatch(text)
	if m == nil {
		return Condition{}, fmt.Errorf("%q is no comparison with a number", text)
	}
	number, err := strconv.ParseFloat(m[2], 64)
	if err != nil || number != number { //nolint:gocritic // only NaN differs from itself
		return Condition{}, fmt.Errorf("%q is no number to compare with", m[2])
	}
	return Condition{Operator: m[1], Number: number}, nil
}

// Holds reports whether v fulfils the condition.
func (c Condition) Holds(v float64) bool {
	switch c.Operator {
	case "<":
		return v < c.Number
	case "<=":
		return v <= c.Number
	case ">":
		return v > c.Number
	case ">=":
		return v >= c.Number
	case "==":
		return v == c.Number
	default:
		return v != c.Number
	}
}

// String writes it as it is read.
func (c Condition) String() string {
	return c.Operator + " " + strconv.FormatFloat(c.Number, 'g', -1, 64)
}
