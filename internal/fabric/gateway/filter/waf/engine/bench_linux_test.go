package engine_test

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/engine"
)

// warm is how many requests an engine has seen before it is measured.
const warm = 20

// BenchmarkAgainstStock tells how many times as fast as Coraza itself the
// engine is, by the time of its thread, both taking turns.
func BenchmarkAgainstStock(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c := config()
	fast := compiled(b, c)
	c.Stock = true
	engines := []*engine.Engine{fast, compiled(b, c)}
	for name, r := range requests() {
		b.Run(name, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for range warm {
				_ = judge(b, fast, r).Close()
			}
			var took [2]time.Duration
			for b.Loop() {
				for i, e := range engines {
					began := used(b)
					tx := judge(b, e, r)
					took[i] += used(b) - began
					if tx.Refused() != nil {
						b.Fatal("an ordinary request is refused", tx.MatchedRules()[len(tx.MatchedRules())-1].Rule().ID())
					}
					_ = tx.Close()
				}
			}
			b.ReportMetric(float64(took[1])/float64(took[0]), "times-as-fast")
			b.ReportMetric(float64(took[0].Microseconds())/float64(b.N), "µs/request")
			b.ReportMetric(float64(took[1].Microseconds())/float64(b.N), "µs/request-stock")
		})
	}
}

// used is the time that the thread has had of a processor.
func used(b *testing.B) time.Duration {
	b.Helper()
	const ofThread = 1 // RUSAGE_THREAD
	var u syscall.Rusage
	if err := syscall.Getrusage(ofThread, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCompile tells what an engine takes beyond what all of one level share:
// the time of its thread to make it, and the memory that stays, before requests
// and once each sort has come.
func BenchmarkCompile(b *testing.B) {
	c := config()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, began := heap(), used(b)
	kept := []*engine.Engine{compiled(b, c)} // with what all engines share
	took, first := used(b)-began, float64(heap())-float64(before)
	runtime.KeepAlive(kept)
	kept = nil
	before, began = heap(), used(b)
	for b.Loop() {
		kept = append(kept, compiled(b, c))
	}
	b.ReportMetric(float64((used(b)-began).Milliseconds())/float64(len(kept)), "ms-of-processor/engine")
	b.ReportMetric(float64(took.Milliseconds()), "ms-of-processor/first")
	b.ReportMetric(first/(1<<20), "MiB/first")
	per := func(after uint64) float64 { return (float64(after) - float64(before)) / float64(len(kept)) / (1 << 20) }
	b.ReportMetric(per(heap()), "MiB/engine")
	for _, e := range kept {
		for _, r := range requests() {
			_ = judge(b, e, r).Close()
		}
	}
	b.ReportMetric(per(heap()), "MiB/engine-in-use")
	runtime.KeepAlive(kept)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // pools are emptied in two steps
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
