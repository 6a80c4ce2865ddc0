package graph_test

import (
	"fmt"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
)

// BenchmarkResolve resolves many workloads over one index. The time for one
// workload has to stay the same however many there are: the ratio is that time
// over the one of the fewest.
func BenchmarkResolve(b *testing.B) {
	const most = 10_000
	var fewest float64
	for _, n := range []int{100, 1_000, most} {
		b.Run(fmt.Sprintf("workloads=%d", n), func(b *testing.B) {
			workloads := make([]*workload.Workload, n)
			for i := range workloads {
				workloads[i] = benchmarkWorkload(b, i)
			}
			defs := shipped(b)
			for i := range 50 {
				defs = append(defs, at(fmt.Sprintf("stage-%d", i), "redis", graph.Criterion{Stage: fmt.Sprintf("s%d", i)}))
			}
			b.ReportAllocs()
			resolve := func() {
				index, err := graph.NewIndex(defs)
				if err != nil {
					b.Fatal(err)
				}
				for _, w := range workloads {
					if _, err := index.Resolve(w, shop("dev"), mods()); err != nil {
						b.Fatal(err)
					}
				}
			}
			for b.Loop() {
				for range most / n { // as much work for the few as for the many
					resolve()
				}
			}
			each := float64(b.Elapsed().Nanoseconds()) / float64(b.N*most)
			if fewest == 0 {
				fewest = each
			}
			b.ReportMetric(each, "ns/workload")
			b.ReportMetric(each/fewest, "ratio")
			if each > 2*fewest {
				b.Errorf("%.0f ns for each of %d workloads, but %.0f for each of the fewest: not linear", each, n, fewest)
			}
		})
	}
}

func benchmarkWorkload(b *testing.B, i int) *workload.Workload {
	b.Helper()
	src := fmt.Sprintf(`apiVersion: score.dev/v1b1
metadata: {name: orders-%d}
containers: {main: {image: ., variables: {A: "${resources.cache.host} ${resources.web.host}"}}}
resources:
  cache: {type: redis}
  main: {type: redis, id: main, params: {peer: "${resources.cache.host}"}}
  web: {type: route}
`, i)
	w, err := workload.Parse("score.yaml", []byte(src))
	if err != nil {
		b.Fatal(err)
	}
	return w
}
