// Package lifetime ends what was deployed for a while: each environment with a
// lifetime is warned of, and then removed by a run of its own.
//
// It owns when a stack expires, the warning, the guards against a clock that jumps
// and against removing much at once, and the request of the run. It does not own
// the run, which passes the gates and windows that any removal does, nor which
// stages have lifetimes.
package lifetime

import (
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Lifetime is how long a workload stays on a stage.
type Lifetime struct {
	Scope    kernel.Scope `json:"scope"`
	Workload string       `json:"workload"`
	// Length is how long it was given, in seconds, and ExpiresAt when it is over.
	Length    int64     `json:"lengthSeconds"`
	ExpiresAt time.Time `json:"expiresAt"`
	// Origin is who gave it: stage, the default of the stage, deployment, or extension.
	Origin string `json:"origin"`
	SetBy  string `json:"setBy,omitempty"`
	Reason string `json:"reason,omitempty"`
	// WarnedAt is when it was warned of; nothing is removed without.
	WarnedAt *time.Time `json:"warnedAt,omitempty"`
	// Run removes it, once it is over.
	Run string `json:"run,omitempty"`
	// Problem is why it was not removed yet.
	Problem string `json:"problem,omitempty"`
	// Due is when it is looked at next.
	Due time.Time `json:"due"`
	// Revision grows with every save.
	Revision int64 `json:"-"`
}

// The origins of a lifetime.
const (
	OfStage      = "stage"
	OfDeployment = "deployment"
	OfExtension  = "extension"
)

// Stack is the id of its stack.
func (l Lifetime) Stack() string { return kernel.StackID(l.Scope, l.Workload) }

// Rule is what a stage says of lifetimes.
type Rule struct {
	// Default is that of what says nothing itself; 0 is none.
	Default time.Duration
	// Max bounds a lifetime from any moment on.
	Max time.Duration
	// Never says that nothing on the stage has one.
	Never bool
}

// notice is how long before its end a lifetime is warned of: as configured, and no
// more than half of it.
func (s *Service) notice(l Lifetime) time.Duration {
	return min(s.Warn, time.Duration(l.Length)*time.Second/2)
}
