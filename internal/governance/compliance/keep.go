package compliance

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// keepAll writes what came out in one transaction, and tells whether somebody asked for
// some of it meanwhile. Where that fails, each is written by itself: one that cannot be
// does not hold up the others.
func (s *Service) keepAll(ctx context.Context, done []*evaluation) (again bool, err error) {
	if len(done) == 0 {
		return false, nil
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		again, err = s.keep(ctx, done)
		return err
	})
	if err == nil || len(done) == 1 {
		return again, err
	}
	again, err = false, nil
	for _, e := range done {
		asked, failed := s.keepAll(ctx, []*evaluation{e})
		again, err = again || asked, errors.Join(err, failed)
	}
	return again, err
}

// keep writes what came out, and tells what it changed. Stacks are in the order of their
// names: two that write several do not wait for each other.
func (s *Service) keep(ctx context.Context, done []*evaluation) (again bool, err error) {
	slices.SortFunc(done, func(a, b *evaluation) int { return strings.Compare(a.watch.Stack(), b.watch.Stack()) })
	var news []*evaluation
	for _, e := range done {
		asked, err := s.finish(ctx, e)
		if kernel.Is(err, kernel.Stale) {
			continue // it is another's meanwhile, or left
		}
		if err != nil {
			return false, err
		}
		again = again || asked
		switch {
		case e.gone && !asked:
			if err := s.Store.Leave(ctx, e.watch.Stack(), s.Clock.Now()); err != nil {
				return false, err
			}
		case e.failed, e.words != nil && e.said != e.watch.Said:
			news = append(news, e)
		}
	}
	return again, s.change(ctx, news)
}

// finish moves a stack to its next turn.
func (s *Service) finish(ctx context.Context, e *evaluation) (asked bool, err error) {
	now := s.Clock.Now()
	next := rounds.Turn(e.watch.Stack(), s.Every, 0, now)
	if e.failed && next.After(now.Add(again)) {
		next = now.Add(again)
	}
	w := e.watch
	if e.failed || e.words != nil {
		w.Said = e.said
	}
	return s.Store.Finish(ctx, w, next, now)
}

// change writes what rules say that they did not say before, or of which nobody knows.
func (s *Service) change(ctx context.Context, news []*evaluation) error {
	if len(news) == 0 {
		return nil
	}
	stacks := make([]string, len(news))
	for i, e := range news {
		stacks[i] = e.watch.Stack()
	}
	before, err := s.Store.Current(ctx, stacks...)
	if err != nil {
		return err
	}
	if err := s.findings(ctx, news, stacks); err != nil {
		return err
	}
	var spans []Span
	var facts []kernel.Fact
	for _, e := range news {
		was, known := before[e.watch.Stack()]
		words := e.words
		if e.failed {
			words = unknown(was.Words)
		}
		if known && maps.Equal(was.Words, words) {
			continue
		}
		spans = append(spans, Span{ID: kernel.NewID("spn"), Place: e.watch.Place, Since: s.Clock.Now(), Until: Open(), Words: words})
		if f, worth := told(e.watch, was.Words, words); worth {
			facts = append(facts, f)
		}
	}
	if err := s.Store.Begin(ctx, spans...); err != nil {
		return err
	}
	for _, f := range facts {
		if err := s.Journal.Record(asSystem(ctx, f.Scope.Tenant), f); err != nil {
			return err
		}
	}
	return nil
}

// unknown is what is known of a stack that cannot be evaluated: that of no rule it is
// known how it stands.
func unknown(before Words) Words {
	words := Words{}
	for id := range before {
		words[id] = Word{Outcome: Errored}
	}
	return words
}

// findings replaces those of stacks; those that were there keep since when.
func (s *Service) findings(ctx context.Context, news []*evaluation, stacks []string) error {
	known, err := s.Store.Findings(ctx, stacks...)
	if err != nil {
		return err
	}
	var all []Found
	for _, e := range news {
		were := known[e.watch.Stack()]
		if e.failed || len(were)+len(e.findings) == 0 {
			continue
		}
		since := make(map[string]time.Time, len(were))
		for _, f := range were {
			since[f.ID] = f.Since
		}
		for i := range e.findings {
			if at, ok := since[e.findings[i].ID]; ok {
				e.findings[i].Since = at
			}
		}
		all = append(all, Found{e.watch.Place, e.findings})
	}
	return s.Store.Replace(ctx, all...)
}
