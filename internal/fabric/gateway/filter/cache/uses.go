package cache

import (
	"slices"
	"strings"
	"sync/atomic"
	"weak"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// place is a route.
type place struct {
	scope kernel.Scope
	route string
}

// uses count what a route's cache was good for. They live as long as a filter
// holds them, over changes of the route and its policies.
type uses struct {
	policy                     atomic.Pointer[string]
	hit, stale, missed, pastIt atomic.Int64
}

// use returns the counts of a route.
func (k *Kind) use(of place, policy string) *uses {
	k.mu.Lock()
	defer k.mu.Unlock()
	u := k.uses[of].Value()
	if u == nil {
		u = &uses{}
		k.uses[of] = weak.Make(u)
	}
	u.policy.Store(&policy)
	return u
}

// counted returns the counts of the routes that there are, and forgets the others.
func (k *Kind) counted() map[place]*uses {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := map[place]*uses{}
	for of, held := range k.uses {
		if u := held.Value(); u != nil {
			out[of] = u
		} else {
			delete(k.uses, of)
		}
	}
	return out
}

// Uses implements gateway.Cache.
func (k *Kind) Uses(scope kernel.Scope) []gateway.CacheUse {
	all := map[string]*gateway.CacheUse{}
	for of, u := range k.counted() {
		if of.scope == scope {
			all[of.route] = u.told(of.route)
		}
	}
	for _, s := range k.live() {
		s.cache.Each(func(key string, v *stored, bytes int) {
			lines := strings.SplitN(key, "\n", 6)
			if len(lines) < 6 || lines[0] != scope.String() {
				return
			}
			u := all[strings.TrimPrefix(lines[4], "route=")]
			if u == nil {
				return
			}
			u.Bytes += int64(bytes)
			if v.isAnswer() {
				u.Entries++
			}
		})
	}
	out := make([]gateway.CacheUse, 0, len(all))
	for _, u := range all {
		out = append(out, *u)
	}
	slices.SortFunc(out, func(a, b gateway.CacheUse) int { return strings.Compare(a.Route, b.Route) })
	return out
}

func (u *uses) told(route string) *gateway.CacheUse {
	out := &gateway.CacheUse{Route: route, Policy: *u.policy.Load(), Hits: u.hit.Load(), Stale: u.stale.Load(), Misses: u.missed.Load(), Bypassed: u.pastIt.Load()}
	if all := out.Hits + out.Stale + out.Misses; all > 0 {
		ratio := float64(out.Hits+out.Stale) / float64(all)
		out.Ratio = &ratio
	}
	return out
}

// described is what Prometheus has of it.
func described() *prometheus.Desc {
	return prometheus.NewDesc("terrace_gateway_cache_requests_total",
		"Requests of routes with a cache, by route and how they were answered: hit, stale, miss or bypass.", []string{"scope", "route", "how"}, nil)
}

// Describe implements prometheus.Collector.
func (k *Kind) Describe(to chan<- *prometheus.Desc) { to <- described() }

// Collect implements prometheus.Collector.
func (k *Kind) Collect(to chan<- prometheus.Metric) {
	d := described()
	for of, u := range k.counted() {
		for how, n := range map[string]*atomic.Int64{"hit": &u.hit, "stale": &u.stale, "miss": &u.missed, "bypass": &u.pastIt} {
			to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n.Load()), of.scope.String(), of.route, how)
		}
	}
}
