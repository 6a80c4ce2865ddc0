package product

import (
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// count is what was used.
type count struct{ calls, bytes, refused int64 }

func (c *count) add(o count) {
	c.calls += o.calls
	c.bytes += o.bytes
	c.refused += o.refused
}

// window is a period that is going on. Times are seconds of Unix.
type window struct {
	from, until int64
	// used is what is known to be used, by all replicas.
	used count
	// told are the shares of quotas that were told, of calls and of bytes.
	told [2]int
}

// hourly, and so on, are the places of the periods.
const (
	hourly = iota
	daily
	weekly
	monthly
	periods
)

func placeOfPeriod(p Period) int {
	switch p {
	case Hour:
		return hourly
	case Week:
		return weekly
	case Month:
		return monthly
	case Day:
	}
	return daily
}

// meter counts what one subscription uses. It outlives changes of the subscription.
type meter struct {
	id    string
	scope kernel.Scope

	mu      sync.Mutex
	windows [periods]window
	// fresh is what was counted in this hour and not written yet; past is what was
	// counted before and not written yet.
	fresh count
	past  []Usage
	// late are bytes that other replicas were not told of, flying those that they are
	// being told of.
	late, flying int64
}

// roll begins the periods that have come. The meter is locked.
func (m *meter) roll(at time.Time) {
	now := at.Unix()
	if now < m.windows[hourly].until {
		return
	}
	m.shelve()
	m.late = 0
	for i, p := range Periods() {
		w := &m.windows[i]
		if now < w.until {
			continue
		}
		from, until := p.Bounds(at)
		*w = window{from: from.Unix(), until: until.Unix()}
	}
}

// shelve puts what is fresh to what is past, once for each period.
func (m *meter) shelve() {
	if m.fresh == (count{}) {
		return
	}
	for i, p := range Periods() {
		m.past = append(m.past, Usage{
			Scope: m.scope, Subscription: m.id, Period: p, From: time.Unix(m.windows[i].from, 0).UTC(),
			Calls: m.fresh.calls, Bytes: m.fresh.bytes, Refused: m.fresh.refused,
		})
	}
	m.fresh = count{}
}

// add counts. The meter is locked; with is whether the calls are in what is used already.
func (m *meter) add(c count) {
	m.fresh.add(c)
	for i := range m.windows {
		m.windows[i].used.add(c)
	}
}

// state is how a request stands to the quotas.
type state struct {
	// refused is the quota that is used up, nil for none.
	refused *Quota
	// tight is the one that has the smallest share left, nil where there is none.
	tight *Quota
	// left is what tight has left, until when its period ends, now what time it is.
	left, until, now int64
}

// look says how a call stands to quotas. The meter is locked, and rolled.
func (m *meter) look(quotas []Quota, now int64) (s state) {
	s.now = now
	share := 2.0
	for i := range quotas {
		q := &quotas[i]
		w := &m.windows[placeOfPeriod(q.Per)]
		limit, used := q.of(w.used)
		left := max(0, limit-used)
		if of := float64(left) / float64(limit); of < share {
			share, s.tight, s.left = of, q, left
			if s.refused == nil {
				s.until = w.until
			}
		}
		if left == 0 && !q.Soft && (s.refused == nil || w.until > s.until) {
			s.refused, s.tight, s.left, s.until, share = q, q, 0, w.until, -1
		}
	}
	return s
}

// of returns a quota's limit and what is used of it.
func (q *Quota) of(used count) (limit, units int64) {
	if q.Bytes > 0 {
		return q.Bytes, used.bytes
	}
	return q.Calls, used.calls
}

// take counts a call in this process, unless a quota is used up.
func (m *meter) take(at time.Time, quotas []Quota) state {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.roll(at)
	s := m.look(quotas, at.Unix())
	if s.refused != nil {
		m.add(count{refused: 1})
		return s
	}
	m.add(count{calls: 1})
	if len(quotas) == 0 {
		return s
	}
	s = m.look(quotas, at.Unix()) // what is left is told as it is behind this call
	s.refused = nil
	return s
}

// giveBack takes a call back that was counted at a time, from the periods that it was counted in.
func (m *meter) giveBack(taken, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.roll(at)
	for i := range m.windows {
		if w := &m.windows[i]; w.from <= taken.Unix() {
			w.used.calls--
		}
	}
	if m.windows[hourly].from <= taken.Unix() {
		m.fresh.calls--
		return
	}
	for _, p := range Periods() { // its hour is over, and may be written already
		from, _ := p.Bounds(taken)
		m.past = append(m.past, Usage{Scope: m.scope, Subscription: m.id, Period: p, From: from.UTC(), Calls: -1})
	}
}

// transferred counts the bytes of a call that was taken.
func (m *meter) transferred(at time.Time, n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.roll(at)
	m.add(count{bytes: n})
	m.late += n
}

// claims says what of quotas is asked of others, or how a call stands that is refused without.
func (m *meter) claims(at time.Time, quotas []Quota) (all []Claim, late int64, s state) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.roll(at)
	if s = m.look(quotas, at.Unix()); s.refused != nil {
		m.add(count{refused: 1})
		return nil, 0, s
	}
	late = m.late
	m.late, m.flying = 0, m.flying+late
	all = make([]Claim, len(quotas))
	for i := range quotas {
		q := &quotas[i]
		w := &m.windows[placeOfPeriod(q.Per)]
		c := Claim{Key: q.key(m.id, w.from), Until: time.Unix(w.until, 0), Known: w.used.calls, Cost: 1, Limit: q.Calls}
		if q.Bytes > 0 {
			c.Known, c.Late, c.Cost, c.Limit = max(0, w.used.bytes-m.flying), late, 0, q.Bytes
		}
		if q.Soft {
			c.Limit = 0
		}
		all[i] = c
	}
	return all, late, s
}

