package run

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// admitted collects what speaks against carrying a release to a stage, unless
// the run is to wait for the stage to open, or is a dry one.
func (s *Service) admitted(ctx context.Context, where kernel.Scope, st stage.Stage, workload string, ref ReleaseRef, how admission) (*Availability, error) {
	a, err := s.availability(ctx, where, workload, ref)
	if err != nil || how.dry {
		return &a, err
	}
	var closed *kernel.Problem
	if !how.whenOpen {
		if closed, _, err = s.closed(st); err != nil {
			return nil, err
		}
	}
	return &a, refusal(fmt.Sprintf("%s of %s", ref, workload), s.obstacle(workload, a), closed)
}

// admission is how strictly a request is looked at: a dry run changes nothing,
// and one that waits for its stage to open meets the windows before its apply.
type admission struct{ dry, whenOpen bool }
