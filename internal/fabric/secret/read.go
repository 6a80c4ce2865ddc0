package secret

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

const (
	// readEvery and readEveryRun are how often the same reads of a version by one actor are
	// recorded at most: by people and their programs, and by runs and the platform itself.
	readEvery, readEveryRun = time.Minute, time.Hour
	// maxReads bounds how many reads are remembered.
	maxReads = 10_000
)

// reads are those that were recorded lately, with how many were not since.
type reads struct {
	mu   sync.Mutex
	last map[string]*readCount
}

type readCount struct {
	at    time.Time
	since int
}

// due reports whether a read has to be recorded, and how many before it were not. It has
// been when told is called: what could not be recorded is due again.
func (r *reads) due(key string, now time.Time, every time.Duration) (before int, due bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.last[key]
	if c == nil {
		return 0, true
	}
	if ago := now.Sub(c.at); 0 <= ago && ago < every {
		c.since++
		return 0, false
	}
	return c.since, true
}

// told remembers that a read was recorded, with those before it that were not.
func (r *reads) told(key string, now time.Time, before int) {
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
	c.at, c.since = now, max(c.since-before, 0)
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
	if err := s.recordRead(ctx, v.Info); err != nil {
		return v, nil, err
	}
	return v, plain, nil
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

// recordRead records who has read which version, for what, and from where. Who reads it
// again soon for the same from the same place is counted, and the count is in the next record.
// A read that cannot be recorded fails, however often it is tried.
func (s *Service) recordRead(ctx context.Context, i Info) error {
	actor, _ := kernel.ActorFrom(ctx)
	every := readEvery
	if actor.Kind == kernel.ActorRun || actor.Kind == kernel.ActorSystem {
		every = readEveryRun
	}
	now := s.Clock.Now()
	address := kernel.AddressFrom(ctx)
	from := cmp.Or(secretref.Origin(ctx), address)
	key := strings.Join([]string{actor.ID, actor.Session, from, address, i.Scope.Tenant, i.Scope.Project, i.Scope.Stage, i.Name, strconv.Itoa(i.Version)}, "\x00")
	before, due := s.reads.due(key, now, every)
	if !due {
		return nil
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		m, err := s.metadata(ctx, i.Scope, i.Name)
		if err != nil {
			return err
		}
		m.ReadAt, m.ReadBy, m.ReadByName, m.ReadVersion = now, actor.ID, actor.Name, i.Version
		if err := s.Store.PutMetadata(ctx, m); err != nil {
			return err
		}
		db.AfterCommit(ctx, func() { s.reads.told(key, now, before) })
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "secret.read", Scope: i.Scope, Subject: i.Name,
			Data: map[string]any{"version": i.Version, "from": from, "unrecorded": before},
		})
	})
}
