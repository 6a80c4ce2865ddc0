package ratelimit_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/ratelimit"
)

func TestABurstAndThenTheRate(t *testing.T) {
	t.Parallel()
	l, r, now := ratelimit.New[string](), ratelimit.PerMinute(60, 5), time.Unix(1000, 0)
	for i := range 5 {
		if v := l.Take("a", r, now); !v.OK || v.Remaining != int64(4-i) {
			t.Fatalf("%d: %+v", i, v)
		}
	}
	if v := l.Take("a", r, now); v.OK || v.Retry != time.Second || v.Reset != 5*time.Second {
		t.Errorf("%+v", v)
	}
	if v := l.Take("b", r, now); !v.OK {
		t.Errorf("another key pays for the first: %+v", v)
	}
	if v := l.Take("a", r, now.Add(999*time.Millisecond)); v.OK {
		t.Errorf("too soon: %+v", v)
	}
	if v := l.Take("a", r, now.Add(time.Second)); !v.OK || v.Remaining != 0 {
		t.Errorf("%+v", v)
	}
	if v := l.Take("a", r, now.Add(time.Hour)); !v.OK || v.Remaining != 4 {
		t.Errorf("what is saved is more than the burst: %+v", v)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	l, r, now := ratelimit.New[int](), ratelimit.PerMinute(60, 10), time.Unix(1000, 0)
	for i := range 300_000 {
		l.Take(i, r, now)
	}
	if n := l.Len(); n > 64_000 {
		t.Errorf("%d keys are in memory", n)
	}
}

func TestManyAtOnceGetNoMoreThanTheBurst(t *testing.T) {
	t.Parallel()
	l, r, now := ratelimit.New[string](), ratelimit.PerMinute(60, 100), time.Unix(1000, 0)
	var passed atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if l.Take("a", r, now).OK {
					passed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if passed.Load() != 100 {
		t.Errorf("%d passed", passed.Load())
	}
}
