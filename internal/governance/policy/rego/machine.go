package rego

import (
	"context"
	"errors"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// errAsk says that Rego has to be asked: it tells errors, and where they are.
var errAsk = errors.New("the rule has to be asked of Rego")

// steps is after how many steps a machine looks whether it has to stop.
const steps = 1 << 10

// machine runs a program over one input. What rules without arguments say it finds out
// once; the same holds for what a function that goes through something says of the
// same arguments.
type machine struct {
	program *program
	input   *ast.Term
	said    []outcome
	about   map[*function]map[int][]about
	// stack has the locals of all functions that run.
	stack []*ast.Term
	// args has the arguments of all calls that go on; who keeps them copies them.
	args []*ast.Term
	// builtins is what builtin functions are told, ctx what natives are.
	builtins topdown.BuiltinContext
	ctx      context.Context //nolint:containedctx // of the run that goes on
	took     int
}

// outcome is what a rule says, nil where it is undefined.
type outcome struct {
	known bool
	value *ast.Term
}

// about is what a function says of its arguments.
type about struct {
	args  []*ast.Term
	value *ast.Term
}

func newMachine(p *program, input ast.Value) *machine {
	return &machine{program: p, input: ast.NewTerm(input), said: make([]outcome, p.size), about: map[*function]map[int][]about{}}
}

// run returns what a rule says, nil where it is undefined. After an error it knows
// nothing any longer.
func (m *machine) run(ctx context.Context, f *function) (*ast.Term, error) {
	m.ctx, m.builtins.Context, m.stack, m.args, m.took = ctx, ctx, m.stack[:0], m.args[:0], 0
	cancel := topdown.NewCancel()
	defer context.AfterFunc(ctx, cancel.Cancel)()
	m.builtins.Cancel = cancel
	return m.rule(f)
}

func (m *machine) rule(f *function) (*ast.Term, error) {
	if o := m.said[f.number]; o.known {
		return o.value, nil
	}
	v, err := m.enter(f, []*ast.Term{m.input, m.program.data})
	if err == nil {
		m.said[f.number] = outcome{known: true, value: v}
	}
	return v, err
}

// call calls a function with arguments of its own.
func (m *machine) call(f *function, args []*ast.Term) (*ast.Term, error) {
	if !f.loops {
		return m.enter(f, args)
	}
	hash := 0
	for _, a := range args[2:] {
		hash = hash*31 + a.Value.Hash()
	}
	known := m.about[f]
	if known == nil {
		known = map[int][]about{}
		m.about[f] = known
	}
	for _, k := range known[hash] {
		if alike(k.args, args[2:]) {
			return k.value, nil
		}
	}
	v, err := m.enter(f, args)
	if err == nil {
		known[hash] = append(known[hash], about{args: slices.Clone(args[2:]), value: v})
	}
	return v, err
}

func alike(a, b []*ast.Term) bool {
	for i := range a {
		if a[i] != b[i] && a[i].Value.Compare(b[i].Value) != 0 {
			return false
		}
	}
	return true
}

// enter runs a function.
func (m *machine) enter(f *function, args []*ast.Term) (*ast.Term, error) {
	base := len(m.stack)
	for range f.size {
		m.stack = append(m.stack, nil)
	}
	fr := frame{machine: m, base: base, size: f.size}
	for i, p := range f.params {
		fr.set(p, args[i])
	}
	for _, b := range f.blocks {
		end := fr.block(b)
		if end == failed {
			return nil, fr.err
		}
		if end == returned {
			m.stack = m.stack[:base]
			return fr.result, nil
		}
	}
	m.stack = m.stack[:base]
	return nil, nil //nolint:nilnil // undefined
}

// tick ends a run that takes too long.
func (m *machine) tick() error {
	if m.took++; m.took%steps == 0 {
		return m.ctx.Err()
	}
	return nil
}

// How a block ends, if not by leaving it and so many around it.
const (
	done ending = -1 - iota
	returned
	failed
)

// ending is how a block ends.
type ending int

// frame is a function that runs.
type frame struct {
	machine    *machine
	base, size int
	result     *ast.Term
	err        error
}

func (f *frame) get(n ir.Local) *ast.Term    { return f.machine.stack[f.base+int(n)] }
func (f *frame) set(n ir.Local, v *ast.Term) { f.machine.stack[f.base+int(n)] = v }

func (f *frame) of(o operand) *ast.Term {
	if o.constant != nil {
		return o.constant
	}
	return f.get(o.local)
}

// block runs the steps of a block until one of them is undefined.
func (f *frame) block(b *ir.Block) ending {
	for _, s := range b.Stmts {
		if end := f.step(s); end != done {
			return end
		}
	}
	return done
}

// inside runs a block in another one: how that goes on.
func (f *frame) inside(b *ir.Block) ending {
	switch end := f.block(b); {
	case end > 0:
		return end - 1
	case end == 0:
		return done
	default:
		return end
	}
}

func (f *frame) fail(err error) ending {
	f.err = err
	return failed
}
