package policy

import (
	"context"
	"time"
)

// Evaluation is how the live policies are evaluated.
type Evaluation struct {
	// Level is that of a policy here; false leaves it out. Nil is its own.
	Level func(Policy) (Level, bool)
	// Beside are policies that are evaluated, too; one with the id of a live policy
	// takes its place.
	Beside []Folder
	// Timeout bounds each policy; 0 is the default.
	Timeout time.Duration
}

// Sets are the policies that are live.
type Sets interface {
	Evaluate(ctx context.Context, in Input, e Evaluation) (Report, error)
	// Policies lists them, with id, rule, levels, resources and source at least.
	Policies(ctx context.Context) ([]Policy, error)
}
