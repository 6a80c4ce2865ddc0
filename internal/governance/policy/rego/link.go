package rego

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// linker makes of a planned function what a machine runs.
type linker struct {
	program  *program
	function *function
	texts    []*ast.Term
	result   ir.Local
	// appended is how many steps of a body put something into a local. The next body
	// has other values in the same locals, but for the result.
	appended map[ir.Local]int
	// looping says that the block is what is done with each of something.
	looping bool
}

// The steps that machines have beside those of plans.
type (
	// constantStep puts a value into a local.
	constantStep struct {
		target ir.Local
		value  *ast.Term
		ir.Location
	}
	// callStep calls one of three: a function of Rego, a native, or a builtin one.
	callStep struct {
		function *function
		inGo     *native
		builtin  topdown.BuiltinFunc
		args     []operand
		target   ir.Local
		walks    bool
		ir.Location
	}
	dotStep struct {
		source, key operand
		target      ir.Local
		ir.Location
	}
	equalStep struct {
		a, b operand
		not  bool
		ir.Location
	}
	insertStep struct {
		key, value operand
		object     ir.Local
		once       bool
		ir.Location
	}
	addStep struct {
		value operand
		to    ir.Local
		ir.Location
	}
	assignStep struct {
		source operand
		target ir.Local
		once   bool
		ir.Location
	}
	lenStep struct {
		source operand
		target ir.Local
		ir.Location
	}
	isStep struct {
		source operand
		kind   kind
		ir.Location
	}
)

// kind is what a value is to be.
type kind int

const (
	aList kind = iota
	anObject
	aSet
)

// operand is a constant, or what is in a local.
type operand struct {
	constant *ast.Term
	local    ir.Local
}

func (l *linker) operand(o ir.Operand) operand {
	switch v := o.Value.(type) {
	case ir.StringIndex:
		return operand{constant: l.texts[v]}
	case ir.Bool:
		return operand{constant: ast.InternedTerm(bool(v))}
	case ir.Local:
		return operand{local: l.local(v)}
	default:
		l.function.lacks = true
		return operand{}
	}
}

func (l *linker) local(n ir.Local) ir.Local {
	l.function.size = max(l.function.size, int(n)+1)
	return n
}

// bodies are the blocks of a function: of each body one, or of it and of what is said
// elsewise one that has theirs.
func (l *linker) bodies(all []*ir.Block) []*ir.Block {
	linked := make([]*ir.Block, 0, len(all))
	for _, b := range all {
		if len(b.Stmts) == 1 {
			if ordered, ok := b.Stmts[0].(*ir.BlockStmt); ok {
				linked = append(linked, &ir.Block{Stmts: []ir.Stmt{&ir.BlockStmt{Blocks: l.bodies(ordered.Blocks)}}})
				continue
			}
		}
		l.appended = appended(map[ir.Local]int{}, b)
		linked = append(linked, l.block(b, false))
	}
	return linked
}

func (l *linker) blocks(all []*ir.Block) []*ir.Block {
	linked := make([]*ir.Block, 0, len(all))
	for _, b := range all {
		linked = append(linked, l.block(b, false))
	}
	return linked
}

func (l *linker) block(b *ir.Block, looping bool) *ir.Block {
	outer := l.looping
	l.looping = looping
	defer func() { l.looping = outer }()
	linked := &ir.Block{Stmts: make([]ir.Stmt, 0, len(b.Stmts))}
	for i := 0; i < len(b.Stmts); {
		if steps, n := l.constants(b.Stmts[i:]); n > 0 {
			linked.Stmts = append(linked.Stmts, steps...)
			i += n
			continue
		}
		linked.Stmts = append(linked.Stmts, l.step(b.Stmts[i]))
		i++
	}
	return linked
}

