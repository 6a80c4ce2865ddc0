package versioned_test

import (
	"maps"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone/versioned"
)

// TestVersionsAreEachTheirOwn compares every version with a plain map, after all were made.
func TestVersionsAreEachTheirOwn(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	type version struct {
		m    versioned.Map[int]
		want map[string]int
	}
	all := []version{{want: map[string]int{}}}
	for i := range 200 {
		last := all[random.IntN(len(all))]
		want, edit := maps.Clone(last.want), last.m.Edit(0)
		for range random.IntN(60) {
			name := strconv.Itoa(random.IntN(2000))
			if random.IntN(3) == 0 {
				edit.Delete(name)
				delete(want, name)
				continue
			}
			edit.Set(name, i)
			want[name] = i
			if got, ok := edit.Get(name); !ok || got != i {
				t.Fatalf("what was set is %d, %v", got, ok)
			}
		}
		all = append(all, version{edit.Map(), want})
	}
	for i, v := range all {
		if got := maps.Collect(v.m.All()); !maps.Equal(got, v.want) || v.m.Len() != len(v.want) {
			t.Errorf("version %d has %d entries, want %d", i, v.m.Len(), len(v.want))
		}
		for name, want := range v.want {
			if got, ok := v.m.Get(name); !ok || got != want {
				t.Errorf("version %d: %s is %d, want %d", i, name, got, want)
			}
		}
	}
}
