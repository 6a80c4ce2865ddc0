package product

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/reload"
)

// told is how long the key of a subscription that is over is told apart from one that never was.
const told = 30 * 24 * time.Hour

// table is what is known of keys; it is swapped whole.
type table struct {
	revision int64
	keys     map[[sha256.Size]byte]*live
	// lives are by the subscription's id, with what they were made of.
	lives map[string]*live
}

// live is a subscription as requests meet it.
type live struct {
	Subscription

	made   string
	routes []string
	apis   []API
	// ends is when it expires, the zero time for never.
	ends time.Time
	// refused is why it counts nowhere, nil where it does.
	refused *authn.Refusal
	proven  *authn.Subscription
	quotas  []Quota
}

// Load reads all products and subscriptions, and swaps what is known of keys.
func (s *Service) Load(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	revision, err := s.revision(ctx)
	if err != nil {
		return fmt.Errorf("load products: %w", err)
	}
	docs, err := s.Documents.AllProducts(ctx, "")
	if err != nil {
		return fmt.Errorf("load products: %w", err)
	}
	subs, err := s.Store.All(ctx, s.now().Add(-told))
	if err != nil {
		return fmt.Errorf("load subscriptions: %w", err)
	}
	t := &table{revision: revision, keys: make(map[[sha256.Size]byte]*live, 2*len(subs)), lives: make(map[string]*live, len(subs))}
	before := s.table.Load()
	of := s.shelve(ctx, docs)
	for _, sub := range subs {
		l := s.enliven(of, before.lives[sub.ID], sub)
		t.keys[sub.Primary], t.keys[sub.Secondary], t.lives[sub.ID] = l, l, l
	}
	if err := s.meters.follow(ctx, s, t.lives); err != nil {
		return fmt.Errorf("load usage: %w", err)
	}
	s.table.Store(t)
	return nil
}

func (s *Service) revision(ctx context.Context) (int64, error) {
	documents, err := s.Documents.Revision(ctx)
	if err != nil {
		return 0, err
	}
	turn, err := s.Store.Turn(ctx)
	return documents + turn, err
}

// shelf has products by scope and name, with the filters of their plans.
type shelf map[kernel.Scope]map[string]*stocked

type stocked struct {
	Product

	// made says which product it is, and what its document says.
	made    string
	filters map[string]exchange.Filter
}

func (s *Service) shelve(ctx context.Context, docs []gateway.Policy) shelf {
	out := shelf{}
	for _, d := range docs {
		p, err := read(d)
		if err != nil { // it was read when it was applied
			s.Log.ErrorContext(ctx, "a product cannot be read any more: its keys open nothing", "product", d.Name, "scope", d.Scope.String(), "error", err)
			continue
		}
		made := &stocked{p, p.Scope.Stage + " " + string(kernel.DigestOf(d.Spec)), map[string]exchange.Filter{}}
		for _, plan := range p.Spec.Plans {
			if made.filters[plan.Name], err = s.limit(ctx, p, plan, ""); err != nil {
				s.Log.ErrorContext(ctx, "a plan's rate limits cannot be counted: its keys open nothing", "product", p.Name, "plan", plan.Name, "scope", p.Scope.String(), "error", err)
				delete(made.filters, plan.Name)
			}
		}
		if out[p.Scope] == nil {
			out[p.Scope] = map[string]*stocked{}
		}
		out[p.Scope][p.Name] = made
	}
	return out
}

// offered is what a stage offers by a name.
func (f shelf) offered(stage kernel.Scope, name string) *stocked {
	if p := f[stage][name]; p != nil {
		return p
	}
	return f[stage.InProject(stage.Project)][name]
}

