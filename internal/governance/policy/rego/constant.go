package rego

import (
	"encoding/json"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
)

// constants are the steps that put values of constants alone into locals, and of how
// many steps they take the place; 0 where there are none.
func (l *linker) constants(steps []ir.Stmt) ([]ir.Stmt, int) {
	known := map[ir.Local]*ast.Term{}
	left := map[ir.Local]int{}
	var made []ir.Stmt
	var first ir.Local
	for n, s := range steps {
		target, value := l.made(s, known, left)
		if value == nil {
			return nil, 0
		}
		if n == 0 {
			first = target
		}
		if known[target] = value; left[target] == 0 {
			made = append(made, &constantStep{target: l.local(target), value: value})
		}
		if left[first] == 0 && target == first {
			return made, n + 1
		}
	}
	return nil, 0
}

// made is what a step makes of what is known: a value of its own, or one with more in it.
func (l *linker) made(s ir.Stmt, known map[ir.Local]*ast.Term, left map[ir.Local]int) (ir.Local, *ast.Term) {
	with := func(to ir.Local, o ir.Operand, put func(v *ast.Term) *ast.Term) (ir.Local, *ast.Term) {
		v := l.constantOf(o, known, left)
		if known[to] == nil || v == nil {
			return to, nil
		}
		left[to]--
		return to, put(v)
	}
	switch s := s.(type) {
	case *ir.MakeArrayStmt:
		left[s.Target] = l.appended[s.Target]
		return s.Target, ast.NewTerm(ast.NewArray())
	case *ir.MakeSetStmt:
		if s.Target == l.result { // all bodies of the rule put something into it
			return s.Target, nil
		}
		left[s.Target] = l.appended[s.Target]
		return s.Target, ast.NewTerm(ast.NewSet())
	case *ir.ArrayAppendStmt:
		return with(s.Array, s.Value, func(v *ast.Term) *ast.Term {
			list, _ := known[s.Array].Value.(*ast.Array)
			return ast.NewTerm(list.Append(v))
		})
	case *ir.SetAddStmt:
		return with(s.Set, s.Value, func(v *ast.Term) *ast.Term {
			set, _ := known[s.Set].Value.(ast.Set)
			set.Add(v)
			return known[s.Set]
		})
	default:
		return l.scalar(s)
	}
}

// constantOf is what an operand is, where that is a constant, complete.
func (l *linker) constantOf(o ir.Operand, known map[ir.Local]*ast.Term, left map[ir.Local]int) *ast.Term {
	if n, ok := o.Value.(ir.Local); ok {
		if left[n] != 0 {
			return nil
		}
		return known[n]
	}
	return l.operand(o).constant
}

// scalar is the number or null that a step makes.
func (l *linker) scalar(s ir.Stmt) (ir.Local, *ast.Term) {
	switch s := s.(type) {
	case *ir.MakeNumberIntStmt:
		return s.Target, ast.InternedTerm(int(s.Value))
	case *ir.MakeNumberRefStmt:
		text, _ := l.texts[s.Index].Value.(ast.String)
		return s.Target, ast.NumberTerm(json.Number(text))
	case *ir.MakeNullStmt:
		return s.Target, ast.NullTerm()
	default:
		return 0, nil
	}
}

// appended counts the steps that put something into a local.
func appended(count map[ir.Local]int, all ...*ir.Block) map[ir.Local]int {
	for _, b := range all {
		for _, s := range b.Stmts {
			switch s := s.(type) {
			case *ir.BlockStmt:
				appended(count, s.Blocks...)
			case *ir.NotStmt:
				appended(count, s.Block)
			case *ir.ScanStmt:
				appended(count, s.Block)
			case *ir.WithStmt:
				appended(count, s.Block)
			case *ir.ArrayAppendStmt:
				count[s.Array]++
			case *ir.SetAddStmt:
				count[s.Set]++
			case *ir.ObjectInsertStmt:
				count[s.Object]++
			case *ir.ObjectInsertOnceStmt:
				count[s.Object]++
			}
		}
	}
	return count
}