// settle notes what others said: what is used of each quota, and which is used up, -1 for none.
func (m *meter) settle(at time.Time, quotas []Quota, claims []Claim, late int64, used []int64, refused int) state {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.flying -= late
	m.roll(at)
	if refused < 0 {
		m.fresh.calls++
		for i := range m.windows {
			m.windows[i].used.calls++
		}
	}
	for i := range quotas {
		q := &quotas[i]
		w := &m.windows[placeOfPeriod(q.Per)]
		if claims[i].Until.Unix() != w.until {
			continue // the period has ended meanwhile
		}
		if q.Bytes > 0 {
			w.used.bytes = max(w.used.bytes, used[i]+m.late+m.flying)
			continue
		}
		if refused < 0 {
			w.used.calls-- // it is in what others said
		}
		w.used.calls = max(w.used.calls, used[i])
	}
	s := m.look(quotas, at.Unix())
	s.refused = nil
	if refused >= 0 {
		m.add(count{refused: 1})
		q := &quotas[refused]
		s.refused, s.tight, s.left, s.until = q, q, 0, m.windows[placeOfPeriod(q.Per)].until
	}
	return s
}

// failed notes that others said nothing, and counts the call here.
func (m *meter) failed(at time.Time, quotas []Quota, late int64) state {
	m.mu.Lock()
	m.flying -= late
	m.mu.Unlock()
	return m.take(at, quotas)
}

// unwritten returns what is to be written, as if it were; restore takes it back.
func (m *meter) unwritten() []Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shelve()
	out := m.past
	m.past = nil
	return out
}

func (m *meter) restore(u Usage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.past = append(m.past, u)
}

// learn notes what is written of a period, by all replicas.
func (m *meter) learn(u Usage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := &m.windows[placeOfPeriod(u.Period)]
	if w.from != u.From.Unix() {
		return
	}
	known := count{u.Calls, u.Bytes, u.Refused}
	known.add(m.fresh)
	for _, p := range m.past {
		if p.Period == u.Period && p.From.Equal(u.From) {
			known.add(count{p.Calls, p.Bytes, p.Refused})
		}
	}
	w.used.calls = max(w.used.calls, known.calls)
	w.used.bytes = max(w.used.bytes, known.bytes)
	w.used.refused = max(w.used.refused, known.refused)
}
