package leaklog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

const (
	// mostOfService bounds what waits to be looked at of one container, mostOfAll that of
	// all, in bytes: what they say beyond it until the next round is not looked at.
	mostOfService = 256 << 10
	mostOfAll     = 1 << 20
)

// Services takes what services say, and has it looked through in rounds.
type Services struct {
	Inspector Inspector
	Log       *slog.Logger

	mu sync.Mutex
	// said is what was said since the last round; size is how much that is.
	said map[Log]*piece
	size int
}

// piece is what one container has said.
type piece struct {
	text strings.Builder
	// first is the number of its first line, next that of the next one.
	first, next int
	// passed over are its lines since then that were too many.
	over int
}

// Say takes a line along, or passes it over where there are too many until the next round.
// It waits for nothing.
func (s *Services) Say(of Log, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.said[of]
	if !ok {
		if s.said == nil {
			s.said = map[Log]*piece{}
		}
		p = &piece{first: 1, next: 1}
		s.said[of] = p
	}
	p.next++
	if p.text.Len()+len(line) > mostOfService || s.size+len(line) > mostOfAll {
		p.over++
		return
	}
	p.text.WriteString(line)
	p.text.WriteByte('\n')
	s.size += len(line) + 1
}

// Round looks through what was said since the last one. What cannot be looked through is
// passed over, saying so.
func (s *Services) Round(ctx context.Context) error {
	var errs []error
	for of, p := range s.take() {
		if p.over > 0 {
			s.Log.InfoContext(ctx, "a service says more than is looked through for leaked values", "service", of.Service, "scope", of.Scope, "lines", p.over)
		}
		if err := s.Inspector.Inspect(ctx, of, p.first, p.text.String()); err != nil {
			errs = append(errs, fmt.Errorf("what %s says in %s: %w", of.Service, of.Scope, err))
		}
	}
	return errors.Join(errs...)
}

// take returns the pieces that have anything, and begins new ones.
func (s *Services) take() map[Log]*piece {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.said
	s.said, s.size = make(map[Log]*piece, len(all)), 0
	for of, p := range all {
		if p.text.Len() == 0 && p.over == 0 {
			delete(all, of) // it says nothing, and may be gone
			continue
		}
		s.said[of] = &piece{first: p.next, next: p.next}
	}
	return all
}
