package tuning

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// maxApart bounds the rules and targets of a route's day that are counted apart.
	// Beyond, names of parameters are not told apart any more, and beyond twice as
	// many all targets of a rule are Others: clients choose names.
	maxApart = 500
	// Others is the target of what is not told apart.
	Others = "(others)"
	// maxScore is the highest score that is counted by itself.
	maxScore = 100
	// maxExamples is how many ids of requests are kept.
	maxExamples = 3
	// Keep is how long days are kept.
	Keep = 30 * 24 * time.Hour
)

// Counts counts what the rules find, in memory until Write. It is safe for use
// by many goroutines.
type Counts struct {
	Store Store
	Clock kernel.Clock

	mu     sync.Mutex
	routes map[Place]*Route
	// gone are routes whose counts are to be removed.
	gone []Place
}

// Route counts for one route; nil counts nothing.
type Route struct {
	clock kernel.Clock

	mu   sync.Mutex
	days map[string]*tally
	// day is the tally of a number of days since 1970.
	day   *tally
	today int64
}

type tally struct {
	found map[Key]*Found
	bars  map[[2]int]*Bar
}

// Of returns the counts of a route; nil for none, as of a policy that is only checked.
func (c *Counts) Of(p Place) *Route {
	if c == nil || p.Route == "" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.routes == nil {
		c.routes = map[Place]*Route{}
	}
	if c.routes[p] == nil {
		c.routes[p] = &Route{clock: c.Clock, days: map[string]*tally{}}
	}
	return c.routes[p]
}

const secondsOfDay = 24 * 60 * 60

// Count counts a request.
func (r *Route) Count(j Judgement) {
	if r == nil {
		return
	}
	now := r.clock.Now().UTC()
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := now.Unix() / secondsOfDay; r.day == nil || n != r.today {
		day := now.Format(time.DateOnly)
		if r.days[day] == nil {
			r.days[day] = &tally{found: map[Key]*Found{}, bars: map[[2]int]*Bar{}}
		}
		r.day, r.today = r.days[day], n
	}
	r.day.count(j, now)
}

func (t *tally) count(j Judgement, now time.Time) {
	for level := 1; level <= min(j.Asked, Levels); level++ {
		at := [2]int{level, min(j.Scores[level-1], maxScore)}
		if t.bars[at] == nil {
			t.bars[at] = &Bar{Level: at[0], Score: at[1]}
		}
		t.bars[at].add(Bar{Requests: 1, Refused: one(j.Refused), Denied: one(j.Denied)})
	}
	var seen []Key
	for _, m := range j.Matches {
		k := apart(Key{m.Rule, m.Target}, len(t.found), func(k Key) bool { return t.found[k] != nil })
		if slices.Contains(seen, k) {
			continue
		}
		seen = append(seen, k)
		f := Found{
			Key: k, Message: m.Message, Sample: m.Sample, Points: m.Points, Requests: 1, Refused: one(j.Refused),
			Lowest: j.Score, Highest: j.Score, Last: now, Examples: []string{j.Request},
		}
		if t.found[k] == nil {
			t.found[k] = &f
		} else {
			t.found[k].add(f)
		}
	}
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// apart returns the key under which something is counted where there are so many.
func apart(k Key, many int, known func(Key) bool) Key {
	if many < maxApart || known(k) {
		return k
	}
	if variable, _, named := strings.Cut(k.Target, ":"); named {
		k.Target = variable
	}
	if many >= 2*maxApart && !known(k) {
		k.Target = Others
	}
	return k
}

func (b *Bar) add(other Bar) {
	b.Requests += other.Requests
	b.Refused += other.Refused
	b.Denied += other.Denied
}

// add adds a later one.
func (f *Found) add(later Found) {
	f.Requests += later.Requests
	f.Refused += later.Refused
	f.Lowest, f.Highest = min(f.Lowest, later.Lowest), max(f.Highest, later.Highest)
	f.Last, f.Examples = later.Last, append(later.Examples, f.Examples...)
	if len(f.Examples) > maxExamples {
		f.Examples = f.Examples[:maxExamples]
	}
}

// take returns what was counted, and begins anew.
func (r *Route) take(p Place) (out []Batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for day, t := range r.days {
		b := Batch{Place: p, Day: day}
		for _, f := range t.found {
			b.Found = append(b.Found, *f)
		}
		for _, bar := range t.bars {
			b.Bars = append(b.Bars, *bar)
		}
		slices.SortFunc(b.Bars, func(a, b Bar) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Score, b.Score)) })
		out = append(out, b)
	}
	r.days, r.day = map[string]*tally{}, nil
	return out
}

