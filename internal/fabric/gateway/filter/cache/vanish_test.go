package cache_test

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	tier "github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/cache/cachetest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
)

// TestRedisVanishesUnderLoad kills the Redis that two gateways share while clients ask
// both, and starts it again: no request fails, each gateway answers from its own memory
// meanwhile, and a purge of that time holds at both once Redis is back.
func TestRedisVanishesUnderLoad(t *testing.T) {
	t.Parallel()
	r := cachetest.Redis(t)
	all := make([]*fixture, 2)
	shared := make([]interface{ Up() bool }, 2)
	for i := range all {
		all[i] = start(t, `{}`, func(c *tier.RoomConfig) {
			c.Shared = r.Connect(t)
			shared[i] = c.Shared
		})
		all[i].service.says(with("right", "Cache-Control", "max-age=600", "Cache-Tag", "x"))
	}
	var asked, failed, hits [3]atomic.Int64
	var phase atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	for n := range 4 {
		f := all[n%2]
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				at := phase.Load()
				resp, err := f.client.Get(fmt.Sprintf("%s/%d", f.base, i%20))
				asked[at].Add(1)
				if err != nil {
					failed[at].Add(1)
					continue
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					failed[at].Add(1)
				}
				if (got{Response: resp}).hit() {
					hits[at].Add(1)
				}
			}
		})
	}
	more := func() {
		from := asked[phase.Load()].Load()
		cachetest.Until(t, "more requests", func() bool { return asked[phase.Load()].Load() > from+400 })
	}
	up := func(want bool) {
		cachetest.Until(t, "both to know of Redis", func() bool { return shared[0].Up() == want && shared[1].Up() == want })
	}
	more()
	r.Stop()
	up(false)
	phase.Store(1)
	more()
	all[0].get("/purged")
	all[1].get("/purged")
	all[0].kind.Purge(t.Context(), dev, gateway.CachePurge{URL: host + "/purged"})
	if !all[1].get("/purged").hit() {
		t.Error("the other gateway has heard of it without Redis: the test proves nothing")
	}
	r.Start()
	up(true)
	phase.Store(2)
	cachetest.Until(t, "the purge at the other gateway", func() bool { return !all[1].get("/purged").hit() })
	more()
	stop.Store(true)
	wg.Wait()
	for i, when := range []string{"with Redis", "while it is gone", "with it again"} {
		t.Logf("%s: %d requests, %d of them from the cache, %d failed", when, asked[i].Load(), hits[i].Load(), failed[i].Load())
		if failed[i].Load() > 0 || hits[i].Load()*10 < asked[i].Load()*8 {
			t.Errorf("%s: %d of %d failed, %d came from the cache", when, failed[i].Load(), asked[i].Load(), hits[i].Load())
		}
	}
}
