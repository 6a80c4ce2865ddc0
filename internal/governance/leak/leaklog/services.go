package leaklog

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// mostOfService bounds what waits to be looked at of one container, and mostOfAll that
	// of all, in bytes: what they say beyond it until the next round is not looked at. Of
	// all each tenant has its share, whatever others say.
	mostOfService = 256 << 10
	mostOfAll     = 4 << 20
	// tries is how many rounds a piece is tried in that cannot be looked through.
	tries = 3
)

// Services takes what services say, and has it looked through in rounds.
type Services struct {
	Leaks Leaks
	Log   *slog.Logger

	mu sync.Mutex
	// said is what was said since the last round, by tenant; size is how much that is of
	// all.
	said map[string]*sayings
	size int
	// left are pieces that could not be looked through yet.
	left []failed
}

// sayings are what the services of a tenant have said.
type sayings struct {
	pieces map[Log]*piece
	size   int
}

// piece is what one container has said.
type piece struct {
	text []byte
	// first is the number of its first line, next that of the next one.
	first, next int
	// over are its lines that were passed over, all those after what is in text.
	over int
}

// failed is a piece that could not be looked through, and how often.
type failed struct {
	of    Log
	piece *piece
	tried int
}

// Service takes a line along that a container of a service says, as Say does.
func (s *Services) Service(scope kernel.Scope, service, container, line string) {
	s.Say(Log{Scope: scope, Service: service, Container: container}, line)
}

// Say takes a line along, or passes it over where there are too many until the next round.
// It waits for nothing.
func (s *Services) Say(of Log, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line = readable(line)
	t := s.of(of.Scope.Tenant)
	p := t.pieces[of]
	if p == nil {
		p = &piece{first: 1, next: 1}
		t.pieces[of] = p
	}
	p.next++
	n := len(line) + 1
	if p.over > 0 || len(p.text)+n > mostOfService || !s.room(t, n) {
		p.over++
		return
	}
	p.text = append(append(p.text, line...), '\n')
	t.size, s.size = t.size+n, s.size+n
}

func (s *Services) of(tenant string) *sayings {
	if s.said == nil {
		s.said = map[string]*sayings{}
	}
	t := s.said[tenant]
	if t == nil {
		t = &sayings{pieces: map[Log]*piece{}}
		s.said[tenant] = t
	}
	return t
}

// room makes room for what a tenant says: where there is none left, those lose what they
// said last that have more than their share.
func (s *Services) room(t *sayings, n int) bool {
	share := mostOfAll / len(s.said)
	for s.size+n > mostOfAll {
		if t.size+n > share {
			return false
		}
		most := slices.MaxFunc(slices.Collect(maps.Values(s.said)), func(a, b *sayings) int { return cmp.Compare(a.size, b.size) })
		s.size -= most.cut()
	}
	return true
}

// cut drops the second half of the longest piece, by lines, and returns how much that is.
func (t *sayings) cut() int {
	p := slices.MaxFunc(slices.Collect(maps.Values(t.pieces)), func(a, b *piece) int { return cmp.Compare(len(a.text), len(b.text)) })
	at := bytes.LastIndexByte(p.text[:len(p.text)/2], '\n') + 1
	gone := p.text[at:]
	p.over += bytes.Count(gone, []byte{'\n'})
	p.text = p.text[:at]
	t.size -= len(gone)
	return len(gone)
}

// Round looks through what was said since the last one. What cannot be looked through is
// tried again in the next rounds; then it is passed over, saying so.
func (s *Services) Round(ctx context.Context) error {
	var errs []error
	for _, f := range s.take() {
		if f.piece.over > 0 && f.tried == 0 {
			s.Log.InfoContext(ctx, "a service says more than is looked through for leaked values", "service", f.of.Service, "scope", f.of.Scope, "lines", f.piece.over)
		}
		if len(f.piece.text) == 0 {
			continue
		}
		_, err := s.Leaks.Inspect(ctx, f.of.Scope, f.of.place(f.piece.first), string(f.piece.text))
		if err == nil {
			continue
		}
		errs = append(errs, fmt.Errorf("what %s says in %s: %w", f.of.Service, f.of.Scope, err))
		if f.tried++; f.tried < tries {
			s.keep(f)
			continue
		}
		if err := s.Leaks.Unseen(ctx, f.of.Scope, f.of.place(f.piece.first), fmt.Sprintf("that failed %d times", f.tried)); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// keep has a piece looked through in the next round.
func (s *Services) keep(f failed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = append(s.left, f)
}

// take returns the pieces that have anything, and begins new ones.
func (s *Services) take() []failed {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.left
	s.left, s.size = nil, 0
	before := s.said
	s.said = make(map[string]*sayings, len(before))
	for tenant, t := range before {
		for of, p := range t.pieces {
			if p.next == p.first {
				continue // it says nothing, and may be gone
			}
			s.of(tenant).pieces[of] = &piece{first: p.next, next: p.next}
			all = append(all, failed{of: of, piece: p})
		}
	}
	slices.SortFunc(all, func(a, b failed) int {
		return cmp.Or(strings.Compare(a.of.Scope.Tenant, b.of.Scope.Tenant), strings.Compare(a.of.Service, b.of.Service), strings.Compare(a.of.Container, b.of.Container), cmp.Compare(a.piece.first, b.piece.first))
	})
	return all
}
