package identity

import (
	"context"
	"strings"
	"testing"
)

// unchanged is a store in which nothing changes.
type unchanged struct{ Store }

func (unchanged) Revision(context.Context, string) (int64, error) { return 1, nil }

// A view that was right an hour ago would be fresh again where the clock is set back by an
// hour: its age is not by that clock.
func TestTheAgeOfAViewIsNotByTheClockOfTheMachine(t *testing.T) {
	t.Parallel()
	s := New(Config{Store: unchanged{}})
	v, err := s.view(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]string{"made": v.made.String(), "checked": v.checked.String()} {
		if !strings.Contains(at, " m=") {
			t.Errorf("%s at %s, by the clock", name, at)
		}
	}
}