// step is a step whose operands are bound. What machines do not do marks the function.
func (l *linker) step(s ir.Stmt) ir.Stmt {
	switch s := s.(type) {
	case *ir.BlockStmt:
		return &ir.BlockStmt{Blocks: l.blocks(s.Blocks)}
	case *ir.NotStmt:
		return &ir.NotStmt{Block: l.block(s.Block, false)}
	case *ir.ScanStmt:
		l.function.loops = true
		return &ir.ScanStmt{Source: l.local(s.Source), Key: l.local(s.Key), Value: l.local(s.Value), Block: l.block(s.Block, true)}
	case *ir.BreakStmt:
		l.function.lacks = l.function.lacks || l.looping && s.Index > 0
		return s
	case *ir.CallStmt:
		return l.call(s)
	case *ir.DotStmt:
		l.function.lacks = l.function.lacks || l.appended[s.Target] > 0 // it would be changed in its place
		return &dotStep{source: l.operand(s.Source), key: l.operand(s.Key), target: l.local(s.Target)}
	case *ir.EqualStmt:
		return &equalStep{a: l.operand(s.A), b: l.operand(s.B)}
	case *ir.NotEqualStmt:
		return &equalStep{a: l.operand(s.A), b: l.operand(s.B), not: true}
	case *ir.LenStmt:
		return &lenStep{source: l.operand(s.Source), target: l.local(s.Target)}
	case *ir.IsArrayStmt:
		return &isStep{source: l.operand(s.Source), kind: aList}
	case *ir.IsObjectStmt:
		return &isStep{source: l.operand(s.Source), kind: anObject}
	case *ir.IsSetStmt:
		return &isStep{source: l.operand(s.Source), kind: aSet}
	default:
		return l.change(s)
	}
}

// change is a step that changes a local.
func (l *linker) change(s ir.Stmt) ir.Stmt {
	switch s := s.(type) {
	case *ir.AssignVarStmt:
		return &assignStep{source: l.operand(s.Source), target: l.local(s.Target)}
	case *ir.AssignVarOnceStmt:
		return &assignStep{source: l.operand(s.Source), target: l.local(s.Target), once: true}
	case *ir.AssignIntStmt:
		return &constantStep{target: l.local(s.Target), value: ast.InternedTerm(int(s.Value))}
	case *ir.MakeNumberIntStmt, *ir.MakeNumberRefStmt, *ir.MakeNullStmt:
		target, value := l.scalar(s)
		return &constantStep{target: l.local(target), value: value}
	case *ir.MakeArrayStmt:
		return &constantStep{target: l.local(s.Target), value: ast.InternedEmptyArray}
	case *ir.MakeObjectStmt:
		l.local(s.Target)
	case *ir.MakeSetStmt:
		l.local(s.Target)
	case *ir.ArrayAppendStmt:
		return &addStep{value: l.operand(s.Value), to: l.local(s.Array)}
	case *ir.SetAddStmt:
		return &addStep{value: l.operand(s.Value), to: l.local(s.Set)}
	case *ir.ObjectInsertStmt:
		return &insertStep{key: l.operand(s.Key), value: l.operand(s.Value), object: l.local(s.Object)}
	case *ir.ObjectInsertOnceStmt:
		return &insertStep{key: l.operand(s.Key), value: l.operand(s.Value), object: l.local(s.Object), once: true}
	case *ir.ResetLocalStmt:
		l.local(s.Target)
	case *ir.IsDefinedStmt:
		l.local(s.Source)
	case *ir.IsUndefinedStmt:
		l.local(s.Source)
	case *ir.ReturnLocalStmt:
		l.local(s.Source)
	case *ir.NopStmt:
	default:
		l.function.lacks = true
	}
	return s
}

func (l *linker) call(s *ir.CallStmt) ir.Stmt {
	c := &callStep{target: l.local(s.Result), walks: s.Func == ast.WalkBuiltin.Name}
	for _, a := range s.Args {
		c.args = append(c.args, l.operand(a))
	}
	if n, known := l.program.natives[s.Func]; known {
		c.inGo = &n
		return c
	}
	if c.function = l.program.functions[s.Func]; c.function != nil {
		l.function.calls = append(l.function.calls, c.function)
		return c
	}
	if c.builtin = builtin(s.Func); c.builtin == nil {
		l.function.lacks = true
	}
	return c
}
