package automaton

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

const (
	// maxStep bounds how many states one text may add.
	maxStep = 4096
	// stateCost is what a state takes beside its edges and instructions, in bytes.
	stateCost = 200
)

// Set is many regular expressions. It may be used by many at once.
type Set struct {
	patterns []string
	budget   int

	once sync.Once
	prog *program
	// cache has the states that there are; it is begun anew once it is full.
	cache atomic.Pointer[cache]
}

// New returns a set of expressions in the syntax of package regexp, which has
// compiled them. Its states take no more than about budget bytes. It is built
// when it is first asked.
func New(budget int, patterns ...string) *Set { return &Set{patterns: patterns, budget: budget} }

// cache holds states; they refer to none of another cache.
type cache struct {
	mu     sync.Mutex
	states map[string]*state
	first  *state
	size   int
	w      *worker
}

// state is how far all expressions have come.
type state struct {
	owner *cache
	// kernel are the instructions that come next; those that each character may
	// begin with are not among them.
	kernel []uint32
	// before stands for the character before: begin, newline, word or another.
	before rune
	edges  []atomic.Pointer[edge]
	plain  edge
}

// edge leads to the next state; matches are the expressions that had matched
// before the character was read.
type edge struct {
	to      *state
	matches []uint32
}

func (s *Set) ready() *program {
	s.once.Do(func() {
		prog, err := compile(s.patterns)
		if err != nil {
			return // regexp has it, the automaton has not: it is never sure
		}
		s.prog = prog
		s.cache.Store(newCache(prog))
	})
	return s.prog
}

func newCache(p *program) *cache {
	c := &cache{states: map[string]*state{}, w: newWorker(p)}
	c.first = c.state(nil, -1)
	return c
}

// Any tells whether one of the expressions matches; sure is false where the
// automaton cannot tell.
func (s *Set) Any(text string) (match, sure bool) {
	sure = s.scan(text, func([]uint32) bool {
		match = true
		return false
	})
	return match, sure
}

// Each calls found with the expressions that match, some of them many times; it
// returns false where the automaton cannot tell.
func (s *Set) Each(text string, found func(pattern int)) bool {
	return s.scan(text, func(matches []uint32) bool {
		for _, m := range matches {
			found(int(m))
		}
		return true
	})
}

func (s *Set) scan(text string, matched func([]uint32) bool) bool {
	p := s.ready()
	if p == nil {
		return false
	}
	at, built := s.cache.Load().first, 0
	for i := 0; i <= len(text); {
		class := len(p.members) // the end
		if i < len(text) {
			c, size := int(text[i]), 1
			if c >= ascii {
				if c, size = other(text[i:]); c < 0 || p.narrow {
					return false
				}
			}
			i += size
			class = int(p.class[c])
		} else {
			i++
		}
		e := at.edges[class].Load()
		if e == nil {
			if built++; built > maxStep {
				return false
			}
			e = s.build(at, class)
		}
		if e.matches != nil && !matched(e.matches) {
			return true
		}
		at = e.to
	}
	return true
}

// other returns the class of a character outside of ASCII, -1 for one that may
// be a letter in it.
func other(text string) (class, size int) {
	r, size := utf8.DecodeRuneInString(text)
	if r == longS || r == kelvin {
		return -1, size
	}
	return wide, size
}

// build adds an edge. A cache that is full is left to those that are in it.
func (s *Set) build(at *state, class int) *edge {
	c := at.owner
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := at.edges[class].Load(); e != nil {
		return e
	}
	p := s.prog
	char := rune(-1)
	if class < len(p.members) {
		char = rune(p.members[class])
	}
	kernel, matches := c.w.step(at, char)
	before := rune(-1)
	if char >= 0 {
		before = kindOf(char)
	}
	e := &edge{to: at}
	if char >= 0 {
		e.to = c.state(kernel, before)
	}
	if e.matches = matches; len(matches) == 0 {
		e = &e.to.plain
	}
	at.edges[class].Store(e)
	if c.size > s.budget && s.cache.Load() == c {
		s.cache.Store(newCache(p))
	}
	return e
}

// kindOf returns a character that stands for all that are alike to what looks back.
func kindOf(c rune) rune {
	switch {
	case c == '\n':
		return '\n'
	case syntax.IsWordChar(c):
		return 'w'
	}
	return ' '
}

func (c *cache) state(kernel []uint32, before rune) *state {
	key := make([]byte, 0, 4*len(kernel)+1)
	for _, pc := range kernel {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	key = append(key, byte(before))
	if s := c.states[string(key)]; s != nil {
		return s
	}
	classes := len(c.w.p.members) + 1
	s := &state{owner: c, kernel: slices.Clone(kernel), before: before, edges: make([]atomic.Pointer[edge], classes)}
	s.plain.to = s
	c.states[string(key)] = s
	c.size += stateCost + 8*classes + 8*len(kernel)
	return s
}