// restore adds what could not be written.
func (r *Route) restore(b Batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.days[b.Day]
	if t == nil {
		t = &tally{found: map[Key]*Found{}, bars: map[[2]int]*Bar{}}
		r.days[b.Day] = t
	}
	for _, bar := range b.Bars {
		at := [2]int{bar.Level, bar.Score}
		if t.bars[at] == nil {
			t.bars[at] = &Bar{Level: bar.Level, Score: bar.Score}
		}
		t.bars[at].add(bar)
	}
	for _, f := range b.Found {
		if now := t.found[f.Key]; now != nil {
			f.add(*now)
		}
		t.found[f.Key] = &f
	}
}

// KeepRoutes forgets the routes that are not there any more; Write removes what
// is kept of them.
func (c *Counts) KeepRoutes(live func(Place) bool) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for p := range c.routes {
		if !live(p) {
			delete(c.routes, p)
			c.gone = append(c.gone, p)
		}
	}
}

// Write keeps what was counted. Where it cannot, the counts go on.
func (c *Counts) Write(ctx context.Context) error {
	c.mu.Lock()
	gone := c.gone
	c.gone = nil
	var all []Batch
	routes := map[Place]*Route{}
	for p, r := range c.routes {
		if taken := r.take(p); len(taken) > 0 {
			routes[p], all = r, append(all, taken...)
		}
	}
	c.mu.Unlock()
	var failed []error
	for _, p := range gone {
		if err := c.Store.Drop(ctx, p); err != nil {
			failed = append(failed, err) // Tidy removes it later
		}
	}
	slices.SortFunc(all, func(a, b Batch) int {
		return cmp.Or(strings.Compare(a.Scope.String(), b.Scope.String()), strings.Compare(a.Route, b.Route), strings.Compare(a.Day, b.Day))
	})
	for some := range slices.Chunk(all, together) {
		if err := c.write(ctx, some); err != nil {
			failed = append(failed, err)
			for _, b := range some {
				routes[b.Place].restore(b)
			}
		}
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("write what the firewall found: %w", err)
	}
	return nil
}

// together is how many batches are kept in one transaction. All processes write
// in one order, so that none waits for another that waits for it.
const together = 100

// write keeps batches, with no more told apart than a day may have.
func (c *Counts) write(ctx context.Context, all []Batch) error {
	bounded := slices.Clone(all)
	for i, b := range bounded {
		if len(b.Found) == 0 {
			continue
		}
		known, err := c.Store.Known(ctx, b.Place, b.Day)
		if err != nil {
			return err
		}
		bounded[i].Found = within(known, b.Found)
	}
	return c.Store.Add(ctx, bounded)
}

func within(known []Key, found []Found) []Found {
	there := map[Key]bool{}
	for _, k := range known {
		there[k] = true
	}
	out := map[Key]*Found{}
	for _, f := range found {
		f.Key = apart(f.Key, len(there), func(k Key) bool { return there[k] })
		there[f.Key] = true
		if out[f.Key] != nil {
			out[f.Key].add(f)
		} else {
			out[f.Key] = &f
		}
	}
	all := make([]Found, 0, len(out))
	for _, f := range out {
		all = append(all, *f)
	}
	slices.SortFunc(all, func(a, b Found) int { return cmp.Or(cmp.Compare(a.Rule, b.Rule), strings.Compare(a.Target, b.Target)) })
	return all
}

// Tidy removes days that are too old, and what is kept of routes that are not
// there any more.
func (c *Counts) Tidy(ctx context.Context, live func(Place) bool) error {
	if err := c.Store.DropBefore(ctx, c.Clock.Now().Add(-Keep).UTC().Format(time.DateOnly)); err != nil {
		return err
	}
	places, err := c.Store.Places(ctx)
	if err != nil {
		return err
	}
	for _, p := range places {
		if !live(p) {
			if err := c.Store.Drop(ctx, p); err != nil {
				return err
			}
		}
	}
	return nil
}
