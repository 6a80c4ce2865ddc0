package configapi_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/fabric/config/configsql"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// BenchmarkChangeToDelivery takes the time from the end of a push until a workload that
// watches has the new value. The push itself, with git's own work, is not counted.
func BenchmarkChangeToDelivery(b *testing.B) {
	r := newBench(b, dbtest.SQLite(b, vcssql.Migrations(), configsql.Migrations()), vcs.Protection{})
	r.connected(nil)
	token, _ := r.token("orders", "dev")
	s := r.watch(token, "")
	if _, ok := s.next(); !ok {
		b.Fatal("the stream ended")
	}
	var took []time.Duration
	for n := 10; b.Loop(); n++ {
		b.StopTimer()
		r.push("main", map[string]string{"default.yaml": fmt.Sprintf("values: {checkout.timeout: %d}\n", n)})
		begin := time.Now()
		b.StartTimer()
		for {
			d, ok := s.next()
			if !ok {
				b.Fatal("the stream ended")
			}
			if d.Values["checkout.timeout"] == float64(n) {
				break
			}
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms-p50")
	b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "ms-max")
}
