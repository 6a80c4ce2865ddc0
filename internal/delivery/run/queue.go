package run

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Head is the run whose turn it is on its stack, with what decides whether it
// may be executed now. Those that wait for an approval are none.
type Head struct {
	Run    string
	Scope  kernel.Scope
	Stack  string
	Status Status
	Lease  Lease
	// Served is the turn at which a run of the tenant was taken up last, ProjectServed
	// that of the project.
	Served, ProjectServed int64
	// round counts the runs of the project that come before.
	round int
	// DeferredUntil is when a run that waits for its stage to open is looked at again; it
	// is zero for others.
	DeferredUntil time.Time
	Operation     Operation
	// Follows are the stacks whose runs go before.
	Follows []string
}

// Fleet are the remote runners, which execute the runs of stages that name labels.
type Fleet interface {
	// Capacity returns how many runs the tenant's runners that are connected and
	// have all the labels may execute at once.
	Capacity(ctx context.Context, tenant string, labels map[string]string) (int, error)
	// Working reports whether a runner still executes something of the run under the fence.
	Working(ctx context.Context, run string, fence int64) (bool, error)
	// Applied waits for the apply that a runner executes under the job's fence since
	// before this process; ok is false where there is none.
	Applied(ctx context.Context, job Job) (a Applied, ok bool, err error)
}

// Tenants knows how tenants stand.
type Tenants interface {
	// Resting returns the names of those whose runs wait.
	Resting(ctx context.Context) (map[string]bool, error)
}

// Quotas are how much tenants and projects may have.
type Quotas interface {
	// Places returns how many runs of the scope's tenant, and of its project, are executed
	// at once on all processes and remote runners together; 0 is no limit.
	Places(scope kernel.Scope) (tenant, project int)
}

// lineup is who is executed and who could be: one run of each stack.
type lineup struct {
	waiting []Head
	// tenants, stages and pools count what is executed: by tenant, by stage, and by
	// tenant and labels of those that remote runners execute.
	tenants, stages, pools map[string]int
	// projects counts what is executed of each project, by tenant and name.
	projects map[[2]string]int
	// total is how much the runners of each pool execute at once.
	total map[string]int
	// underway are the runs of other stacks that somebody waits for.
	underway map[string]Run
	// resting are the tenants whose runs wait until somebody lets them go on.
	resting map[string]bool
	// woken are runs of this process that are about to begin.
	woken int
}

// pool names the remote runners of a tenant that have a stage's labels.
func pool(tenant string, st stage.Stage) string { return tenant + " " + stage.LabelText(st.Runners) }

// lineup looks at all stacks with runs that have not ended.
func (s *Service) lineup(ctx context.Context) (l lineup, err error) {
	now := s.Clock.Now()
	heads, err := s.Store.Heads(ctx, now)
	if err != nil {
		return l, err
	}
	l = lineup{tenants: map[string]int{}, projects: map[[2]string]int{}, stages: map[string]int{}, pools: map[string]int{}, total: map[string]int{}}
	for _, h := range heads {
		switch {
		case !s.dead(h.Lease):
			l.count(h, s.stageOf(h))
		case !now.Before(h.DeferredUntil):
			l.waiting = append(l.waiting, h)
		}
	}
	l.sort()
	if s.Tenants != nil && len(l.waiting) > 0 {
		if l.resting, err = s.Tenants.Resting(ctx); err != nil {
			return l, err
		}
	}
	if err := s.ahead(ctx, &l); err != nil {
		return l, err
	}
	return l, s.measure(ctx, &l)
}

// ahead looks for runs of the stacks that others go after.
func (s *Service) ahead(ctx context.Context, l *lineup) (err error) {
	var stacks []string
	for _, h := range l.waiting {
		if h.Status == Queued {
			stacks = append(stacks, h.Follows...)
		}
	}
	if len(stacks) > 0 {
		slices.Sort(stacks)
		l.underway, err = s.Store.Underway(ctx, slices.Compact(stacks))
	}
	return err
}

// sort puts the waiting in the order in which they are taken up. The projects of a
// tenant take turns: one run of each, and then another one of each.
func (l *lineup) sort() {
	slices.SortFunc(l.waiting, func(a, b Head) int { return cmp.Compare(a.Run, b.Run) })
	rounds := map[[2]string]int{}
	for i, h := range l.waiting {
		if h.unfinished() > 0 {
			of := [2]string{h.Scope.Tenant, h.Scope.Project}
			l.waiting[i].round = rounds[of]
			rounds[of]++
		}
	}
	slices.SortStableFunc(l.waiting, Head.before)
}

// before is the order in which runs are taken up: what a crash left in the middle of a
// change, then the tenants that were served longest ago, of these the projects, then
// the oldest.
func (h Head) before(other Head) int {
	return cmp.Or(cmp.Compare(h.unfinished(), other.unfinished()), cmp.Compare(h.Served, other.Served),
		cmp.Compare(h.round, other.round), cmp.Compare(h.ProjectServed, other.ProjectServed), cmp.Compare(h.Run, other.Run))
}

// unfinished is 0 for what a crash left in the middle of a change, else 1.
func (h Head) unfinished() int {
	if h.Status == Applying || h.Status == Verifying {
		return 0
	}
	return 1
}

