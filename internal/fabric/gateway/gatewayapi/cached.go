package gatewayapi

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// GatewayCachePurge says which stored answers are dropped: those that have all that
// it names.
type GatewayCachePurge gateway.CachePurge

type purgeCacheInput struct {
	OfStage
	Body GatewayCachePurge
}

// GatewayCachePurged is what a purge has dropped.
type GatewayCachePurged struct {
	Dropped int `json:"dropped" doc:"How many stored answers the process that was asked had in its memory; others drop theirs within two seconds."`
}

type purgeCacheOutput struct{ Body GatewayCachePurged }

func (a API) purgeCache(ctx context.Context, in *purgeCacheInput) (*purgeCacheOutput, error) {
	n, err := a.Gateway.PurgeCache(ctx, in.Scope(ctx), gateway.CachePurge(in.Body))
	return &purgeCacheOutput{Body: GatewayCachePurged{Dropped: n}}, err
}

// GatewayCacheUse is what is stored of a route's answers, and what it was good for.
type GatewayCacheUse gateway.CacheUse

type cacheUsesOutput struct {
	Body kernel.Page[GatewayCacheUse]
}

func (a API) cacheUses(ctx context.Context, in *OfStage) (*cacheUsesOutput, error) {
	all, err := a.Gateway.CacheUses(ctx, in.Scope(ctx))
	out := kernel.Page[GatewayCacheUse]{Items: []GatewayCacheUse{}}
	for _, u := range all {
		out.Items = append(out.Items, GatewayCacheUse(u))
	}
	return &cacheUsesOutput{Body: out}, err
}
