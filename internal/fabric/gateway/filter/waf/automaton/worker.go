package automaton

import (
	"regexp/syntax"
	"slices"
)

// worker follows the instructions of a program; it belongs to who holds the
// lock of its cache.
type worker struct {
	p *program
	// seen marks the instructions that have been followed in this turn.
	seen []uint32
	turn uint32
	work []uint32
	next []uint32
	hits []uint32
	// begun has what the expressions do when they begin, for each position and
	// character: it is the same at each state.
	begun map[begin]step
}

type begin struct {
	flags syntax.EmptyOp
	char  rune
}

// step is where a character leads to, and what has matched before it.
type step struct{ next, hits []uint32 }

func newWorker(p *program) *worker {
	return &worker{p: p, seen: make([]uint32, len(p.insts)), begun: map[begin]step{}}
}

// step reads a character, -1 for the end, at a state.
func (w *worker) step(at *state, char rune) (kernel, matches []uint32) {
	look := char
	if char == wide {
		look = 'é' // like any that is no word character
	}
	b := begin{flags: syntax.EmptyOpContext(at.before, look), char: char}
	fresh, ok := w.begun[b]
	if !ok {
		next, hits := w.follow(w.p.starts, b.flags, char)
		fresh = step{slices.Clone(next), slices.Clone(hits)}
		w.begun[b] = fresh
	}
	next, hits := w.follow(at.kernel, b.flags, char)
	return joined(next, fresh.next), joined(hits, fresh.hits)
}

func joined(a, b []uint32) []uint32 {
	if len(a)+len(b) == 0 {
		return nil
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// follow goes from instructions to those behind a character.
func (w *worker) follow(from []uint32, flags syntax.EmptyOp, char rune) (next, hits []uint32) {
	w.turn++
	w.work, w.next, w.hits = append(w.work[:0], from...), w.next[:0], w.hits[:0]
	for len(w.work) > 0 {
		pc := w.work[len(w.work)-1]
		w.work = w.work[:len(w.work)-1]
		if w.seen[pc] == w.turn {
			continue
		}
		w.seen[pc] = w.turn
		in := &w.p.insts[pc]
		switch in.op { //nolint:exhaustive // instructions that take characters are one here
		case syntax.InstAlt, syntax.InstAltMatch:
			w.work = append(w.work, in.arg, in.out)
		case syntax.InstCapture, syntax.InstNop:
			w.work = append(w.work, in.out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(in.arg)&^flags == 0 {
				w.work = append(w.work, in.out)
			}
		case syntax.InstMatch:
			w.hits = append(w.hits, in.pattern)
		case syntax.InstRune:
			if char >= 0 && w.p.masks[in.chars].has(int(char)) {
				w.next = append(w.next, in.out)
			}
		}
	}
	return w.next, w.hits
}
