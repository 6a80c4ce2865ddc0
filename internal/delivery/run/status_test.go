package run

import (
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestEveryTransition holds the state machine to a table of its own, so that a
// change of the one without the other is seen.
func TestEveryTransition(t *testing.T) {
	t.Parallel()
	allowed := map[Status][]Status{
		Queued:           {Planning, Failed, Discarded, Canceled, Superseded},
		Planning:         {AwaitingApproval, Approved, Verifying, PlannedOnly, Failed, Canceled},
		AwaitingApproval: {Planning, Approved, Failed, Discarded, Canceled, Superseded},
		Approved:         {AwaitingApproval, Planning, Applying, Failed, Discarded, Canceled, Superseded},
		Applying:         {AwaitingApproval, Approved, Verifying, Failed, Canceled},
		Verifying:        {Succeeded, Failed, Canceled},
	}
	for _, from := range Statuses() {
		for _, to := range Statuses() {
			err := from.mayBecome(to)
			if want := slices.Contains(allowed[from], to); (err == nil) != want {
				t.Errorf("%s to %s: %v, want allowed %v", from, to, err, want)
			}
			if err != nil && !kernel.Is(err, kernel.Refused) {
				t.Errorf("%s to %s: %v, want it refused", from, to, err)
			}
		}
		if from.Terminal() != (len(allowed[from]) == 0) {
			t.Errorf("%s: terminal %v", from, from.Terminal())
		}
		if from.Live() != (!from.Terminal() && from != Queued) {
			t.Errorf("%s: live %v", from, from.Live())
		}
	}
}

func TestTheRestOfAPlan(t *testing.T) {
	t.Parallel()
	view := func(pairs ...string) (v PlanView) {
		for i := 0; i < len(pairs); i += 2 {
			v.Changes = append(v.Changes, ResourceChange{Address: pairs[i], Action: pairs[i+1]})
		}
		return v
	}
	approved := view("a", "create", "b", "update", "c", "delete", "d", "replace")
	for name, tc := range map[string]struct {
		rest PlanView
		want bool
	}{
		"all of it":                       {approved, true},
		"some of it":                      {view("c", "delete"), true},
		"nothing":                         {view(), true},
		"another address":                 {view("e", "create"), false},
		"another action":                  {view("c", "update"), false},
		"a creation that is imported":     {view("a", "update"), true},
		"an update that became a delete":  {view("b", "delete"), false},
		"the second half of a replace":    {view("d", "create"), true},
		"the first half of a replace":     {view("d", "delete"), false},
		"an update that became a replace": {view("b", "replace"), false},
	} {
		if got := isRest(tc.rest, approved, []Adoption{{Address: "a"}, {Address: "b"}}); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}
