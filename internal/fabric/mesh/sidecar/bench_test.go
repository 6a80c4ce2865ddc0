package sidecar_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
)

// BenchmarkSidecarAtHalfLoad asks an application directly, through its own sidecar as a client
// that has an SVID, and through the sidecars of both sides: in turns and at the same pace, half
// of what both pass on at most. It tells what they add, over all and, since what else the
// machine does comes in bursts, in the median of the turns.
func BenchmarkSidecarAtHalfLoad(b *testing.B) {
	authority := authorities(b)
	addr := app(b, "billing")
	billing := start(b, authority, "billing", addr, allows(idOf("web")))
	web := start(b, authority, "web", addr, calls("billing", idOf("billing"), billing.inbound()))
	svid, err := web.identities.SVID(b.Context(), pki.Workload{Scope: scope(), Name: "web"})
	must(b, err)
	_, port := web.Ports()
	direct := &way{ask: asker(b, "http://"+addr, nil)}
	one := &way{ask: asker(b, "https://"+billing.inbound(), &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{*svid}})}
	both := &way{ask: asker(b, fmt.Sprintf("http://127.0.0.1:%d", port), nil)}
	saturate(one.ask)
	saturation := saturate(both.ask)
	pace := time.Duration(2 * float64(time.Second) / saturation)
	const turn = 200
	b.ResetTimer()
	for done := 0; done < b.N; done += turn {
		for _, w := range []*way{direct, one, both} {
			w.turn(min(turn, b.N-done), pace)
		}
	}
	b.StopTimer()
	b.ReportMetric(saturation, "saturation-req/s")
	b.ReportMetric(quantile(direct.took, 50), "direct-p50-ms")
	b.ReportMetric(quantile(direct.took, 99), "direct-p99-ms")
	for name, w := range map[string]*way{"one": one, "both": both} {
		b.ReportMetric(quantile(w.took, 50)-quantile(direct.took, 50), name+"-added-p50-ms")
		b.ReportMetric(quantile(w.took, 99)-quantile(direct.took, 99), name+"-added-p99-ms")
		b.ReportMetric(w.added(direct), name+"-added-p99-of-a-turn-ms")
		b.ReportMetric(quantile(w.took, 50)/quantile(direct.took, 50), name+"-p50-ratio")
	}
}

// way is one to the application, with what it took.
type way struct {
	ask  func()
	took []time.Duration
	// tails are the 99th percentiles of the turns, in milliseconds.
	tails []float64
}

func (w *way) turn(n int, pace time.Duration) {
	took := paced(w.ask, n, pace)
	w.took, w.tails = append(w.took, took...), append(w.tails, quantile(took, 99))
}

// added is what the way adds to another's tail, in the median of the turns.
func (w *way) added(to *way) float64 {
	var all []float64
	for i, tail := range w.tails {
		all = append(all, tail-to.tails[i])
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// quantile is in milliseconds.
func quantile(all []time.Duration, percent int) float64 {
	slices.Sort(all)
	return float64(all[(len(all)-1)*percent/100]) / float64(time.Millisecond)
}

// callers is how many connections a client has.
const callers = 16

// asker returns what asks once, on a connection that is used again.
func asker(b *testing.B, address string, secure *tls.Config) func() {
	b.Helper()
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers, MaxConnsPerHost: callers, TLSClientConfig: secure}}
	return func() {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address+"/", http.NoBody)
		if err != nil {
			b.Error(err)
			return
		}
		r.Host = "billing"
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
