package leaklog_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/governance/leak/leaklog"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// looked is what an inspector was given.
type looked struct{ all []string }

func (l *looked) Inspect(_ context.Context, of leaklog.Log, first int, text string) error {
	l.all = append(l.all, fmt.Sprintf("%s%s/%s:%d:%d:%s", of.Run, of.Service, of.Container, first, len(text), text[:min(len(text), 40)]))
	return nil
}

// chunks are the logs of runs, a chunk after the other.
type chunks map[string][]string

func (c chunks) Read(_ context.Context, run string, offset int64) ([]byte, int64, <-chan struct{}, error) {
	all := c[run]
	if int(offset) >= len(all) {
		return nil, offset, nil, nil
	}
	return []byte(all[offset]), offset + 1, nil, nil
}

func TestTheLogOfARunIsLookedThroughAsItIsRead(t *testing.T) {
	t.Parallel()
	large := `{"message":"` + strings.Repeat("x", 3<<20) + `"}` + "\n"
	runs := chunks{
		"run_1": {`{"level":"info","message":"one\ntwo"}` + "\n" + `{"message":"three"}` + "\n", `{"message":"four"}` + "\n{\"mess"},
		"run_2": {large, large, large, large, large},
	}
	for run, want := range map[string][]string{
		"run_1": {"run_1/:1:19:one\ntwo\nthree\nfour\n"},
		"run_2": {fmt.Sprintf("run_2/:1:%d:%s", 3*(3<<20+1), strings.Repeat("x", 40))}, // no more than is bounded
		"run_3": nil,                                                                   // none is kept here
	} {
		l := &looked{}
		if err := leaklog.Ended(t.Context(), runs, l, leaklog.Log{Run: run}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, l.all); diff != "" {
			t.Errorf("%s: %s", run, diff)
		}
	}
}

func TestServicesAreLookedThroughInPieces(t *testing.T) {
	t.Parallel()
	l := &looked{}
	s := &leaklog.Services{Inspector: l, Log: slog.New(slog.DiscardHandler)}
	at := leaklog.Log{Scope: kernel.Scope{Tenant: "acme"}, Service: "orders", Container: "main"}
	rounds := [][]string{}
	round := func() {
		l.all = nil
		if err := s.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		rounds = append(rounds, l.all)
	}
	s.Say(at, "one")
	s.Say(at, "two")
	round()
	s.Say(at, "three")
	round()
	round()
	for range 10 {
		s.Say(at, strings.Repeat("y", 100<<10))
	}
	round()
	s.Say(at, "after them")
	round()
	want := [][]string{
		{"orders/main:1:8:one\ntwo\n"},
		{"orders/main:3:6:three\n"},
		nil,
		{fmt.Sprintf("orders/main:1:%d:%s", 2*(100<<10+1), strings.Repeat("y", 40))}, // what is too much is passed over
		{"orders/main:11:11:after them\n"},
	}
	if diff := cmp.Diff(want, rounds); diff != "" {
		t.Error(diff)
	}
}
