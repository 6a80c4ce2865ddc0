package drift

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// CheckStatus is where a check is.
type CheckStatus string

// The statuses of a check.
const (
	CheckQueued  CheckStatus = "queued"
	CheckRunning CheckStatus = "running"
	CheckDone    CheckStatus = "done"
	CheckFailed  CheckStatus = "failed"
)

// CheckStatuses returns all statuses of a check.
func CheckStatuses() []CheckStatus {
	return []CheckStatus{CheckQueued, CheckRunning, CheckDone, CheckFailed}
}

// The triggers of a check.
const (
	TriggerSchedule = "schedule"
	TriggerDemand   = "demand"
	TriggerRun      = "run"
)

// Check is one look at one stack.
type Check struct {
	ID       string       `json:"id"`
	Scope    kernel.Scope `json:"scope"`
	Workload string       `json:"workload"`
	Stack    string       `json:"stack"`
	// Trigger is schedule, demand or run: one that ended with findings open.
	Trigger     string `json:"trigger" enum:"schedule,demand,run"`
	RequestedBy string `json:"requestedBy"`
	// CausedBy is the id of the event on which a rule asked for the check, or for the
	// run that it follows: what it finds has it, too.
	CausedBy string      `json:"causedBy,omitempty"`
	Status   CheckStatus `json:"status"`
	// Message says what it does, or what it found.
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
	// Open and Ignored count the findings of the stack after it.
	Open      int        `json:"open"`
	Ignored   int        `json:"ignored"`
	QueuedAt  time.Time  `json:"queuedAt"`
	StartedAt *time.Time `json:"startedAt,omitempty"`
	EndedAt   *time.Time `json:"endedAt,omitempty"`
}

// caused returns a context for what the check does.
func (c Check) caused(ctx context.Context) context.Context {
	if c.CausedBy == "" {
		return ctx
	}
	return kernel.WithCause(ctx, c.CausedBy)
}

// Ended reports whether the check has ended.
func (c Check) Ended() bool { return c.Status == CheckDone || c.Status == CheckFailed }

// Watch is the place of one stack in the schedule.
type Watch struct {
	Deployed

	// Due is when it is to be checked, or, while it is, when whoever does it
	// counts as dead.
	Due time.Time
	// Claim is who checks it, "" for nobody.
	Claim string
	// Check is the check that goes on or went last, Pending the one that was asked for.
	Check, Pending string
	// Failures counts those since the last check that succeeded.
	Failures int
	// CleanAt is when a check last found nothing.
	CleanAt time.Time
}
