package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// byItself tells what stages that promote by themselves do with a release: the one
// of where before anybody asks, and the one after once the release holds there.
func (s *Service) byItself(ctx context.Context, where kernel.Scope, workload string, a Availability) (says []string, err error) {
	st, err := s.Stages.Get(where.Stage)
	if err != nil {
		return nil, err
	}
	if st.AutoPromote && a.Before != "" {
		how, err := s.takenAsItIs(ctx, st, Promotion{Scope: where, Workload: workload}, a)
		if err != nil {
			return nil, err
		}
		says = append(says, fmt.Sprintf("%s takes by itself what becomes available: %s", st.Name, how))
	}
	after, ok := s.Stages.After(st.Name)
	if !ok || !after.AutoPromote {
		return says, nil
	}
	next := fmt.Sprintf("%s takes by itself what becomes available: this release once it is verified in %s", after.Name, st.Name)
	if st.Soak > 0 {
		next += fmt.Sprintf(" and has soaked there for %s", stage.Duration(st.Soak))
	}
	if actor, _ := kernel.ActorFrom(ctx); !BoundsOf(actor).Has(where.InStage(after.Name)) {
		next = fmt.Sprintf("%s takes by itself what becomes available, but not this release: the token that asks is not for %s", after.Name, after.Name)
	}
	tried, err := s.tried(ctx, Promotion{Scope: where.InStage(after.Name), Workload: workload}, a.Release)
	if tried {
		next = fmt.Sprintf("%s takes by itself what becomes available, but not this release: it went there or was tried there before", after.Name)
	}
	return append(says, next), err
}

// takenAsItIs tells whether, and when, a stage takes the release without being asked.
func (s *Service) takenAsItIs(ctx context.Context, st stage.Stage, p Promotion, a Availability) (string, error) {
	at, err := s.number(ctx, p.Scope, p.Workload)
	if err != nil {
		return "", err
	}
	runs, err := s.Store.RunsOf(ctx, p.Scope, p.Workload, a.Release.ID)
	if err != nil {
		return "", err
	}
	runs = slices.DeleteFunc(runs, func(r Run) bool { return r.DryRun || !r.carries() })
	under := slices.IndexFunc(runs, func(r Run) bool { return !r.Status.Terminal() })
	_, o, err := s.closed(st)
	if err != nil {
		return "", err
	}
	goes, err := s.mayGo(ctx, p.Scope, a)
	if err != nil {
		return "", err
	}
	switch {
	case under >= 0:
		return fmt.Sprintf("%s carries this release there already, and is %s", runs[under].ID, words(runs[under].Status)), nil
	case len(runs) > 0:
		return "this release went there or was tried there before, so it goes only when somebody promotes it", nil
	case at >= a.Release.Number:
		return fmt.Sprintf("it has release %d, and takes newer ones only", at), nil
	case !goes:
		return fmt.Sprintf("this release came to %s with a token that is not for %s, so it goes only when somebody promotes it, or approves it for %s", a.Before, st.Name, st.Name), nil
	case a.Available && !o.Open && o.Next != nil:
		return "this release when it opens at " + inZone(*o.Next, o.Window) + ", unless a newer one comes first", nil
	case a.Available:
		return "this release without being asked, unless a newer one comes first", nil
	case a.SoakedAt != nil:
		return "this release at " + a.SoakedAt.Format(time.RFC3339) + ", when it has soaked", nil
	default:
		return "this release once it is verified in " + a.Before, nil
	}
}
