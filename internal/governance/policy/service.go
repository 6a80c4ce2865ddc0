package policy

import (
	"context"
	"log/slog"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The actions that this room asks the Authorizer about.
const (
	actionReadAssigned = "policy.read"
	actionEvaluate     = "policy.evaluate"
	actionAssign       = "policy.assign"
	actionReadExempted = "exemption.read"
	actionExempt       = "exemption.request"
	actionApprove      = "exemption.approve"
	actionApproveHard  = "exemption.approve-hard"
	actionRevoke       = "exemption.revoke"
)

// Deps is what a Service works with. Evaluate needs Sets alone: without a Store,
// nobody is exempt and no tenant assigned anything.
type Deps struct {
	// Sets are the policies that are live.
	Sets Sets
	// Native are policies that are no Rego: an Input says what breaks them.
	Native []Policy
	// Platform are the assignments of the operator's configuration.
	Platform Assignments
	// OtherRules are the ids to which a level may be assigned though they are no
	// policies: what other gates say.
	OtherRules []string
	// MaxExemption bounds how long an exemption may last.
	MaxExemption time.Duration

	Store Store
	// Listed may be nil: then each list is made for who asks.
	Listed     Listed
	Tx         Tx
	Authorizer Authorizer
	Roles      Roles
	Journal    Journal
	Stages     Stages
	// Targets are those that stages can have.
	Targets []string
	// Documents read what people offer; without, nobody can.
	Documents Documents
	// Runs know workloads and are told of exemptions; nil is none.
	Runs  Runs
	Clock kernel.Clock
	Log   *slog.Logger
}

// Service says what policies mean at a place: their levels, and who is exempt.
type Service struct {
	Deps

	// asks has whose documents are read and evaluated now.
	asks chan struct{}
}

// New returns a service.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Deps: d, asks: make(chan struct{}, asksAtOnce)}
}

// person returns the actor of ctx, who has to be one of flesh and blood.
func person(ctx context.Context, what string) (kernel.Actor, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return actor, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in").WithFix("sign in first")
	}
	if actor.Kind != kernel.ActorUser {
		return actor, kernel.Errorf(kernel.Denied, "%s is a person's word; %s is none", what, actor.Name)
	}
	return actor, nil
}
