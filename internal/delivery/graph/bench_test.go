package graph_test

import (
	"fmt"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
)

// BenchmarkResolve resolves many workloads over one index. The time for one
// workload has to stay the same however many there are.
func BenchmarkResolve(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000} {
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
			for b.Loop() {
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
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/workload")
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
