package run

import (
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Status is where a run is on its way.
type Status string

// The statuses.
const (
	Queued           Status = "queued"
	Planning         Status = "planning"
	AwaitingApproval Status = "awaiting_approval"
	Approved         Status = "approved"
	Applying         Status = "applying"
	Verifying        Status = "verifying"
	// PlannedOnly is the end of a dry run.
	PlannedOnly Status = "planned"
	Succeeded   Status = "succeeded"
	Failed      Status = "failed"
	Discarded   Status = "discarded"
	Canceled    Status = "canceled"
	Superseded  Status = "superseded"
)

// Statuses returns all statuses, in the order of a run's way.
func Statuses() []Status {
	return []Status{
		Queued, Planning, AwaitingApproval, Approved, Applying, Verifying,
		PlannedOnly, Succeeded, Failed, Discarded, Canceled, Superseded,
	}
}

// next is the state machine: the statuses that may follow each one.
func (s Status) next() []Status {
	switch s {
	case Queued:
		return []Status{Planning, Failed, Discarded, Canceled, Superseded}
	case Planning: // straight to verifying when the plan is empty, to its end in a dry run
		return []Status{AwaitingApproval, Approved, Verifying, PlannedOnly, Failed, Canceled}
	case AwaitingApproval: // back to planning when the plan is stale
		return []Status{Approved, Planning, Failed, Discarded, Canceled, Superseded}
	case Approved: // back to people when an approval expired before the apply
		return []Status{Applying, AwaitingApproval, Planning, Failed, Discarded, Canceled, Superseded}
	case Applying: // back to the gates when a crash left something else than the rest of the plan
		return []Status{Verifying, AwaitingApproval, Approved, Failed, Canceled}
	case Verifying:
		return []Status{Succeeded, Failed, Canceled}
	default:
		return nil
	}
}

// Terminal reports whether a run with this status has ended.
func (s Status) Terminal() bool { return len(s.next()) == 0 }

// Live reports whether a run with this status holds its stack: it has started
// and has not ended.
func (s Status) Live() bool { return s != Queued && !s.Terminal() }

// waiting reports whether only a person can move the run on.
func (s Status) waiting() bool { return s == AwaitingApproval }

// mayBecome refuses a step that the state machine does not have.
func (s Status) mayBecome(to Status) error {
	if slices.Contains(s.next(), to) {
		return nil
	}
	return kernel.Errorf(kernel.Refused, "a run that is %s cannot become %s", s, to)
}
