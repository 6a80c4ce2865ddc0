package tfvariables

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/jsonscan"
)

const (
	// deepest bounds how deep a file may nest, and how many signs may stand before a value.
	deepest = 200
	// most bounds the operators and brackets of a file: one after the other they make an
	// expression of expressions, too.
	most = 200_000
)

// Nested returns where a file of a configuration nests deeper than it may be read, nil where it
// does not: those who read it call themselves for each level, and a process that runs out of
// stack is gone.
func Nested(name string, content []byte) *kernel.Problem {
	problem := func(line, column int) *kernel.Problem {
		return &kernel.Problem{File: name, Line: line, Column: column, Message: fmt.Sprintf("it nests deeper than %d levels", deepest), Fix: "split it into locals, or into files"}
	}
	if strings.HasSuffix(name, ".json") {
		if at := jsonscan.Deeper(content, deepest); at >= 0 {
			return problem(jsonscan.Position(content, at))
		}
		return nil
	}
	tokens, _ := hclsyntax.LexConfig(content, name, hcl.InitialPos) // what it does not understand, the parser tells
	depth, signs, parts := 0, 0, 0
	for _, t := range tokens {
		if parts += weight(t.Type); parts > most {
			return &kernel.Problem{File: name, Line: t.Range.Start.Line, Column: t.Range.Start.Column, Message: fmt.Sprintf("it has more than %d operators and brackets", most), Fix: "split it into files"}
		}
		switch t.Type { //nolint:exhaustive // the others neither open nor close
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			depth = max(depth-1, 0)
		case hclsyntax.TokenBang, hclsyntax.TokenMinus:
			if signs++; signs > deepest {
				return problem(t.Range.Start.Line, t.Range.Start.Column)
			}
			continue
		}
		if signs = 0; depth > deepest {
			return problem(t.Range.Start.Line, t.Range.Start.Column)
		}
	}
	return nil
}

// weight is 1 for what makes an expression of others.
func weight(t hclsyntax.TokenType) int {
	switch t { //nolint:exhaustive // the others make none
	case hclsyntax.TokenOBrack, hclsyntax.TokenOBrace, hclsyntax.TokenOParen, hclsyntax.TokenQuestion, hclsyntax.TokenStar, hclsyntax.TokenSlash,
		hclsyntax.TokenPlus, hclsyntax.TokenMinus, hclsyntax.TokenPercent, hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan,
		hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq, hclsyntax.TokenAnd, hclsyntax.TokenOr:
		return 1
	}
	return 0
}
