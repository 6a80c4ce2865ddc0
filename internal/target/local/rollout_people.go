package local

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/canary"
)

// What an actor needs to end a rollout: who may cancel the run may abort it; to leave out what
// is still to be judged is for those who may let a run pass.
const (
	actionAbort   = "run.cancel"
	actionPromote = "run.approve"
)

// RolloutInfo is what people may know of a rollout.
type RolloutInfo struct {
	Service string `json:"service"`
	Stage   string `json:"stage"`
	From    string `json:"from" doc:"The release that served before."`
	To      string `json:"to" doc:"The release that takes over."`
	Phase   string `json:"phase" enum:"progressing,promoted,aborted"`
	Step    int    `json:"step" doc:"Which step it is at, from 1."`
	Steps   int    `json:"steps"`
	Weight  int    `json:"weight" doc:"The new release's share of new requests, in percent."`
	// StartedAt is when it began, StepAt when the step did.
	StartedAt time.Time `json:"startedAt"`
	StepAt    time.Time `json:"stepAt"`
	Next      SeenInfo  `json:"next" doc:"What the new release has answered at this step."`
	Before    SeenInfo  `json:"before" doc:"What the release before has answered at this step."`
	Reason    string    `json:"reason,omitempty" doc:"Why it was aborted."`
}

// SeenInfo is what a release has answered.
type SeenInfo struct {
	Requests   int64  `json:"requests"`
	Failed     int64  `json:"failed" doc:"Those answered with 5xx, or not at all."`
	LatencyP99 string `json:"latencyP99" doc:"Within which time 99 of 100 answers have begun." example:"12.5ms"`
}

// Rollout returns the rollout of a service that is under way, or the last one that this process
// has seen. NotFound is none.
func (s *Service) Rollout(ctx context.Context, scope kernel.Scope, service string) (RolloutInfo, error) {
	if err := s.mayAt(ctx, actionRead, scope); err != nil {
		return RolloutInfo{}, err
	}
	ro, err := s.rolloutOf(scope, service)
	if err != nil {
		return RolloutInfo{}, err
	}
	return ro.look().info(), nil
}

// PromoteRollout has the new release take over without the steps that are left. Only people may,
// as with approvals, and by the same rules of the stage. It is a Conflict where the rollout has ended.
func (s *Service) PromoteRollout(ctx context.Context, scope kernel.Scope, service string) (RolloutInfo, error) {
	return s.decide(ctx, actionPromote, scope, service, true)
}

// AbortRollout returns all requests to the release before; the run fails. It is a Conflict
// where the rollout has ended.
func (s *Service) AbortRollout(ctx context.Context, scope kernel.Scope, service string) (RolloutInfo, error) {
	return s.decide(ctx, actionAbort, scope, service, false)
}

func (s *Service) decide(ctx context.Context, action string, scope kernel.Scope, service string, promote bool) (RolloutInfo, error) {
	if err := s.mayAt(ctx, action, scope); err != nil {
		return RolloutInfo{}, err
	}
	actor, _ := kernel.ActorFrom(ctx) // who may do it is known
	if promote && actor.Kind != kernel.ActorUser {
		return RolloutInfo{}, kernel.Errorf(kernel.Denied, "only people promote a rollout before it has kept all that its stage asks").
			WithFix("ask somebody with the role approver, or let the rollout go on by itself")
	}
	ro, err := s.rolloutOf(scope, service)
	if err != nil {
		return RolloutInfo{}, err
	}
	first, err := ro.decide(decision{promote, actor.Name}, func(at Rollout) error {
		if promote && s.config.Approvals != nil {
			if err := s.config.Approvals.MayPromoteRollout(ctx, at.Scope, at.Run); err != nil {
				return err
			}
		}
		return s.config.Tx.InTx(ctx, func(ctx context.Context) error {
			return s.config.Journal.Record(ctx, kernel.Fact{
				Type: "rollout.decided", Scope: scope, Subject: "services/" + service,
				Data: map[string]any{"from": at.From, "to": at.To, "weight": at.Weight, "promote": promote},
			})
		})
	})
	if err != nil {
		return RolloutInfo{}, err
	}
	if !first {
		return RolloutInfo{}, kernel.Errorf(kernel.Conflict, "the rollout of service %s has ended, or somebody has decided it already", service).
			WithFix("see how it went with: terrace rollout status %s --stage %s --project %s", service, scope.Stage, scope.Project)
	}
	return ro.look().info(), nil
}

func (s *Service) rolloutOf(scope kernel.Scope, service string) (*rollout, error) {
	k := Key{Scope: scope, Kind: Services, Name: service}
	if err := checkKey(k); err != nil {
		return nil, err
	}
	if r, ok := s.services.find(k); ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.rollout != nil {
			return r.rollout, nil
		}
	}
	return nil, kernel.Errorf(kernel.NotFound, "service %s has no rollout on stage %s", service, scope.Stage).
		WithFix("releases take over in steps where the stage says rollout: {strategy: canary}")
}

func (r Rollout) info() RolloutInfo {
	return RolloutInfo{
		Service: r.Service, Stage: r.Scope.Stage, From: r.From, To: r.To, Phase: r.Phase, Step: r.Step, Steps: r.Steps, Weight: r.Weight,
		StartedAt: r.StartedAt, StepAt: r.StepAt, Next: seenInfo(r.Next), Before: seenInfo(r.Before), Reason: r.Reason,
	}
}

func seenInfo(s canary.Seen) SeenInfo {
	return SeenInfo{Requests: s.Requests, Failed: s.Failed, LatencyP99: s.P99.String()}
}
