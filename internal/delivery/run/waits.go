package run

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// WaitFor is what keeps a run from being executed.
type WaitFor string

// What a run can wait for.
const (
	// WaitRun is another run of the same stack.
	WaitRun WaitFor = "run"
	// WaitProducer is a run of another stack that the run's takes outputs of.
	WaitProducer WaitFor = "producer"
	// WaitSlot is a slot of the installation.
	WaitSlot WaitFor = "slot"
	// WaitTenant is the tenant's limit.
	WaitTenant WaitFor = "tenant"
	// WaitSuspension is the end of the tenant's suspension.
	WaitSuspension WaitFor = "suspension"
	// WaitProject is the project's limit.
	WaitProject WaitFor = "project"
	// WaitStage is the stage's limit.
	WaitStage WaitFor = "stage"
	// WaitRunner is a remote runner with the stage's labels.
	WaitRunner WaitFor = "runner"
)

// Wait tells what a run waits for that nobody executes.
type Wait struct {
	For WaitFor `json:"for"`
	// Run is the run ahead on the same stack.
	Run string `json:"run,omitempty"`
	// Ahead is how many runs are taken up before it: of its stack while it waits for
	// another run, else of its tenant.
	Ahead   int    `json:"ahead"`
	Message string `json:"message"`
}

// limited says what keeps the first run of a stack from being executed, nil for nothing.
func (s *Service) limited(l lineup, h Head) *Wait {
	if l.resting[h.Scope.Tenant] && h.unfinished() > 0 {
		return &Wait{For: WaitSuspension, Message: fmt.Sprintf("the tenant %s is suspended", h.Scope.Tenant)}
	}
	if w := l.behindOthers(h); w != nil {
		return w
	}
	st := s.stageOf(h)
	if w := s.noRoom(l, h, st); w != nil {
		return w
	}
	if w := s.overQuota(l, h); w != nil {
		return w
	}
	if n := l.stages[st.Name]; st.Concurrency > 0 && n >= st.Concurrency {
		return &Wait{For: WaitStage, Message: fmt.Sprintf("all places for runs on the stage %s are taken, %d of %d", st.Name, n, st.Concurrency)}
	}
	return nil
}

// overQuota says that as many runs of the tenant, or of the project, are executed as may be.
func (s *Service) overQuota(l lineup, h Head) *Wait {
	tenant, project := s.TenantConcurrency, 0
	if s.Quotas != nil {
		tenant, project = s.Quotas.Places(h.Scope)
	}
	if n := l.tenants[h.Scope.Tenant]; tenant > 0 && n >= tenant {
		return &Wait{For: WaitTenant, Message: fmt.Sprintf("all places for runs of the tenant %s are taken, %d of %d", h.Scope.Tenant, n, tenant)}
	}
	if n := l.projects[[2]string{h.Scope.Tenant, h.Scope.Project}]; project > 0 && n >= project {
		return &Wait{For: WaitProject, Message: fmt.Sprintf("all places for runs of the project %s are taken, %d of %d", h.Scope.Project, n, project)}
	}
	return nil
}

// behindOthers says that a run which has not begun goes after one of another
// stack: what takes after what gives, and a removal of what gives after that of
// what takes.
func (l lineup) behindOthers(h Head) *Wait {
	if h.Status != Queued {
		return nil
	}
	for _, stack := range h.Follows {
		first, ok := l.underway[stack]
		if !ok || h.Operation == Destroy && first.Operation != Destroy {
			continue
		}
		what := "takes outputs of"
		if h.Operation == Destroy {
			what = "gives outputs to"
		}
		return &Wait{
			For: WaitProducer, Run: first.ID,
			Message: fmt.Sprintf("it %s %s, whose run %s is %s", what, stack, first.ID, words(first.Status)),
		}
	}
	return nil
}

// noRoom says that nobody could execute the run: no runner, or not this process.
func (s *Service) noRoom(l lineup, h Head, st stage.Stage) *Wait {
	if !st.Remote() {
		if n := s.active.count(false) + l.woken; s.Concurrency > 0 && n >= s.Concurrency {
			return &Wait{For: WaitSlot, Message: fmt.Sprintf("all places for runs are taken, %d of %d", n, s.Concurrency)}
		}
		return nil
	}
	name := pool(h.Scope.Tenant, st)
	switch total := l.total[name]; {
	case total == 0:
		return &Wait{For: WaitRunner, Message: fmt.Sprintf("no runner with the labels %s is connected", stage.LabelText(st.Runners))}
	case l.pools[name] >= total:
		return &Wait{For: WaitRunner, Message: fmt.Sprintf("all places of the runners with the labels %s are taken, %d of %d", stage.LabelText(st.Runners), l.pools[name], total)}
	default:
		return nil
	}
}

// waits tells of each of the runs what it waits for.
func (s *Service) waits(ctx context.Context, runs []Run) error {
	var line *lineup
	queues := map[string][]Run{}
	for i := range runs {
		r := &runs[i]
		if r.Status.Terminal() || r.Status.waiting() {
			continue
		}
		if line == nil {
			l, err := s.lineup(ctx)
			if err != nil {
				return err
			}
			line = &l
		}
		wait, first := s.atHead(*line, *r)
		if r.Waits = wait; first || r.Status != Queued {
			continue
		}
		if _, known := queues[r.Stack]; !known {
			open, err := s.Store.Open(ctx, r.Scope, r.Stack)
			if err != nil {
				return err
			}
			queues[r.Stack] = open
		}
		r.Waits = behind(*r, queues[r.Stack])
	}
	return nil
}

// atHead tells what a run waits for whose turn it is on its stack, nil where it is
// about to be executed; first is false where it is not its turn, or it is executed.
func (s *Service) atHead(l lineup, r Run) (w *Wait, first bool) {
	ahead := 0
	for _, h := range l.waiting {
		if h.Run == r.ID {
			w = s.limited(l, h)
			if w == nil && ahead > 0 {
				w = &Wait{For: WaitSlot, Message: "other runs are taken up first"}
			}
			if w != nil {
				w.Ahead = ahead
			}
			return w, true
		}
		if h.Scope.Tenant == r.Scope.Tenant {
			ahead++
		}
	}
	return nil, false
}

// behind tells which run of the stack is ahead of a queued one.
func behind(r Run, open []Run) *Wait {
	for i, other := range open {
		if other.ID != r.ID {
			continue
		}
		if i == 0 {
			return nil
		}
		first := open[0]
		return &Wait{
			For: WaitRun, Run: first.ID, Ahead: i,
			Message: fmt.Sprintf("one run at a time changes %s; ahead is %s, which is %s", r.Stack, first.ID, words(first.Status)),
		}
	}
	return nil
}

// waitOf tells what one run waits for.
func (s *Service) waitOf(ctx context.Context, r *Run) error {
	one := []Run{*r}
	err := s.waits(ctx, one)
	*r = one[0]
	return err
}

// See returns a run of the project with what it waits for, and whether its log is there.
func (s *Service) See(ctx context.Context, scope kernel.Scope, id string) (Run, error) {
	r, err := s.Get(ctx, scope, id)
	if err != nil {
		return r, err
	}
	if r.LogRemovedAt, err = s.logRemoved(ctx, r); err != nil {
		return r, err
	}
	return r, s.waitOf(ctx, &r)
}
