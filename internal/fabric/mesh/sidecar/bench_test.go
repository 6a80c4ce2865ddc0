package sidecar_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkSidecarAtHalfLoad asks an application directly, and through both sidecars, in turns
// and at the same pace: half of what the sidecars pass on at most. It tells what they add, over
// all and, since what else the machine does comes in bursts, in the median of the turns.
func BenchmarkSidecarAtHalfLoad(b *testing.B) {
	authority := authorities(b)
	addr := app(b, "billing")
	billing := start(b, authority, "billing", addr, allows(idOf("web")))
	web := start(b, authority, "web", addr, calls("billing", idOf("billing"), billing.inbound()))
	_, port := web.Ports()
	direct := asker(b, addr, "billing")
	through := asker(b, fmt.Sprintf("127.0.0.1:%d", port), "billing")
	saturation := saturate(through)
	pace := time.Duration(2 * float64(time.Second) / saturation)
	const turn = 200
	var plain, meshed []time.Duration
	var added []float64
	b.ResetTimer()
	for done := 0; done < b.N; done += turn {
		p, m := paced(direct, min(turn, b.N-done), pace), paced(through, min(turn, b.N-done), pace)
		plain, meshed, added = append(plain, p...), append(meshed, m...), append(added, quantile(m, 99)-quantile(p, 99))
	}
	b.StopTimer()
	slices.Sort(added)
	b.ReportMetric(saturation, "saturation-req/s")
	b.ReportMetric(quantile(plain, 50), "direct-p50-ms")
	b.ReportMetric(quantile(meshed, 50)-quantile(plain, 50), "added-p50-ms")
	b.ReportMetric(quantile(plain, 99), "direct-p99-ms")
	b.ReportMetric(quantile(meshed, 99)-quantile(plain, 99), "added-p99-ms")
	b.ReportMetric(added[len(added)/2], "added-p99-of-a-turn-ms")
	b.ReportMetric(quantile(meshed, 50)/quantile(plain, 50), "p50-ratio")
}

// quantile is in milliseconds.
func quantile(all []time.Duration, percent int) float64 {
	slices.Sort(all)
	return float64(all[(len(all)-1)*percent/100]) / float64(time.Millisecond)
}

// callers is how many connections a client has.
const callers = 16

// asker returns what asks once, on a connection that is used again.
func asker(b *testing.B, addr, name string) func() {
	b.Helper()
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers, MaxConnsPerHost: callers}}
	return func() {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+addr+"/", http.NoBody)
		if err != nil {
			b.Error(err)
			return
		}
		r.Host = name
		resp, err := c.Do(r)
		if err != nil {
			b.Error(err)
			return
		}
		defer func() { _ = resp.Body.Close() }()
		if _, err = io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
			b.Error(resp.StatusCode, err)
		}
	}
}

// saturate tells how many requests a second there are at most.
func saturate(ask func()) float64 {
	const most = time.Second
	var n atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range callers {
		all.Go(func() {
			for time.Since(began) < most {
				ask()
				n.Add(1)
			}
		})
	}
	all.Wait()
	return float64(n.Load()) / time.Since(began).Seconds()
}

// paced asks at a pace, whether or not the ones before were answered, and tells how long each
// took.
func paced(ask func(), n int, pace time.Duration) []time.Duration {
	took := make([]time.Duration, n)
	var all sync.WaitGroup
	began := time.Now()
	for i := range took {
		time.Sleep(time.Until(began.Add(time.Duration(i) * pace)))
		all.Go(func() {
			sent := time.Now()
			ask()
			took[i] = time.Since(sent)
		})
	}
	all.Wait()
	return took
}
