package subscription

import (
	"context"
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
// to one that the actor of ctx may read.
func (s *Service) given(ctx context.Context, sub Subscription, secret string) (Credentials, error) {
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
	if c.Referred == nil {
		return s.Sinks.Open(ctx, sub, c)
	}
	return &referring{service: s, sub: sub, to: *c.Referred}, nil
}

// referring sends with the value that a reference means at the time.
type referring struct {
	service *Service
	sub     Subscription
	to      Referred

	mu      sync.Mutex
	sender  Sender
	version int
}

// Send implements Sender. Where the secret may not or cannot be read, no event is sent
// until somebody has changed that.
func (r *referring) Send(ctx context.Context, e event.Event, body []byte) (string, error) {
	sender, err := r.current(ctx)
	if err != nil {
		if kernel.Is(err, kernel.Denied) || kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Invalid) {
			return "", &Denial{Message: "its secret " + r.to.Reference + " cannot be used: " + err.Error()}
		}
		return "", err
	}
	return sender.Send(ctx, e, body)
}

func (r *referring) current(ctx context.Context) (Sender, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ctx = kernel.WithActor(ctx, r.to.By)
	ref, _, err := secretref.Whole(r.to.Reference)
	if err != nil {
		return nil, err
	}
	scope, ref, err := r.service.Secrets.Locate(r.sub.Scope, ref)
	if err != nil {
		return nil, err
	}
	version, err := r.service.Secrets.Check(ctx, scope, ref)
	if err != nil || r.sender != nil && version == r.version {
		return r.sender, err
	}
	value, version, err := r.service.Secrets.Resolve(secretref.ReadFor(ctx, r.sub.origin()), scope, ref)
	if err != nil {
		return nil, err
	}
	c, err := credentials(r.sub.Sink, value)
	if err != nil {
		return nil, err
	}
	next, err := r.service.Sinks.Open(ctx, r.sub, c)
	if err != nil {
		return nil, err
	}
	if r.sender != nil {
		r.sender.Close()
	}
	r.sender, r.version = next, version
	return next, nil
}

// Close implements Sender.
func (r *referring) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sender != nil {
		r.sender.Close()
	}
}
