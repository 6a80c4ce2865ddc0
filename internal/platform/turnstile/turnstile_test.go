package turnstile_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/terrace-idp/terrace/internal/platform/turnstile"
)

// TestWhoAsksForMuchHoldsUpNobody: turns go round among those who wait.
func TestWhoAsksForMuchHoldsUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := turnstile.New(1)
		if err := gate.Enter(t.Context(), "busy"); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var order []string
		for _, who := range strings.Fields("busy busy busy quiet busy other quiet") {
			go func() {
				if err := gate.Enter(t.Context(), who); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, who)
				mu.Unlock()
				gate.Leave()
			}()
			synctest.Wait()
		}
		gate.Leave()
		synctest.Wait()
		if got := strings.Join(order, " "); got != "busy quiet other busy quiet busy busy" {
			t.Error(got)
		}
	})
}

// TestWhoGivesUpLeavesNoTurnBehind, whether it waits or has just got one.
func TestWhoGivesUpLeavesNoTurnBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := turnstile.New(1)
		if err := gate.Enter(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		for i := range 50 {
			ctx, cancel := context.WithCancel(t.Context())
			failed := make(chan error, 1)
			go func() {
				err := gate.Enter(ctx, "b")
				if err == nil {
					gate.Leave()
				}
				failed <- err
			}()
			synctest.Wait()
			cancel()
			if i%2 == 0 {
				synctest.Wait() // it has given up before there is a turn
			}
			gate.Leave()
			if err := <-failed; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			synctest.Wait()
			if err := gate.Enter(t.Context(), "a"); err != nil { // it would wait for ever
				t.Fatal(err)
			}
		}
	})
}
