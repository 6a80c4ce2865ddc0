package engine_test

import "testing"

// BenchmarkAlone is the engine without Coraza beside it, for profiles.
func BenchmarkAlone(b *testing.B) {
	e := compiled(b, config())
	for name, r := range requests() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = judge(b, e, r).Close()
			}
		})
	}
}
