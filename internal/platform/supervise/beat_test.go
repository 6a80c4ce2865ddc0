package supervise_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

func TestLoopsLookAtTheSameMoments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ past, every, want time.Duration }{
		"on the beat":            {0, 5 * time.Second, 5 * time.Second},
		"begun between":          {3 * time.Second, 5 * time.Second, 2 * time.Second},
		"a slower one meets it":  {3 * time.Second, 10 * time.Second, 7 * time.Second},
		"too soon to look again": {4900 * time.Millisecond, 5 * time.Second, 5100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // begins at midnight
				time.Sleep(c.past)
				if got := supervise.Beat(c.every); got != c.want {
					t.Errorf("rests for %s, want %s", got, c.want)
				}
			})
		})
	}
}
