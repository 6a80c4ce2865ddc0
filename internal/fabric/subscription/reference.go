package subscription

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Secrets has what references stand for. It decides by the actor of the context.
type Secrets interface {
	// Locate splits the path of a reference that stands outside of a stage: STAGE/NAME in a
	// project, PROJECT/STAGE/NAME in a tenant.
	Locate(of kernel.Scope, r secretref.Reference) (kernel.Scope, secretref.Reference, error)
	// Check tells whether the actor could have the value, and of which version it is.
	Check(ctx context.Context, scope kernel.Scope, r secretref.Reference) (version int, err error)
	// Resolve returns the value, and records that it was read.
	Resolve(ctx context.Context, scope kernel.Scope, r secretref.Reference) (value string, version int, err error)
}

// Referred is a reference that stands for a sink's secret.
type Referred struct {
	Reference string `json:"reference"`
	// By is who has written it: the value is read with what that actor may do.
	By kernel.Actor `json:"by"`
}

// given makes the credentials of what was given as the secret: the value, or a reference
// to one that the actor of ctx may read. What the sink itself refers to is checked as well.
func (s *Service) given(ctx context.Context, sub Subscription, secret string) (Credentials, error) {
	parts, err := s.written(ctx, sub)
	if err != nil {
		return Credentials{}, err
	}
	c, err := s.opening(ctx, sub, secret)
	c.Parts = parts
	return c, err
}

// opening makes the credentials without what the sink itself refers to.
func (s *Service) opening(ctx context.Context, sub Subscription, secret string) (Credentials, error) {
	r, is, err := secretref.Whole(secret)
	switch {
	case !is:
		return credentials(sub.Sink, secret)
	case err != nil:
		return Credentials{}, kernel.Errorf(kernel.Invalid, "secret: %w", err).WithFix("write ${secret:STAGE/NAME}, in the tenant ${secret:PROJECT/STAGE/NAME}")
	case s.Secrets == nil:
		return Credentials{}, kernel.Errorf(kernel.Invalid, "secret: there is no store of secrets that a reference could be to")
	}
	scope, r, err := s.Secrets.Locate(sub.Scope, r)
	if err != nil {
		return Credentials{}, err
	}
	value, _, err := s.Secrets.Resolve(secretref.ReadFor(ctx, sub.origin()), scope, r)
	if err != nil {
		return Credentials{}, err
	}
	if _, err := credentials(sub.Sink, value); err != nil { // what is there opens the sink
		return Credentials{}, err
	}
	by, _ := kernel.ActorFrom(ctx) // it was authorised
	return Credentials{Referred: &Referred{Reference: secret, By: by}}, nil
}

// origin is what reads of its secret are for.
func (s Subscription) origin() string { return "subscription " + s.Name }

// sender opens the sink. One whose secret is a reference is opened anew whenever the value
// that it means is another.
func (s *Service) sender(ctx context.Context, sub Subscription, c Credentials) (Sender, error) {
	if c.Referred == nil && len(sub.Sink.references()) == 0 {
		return s.Sinks.Open(ctx, sub, c)
	}
	return &referring{service: s, sub: sub, with: c}, nil
}

// referring sends with the values that references mean at the time.
type referring struct {
	service *Service
	sub     Subscription
	// with are the credentials as they are kept.
	with Credentials

	mu     sync.Mutex
	sender Sender
	// versions are those that the sender was opened with.
	versions map[string]int
}

// Send implements Sender. Where a secret may not or cannot be read, no event is sent
// until somebody has changed that.
func (r *referring) Send(ctx context.Context, e event.Event, body []byte) (string, error) {
	sender, err := r.current(ctx)
	if err != nil {
		if kernel.Is(err, kernel.Denied) || kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Invalid) {
			return "", &Denial{Message: err.Error()}
		}
		return "", err
	}
	return sender.Send(ctx, e, body)
}

func (r *referring) current(ctx context.Context) (Sender, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, err := r.service.needs(r.sub, r.with)
	if err != nil {
		return nil, err
	}
	now := map[string]int{}
	for _, n := range all {
		if now[n.text], err = r.service.Secrets.Check(kernel.WithActor(ctx, n.by), n.at, n.r); err != nil {
			return nil, told(n, err)
		}
	}
	if r.sender != nil && maps.Equal(now, r.versions) {
		return r.sender, nil
	}
	return r.open(ctx, all)
}

// open opens the sink with the values of now.
func (r *referring) open(ctx context.Context, all []needed) (Sender, error) {
	c, values, versions := r.with, map[secretref.Reference]string{}, map[string]int{}
	sub, referred := r.sub, r.with.Referred
	for i, n := range all {
		value, version, err := r.service.Secrets.Resolve(secretref.ReadFor(kernel.WithActor(ctx, n.by), r.sub.origin()), n.at, n.r)
		if err != nil {
			return nil, told(n, err)
		}
		versions[n.text] = version
		if referred != nil && i == len(all)-1 { // it is the last
			if c, err = credentials(sub.Sink, value); err != nil {
				return nil, told(n, err)
			}
			break
		}
		r, _, _ := secretref.Whole(n.text) // it was read from it
		values[r] = value
	}
	var err error
	if sub.Sink, err = sub.Sink.with(values); err != nil {
		return nil, err
	}
	c.Hidden = slices.Collect(maps.Values(values))
	next, err := r.service.Sinks.Open(ctx, sub, c)
	if err != nil {
		return nil, err
	}
	if r.sender != nil {
		r.sender.Close()
	}
	r.sender, r.versions = next, versions
	return next, nil
}

// told says which reference an error is about, of the kind that it has.
func told(n needed, err error) error {
	return kernel.Errorf(kernel.KindOf(err), "its secret %s cannot be used: %w", n.text, err)
}

// Close implements Sender.
func (r *referring) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sender != nil {
		r.sender.Close()
	}
}
