package static

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/terrace-idp/terrace/internal/platform/jsonscan"
)

// nesting follows how deep a text nests, before it is parsed: the parser calls
// itself for each level.
type nesting struct {
	levels []level
}

// level is what is between two brackets.
type level struct {
	// operators follow one another without a separator.
	operators int
	// lines tells that a new line separates.
	lines bool
}

// shallow refuses a text that nests deeper than it may.
func shallow(tokens hclsyntax.Tokens) error {
	n := nesting{levels: []level{{lines: true}}}
	for i, t := range tokens {
		if what := n.take(tokens, i); what != "" {
			return refused(t.Range, what, "Split it into locals.")
		}
	}
	return nil
}

func (n *nesting) take(tokens hclsyntax.Tokens, i int) string {
	t := tokens[i]
	top := &n.levels[len(n.levels)-1]
	switch {
	case opens(t.Type):
		if t.Type != hclsyntax.TokenTemplateInterp {
			top.operators++ // what is interpolated is beside the rest
		}
		n.levels = append(n.levels, level{lines: t.Type == hclsyntax.TokenOBrace && !loops(tokens[i+1:])})
	case closes(t.Type):
		if len(n.levels) > 1 {
			n.levels = n.levels[:len(n.levels)-1]
		}
	case t.Type == hclsyntax.TokenComma, t.Type == hclsyntax.TokenEqual, t.Type == hclsyntax.TokenNewline && top.lines:
		top.operators = 0
	case t.Type == hclsyntax.TokenNumberLit && long(string(t.Bytes)):
		return fmt.Sprintf("the number has more than %d digits", maxDigits)
	case operates(t.Type):
		top.operators++
	}
	switch {
	case len(n.levels) > maxNesting:
		return fmt.Sprintf("expressions are nested deeper than %d levels", maxNesting)
	case top.operators > maxOperators:
		return fmt.Sprintf("an expression has more than %d operators", maxOperators)
	}
	return ""
}

// long tells whether a number has too many digits, its exponent's included.
func long(number string) bool {
	_, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	return len(number) > maxDigits || len(strings.TrimLeft(exponent, "+-")) > len("1000")
}

// loops tells whether braces hold a for expression.
func loops(tokens hclsyntax.Tokens) bool {
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenNewline {
			return t.Type == hclsyntax.TokenIdent && string(t.Bytes) == "for"
		}
	}
	return false
}

func opens(t hclsyntax.TokenType) bool {
	switch t { //nolint:exhaustive // the others open nothing
	case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc,
		hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		return true
	}
	return false
}

func closes(t hclsyntax.TokenType) bool {
	switch t { //nolint:exhaustive // the others close nothing
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc,
		hclsyntax.TokenTemplateSeqEnd:
		return true
	}
	return false
}

func operates(t hclsyntax.TokenType) bool {
	switch t { //nolint:exhaustive // the others are no operators
	case hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPlus, hclsyntax.TokenMinus, hclsyntax.TokenPercent,
		hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThan,
		hclsyntax.TokenGreaterThanEq, hclsyntax.TokenAnd, hclsyntax.TokenOr, hclsyntax.TokenBang, hclsyntax.TokenQuestion:
		return true
	}
	return false
}

// configTokens and templateTokens cut a text; what the lexer does not
// understand the parser tells.
func configTokens(src []byte, name string) hclsyntax.Tokens {
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	return tokens
}

func templateTokens(src []byte, name string) hclsyntax.Tokens {
	tokens, _ := hclsyntax.LexTemplate(src, name, hcl.InitialPos)
	return tokens
}

// shallowJSON refuses JSON that nests deeper than it may.
func shallowJSON(src []byte, name string) error {
	deep := jsonscan.Deeper(src, maxNesting)
	if deep < 0 {
		return nil
	}
	line, column := jsonscan.Position(src, deep)
	at := hcl.Pos{Line: line, Column: column, Byte: deep}
	return refused(hcl.Range{Filename: name, Start: at, End: at}, fmt.Sprintf("values are nested deeper than %d levels", maxNesting), "Split the file.")
}
