package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	gatewaycache "github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit/limitredis"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newGatewayRedis returns a client of the Redis that replicas of the gateway
// share, nil where none is set.
func newGatewayRedis(p *platform) (*redis.Client, error) {
	if p.config.GatewayRedis == "" {
		return nil, nil //nolint:nilnil // none is set
	}
	options, err := limitredis.Options(p.config.GatewayRedis)
	if err != nil { // not what it says: it may have the password in it
		return nil, kernel.Errorf(kernel.Invalid, "the URL of the gateway's Redis cannot be used").WithFix("write gatewayRedis as redis://host:6379/0, or as rediss:// for TLS")
	}
	redis.SetLogger(redisLog{p.log})
	return redis.NewClient(options), nil
}

// redisLog takes what the client of Redis would write to standard error at each
// failure: who uses it says once what matters.
type redisLog struct{ log *slog.Logger }

// Printf implements the client's logger.
func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, "client of the gateway's Redis", "says", fmt.Sprintf(format, args...))
}

// newGatewayCounts returns where limits are counted with other replicas, nil for nowhere.
func newGatewayCounts(p *platform, client *redis.Client) (*limitredis.Store, error) {
	if client == nil {
		return nil, nil //nolint:nilnil // none is set
	}
	counts, err := limitredis.New(limitredis.Config{Client: client, Log: p.log, Registerer: p.telemetry.Registry()})
	if err != nil {
		return nil, fmt.Errorf("limits of the gateway: %w", err)
	}
	return counts, nil
}

// newGatewayCache returns what caches answers of services.
func newGatewayCache(p *platform) (*gatewaycache.Kind, error) {
	kind := gatewaycache.NewKind(gatewaycache.Config{Room: p.kept, Clock: time.Now})
	if err := p.telemetry.Registry().Register(kind); err != nil {
		return nil, fmt.Errorf("metrics of the gateway's cache: %w", err)
	}
	return kind, nil
}

// purges has this process drop what another one has purged of its gateway's cache.
type purges struct {
	events  *event.Log
	gateway *gateway.Service
	// follower stays after an error: what was purged meanwhile is heard of then.
	follower *event.Follower
}

// Run listens until ctx ends. After an error it can be run again, and goes on with the
// event after the last one that it has heard. Where the log keeps that no longer, all goes.
func (p *purges) Run(ctx context.Context) error {
	if p.follower == nil {
		bounds, err := p.events.Bounds(ctx)
		if err != nil {
			return err
		}
		p.follower = p.events.FollowEvery(bounds.Last)
	}
	for {
		e, err := p.follower.Next(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was told to end
		}
		switch {
		case errors.Is(err, event.ErrForgotten):
			p.gateway.Deaf(ctx)
			continue
		case err != nil:
			return err
		}
		if err := p.gateway.Heard(ctx, e.ID, e.Fact(), e.Scope(), e.Data); err != nil {
			return err
		}
	}
}
