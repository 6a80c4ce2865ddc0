package run

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Serving knows what answers on targets whose workloads Terrace runs by itself.
type Serving interface {
	// Serves tells what answers for a workload on the scope's stage; it is not ok where that is
	// not known here. It waits for nothing.
	Serves(scope kernel.Scope, workload string) (s Standing, ok bool)
}

// Standing is what answers for a workload.
type Standing struct {
	// Release is the id of the one that answers; of two that share requests the one before.
	Release string
	// Rollout is nil where no release takes over in steps.
	Rollout *Rollout
}

// Rollout is how far a release has taken over from the one that answers.
type Rollout struct {
	// To is the id of the release.
	To string `json:"to" doc:"The release that takes over."`
	// Step counts from 1, of Steps; Weight is its share of new requests in percent.
	Step   int `json:"step" doc:"Which step it is at, from 1."`
	Steps  int `json:"steps"`
	Weight int `json:"weight" doc:"The release's share of new requests, in percent."`
	// StartedAt is when it began, StepAt when the step did.
	StartedAt time.Time `json:"startedAt"`
	StepAt    time.Time `json:"stepAt"`
}

// stand adds what answers to what is recorded of a workload on a stage. A record is of the
// release that was applied last, though it was not taken.
func (s *Service) stand(ctx context.Context, st *StageStatus) error {
	d := st.Deployment
	if d == nil || s.Serving == nil {
		return nil
	}
	now, ok := s.Serving.Serves(d.Scope, d.Workload)
	if !ok {
		return nil
	}
	st.Rollout = now.Rollout
	if now.Release == "" || now.Release == d.Release.ID {
		return nil
	}
	r, err := s.Releases.Get(ctx, projectOf(d.Scope), now.Release)
	if kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Denied) {
		return nil // what is recorded is all that can be told
	}
	if err != nil {
		return err
	}
	st.Serves = &ReleaseRef{ID: r.ID, Number: r.Number, Version: r.Version}
	return nil
}
