package mesh

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/reload"
)

// Config is what a Service needs.
type Config struct {
	Store Store
	// Owners is for Keep and Release alone.
	Owners     Owners
	Authorizer Authorizer
	Stages     Stages
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
	// Workloads may be nil: then every name is one.
	Workloads Workloads
	// Clusters may be nil where there are none.
	Clusters Clusters
	Log      *slog.Logger
	// Domain is the trust domain of the SPIFFE IDs of workloads.
	Domain string
}

// Service keeps documents of the mesh and what is in force of them.
type Service struct {
	Config

	loading sync.Mutex
	view    atomic.Pointer[view]
}

// view is what is in force of every stage.
type view struct {
	turn   int64
	stages map[kernel.Scope]*Table
	// replaced is closed once there is another view.
	replaced chan struct{}
}

// NewService returns a Service of which nothing is in force; Load reads what is.
func NewService(c Config) *Service {
	s := &Service{Config: c}
	s.view.Store(&view{stages: map[kernel.Scope]*Table{}, replaced: make(chan struct{})})
	return s
}

// Table returns what is in force on a stage; it waits for nothing.
func (s *Service) Table(scope kernel.Scope) *Table {
	if t := s.view.Load().stages[scope]; t != nil {
		return t
	}
	return NewTable(scope, s.Domain, nil)
}

// Turned is closed once something else is in force somewhere.
func (s *Service) Turned() <-chan struct{} { return s.view.Load().replaced }

// Load reads what is in force.
func (s *Service) Load(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	turn, err := s.Store.Turn(ctx)
	if err != nil {
		return err
	}
	all, err := s.Store.All(ctx)
	if err != nil {
		return err
	}
	by := map[kernel.Scope][]Policy{}
	for _, p := range all {
		by[p.Scope] = append(by[p.Scope], p)
	}
	next := &view{turn: turn, stages: make(map[kernel.Scope]*Table, len(by)), replaced: make(chan struct{})}
	for scope, policies := range by {
		next.stages[scope] = NewTable(scope, s.Domain, policies)
	}
	close(s.view.Swap(next).replaced)
	return nil
}

// Watch keeps the view current with what other processes have written. It returns when ctx ends.
func (s *Service) Watch(ctx context.Context) error { return s.source().Watch(ctx) }

func (s *Service) source() reload.Source {
	return reload.Source{
		What: "documents of the mesh", Revision: s.Store.Turn, Load: s.Load, Log: s.Log,
		Held: func() int64 { return s.view.Load().turn },
	}
}

// Documents returns those of a stage by kind and name, narrowed to a kind where one is given.
func (s *Service) Documents(ctx context.Context, scope kernel.Scope, kind string, page kernel.PageRequest) (kernel.Page[Policy], error) {
	if err := s.mayRead(ctx, scope); err != nil {
		return kernel.Page[Policy]{}, err
	}
	return s.Store.Page(ctx, scope, kind, page)
}

// Document returns one.
func (s *Service) Document(ctx context.Context, scope kernel.Scope, kind, name string) (Policy, error) {
	if err := s.mayRead(ctx, scope); err != nil {
		return Policy{}, err
	}
	return s.Store.Get(ctx, scope, kind, name)
}

func (s *Service) mayRead(ctx context.Context, scope kernel.Scope) error {
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return err
	}
	return s.Stages.Check(scope.Stage)
}
