package product

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// WriteEvery is how often counts are written: what a crash forgets at most.
	WriteEvery = 5 * time.Second
	// writeAtOnce is how many counts one statement writes.
	writeAtOnce = 400
	// keepHours and keepOthers are how long counts are kept.
	keepHours  = 60 * 24 * time.Hour
	keepOthers = 800 * 24 * time.Hour
)

// meters are those of all subscriptions, by id.
type meters struct {
	mu  sync.Mutex
	all map[string]*meter
}

// of returns the meter of a subscription.
func (m *meters) of(sub Subscription) *meter {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[string]*meter{}
	}
	one := m.all[sub.ID]
	if one == nil {
		one = &meter{id: sub.ID, scope: sub.Scope}
		m.all[sub.ID] = one
	}
	return one
}

// each returns all, by id.
func (m *meters) each() []*meter {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]*meter, 0, len(m.all))
	for _, one := range m.all {
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b *meter) int { return cmp.Compare(a.id, b.id) })
	return out
}

// follow has the meters be those of the subscriptions that there are: new ones go on from
// what was written, those of subscriptions that are over go once nothing of them is unwritten.
func (m *meters) follow(ctx context.Context, s *Service, lives map[string]*live) error {
	now := s.now()
	m.mu.Lock()
	fresh := map[string]*meter{}
	for id, one := range m.all {
		one.mu.Lock()
		switch {
		case lives[id] == nil && one.fresh == (count{}) && len(one.past) == 0:
			delete(m.all, id)
		case one.windows[hourly].until == 0:
			one.roll(now)
			fresh[id] = one
		}
		one.mu.Unlock()
	}
	m.mu.Unlock()
	if len(fresh) == 0 {
		return nil
	}
	starts := map[Period]time.Time{}
	for _, p := range Periods() {
		starts[p], _ = p.Bounds(now)
	}
	written, err := s.Usage.Current(ctx, starts)
	if err != nil {
		return err
	}
	for _, u := range written {
		if one := fresh[u.Subscription]; one != nil {
			one.learn(u)
		}
	}
	return nil
}

// Write keeps what was counted, learns what other replicas have, and tells of quotas that
// are nearly used up. Where it cannot, the counts wait.
func (s *Service) Write(ctx context.Context) error {
	var all []Usage
	of := map[string]*meter{}
	for _, m := range s.meters.each() {
		if rows := m.unwritten(); len(rows) > 0 {
			all, of[m.id] = append(all, rows...), m
		}
	}
	all = together(all)
	var failed error
	for rows := range slices.Chunk(all, writeAtOnce) {
		var written []Usage
		if failed == nil {
			written, failed = s.Usage.Add(ctx, rows)
		}
		if failed != nil {
			for _, u := range rows {
				of[u.Subscription].restore(u)
			}
			continue
		}
		for _, u := range written {
			of[u.Subscription].learn(u)
		}
	}
	if failed != nil {
		return failed
	}
	return s.warn(ctx)
}

// together adds up what is of one period, and sorts, so that replicas write in one order.
func together(all []Usage) []Usage {
	slices.SortStableFunc(all, func(a, b Usage) int {
		return cmp.Or(cmp.Compare(a.Subscription, b.Subscription), cmp.Compare(a.Period, b.Period), a.From.Compare(b.From))
	})
	out := all[:0]
	for _, u := range all {
		if n := len(out); n > 0 && out[n-1].Subscription == u.Subscription && out[n-1].Period == u.Period && out[n-1].From.Equal(u.From) {
			out[n-1].Calls += u.Calls
			out[n-1].Bytes += u.Bytes
			out[n-1].Refused += u.Refused
			continue
		}
		out = append(out, u)
	}
	return out
}

// warned are the shares of a quota that are told, in percent, the largest first.
func warned() []int { return []int{100, 80} }