func (l lineup) count(h Head, st stage.Stage) {
	l.tenants[h.Scope.Tenant]++
	l.projects[[2]string{h.Scope.Tenant, h.Scope.Project}]++
	l.stages[st.Name]++
	if st.Remote() {
		l.pools[pool(h.Scope.Tenant, st)]++
	}
}

// stageOf returns the head's stage; one that is no longer configured has no limits.
func (s *Service) stageOf(h Head) stage.Stage {
	st, err := s.Stages.Get(h.Scope.Stage)
	if err != nil {
		return stage.Stage{Name: h.Scope.Stage}
	}
	return st
}

// measure asks for the room of the remote runners that somebody waits for.
func (s *Service) measure(ctx context.Context, l *lineup) error {
	for _, h := range l.waiting {
		st := s.stageOf(h)
		name := pool(h.Scope.Tenant, st)
		if _, known := l.total[name]; known || !st.Remote() {
			continue
		}
		total := 0
		if s.Fleet != nil {
			var err error
			if total, err = s.Fleet.Capacity(ctx, h.Scope.Tenant, st.Runners); err != nil {
				return err
			}
		}
		l.total[name] = total
	}
	return nil
}

// errNobody undoes a choice that found nobody.
var errNobody = errors.New("no run may be executed")

// admit takes the first run that may be executed, or the one with the id if it
// may be. It returns nil for none.
func (s *Service) admit(ctx context.Context, id string, woken bool, cancel context.CancelCauseFunc) (*execution, error) {
	s.admission.Lock()
	defer s.admission.Unlock()
	if s.full() {
		return nil, nil //nolint:nilnil // who ends next looks again
	}
	if !woken && !s.queueing {
		if h, err := s.next(ctx, id); h == nil || err != nil {
			return nil, err // where nobody waits, a look needs no lock to see it
		}
	}
	e, err := s.takeNext(ctx, id, cancel)
	if !woken {
		s.queueing = e != nil
	}
	return e, err
}

// takeNext takes a run with its lease and the turn of its tenant in one transaction,
// which on several replicas makes one decision after the other.
func (s *Service) takeNext(ctx context.Context, id string, cancel context.CancelCauseFunc) (e *execution, err error) {
	err = s.retry(ctx, func(ctx context.Context) error {
		if e != nil { // the race was lost
			s.active.remove(e.id)
			e = nil
		}
		turn, err := s.Store.Turn(ctx)
		if err != nil {
			return err
		}
		if e, err = s.reserve(ctx, id, cancel); e == nil || err != nil {
			return err
		}
		return e.take(ctx, turn)
	})
	if e != nil && (err != nil || !e.taken) {
		e.gone(ctx)
		e = nil
	}
	if errors.Is(err, errNobody) {
		err = nil
	}
	return e, err
}

// reserve makes of the next run an execution of this process, nil where it is one already.
func (s *Service) reserve(ctx context.Context, id string, cancel context.CancelCauseFunc) (*execution, error) {
	h, err := s.next(ctx, id)
	if err != nil {
		return nil, err
	}
	if h == nil {
		return nil, errNobody
	}
	e := s.execution(*h, cancel)
	if !s.active.reserve(h.Run, e) {
		return nil, nil //nolint:nilnil // another turn of this process has it
	}
	return e, nil
}

// full reports whether this process could not execute anything more.
func (s *Service) full() bool {
	remote := slices.ContainsFunc(s.Stages.All(), stage.Stage.Remote)
	return !remote && s.Concurrency > 0 && s.active.count(false) >= s.Concurrency
}

// next returns the first run that nothing keeps from being executed here.
func (s *Service) next(ctx context.Context, id string) (*Head, error) {
	l, err := s.lineup(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range l.waiting {
		if id != "" && h.Run != id || s.active.note(h.Run) || s.limited(l, h) != nil {
			continue
		}
		return &h, nil
	}
	return nil, nil //nolint:nilnil // there is none
}

// Turn executes the runs that may be executed, one after the other, until there
// is none. The run with the id is what it was woken for; whose turn it is decides
// which one it takes up.
func (s *Service) Turn(ctx context.Context, _ kernel.Scope, id string) error {
	s.nudged.clear()
	s.active.note(id)
	for woken := true; ctx.Err() == nil; woken = false {
		if served, err := s.serve(ctx, "", woken); !served || err != nil {
			return err
		}
	}
	return nil
}

// Advance carries one run on as far as it goes without a person: to its end, or
// to where it awaits approval. It does nothing when the run has ended, when it
// is not its turn, or when another executes it; so it may be called at any time.
func (s *Service) Advance(ctx context.Context, _ kernel.Scope, id string) error {
	s.nudged.clear()
	s.active.note(id)
	_, err := s.serve(ctx, id, true)
	return err
}

// serve takes up one run and executes it; served is false where there was none.
// woken says that a run has become due, so that there should be one.
func (s *Service) serve(ctx context.Context, id string, woken bool) (served bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	e, err := s.admit(ctx, id, woken, cancel)
	if err != nil || e == nil {
		return false, err
	}
	return true, e.carry(ctx)
}
