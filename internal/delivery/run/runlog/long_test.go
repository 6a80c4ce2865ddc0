package runlog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestALongLogIsWholeAndInOrder has two follow a log of 50,000 lines while it is
// written, one of whom reads only at every hundredth line that is written.
func TestALongLogIsWholeAndInOrder(t *testing.T) {
	t.Parallel()
	const n = 50_000
	_, l := alone(t)
	id := kernel.NewID("run")
	ctx, turns := context.Background(), make(chan struct{})
	var readers sync.WaitGroup
	follow := func(name string, wait func()) {
		readers.Go(func() {
			var offset int64
			for seen := 0; seen < n; {
				wait()
				lines, next, more, err := l.Read(ctx, id, offset)
				if err != nil {
					t.Errorf("%s after %d lines: %v", name, seen, err)
					return
				}
				for line := range bytes.Lines(lines) {
					var e run.Event
					if err := json.Unmarshal(line, &e); err != nil || e.Message != fmt.Sprint(seen) {
						t.Errorf("%s has %q as line %d, %v", name, e.Message, seen, err)
						return
					}
					seen++
				}
				if offset = next; len(lines) == 0 {
					<-more
				}
			}
		})
	}
	follow("who follows", func() {})
	follow("who is slow", func() { <-turns })
	for i := range n {
		must(t, l.Append(ctx, "acme", id, run.Event{Message: fmt.Sprint(i)}))
		if i%100 == 0 {
			select {
			case turns <- struct{}{}:
			default: // it has not taken its last turn yet
			}
		}
	}
	close(turns)
	readers.Wait()
}
