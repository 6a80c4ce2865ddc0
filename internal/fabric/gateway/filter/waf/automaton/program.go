// Package automaton tells which of many regular expressions match a text, in
// one pass over it: a deterministic automaton of all of them together, built
// state by state as texts ask for it.
//
// What it says is what package regexp says, or nothing: where a text or an
// expression is beyond it (expressions that tell characters outside of ASCII
// apart, too many states for one text), it says so, and the caller asks regexp.
package automaton

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"unicode"
)

const (
	// ascii is how many bytes are characters by themselves; the class behind them
	// is that of every other character, and the one behind that the end.
	ascii = 128
	wide  = ascii
	// longS and kelvin are the two characters outside of ASCII that are the same
	// as letters in it where case does not count.
	longS, kelvin = '\u017f', '\u212a'
)

// mask is a set of characters: those of ASCII, and all others as one.
type mask [3]uint64

func (m *mask) set(c int)      { m[c>>6] |= 1 << (c & 63) }
func (m *mask) has(c int) bool { return m[c>>6]>>(c&63)&1 == 1 }

// inst is an instruction of the expressions' programs, which lie one behind the other.
type inst struct {
	op       syntax.InstOp
	out, arg uint32
	// chars are the index of the set of characters that it takes.
	chars uint32
	// pattern is the expression that it belongs to.
	pattern uint32
}

// program is what the automaton is built from.
type program struct {
	insts  []inst
	starts []uint32
	masks  []mask
	// class of each character, and one character of each class; the last class is
	// the end of the text.
	class   [wide + 1]uint8
	members []int
	// narrow tells that characters outside of ASCII are told apart.
	narrow bool
}

// compile joins the programs of expressions in the syntax of package regexp.
func compile(patterns []string) (*program, error) {
	p := &program{}
	known := map[mask]uint32{}
	for i, pattern := range patterns {
		parsed, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			return nil, fmt.Errorf("expression %d: %w", i, err)
		}
		prog, err := syntax.Compile(parsed.Simplify())
		if err != nil {
			return nil, fmt.Errorf("expression %d: %w", i, err)
		}
		base := uint32(len(p.insts))
		p.starts = append(p.starts, base+uint32(prog.Start))
		for _, in := range prog.Inst {
			out := inst{op: in.Op, out: base + in.Out, arg: in.Arg, pattern: uint32(i)}
			switch in.Op {
			case syntax.InstAlt, syntax.InstAltMatch:
				out.arg += base
			case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
				m := p.charsOf(in)
				id, ok := known[m]
				if !ok {
					id = uint32(len(p.masks))
					known[m] = id
					p.masks = append(p.masks, m)
				}
				out.op, out.chars = syntax.InstRune, id
			case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth, syntax.InstMatch, syntax.InstFail:
			}
			p.insts = append(p.insts, out)
		}
	}
	p.classify()
	return p, nil
}

// charsOf returns what an instruction takes.
func (p *program) charsOf(in syntax.Inst) mask {
	var m mask
	for c := range ascii {
		if in.MatchRune(rune(c)) {
			m.set(c)
		}
	}
	all, none := others(in)
	if all {
		m.set(wide)
	}
	p.narrow = p.narrow || !all && !none
	return m
}

// others tells whether an instruction takes all characters outside of ASCII, or
// none. The two that may be letters of ASCII are left out: a text that has them
// is not for the automaton.
func others(in syntax.Inst) (all, none bool) {
	switch in.Op { //nolint:exhaustive // the others take a list
	case syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true, false
	}
	if len(in.Rune) == 1 {
		r := in.Rune[0]
		if syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				if f >= ascii && f != longS && f != kelvin {
					return false, false
				}
			}
		}
		return false, r < ascii || r == longS || r == kelvin
	}
	next, gap, none := rune(ascii), false, true // next is the first that nothing has taken yet
	for i := 0; i+1 < len(in.Rune); i += 2 {
		lo, hi := in.Rune[i], in.Rune[i+1]
		if hi < ascii {
			continue
		}
		for next < lo && (next == longS || next == kelvin) {
			next++
		}
		none = none && lo == hi && (lo == longS || lo == kelvin)
		gap = gap || lo > next
		next = max(next, hi+1)
	}
	return !gap && next > unicode.MaxRune, none
}

// classify parts the characters into those that no instruction tells apart.
func (p *program) classify() {
	var word, newline mask
	for c := range ascii {
		if syntax.IsWordChar(rune(c)) {
			word.set(c)
		}
	}
	newline.set('\n')
	classes := 1
	for _, m := range slices.Concat(p.masks, []mask{word, newline}) {
		split := map[uint8]uint8{}
		for c := range p.class {
			if !m.has(c) {
				continue
			}
			to, ok := split[p.class[c]]
			if !ok {
				to = uint8(classes)
				split[p.class[c]] = to
				classes++
			}
			p.class[c] = to
		}
		classes = p.renumber()
	}
	p.members = make([]int, classes)
	for c := range p.class {
		p.members[p.class[c]] = c
	}
}

// renumber closes the gaps that a split leaves where a class went over whole.
func (p *program) renumber() int {
	var to [256]int
	n := 0
	for c, class := range p.class {
		if to[class] == 0 {
			n++
			to[class] = n
		}
		p.class[c] = uint8(to[class] - 1)
	}
	return n
}
