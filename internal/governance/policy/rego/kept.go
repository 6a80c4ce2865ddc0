package rego

import (
	"maps"
	"slices"
	"sync"
)

// maxKept bounds what a set remembers, in bytes, roughly; it has that twice at most.
const maxKept = 16 << 20

// kept is what policies that judge resource by resource said of resources. A plan is
// like the one before it but for what somebody changed. What was not asked for the
// longest time is forgotten.
type kept struct {
	digester   digester
	mu         sync.Mutex
	young, old map[digest]said
	size       int
}

func newKept() *kept {
	return &kept{digester: newDigester(), young: map[digest]said{}, old: map[digest]said{}}
}

// said is what policies said of a resource, by their number in the set. It is not
// changed once it is kept.
type said struct {
	// asked has a bit for each policy that was asked.
	asked    []uint64
	findings map[int][]any
}

// of reports whether a policy was asked, and what it said.
func (s said) of(policy int) ([]any, bool) {
	if policy/64 >= len(s.asked) || s.asked[policy/64]&(1<<(policy%64)) == 0 {
		return nil, false
	}
	return s.findings[policy], true
}

// add takes what a policy said.
func (s *said) add(policy int, findings []any) {
	for policy/64 >= len(s.asked) {
		s.asked = append(s.asked, 0)
	}
	s.asked[policy/64] |= 1 << (policy % 64)
	if len(findings) == 0 {
		return
	}
	if s.findings == nil {
		s.findings = map[int][]any{}
	}
	s.findings[policy] = findings
}

// and is what both have.
func (s said) and(more said) said {
	both := said{asked: slices.Clone(s.asked), findings: maps.Clone(s.findings)}
	for n, bits := range more.asked {
		for bit := range 64 {
			if bits&(1<<bit) != 0 {
				both.add(n*64+bit, more.findings[n*64+bit])
			}
		}
	}
	return both
}

// weight is how many bytes it takes, roughly.
func (s said) weight() int {
	n := 128 + 8*len(s.asked)
	for _, findings := range s.findings {
		n += 64 + 600*len(findings)
	}
	return n
}

// recall returns what is known of each.
func (k *kept) recall(of []unit) []said {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := make([]said, len(of))
	for i, u := range of {
		if !u.named {
			continue
		}
		s, young := k.young[u.digest]
		if !young {
			if old, known := k.old[u.digest]; known {
				s = old
				k.put(u.digest, s)
			}
		}
		all[i] = s
	}
	return all
}

// add keeps what was said of each, beside what is known.
func (k *kept) add(of []unit, more []said) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, u := range of {
		if u.named && len(more[i].asked) > 0 {
			k.put(u.digest, k.young[u.digest].and(more[i]))
		}
	}
}

func (k *kept) put(d digest, s said) {
	if before, known := k.young[d]; known {
		k.size -= before.weight()
	}
	k.size += s.weight()
	k.young[d] = s
	if k.size > maxKept {
		k.young, k.old, k.size = map[digest]said{}, k.young, 0
	}
}
