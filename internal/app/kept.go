package app

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/change"
	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// keptMemory is what each kind of reads wants of the memory of caches, in bytes.
const keptMemory = 16 << 20

// keep makes the room of what this process keeps.
func (p *platform) keep() error {
	metrics, err := cache.NewMetrics(p.telemetry.Registry())
	if err != nil {
		return err
	}
	if p.redis, err = newGatewayRedis(p); err != nil {
		return err
	}
	if p.redis != nil {
		p.shared = cache.NewRedis(cache.RedisConfig{Options: p.redis.Options(), Log: p.log, Sealer: p.sealer, Metrics: metrics})
	}
	p.kept = cache.NewRoom(cache.RoomConfig{Shared: p.shared, Metrics: metrics, Clock: time.Now, Apart: db.InTransaction, Build: p.version})
	return nil
}

// keptDefinitions are lists of definitions.
func keptDefinitions(room *cache.Room) module.Listed {
	return cache.NewReads(room, cache.ReadsConfig[kernel.Page[module.Stored]]{
		Name: "definitions", Memory: keptMemory, Ends: []string{"definition.applied", "definition.deleted", "tenant.left"},
		Size: func(page kernel.Page[module.Stored]) (n int) {
			for _, one := range page.Items {
				n += 2<<10 + 4*len(one.Source) // the text, and what it says
			}
			return n
		},
	})
}

// keptPolicies are lists of the policies in force with their levels.
func keptPolicies(room *cache.Room) policy.Listed {
	return cache.NewReads(room, cache.ReadsConfig[kernel.Page[policy.InForce]]{
		Name: "policies", Memory: keptMemory, Ends: []string{"policy.assigned", "policy.unassigned", "tenant.left"},
		Size: func(page kernel.Page[policy.InForce]) (n int) {
			for _, one := range page.Items {
				n += 512 + 128*len(one.Levels) // its texts are those of the policies
			}
			return n
		},
	})
}

// keptChanges are what is different between documents of APIs.
func keptChanges(room *cache.Room) *cache.Reads[[]change.Change] {
	return cache.NewReads(room, cache.ReadsConfig[[]change.Change]{
		Name: "api-changes", Memory: keptMemory, Fixed: true, Shared: changes{}, Ends: []string{"tenant.left"},
	})
}

// changes is the codec of changes.
type changes struct{}

// Size implements cache.Codec.
func (changes) Size(all []change.Change) (n int) {
	for _, one := range all {
		n += 128 + len(one.Operation) + len(one.Text)
	}
	return n
}

// Encode implements cache.Codec.
func (changes) Encode(all []change.Change) ([]byte, error) { return json.Marshal(all) }

// Decode implements cache.Codec.
func (changes) Decode(b []byte) (all []change.Change, err error) {
	err = json.Unmarshal(b, &all)
	return all, err
}

// keptDocuments are documents of APIs in the form that they were not uploaded in.
func keptDocuments(room *cache.Room) *cache.Reads[[]byte] {
	return cache.NewReads(room, cache.ReadsConfig[[]byte]{
		Name: "api-documents", Memory: keptMemory, Fixed: true, Shared: content{}, Ends: []string{"tenant.left"},
	})
}

// content is the codec of bytes.
type content struct{}

// Size implements cache.Codec.
func (content) Size(b []byte) int { return len(b) }

// Encode implements cache.Codec.
func (content) Encode(b []byte) ([]byte, error) { return b, nil }

// Decode implements cache.Codec.
func (content) Decode(b []byte) ([]byte, error) { return b, nil }

// endsKept ends what is kept of what a fact is about, once it is committed. It is a recorder.
type endsKept struct{ room *cache.Room }

// Record implements recorder.
func (e endsKept) Record(ctx context.Context, f kernel.Fact) error {
	db.AfterCommit(ctx, func() { e.room.Changed(f.Type, changedTenant(f.Type, f.Scope.Tenant, f.Subject)) })
	return nil
}

// changedTenant is whose reads a fact ends. That a tenant has left is told to who runs the
// platform, in whose scope the fact is; its subject is the tenant.
func changedTenant(fact, tenant, subject string) string {
	if fact == "tenant.left" {
		return subject
	}
	return tenant
}

// followsKept has this process hear of what others have changed.
type followsKept struct {
	events *event.Log
	room   *cache.Room
}

// Run listens until ctx ends; what is kept is kept meanwhile.
func (l followsKept) Run(ctx context.Context) error {
	bounds, err := l.events.Bounds(ctx)
	if err != nil {
		return err
	}
	l.room.Follow(true)
	defer l.room.Follow(false)
	for follower := l.events.FollowEvery(bounds.Last); ; {
		e, err := follower.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // it was told to end
		case errors.Is(err, event.ErrForgotten):
			l.room.Follow(true) // whatever is kept may have changed
			continue
		case err != nil:
			return err
		}
		l.room.Heard(e.Fact(), changedTenant(e.Fact(), e.Tenant, e.Subject))
	}
}