// enliven makes a subscription ready for requests; one that is as it was is kept.
func (s *Service) enliven(of shelf, before *live, sub Subscription) *live {
	p := of.offered(sub.Scope, sub.Product)
	made := fmt.Sprintf("%d", sub.Revision)
	if p != nil {
		made += " " + p.made
	}
	if before != nil && before.made == made {
		return before
	}
	l := &live{Subscription: sub, made: made}
	if sub.EndsAt != nil {
		l.ends = *sub.EndsAt
	}
	if p == nil {
		l.refused = &authn.Refusal{Detail: "The product " + sub.Product + " of this key is not offered any more.", Fix: "ask who offers it"}
		return l
	}
	plan, ok := p.Plan(sub.Plan)
	limits, countable := p.filters[sub.Plan]
	if l.refused = why(sub, p.Product); l.refused == nil && (!ok || !countable) {
		l.refused = &authn.Refusal{Detail: "The plan " + sub.Plan + " of this key is not offered any more.", Fix: "ask who offers " + sub.Product}
	}
	l.routes, l.apis, l.quotas = p.Spec.Routes, p.Spec.APIs, plan.Quotas
	l.proven = &authn.Subscription{
		ID: sub.ID, Consumer: sub.Consumer.String(), Product: sub.Product, Plan: sub.Plan, Scopes: plan.Scopes,
		Guard: s.stand(l, limits),
	}
	return l
}

// why says why a subscription counts nowhere, and what to do.
func why(sub Subscription, p Product) *authn.Refusal {
	name := "subscription " + sub.Name + " to " + sub.Product
	switch {
	case sub.State == Submitted:
		return &authn.Refusal{Detail: "The " + name + " waits for an approval.", Fix: "ask who offers the product"}
	case sub.State == Suspended:
		return &authn.Refusal{Detail: "The " + name + " is suspended.", Fix: "ask who offers the product to resume it"}
	case sub.State != Active:
		return &authn.Refusal{Detail: "The " + name + " is " + string(sub.State) + ".", Fix: "subscribe anew"}
	case p.Spec.State != Published:
		return &authn.Refusal{Detail: "The product " + sub.Product + " is not published.", Fix: "ask who offers it"}
	}
	return nil
}

// At implements authn.Subscriptions.
func (s *Service) At(at gateway.Attachment) authn.Keys {
	k := &onRoute{s: s, scope: at.Scope, route: at.Route}
	for _, p := range at.Policies {
		if s.APIs != nil {
			k.apis = append(k.apis, s.APIs(p)...)
		}
	}
	return k
}

// onRoute finds keys on one route.
type onRoute struct {
	s     *Service
	scope kernel.Scope
	route string
	// apis are those that the route is held against.
	apis []API
}

// Key implements authn.Keys.
func (k *onRoute) Key(key [sha256.Size]byte) (*authn.Subscription, *authn.Refusal) {
	s := k.s
	l := s.table.Load().keys[key]
	switch {
	case l == nil || l.Scope != k.scope:
		return nil, nil // one of another stage is none here
	case l.refused != nil:
		return nil, l.refused
	case !l.ends.IsZero() && !s.Clock.Now().Before(l.ends):
		return nil, &authn.Refusal{Detail: "The subscription " + l.Name + " to " + l.Product + " has expired.", Fix: "subscribe anew"}
	case !l.opens(k):
		return nil, &authn.Refusal{Detail: "The product " + l.Product + " of this key does not have this route.", Fix: "subscribe to one that has it"}
	}
	return l.proven, nil
}

// opens tells whether the product has a route: by its name, or since it has every API that
// the route is held against.
func (l *live) opens(k *onRoute) bool {
	if slices.Contains(l.routes, k.route) {
		return true
	}
	for _, a := range k.apis {
		if !slices.Contains(l.apis, a) {
			return false
		}
	}
	return len(k.apis) > 0
}

// Watch keeps what is known of keys current until ctx ends.
func (s *Service) Watch(ctx context.Context) error { return s.source().Watch(ctx) }

// renew loads after a change of this process.
func (s *Service) renew(ctx context.Context) { s.source().Now(ctx) }

func (s *Service) source() reload.Source {
	return reload.Source{
		What: "subscriptions of products", Revision: s.revision, Load: s.Load, Log: s.Log,
		Held: func() int64 { return s.table.Load().revision },
	}
}
