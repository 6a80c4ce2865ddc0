package cache_test

import (
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/cache/cachetest"
)

// processor is what the process has used of the processor so far.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkShared has a value stored by one replica and read by another through a real
// Redis, in the clear and sealed, in turns: what of the processor both take in this
// process, and how many times as much it is sealed.
func BenchmarkShared(b *testing.B) {
	s, by := cachetest.Redis(b), sealer(b)
	replica := func(name string, by cache.Sealer) *cache.Cache[string] {
		r := s.Serve(b, cache.RedisConfig{Log: slog.New(slog.DiscardHandler), Sealer: by})
		return cache.New(cache.NewRoom(cache.RoomConfig{Shared: r}), cache.Config[string]{Name: name, Tenant: "acme", Memory: 256 << 20, Codec: texts{}})
	}
	for _, kib := range []int{1, 16} {
		b.Run(fmt.Sprintf("%dKiB", kib), func(b *testing.B) {
			value := entry(strings.Repeat("x", kib<<10), "tag")
			var took [2]time.Duration
			var from, to [2]*cache.Cache[string]
			for i, by := range []cache.Sealer{nil, by} {
				name := fmt.Sprintf("%dKiB-%d", kib, i)
				from[i], to[i] = replica(name, by), replica(name, by)
			}
			const together = 250 // fewer than wait to be written
			for at := 0; at < b.N; at += together {
				for i := range took {
					began := processor(b)
					last := ""
					for n := at; n < min(at+together, b.N); n++ {
						last = fmt.Sprint(b.N, "/", n)
						from[i].Set(from[i].Mark(), last, value)
					}
					cachetest.Until(b, "the last of them", func() bool { return has(to[i], last) })
					for n := at; n < min(at+together, b.N); n++ {
						if _, there := to[i].Get(b.Context(), fmt.Sprint(b.N, "/", n)); !there {
							b.Fatal("a value is not shared")
						}
					}
					took[i] += processor(b) - began
				}
			}
			b.ReportMetric(float64(took[0].Microseconds())/float64(b.N), "µs-plain/op")
			b.ReportMetric(float64(took[1].Microseconds())/float64(b.N), "µs-sealed/op")
			b.ReportMetric(float64(took[1])/float64(took[0]), "sealed/plain")
		})
	}
}
