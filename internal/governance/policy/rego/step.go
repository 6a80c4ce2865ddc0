package rego

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
)

// undefined leaves the block.
const undefined ending = 0

// step runs one step.
func (f *frame) step(s ir.Stmt) ending {
	switch s := s.(type) {
	case *dotStep:
		v := f.of(s.source).Get(f.of(s.key))
		f.set(s.target, v)
		return holds(v != nil)
	case *constantStep:
		f.set(s.target, s.value)
		return done
	case *callStep:
		return f.call(s)
	case *equalStep:
		a, b := f.of(s.a), f.of(s.b)
		return holds((a == b || a.Value.Compare(b.Value) == 0) != s.not)
	case *assignStep:
		return f.assign(s)
	case *ir.BlockStmt:
		for _, b := range s.Blocks {
			if end := f.inside(b); end != done {
				return end
			}
		}
		return done
	case *ir.ScanStmt:
		return f.scan(s)
	case *ir.NotStmt:
		return f.not(s)
	case *ir.BreakStmt:
		return ending(s.Index)
	case *ir.ReturnLocalStmt:
		f.result = f.get(s.Source)
		return returned
	default:
		return f.other(s)
	}
}

func (f *frame) other(s ir.Stmt) ending {
	switch s := s.(type) {
	case *ir.ResetLocalStmt:
		f.set(s.Target, nil)
	case *ir.IsDefinedStmt:
		return holds(f.get(s.Source) != nil)
	case *ir.IsUndefinedStmt:
		return holds(f.get(s.Source) == nil)
	case *ir.MakeObjectStmt:
		f.set(s.Target, ast.NewTerm(ast.NewObject()))
	case *ir.MakeSetStmt:
		f.set(s.Target, ast.NewTerm(ast.NewSet()))
	case *addStep:
		return f.add(s)
	case *insertStep:
		return f.insert(s)
	case *lenStep:
		return f.length(s)
	case *isStep:
		return holds(s.kind.is(f.of(s.source).Value))
	case *ir.NopStmt:
	default:
		return f.fail(errAsk)
	}
	return done
}

func holds(yes bool) ending {
	if yes {
		return done
	}
	return undefined
}

func (k kind) is(v ast.Value) bool {
	switch v.(type) {
	case *ast.Array:
		return k == aList
	case ast.Object:
		return k == anObject
	case ast.Set:
		return k == aSet
	default:
		return false
	}
}

// assign assigns; once is an error where another value is there.
func (f *frame) assign(s *assignStep) ending {
	v := f.of(s.source)
	if before := f.get(s.target); s.once && before != nil && before.Value.Compare(v.Value) != 0 {
		return f.fail(errAsk)
	}
	f.set(s.target, v)
	return done
}

func (f *frame) not(s *ir.NotStmt) ending {
	switch end := f.block(s.Block); {
	case end == done:
		return undefined
	case end > 0:
		return end - 1
	case end == undefined:
		return done
	default:
		return end
	}
}

// scan does its block with each of what is in a value.
func (f *frame) scan(s *ir.ScanStmt) ending {
	end := done
	each := func(key, value *ast.Term) bool {
		if err := f.machine.tick(); err != nil {
			end = f.fail(err)
			return true
		}
		f.set(s.Key, key)
		f.set(s.Value, value)
		if e := f.block(s.Block); e < done {
			end = e
		}
		return end != done
	}
	switch v := f.get(s.Source).Value.(type) {
	case *ast.Array:
		for i := range v.Len() {
			if each(ast.InternedTerm(i), v.Elem(i)) {
				break
			}
		}
	case ast.Object:
		v.Until(each)
	case ast.Set:
		v.Until(func(item *ast.Term) bool { return each(item, item) })
	}
	return end
}

func (f *frame) add(s *addStep) ending {
	v := f.of(s.value)
	switch to := f.get(s.to).Value.(type) {
	case *ast.Array:
		f.set(s.to, ast.NewTerm(to.Append(v)))
	case ast.Set:
		to.Add(v)
	default:
		return f.fail(errAsk)
	}
	return done
}

func (f *frame) insert(s *insertStep) ending {
	key, value := f.of(s.key), f.of(s.value)
	o, ok := f.get(s.object).Value.(ast.Object)
	if !ok {
		return f.fail(errAsk)
	}
	if before := o.Get(key); s.once && before != nil && before.Value.Compare(value.Value) != 0 {
		return f.fail(errAsk)
	}
	o.Insert(key, value)
	return done
}

func (f *frame) length(s *lenStep) ending {
	switch v := f.of(s.source).Value.(type) {
	case interface{ Len() int }:
		f.set(s.target, ast.InternedTerm(v.Len()))
		return done
	default:
		return f.fail(errAsk)
	}
}

// call calls what a step does. What errs is Rego's to tell.
func (f *frame) call(s *callStep) ending {
	if err := f.machine.tick(); err != nil {
		return f.fail(err)
	}
	m := f.machine
	base := len(m.args)
	for _, a := range s.args {
		m.args = append(m.args, f.of(a))
	}
	args := m.args[base:len(m.args):len(m.args)]
	var v *ast.Term
	var err error
	switch {
	case s.function != nil && len(args) == 2:
		v, err = m.rule(s.function)
	case s.function != nil:
		v, err = m.call(s.function, args)
	case s.inGo != nil:
		v, err = s.inGo.call(m.ctx, args)
	default:
		v, err = f.builtin(s, args)
	}
	m.args = m.args[:base]
	switch {
	case err == nil:
	case f.machine.ctx.Err() != nil:
		return f.fail(f.machine.ctx.Err())
	default:
		return f.fail(errAsk)
	}
	f.set(s.target, v)
	return holds(v != nil)
}

// builtin calls a builtin function; walk is the one that says several things.
func (f *frame) builtin(s *callStep, args []*ast.Term) (*ast.Term, error) {
	var v *ast.Term
	all := ast.NewArray()
	err := s.builtin(f.machine.builtins, args, func(out *ast.Term) error {
		if v = out; !s.walks {
			return nil
		}
		all = all.Append(out)
		return f.machine.tick()
	})
	if s.walks {
		v = ast.NewTerm(all)
	}
	return v, err
}
