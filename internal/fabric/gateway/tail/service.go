package tail

import (
	"context"
	"log/slog"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	actionRead = "gateway.read"
	// actionReadUnrouted is about what comes to the gateway and is of no tenant.
	actionReadUnrouted = "gateway.read-unrouted"
	// MaxWatchers is how many may watch a tenant at once.
	MaxWatchers = 20
	// watchFor is how long one may watch before asking again, which looks again at
	// what one may see.
	watchFor = 10 * time.Minute
	// lookEvery is how often other replicas are looked at, aliveEvery how often who
	// watches hears something.
	lookEvery, aliveEvery = 500 * time.Millisecond, 15 * time.Second
	// wanted is how long other replicas go on for who is not heard of.
	wanted = 15 * time.Second
)

// Watch is one who watches, for other replicas.
type Watch struct {
	ID      string
	Node    string
	Filter  Filter
	Expires time.Time
}

// Part is what a replica has for somebody who watches.
type Part struct {
	Watch, Tenant, Node string

	Lines []accesslog.Line
	Left  int64
}

// Store carries lines from replica to replica; tailsql implements it.
type Store interface {
	// Want says that somebody watches, until a time.
	Want(ctx context.Context, w Watch) error
	// End says that nobody does any more, and removes what there is for them.
	End(ctx context.Context, id string) error
	// Wanted returns who watches at other nodes.
	Wanted(ctx context.Context, node string, now time.Time) ([]Watch, error)
	// Put has a part be taken.
	Put(ctx context.Context, p Part) error
	// Take returns what there is for somebody, and removes it.
	Take(ctx context.Context, id string) ([]Part, error)
	// Tidy removes what is wanted no more.
	Tidy(ctx context.Context, now time.Time) error
}

// Authorizer tells what the actor of the context may see.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Stages knows the stages that there are.
type Stages interface {
	// Check is NotFound for a stage that there is not.
	Check(stage string) error
}

// Service has people watch.
type Service struct {
	Hub        *Hub
	Store      Store
	Authorizer Authorizer
	// Stages may be nil: then any is watched.
	Stages Stages
	Clock  kernel.Clock
	Log    *slog.Logger
	// Node is this process among the replicas.
	Node string
}

// Told is one thing that who watches is told: a line, how many were left out, or that
// all is well where it is neither.
type Told struct {
	Line *accesslog.Line
	Left int64
}

// Stream is what one watches.
type Stream struct {
	service *Service
	filter  Filter
	within  kernel.Reach
	id      string
}

// Watch begins to watch, for who may read the gateway, what they may see.
func (s *Service) Watch(ctx context.Context, f Filter) (*Stream, error) {
	if f.Unrouted {
		return s.watchUnrouted(ctx, f)
	}
	if err := s.Authorizer.Authorize(ctx, actionRead, kernel.Scope{Tenant: f.Tenant, Project: f.Project, Stage: f.Stage}); err != nil {
		return nil, err
	}
	if err := f.Check(); err != nil {
		return nil, err
	}
	if f.Stage != "" && s.Stages != nil {
		if err := s.Stages.Check(f.Stage); err != nil {
			return nil, err
		}
	}
	within, err := s.Authorizer.Allowed(ctx, actionRead, kernel.Scope{Tenant: f.Tenant})
	if err != nil {
		return nil, err
	}
	return s.stream(f, within)
}

// watchUnrouted is Watch of what no route was found for, for who runs the platform.
func (s *Service) watchUnrouted(ctx context.Context, f Filter) (*Stream, error) {
	if err := s.Authorizer.Authorize(ctx, actionReadUnrouted, kernel.Scope{Tenant: f.Tenant}); err != nil {
		return nil, err
	}
	if err := f.Check(); err != nil {
		return nil, err
	}
	return s.stream(f, kernel.Reach{})
}

func (s *Service) stream(f Filter, within kernel.Reach) (*Stream, error) {
	if s.Hub.of(f.tenant()) >= MaxWatchers {
		return nil, kernel.Errorf(kernel.Unavailable, "%d watch the requests already", MaxWatchers).WithFix("end one of them")
	}
	return &Stream{service: s, filter: f, within: within, id: kernel.NewID("tail")}, nil
}

// Run tells what it sees until tell fails, ctx ends, or it must begin again. Lines
// wait for a slow reader as far as there is room; of the rest their number is told.
func (r *Stream) Run(ctx context.Context, tell func(Told) error) error {
	ctx, cancel := context.WithTimeout(ctx, watchFor)
	defer cancel()
	s := r.service
	local := s.Hub.begin(r.filter)
	defer s.Hub.end(local)
	if err := s.want(ctx, r); err != nil {
		return ended(ctx, err)
	}
	defer func() {
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), wanted)
		defer cancel()
		if err := s.Store.End(after, r.id); err != nil {
			s.Log.WarnContext(after, "who watched the gateway is not forgotten yet", "error", err)
		}
	}()
	if err := tell(Told{}); err != nil {
		return err
	}
	return r.follow(ctx, local, tell)
}

func (r *Stream) follow(ctx context.Context, local *watch, tell func(Told) error) error {
	look, alive, again := time.NewTicker(lookEvery), time.NewTicker(aliveEvery), time.NewTicker(wanted/3)
	defer look.Stop()
	defer alive.Stop()
	defer again.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case l := <-local.lines:
			err = r.show(&l, tell)
		case <-look.C:
			err = r.others(ctx, local.left.Swap(0), tell)
		case <-again.C:
			err = r.service.want(ctx, r)
		case <-alive.C:
			err = tell(Told{})
		}
		if err != nil {
			return ended(ctx, err)
		}
	}
}

// others tells what other replicas have, and how many lines were left out.
func (r *Stream) others(ctx context.Context, left int64, tell func(Told) error) error {
	parts, err := r.service.Store.Take(ctx, r.id)
	if err != nil {
		return err
	}
	for _, p := range parts {
		left += p.Left
		for i := range p.Lines {
			if err := r.show(&p.Lines[i], tell); err != nil {
				return err
			}
		}
	}
	if left == 0 {
		return nil
	}
	return tell(Told{Left: left})
}

func (r *Stream) show(l *accesslog.Line, tell func(Told) error) error {
	if !r.filter.Unrouted && !r.within.Has(l.Project, l.Stage) {
		return nil
	}
	return tell(Told{Line: l})
}

func (s *Service) want(ctx context.Context, r *Stream) error {
	return s.Store.Want(ctx, Watch{ID: r.id, Node: s.Node, Filter: r.filter, Expires: s.Clock.Now().Add(wanted)})
}

// ended tells the end of ctx from a failure.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
