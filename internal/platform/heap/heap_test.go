package heap_test

import (
	"runtime"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/heap"
)

func TestReserveIsAShareOfTheMemoryWithinBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		memory, want uint64
	}{
		{"unknown", 0, 64 << 20},
		{"a small container", 512 << 20, 64 << 20},
		{"a container of four gigabytes", 4 << 30, 128 << 20},
		{"a laptop", 16 << 30, 256 << 20},
	} {
		if got := heap.Reserve(c.memory); got != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, got, c.want)
		}
	}
}

func TestRarelyReservesWhileItWorks(t *testing.T) { //nolint:paralleltest // it measures the heap of the process
	var during runtime.MemStats
	if got := heap.Rarely(func() int { runtime.GC(); runtime.ReadMemStats(&during); return 3 }); got != 3 {
		t.Errorf("Rarely returned %d, want what was done", got)
	}
	if during.NextGC < 2*heap.Reserve(0) {
		t.Errorf("the next collection comes at %d bytes, want at least twice the reserve", during.NextGC)
	}
}
