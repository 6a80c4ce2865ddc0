package app

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/validate"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product/productredis"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product/productsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

// products are what the gateway offers to consumers.
type products struct {
	*product.Service

	// shared counts quotas with other replicas, nil where no Redis is set.
	shared *productredis.Store
}

// newProducts makes products, whose keys the gateway's authentication takes.
func newProducts(p *platform, a *access, f *fabric) *products {
	store := productsql.NewStore(p.db)
	out := &products{}
	c := product.Config{
		Store: store, Usage: store, Documents: gatewaysql.NewStore(p.db), Consumers: consumers{a.identity, a.tenants}, APIs: validatedAPIs,
		Limits: limit.New(newLimits(f)), Authorizer: a.identity, Journal: a.journal, Tx: p.db, Log: p.log,
	}
	if p.redis != nil {
		out.shared = productredis.New(productredis.Config{Client: p.redis, Log: p.log})
		c.Shared = out.shared
	}
	out.Service = product.New(c)
	return out
}

// loops adds what keeps subscriptions and quotas current where they are asked for.
func (o *products) loops(g *supervise.Group) {
	g.Add("subscriptions of products", o.Watch)
	g.Every("usage of products", product.WriteEvery, o.Write)
	if o.shared != nil {
		g.Add("quotas of products", o.shared.Serve)
	}
}

// settle writes what was counted last, once nobody calls any more.
func (o *products) settle(p *platform) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	logClose(p.log, "usage of products", o.Write(ctx))
}

// validatedAPIs are the APIs that a policy holds routes against.
func validatedAPIs(p gateway.Policy) []product.API {
	named := validate.APIsOf(p)
	out := make([]product.API, 0, len(named))
	for _, n := range named {
		out = append(out, product.API(n))
	}
	return out
}

// consumers are who can subscribe.
type consumers struct {
	identity *identity.Service
	tenants  *tenant.Service
}

// Find implements product.Consumers.
func (c consumers) Find(ctx context.Context, of string, who product.Consumer) (product.Consumer, error) {
	switch who.Kind {
	case product.ConsumerService:
		account, err := c.identity.Store.ServiceByName(ctx, of, who.Name)
		who.ID, who.Project = account.ID, account.Project
		return who, err
	case product.ConsumerUser:
		actor, err := c.identity.Find(ctx, of, who.Name)
		who.ID = actor.ID
		return who, err
	case product.ConsumerProject:
	}
	return who, c.tenants.Exists(ctx, kernel.Scope{Tenant: of, Project: who.Name})
}
