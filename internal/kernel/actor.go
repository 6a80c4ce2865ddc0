package kernel

import (
	"context"
	"time"
)

// ActorKind tells a person from a program.
type ActorKind string

// The kinds of actor.
const (
	ActorUser ActorKind = "user"
	// ActorService is a service account: a program of a project or a tenant.
	ActorService ActorKind = "service"
	ActorRun     ActorKind = "run"
	ActorSystem  ActorKind = "system"
)

// Actor is who a call acts for.
type Actor struct {
	// ID identifies the actor for ever: a user id, a service account's, a run's or a component.
	ID string `json:"id"`
	// Name is what people call the actor, for example a login name.
	Name   string    `json:"name"`
	Kind   ActorKind `json:"kind"`
	Tenant string    `json:"tenant"`
	// Session is the id of the token or session that the actor came by, "" for none.
	Session string `json:"-"`
	// Until is when that token or session ends, the zero time for never or none.
	Until time.Time `json:"-"`
	// Limits is what the actor's token narrows; nil narrows nothing. Whoever makes an
	// actor of a credential sets it, and only the decision point of identity reads it.
	Limits *Limits `json:"-"`
}

// Limits narrow what an actor may do to less than its roles let it. An empty list
// narrows nothing.
type Limits struct {
	// Scopes are some of TokenScopes.
	Scopes []string
	// Projects and Stages are names. With Projects, nothing of the whole tenant may be done.
	Projects []string
	Stages   []string
}

// TokenScopes returns the kinds of action that a token can be narrowed to.
func TokenScopes() []string { return []string{"read", "deploy", "approve", "secrets", "admin"} }

// System returns the actor for work that a component of Terrace does by itself.
func System(component, tenant string) Actor {
	return Actor{ID: "system:" + component, Name: component, Kind: ActorSystem, Tenant: tenant}
}

type contextKey int

const (
	actorKey contextKey = iota
	requestKey
	causeKey
	addressKey
)

// WithActor returns a context that acts for a.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey, a)
}

// ActorFrom returns who ctx acts for; ok is false for an anonymous call.
func ActorFrom(ctx context.Context) (a Actor, ok bool) {
	a, ok = ctx.Value(actorKey).(Actor)
	return a, ok
}

// WithRequestID returns a context that carries the id of the request it serves.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey, id)
}

// RequestIDFrom returns the request id of ctx, or "".
func RequestIDFrom(ctx context.Context) string {
	id, _ := ctx.Value(requestKey).(string)
	return id
}

// WithCause returns a context for work that an event has caused.
func WithCause(ctx context.Context, event string) context.Context {
	return context.WithValue(ctx, causeKey, event)
}

// CauseFrom returns the id of the event that has caused ctx's work, or "".
func CauseFrom(ctx context.Context) string {
	id, _ := ctx.Value(causeKey).(string)
	return id
}

// WithAddress returns a context that carries where the request it serves came from.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey, address)
}

// AddressFrom returns where the request of ctx came from, an IP address, or "".
func AddressFrom(ctx context.Context) string {
	address, _ := ctx.Value(addressKey).(string)
	return address
}
