package fleet

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/sealedblob"
)

// Deps is what a Service works with; Clock and Log may be nil.
type Deps struct {
	Tx         Tx
	Store      Store
	Authorizer Authorizer
	Journal    Journal
	Fences     Fences
	Logs       Logs
	States     States
	Sealer     sealedblob.Sealer
	Blobs      Blobs
	Clock      kernel.Clock
	Log        *slog.Logger
}

// Service has the runners and their assignments.
type Service struct {
	Deps
	news    news
	parts   sealedblob.Store
	telling turns
}

// New returns a service.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Deps: d, news: news{changed: make(chan struct{})}, parts: sealedblob.Store{Sealer: d.Sealer, Blobs: d.Blobs}}
}

// look is how often is looked for what other processes changed.
const look = time.Second

// news wakes whoever waits for a change in this process.
type news struct {
	mu      sync.Mutex
	changed chan struct{}
}

func (n *news) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *news) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.changed
}

// pause waits for news, for a look or for the end of ctx, whatever comes first.
func (s *Service) pause(ctx context.Context, changed <-chan struct{}) {
	timer := time.NewTimer(look)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-changed:
	case <-timer.C:
	}
}

// saves is how often a change is tried again when it lost a race.
const saves = 10

// edit changes an assignment; change says whether there is anything to save.
func (s *Service) edit(ctx context.Context, id string, change func(a *Assignment) (bool, error)) (a Assignment, err error) {
	for range saves {
		if a, err = s.Store.Assignment(ctx, id); err != nil {
			return a, err
		}
		was := a.State
		save, err := change(&a)
		if err != nil || !save {
			return a, err
		}
		if a.State != was && (a.State == Done || a.State == Lost || a.State == Ended) {
			a.EndedAt = s.Clock.Now()
		}
		err = s.Store.SaveAssignment(ctx, a)
		if err == nil {
			s.news.tell()
			if a.State == Lost {
				s.drop(ctx, a.ID)
			}
			return a, nil
		}
		if !kernel.Is(err, kernel.Stale) {
			return a, err
		}
	}
	return a, kernel.Errorf(kernel.Conflict, "the assignment %s is changed by too many at once", id)
}

// lose ends an assignment that nobody will finish.
func (s *Service) lose(ctx context.Context, id, reason string) error {
	_, err := s.edit(ctx, id, func(a *Assignment) (bool, error) {
		if a.State != Offered && a.State != Taken {
			return false, nil
		}
		a.State, a.Reason = Lost, reason
		return true, nil
	})
	return err
}
