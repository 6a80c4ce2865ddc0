package kernel

import "context"

// ActorKind tells a person from a program.
type ActorKind string

// The kinds of actor.
const (
	ActorUser   ActorKind = "user"
	ActorRun    ActorKind = "run"
	ActorSystem ActorKind = "system"
)

// Actor is who a call acts for.
type Actor struct {
	// ID identifies the actor for ever: a user id, a run id or a component.
	ID string `json:"id"`
	// Name is what people call the actor, for example a login name.
	Name   string    `json:"name"`
	Kind   ActorKind `json:"kind"`
	Tenant string    `json:"tenant"`
}

// System returns the actor for work that a component of Terrace does by itself.
func System(component, tenant string) Actor {
	return Actor{ID: "system:" + component, Name: component, Kind: ActorSystem, Tenant: tenant}
}

type contextKey int

const (
	actorKey contextKey = iota
	requestKey
	causeKey
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
