package cache_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkHit sends a request that is answered from the cache, and one that is
// passed on, in turn, so that both meet the same load; it reports the time of
// each and their ratio.
func BenchmarkHit(b *testing.B) {
	f := start(b, `{"bypass": {"paths": ["/pass"]}}`, nil)
	f.clock.follow()
	f.service.says(with(strings.Repeat("x", 1024), "Cache-Control", "max-age=3600"))
	f.get("/hit")
	var hit, pass atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			hit.Add(int64(timed(b, f, "/hit")))
			pass.Add(int64(timed(b, f, "/pass")))
		}
	})
	b.ReportMetric(float64(hit.Load())/float64(b.N), "ns/hit")
	b.ReportMetric(float64(pass.Load())/float64(b.N), "ns/pass")
	b.ReportMetric(float64(pass.Load())/float64(hit.Load()), "ratio")
	if n := f.service.count(); n > b.N+2 {
		b.Errorf("the service was asked %d times", n)
	}
}

func timed(b *testing.B, f *fixture, path string) time.Duration {
	began := time.Now()
	resp, err := f.client.Get(f.base + path)
	if err != nil {
		b.Error(err)
		return 0
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b.Error(fmt.Sprint(resp.StatusCode))
	}
	return time.Since(began)
}
