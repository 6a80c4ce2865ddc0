package kept_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/kept"
)

// value is too large to share its memory with others.
type value [64]byte

func TestKeptAsLongAsHeld(t *testing.T) {
	t.Parallel()
	var m kept.Map[string, value]
	held := m.Get("a", func() *value { return &value{1} })
	m.Get("b", func() *value { return &value{1} })
	for began := time.Now(); ; {
		runtime.GC()
		if m.Get("b", func() *value { return &value{2} })[0] == 2 {
			break
		}
		if time.Since(began) > time.Minute {
			t.Fatal("what nobody holds is kept")
		}
	}
	if m.Get("a", func() *value { return &value{2} }) != held || held[0] != 1 {
		t.Error("what is held is forgotten")
	}
	runtime.KeepAlive(held)
}