// warn tells of quotas that are used up, or nearly, once in each period.
func (s *Service) warn(ctx context.Context) error {
	for _, l := range s.table.Load().lives {
		if len(l.quotas) == 0 {
			continue
		}
		m := s.meters.of(l.Subscription)
		for i := range l.quotas {
			if err := s.warnOf(ctx, l, m, &l.quotas[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) warnOf(ctx context.Context, l *live, m *meter, q *Quota) error {
	metric := 0
	if q.Bytes > 0 {
		metric = 1
	}
	m.mu.Lock()
	m.roll(s.now())
	w := m.windows[placeOfPeriod(q.Per)]
	m.mu.Unlock()
	limit, used := q.of(w.used)
	for _, percent := range warned() {
		if float64(used) < float64(limit)*float64(percent)/100 || w.told[metric] >= percent {
			continue
		}
		if err := s.tellOf(ctx, l, q, w, used, percent); err != nil {
			return err
		}
		m.mu.Lock()
		if now := &m.windows[placeOfPeriod(q.Per)]; now.from == w.from {
			now.told[metric] = percent
		}
		m.mu.Unlock()
		return nil
	}
	return nil
}

// tellOf records that a share is used, unless this or another replica has.
func (s *Service) tellOf(ctx context.Context, l *live, q *Quota, w window, used int64, percent int) error {
	ctx = kernel.WithActor(ctx, kernel.System("gateway", l.Scope.Tenant))
	fact := "gateway-subscription.quota_nearing"
	if percent >= 100 {
		fact = "gateway-subscription.quota_exhausted"
	}
	limit, _ := q.of(count{})
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		first, err := s.Usage.Tell(ctx, Usage{Subscription: l.ID, Period: q.Per, From: time.Unix(w.from, 0).UTC()}, q.Bytes > 0, percent)
		if err != nil || !first {
			return err
		}
		return s.record(ctx, l.Subscription, fact, "", map[string]any{
			"quota": q.label(), "limit": limit, "used": used, "percent": percent, "soft": q.Soft, "until": time.Unix(w.until, 0).UTC(),
		})
	})
}

// Tidy removes counts that are too old.
func (s *Service) Tidy(ctx context.Context) error {
	now := s.now()
	return s.Usage.Drop(ctx, now.Add(-keepHours), now.Add(-keepOthers))
}

// Standing is what a subscription has used of a quota in the period that is going on.
type Standing struct {
	Quota Quota     `json:"quota"`
	Name  string    `json:"name"`
	Used  int64     `json:"used"`
	Limit int64     `json:"limit"`
	Until time.Time `json:"until"`
}

// Used is what a subscription has used.
type Used struct {
	Period  Period     `json:"period"`
	History []Usage    `json:"history"`
	Quotas  []Standing `json:"quotas"`
}

// UsageOf returns what a subscription used, by the periods of one length, the newest first,
// and how it stands to its quotas. It is what has been written: a few seconds may be missing.
func (s *Service) UsageOf(ctx context.Context, stage kernel.Scope, name string, p Period, most int) (Used, error) {
	sub, _, err := s.find(ctx, stage, name, actionRead, actionRead)
	if err != nil {
		return Used{}, err
	}
	out := Used{Period: p, Quotas: []Standing{}}
	if out.History, err = s.Usage.Usage(ctx, sub.ID, p, most); err != nil {
		return Used{}, err
	}
	product, err := s.offered(ctx, stage, sub.Product)
	if kernel.Is(err, kernel.NotFound) {
		return out, nil
	}
	if err != nil {
		return Used{}, err
	}
	plan, _ := product.Plan(sub.Plan)
	for _, q := range plan.Quotas {
		from, until := q.Per.Bounds(s.now())
		newest, err := s.Usage.Usage(ctx, sub.ID, q.Per, 1)
		if err != nil {
			return Used{}, err
		}
		standing := Standing{Quota: q, Name: q.label(), Until: until}
		standing.Limit, _ = q.of(count{})
		if len(newest) > 0 && newest[0].From.Equal(from) {
			_, standing.Used = q.of(count{calls: newest[0].Calls, bytes: newest[0].Bytes})
		}
		out.Quotas = append(out.Quotas, standing)
	}
	return out, nil
}
