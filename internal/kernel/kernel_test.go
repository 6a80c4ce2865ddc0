package kernel_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestIDsSortAsTheyWereMade(t *testing.T) {
	t.Parallel()
	seen, last := map[string]bool{}, ""
	for range 10_000 {
		id := kernel.NewID("run")
		if !strings.HasPrefix(id, "run_") || len(id) != len("run_")+26 {
			t.Fatalf("id %q is not run_ and 26 characters", id)
		}
		if id <= last || seen[id] {
			t.Fatalf("id %q does not sort after %q", id, last)
		}
		seen[id], last = true, id
	}
}

func TestErrorKeepsKindAndCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk on fire")
	err := kernel.Errorf(kernel.Unavailable, "save plan: %w", cause).WithFix("free %d MiB", 10)
	wrapped := fmt.Errorf("run: %w", err)
	if !kernel.Is(wrapped, kernel.Unavailable) || !errors.Is(wrapped, cause) {
		t.Fatalf("kind %q, cause kept %v", kernel.KindOf(wrapped), errors.Is(wrapped, cause))
	}
	if got, want := err.Error(), "save plan: disk on fire: free 10 MiB"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := kernel.KindOf(cause); got != kernel.Internal {
		t.Errorf("a foreign error is %q, want internal", got)
	}
	if got := kernel.KindOf(nil); got != "" {
		t.Errorf("nil is %q, want no kind", got)
	}
}

func TestProblemSaysWhere(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		problem kernel.Problem
		want    string
	}{
		"whole place":       {kernel.Problem{File: "score.yaml", Line: 3, Column: 7, Path: "metadata.name", Message: `"A" is not a name`, Fix: "use a-z"}, `score.yaml:3:7: metadata.name: "A" is not a name (use a-z)`},
		"a file alone":      {kernel.Problem{File: "score.yaml", Message: "is empty"}, "score.yaml: is empty"},
		"a place in a body": {kernel.Problem{Line: 1, Column: 2, Message: "no"}, "1:2: no"},
		"nothing known":     {kernel.Problem{Message: "no"}, "no"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.problem.String(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestDigestOfEqualValuesIsEqual(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.MapOf(rapid.String(), rapid.Int()).Draw(t, "m")
		again := map[string]int{}
		for k, v := range m {
			again[k] = v
		}
		a, errA := kernel.DigestJSON(m)
		b, errB := kernel.DigestJSON(again)
		if a != b || errA != nil || errB != nil {
			t.Fatalf("%q and %q (%v, %v)", a, b, errA, errB)
		}
		if len(a.Hex()) != 64 || len(a.Short()) != 12 {
			t.Fatalf("digest %q has %d digits", a, len(a.Hex()))
		}
	})
}

func TestPageIsCutToSize(t *testing.T) {
	t.Parallel()
	request := kernel.PageRequest{Limit: 2}
	self := func(s string) string { return s }
	if got := kernel.PageOf([]string{"a", "b", "c"}, request, self); len(got.Items) != 2 || got.Next != "b" {
		t.Errorf("a longer list: %+v", got)
	}
	if got := kernel.PageOf([]string{"a", "b"}, request, self); len(got.Items) != 2 || got.Next != "" {
		t.Errorf("the last page: %+v", got)
	}
	if got := kernel.PageOf(nil, request, self); got.Items == nil || got.Next != "" {
		t.Errorf("an empty list must be [] in JSON: %+v", got)
	}
	if got := (kernel.PageRequest{Limit: 1 << 30}).Size(); got != kernel.MaxPageSize {
		t.Errorf("size %d, want %d", got, kernel.MaxPageSize)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6789, time.FixedZone("x", 3600))
	if got := kernel.Clock(func() time.Time { return at }).Now(); got.Location() != time.UTC || got.Nanosecond() != 6000 {
		t.Errorf("got %v, want UTC in whole microseconds", got)
	}
	if kernel.Clock(nil).Now().IsZero() {
		t.Error("a nil clock must tell the system's time")
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	s := kernel.Scope{Tenant: "acme"}.InProject("shop").InStage("dev")
	if s.String() != "acme/shop/dev" || s.InProject("other").Stage != "" {
		t.Errorf("scope %q, other project %q", s, s.InProject("other"))
	}
}
