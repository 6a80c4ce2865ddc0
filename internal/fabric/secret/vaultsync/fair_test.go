package vaultsync_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// slow is a vault that answers writes only as fast as it is let.
type slow struct {
	let chan struct{}

	mu               sync.Mutex
	calls            map[string]int // by what is called, as "set tenant/0/name"
	waiting, written int
}

func (s *slow) answer(ctx context.Context, call string) error {
	s.mu.Lock()
	s.calls[call]++
	if !strings.HasPrefix(call, "set ") {
		s.mu.Unlock()
		return nil
	}
	s.waiting++
	s.mu.Unlock()
	var err error
	select {
	case <-s.let:
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting--
	if err == nil {
		s.written++
	}
	return err
}

// fill gives a tenant stages with secrets, whose vault is slow. It returns its address.
func (w *world) fill(t *testing.T, tenant string, stages, secrets int, s *slow) {
	t.Helper()
	for n := range stages {
		v, address := w.vaults.add(fmt.Sprintf("%s-%d", tenant, n))
		v.answers(func(ctx context.Context, call string) error {
			return s.answer(ctx, strings.Replace(call, " ", fmt.Sprintf(" %s/%d/", tenant, n), 1))
		})
		scope := kernel.Scope{Tenant: tenant, Project: fmt.Sprintf("p%d", n), Stage: "dev"}
		ctx := kernel.WithActor(t.Context(), kernel.System("test", tenant))
		for i := range secrets {
			if _, err := w.secrets.Put(ctx, scope, fmt.Sprintf("key-%d", i), "x"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Set(ctx, scope, vaultsync.Settings{Vault: address, Client: identity}); err != nil {
			t.Fatal(err)
		}
	}
}

// watch does the work until the test is over, or the returned function is called.
func (w *world) watch(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := w.Watch(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-over })
}

// until waits until something holds, and does something each time that it does not.
func until(t *testing.T, what string, holds func() bool, do func()) {
	t.Helper()
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); do() {
		if time.Now().After(end) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

func pause() { time.Sleep(10 * time.Millisecond) }

func (s *slow) waits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting
}

// TestManySlowSyncsHoldUpNobody: of a tenant whose vaults do not answer, and of two that have
// all places between them.
func TestManySlowSyncsHoldUpNobody(t *testing.T) {
	t.Parallel()
	const secrets = 10
	each(t, func(t *testing.T, w *world) {
		s := &slow{let: make(chan struct{}), calls: map[string]int{}}
		w.fill(t, "big", 12, secrets, s)
		w.watch(t)
		until(t, "the places of one tenant are taken", func() bool { return s.waits() == 8 }, pause)
		one := w.bench(t, "small", vaultsync.Settings{}) // sweeps itself, while the others wait
		one.put("key", "x")
		until(t, "another tenant's change is there", func() bool { return one.vault.value("key") == "x" }, pause)
		if n := s.waits(); n != 8 {
			t.Errorf("%d writes of one tenant are underway", n)
		}

		w.fill(t, "large", 12, secrets, s)
		until(t, "all places are taken", func() bool { return s.waits() == 16 }, pause)
		one.put("key", "y")
		let, there := 0, func() bool { return one.vault.value("key") == "y" }
		until(t, "it is there, although all places were taken", there, func() {
			until(t, "who was let writes the next", func() bool { return s.waits() == 16 || there() }, pause)
			select {
			case s.let <- struct{}{}:
				let++
			default:
			}
		})
		// Each has ten to do, and all go on evenly: the first would be done after some 150.
		if let > 100 {
			t.Errorf("it had to wait for %d writes of others", let)
		}

		close(s.let)
		until(t, "all is written in the end", func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.written == 2*12*secrets
		}, pause)
		s.mu.Lock()
		defer s.mu.Unlock()
		for call, n := range s.calls { // who has given way goes on where it was
			if n != 1 && call != "list" {
				t.Errorf("%s was called %d times", call, n)
			}
		}
	})
}
