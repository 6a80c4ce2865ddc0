package watch_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/watch"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// server goes through answers, one each time it is asked, and stays at the last.
type server struct {
	answers []any
	asked   int
	streams int
}

func (s *server) Run(context.Context, string, string) (apiclient.Run, error) {
	a := s.answers[min(s.asked, len(s.answers)-1)]
	s.asked++
	if err, ok := a.(error); ok {
		return apiclient.Run{}, err
	}
	return a.(apiclient.Run), nil //nolint:forcetypeassert // the test wrote it
}

// Events breaks off after the first event, once.
func (s *server) Events(_ context.Context, _, _ string, _ bool, fn func(apiclient.RunEvent) error) error {
	s.streams++
	if err := fn(apiclient.RunEvent{Type: "apply_start", Level: "info", Message: "one"}); err != nil {
		return err
	}
	if s.streams == 1 {
		return kernel.Errorf(kernel.Unavailable, "broken off")
	}
	return fn(apiclient.RunEvent{Type: "apply_complete", Level: "info", Message: "two"})
}

func run(status apiclient.RunStatus, phases ...apiclient.RunPhase) apiclient.Run {
	return apiclient.Run{ID: "run_1", Status: status, Phases: phases}
}

func queued(message string) apiclient.Run {
	r := run("queued")
	r.Waits = &apiclient.RunWait{For: apiclient.RunWaitForRun, Message: message}
	return r
}

func TestWatch(t *testing.T) {
	t.Parallel()
	away := kernel.Errorf(kernel.Unavailable, "connection refused")
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	end := start.Add(1500 * time.Millisecond)
	planned := apiclient.RunPhase{Name: "plan", Started: start, Ended: &end}
	cases := map[string]struct {
		answers []any
		past    bool
		status  apiclient.RunStatus
		kind    kernel.Kind
		said    []string
	}{
		"a run is followed to its end": {
			answers: []any{run("planning", apiclient.RunPhase{Name: "plan", Started: start}), run("succeeded", planned)},
			status:  "succeeded", said: []string{"plan      …", "plan         1.5s"},
		},
		"what a queued run waits for is told once": {
			answers: []any{queued("ahead is run_0"), queued("ahead is run_0"), queued("a slot"), run("succeeded")}, status: "succeeded",
			said: []string{"queue     … ahead is run_0\n", "queue     … a slot\n"},
		},
		"a run that waits for a person is left": {
			answers: []any{run("planning"), run("awaiting_approval", planned)}, status: "awaiting_approval",
		},
		"or waited for": {
			answers: []any{run("awaiting_approval"), run("applying"), run("failed")}, past: true, status: "failed",
		},
		"a server that comes back is waited for": {
			answers: []any{run("applying"), away, away, run("succeeded")}, status: "succeeded",
			said: []string{"out of reach", "is back"},
		},
		"a server that stays away is an error": {answers: []any{away}, kind: kernel.Unavailable},
		"a run that is gone is an error":       {answers: []any{kernel.Errorf(kernel.NotFound, "gone")}, kind: kernel.NotFound},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				w := watch.Watch{Server: &server{answers: c.answers}, Past: c.past, Teller: &watch.Lines{W: &out}}
				r, err := w.Run(t.Context(), "run_1")
				if kernel.KindOf(err) != c.kind || r.Status != c.status {
					t.Fatalf("%s, %v", r.Status, err)
				}
				for _, want := range c.said {
					if !strings.Contains(out.String(), want) {
						t.Errorf("%q is not in\n%s", want, out.String())
					}
				}
			})
		})
	}
}

func TestEventsAreToldOnceThoughTheStreamBreaks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := &server{answers: []any{run("applying"), run("applying"), run("applying"), run("succeeded")}}
		if _, err := (watch.Watch{Server: s, Teller: &watch.Lines{W: &out}}).Run(t.Context(), "run_1"); err != nil {
			t.Fatal(err)
		}
		if out.String() != "  one\n  two\n" {
			t.Errorf("told:\n%s", out.String())
		}
	})
}

func TestInterruptEndsTheWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		w := watch.Watch{Server: &server{answers: []any{run("applying")}}, Teller: &watch.Screen{W: &bytes.Buffer{}}}
		if _, err := w.Run(ctx, "run_1"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
