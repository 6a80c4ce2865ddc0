package run

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// mayExpire refuses a lifetime that the stage does not have.
func mayExpire(st stage.Stage, asked stage.Duration) error {
	l := st.Lifetimes()
	switch {
	case asked == 0:
		return nil
	case l.Never:
		return kernel.Errorf(kernel.Refused, "nothing on %s has a lifetime", st.Name).WithFix("deploy without one, or to another stage")
	case asked > l.Max:
		return kernel.Errorf(kernel.Invalid, "it cannot stay for so long").WithProblems(kernel.Problem{
			Path: "lifetime", Message: fmt.Sprintf("%s is more than the longest lifetime on %s, %s", asked, st.Name, l.Max), Fix: "ask for less; terrace lifetime extend gives more later",
		})
	}
	return nil
}

// Expire queues the run that removes a workload whose lifetime is over, which waits
// for its windows, or returns the removal that is on its way.
func (s *Service) Expire(ctx context.Context, scope kernel.Scope, workload, reason string) (string, error) {
	open, err := s.Store.Open(ctx, scope, kernel.StackID(scope, workload))
	if err != nil {
		return "", err
	}
	for _, r := range open {
		if r.Operation == Destroy && !r.DryRun {
			return r.ID, nil
		}
	}
	r, err := s.Destroy(ctx, scope.InProject(scope.Project), ChangeRequest{Workload: workload, Stage: scope.Stage, Reason: reason, WhenOpen: true})
	return r.ID, err
}
