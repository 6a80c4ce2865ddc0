package static

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// guarded is an expression that is evaluated many times, in a loop or a
// template: each time is charged, and may be the last.
type guarded struct {
	hclsyntax.Expression

	budget *budget
}

// Value evaluates the expression.
func (g guarded) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if err := g.budget.turn(); err != nil {
		return cty.DynamicVal, stopped(err, g)
	}
	v, diags := g.Expression.Value(ctx)
	if err := g.budget.charge(v); err != nil {
		return cty.DynamicVal, stopped(err, g)
	}
	return v, diags
}

func stopped(err error, g guarded) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Evaluation ends", Detail: err.Error(), Subject: g.Range().Ptr()}}
}

// guard charges the loops and templates of what was parsed.
func guard(node hclsyntax.Node, b *budget) {
	// Parentheses keep what is walked as it is: a walk sees the expression in them.
	wrap := func(e hclsyntax.Expression) hclsyntax.Expression {
		if e == nil {
			return nil
		}
		return guarded{Expression: &hclsyntax.ParenthesesExpr{Expression: e, SrcRange: e.Range()}, budget: b}
	}
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		switch e := n.(type) {
		case *hclsyntax.ForExpr:
			e.KeyExpr, e.ValExpr, e.CondExpr = wrap(e.KeyExpr), wrap(e.ValExpr), wrap(e.CondExpr)
		case *hclsyntax.TemplateExpr:
			for i, part := range e.Parts {
				if _, literal := part.(*hclsyntax.LiteralValueExpr); !literal {
					e.Parts[i] = wrap(part)
				}
			}
		}
		return nil
	})
}
