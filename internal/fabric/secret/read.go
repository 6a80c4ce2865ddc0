package secret

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// readEvery and readEveryRun are how often the same reads of a version by one actor are
	// recorded at most: by people and their programs, and by runs and the platform itself.
	readEvery, readEveryRun = time.Minute, time.Hour
	// maxReads bounds how many reads are remembered.
	maxReads = 10_000
)

type originKey struct{}

// From returns a context whose reads come from somewhere, such as an address.
func From(ctx context.Context, where string) context.Context {
	return context.WithValue(ctx, originKey{}, where)
}

// reads are those that were recorded lately, with how many were not since.
type reads struct {
	mu   sync.Mutex
	last map[string]*readCount
}

type readCount struct {
	at    time.Time
	since int
}

// due reports whether a read is recorded, and how many before it were not.
func (r *reads) due(key string, now time.Time, every time.Duration) (before int, due bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil || len(r.last) >= maxReads {
		r.last = map[string]*readCount{}
	}
	c := r.last[key]
	if c == nil {
		c = &readCount{}
		r.last[key] = c
	}
	if ago := now.Sub(c.at); 0 <= ago && ago < every {
		c.since++
		return 0, false
	}
	before = c.since
	c.at, c.since = now, 0
	return before, true
}

// read opens a version, 0 for the newest, for an actor with secret.read, and records that.
func (s *Service) read(ctx context.Context, scope kernel.Scope, name string, version int) (Version, []byte, error) {
	if err := s.Authorizer.Authorize(ctx, "secret.read", scope); err != nil {
		return Version{}, nil, err
	}
	v, plain, err := s.opened(ctx, scope, name, version)
	if err != nil {
		return v, nil, err
	}
	return v, plain, s.recordRead(ctx, v.Info)
}

// opened opens a version, 0 for the newest.
func (s *Service) opened(ctx context.Context, scope kernel.Scope, name string, version int) (Version, []byte, error) {
	v, err := s.find(ctx, scope, name, version)
	if err != nil {
		return v, nil, err
	}
	if v.Gone(s.Clock.Now()) {
		return v, nil, kernel.Errorf(kernel.NotFound, "version %d of secret %s is deleted", v.Version, name)
	}
	plain, err := s.open(ctx, v)
	return v, plain, err
}

func (s *Service) find(ctx context.Context, scope kernel.Scope, name string, version int) (Version, error) {
	if version == 0 {
		return s.Store.Current(ctx, scope, name)
	}
	return s.Store.Version(ctx, scope, name, version)
}

// recordRead records who has read which version, and from where. Who reads it again soon
// is counted, and the count is in the next record.
func (s *Service) recordRead(ctx context.Context, i Info) error {
	actor, _ := kernel.ActorFrom(ctx)
	every := readEvery
	if actor.Kind == kernel.ActorRun || actor.Kind == kernel.ActorSystem {
		every = readEveryRun
	}
	now := s.Clock.Now()
	key := strings.Join([]string{actor.ID, actor.Session, i.Scope.Tenant, i.Scope.Project, i.Scope.Stage, i.Name, strconv.Itoa(i.Version)}, "\x00")
	before, due := s.reads.due(key, now, every)
	if !due {
		return nil
	}
	from, _ := ctx.Value(originKey{}).(string)
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		m, err := s.metadata(ctx, i.Scope, i.Name)
		if err != nil {
			return err
		}
		m.ReadAt, m.ReadBy, m.ReadVersion = now, actor.ID, i.Version
		if err := s.Store.PutMetadata(ctx, m); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "secret.read", Scope: i.Scope, Subject: i.Name,
			Data: map[string]any{"version": i.Version, "from": from, "unrecorded": before},
		})
	})
}
