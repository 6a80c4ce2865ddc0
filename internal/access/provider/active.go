package provider

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ActiveKind says what somebody is signed in with.
type ActiveKind string

// The kinds: a browser, a program that they let in there, and one that they let in by a
// code.
const (
	ActiveBrowser ActiveKind = "browser"
	ActiveProgram ActiveKind = "program"
	ActiveDevice  ActiveKind = "device"
)

// ActiveKinds returns every kind.
func ActiveKinds() []ActiveKind { return []ActiveKind{ActiveBrowser, ActiveProgram, ActiveDevice} }

// touchInterval is how exact the last use of a browser is. That of a program is the last time
// that it got tokens.
const touchInterval = time.Minute

// Active is a place in which somebody is signed in.
type Active struct {
	// ID is that of a SignIn or of a Session.
	ID   string
	Kind ActiveKind
	// Client is the program's name, "" for a browser.
	Client string
	// Browser is the id of the browser's sign-in that a program ends with, "" for none.
	Browser string
	Scopes  []string
	// Methods are how they proved who they are (RFC 8176).
	Methods []string
	// Address is where it was used from last, "" where nobody noted it.
	Address string
	BeganAt time.Time
	UsedAt  time.Time
	// EndsAt is when it is over if it is not used until then.
	EndsAt time.Time
	// Current says that the request came by it.
	Current bool
}

// ListActive returns where somebody of the scope's tenant is signed in, what was used last
// first: the actor where user is "", else the user of that name.
func (s *Service) ListActive(ctx context.Context, scope kernel.Scope, user string) ([]Active, error) {
	who, _, err := s.whose(ctx, scope, user, "session.read")
	if err != nil {
		return nil, err
	}
	browsers, err := s.Store.SignInsOf(ctx, who.Tenant, who.ID)
	if err != nil {
		return nil, err
	}
	sessions, err := s.Store.SessionsOfUser(ctx, who.Tenant, who.ID)
	if err != nil {
		return nil, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	var all []Active
	for _, n := range browsers {
		all = append(all, n.active())
	}
	for _, n := range sessions {
		one := n.active()
		if one.Client, err = s.clientName(ctx, n.Client); err != nil {
			return nil, err
		}
		one.Current = n.ID == actor.Session
		all = append(all, one)
	}
	now := s.Clock.Now()
	all = slices.DeleteFunc(all, func(a Active) bool { return !a.EndsAt.After(now) })
	slices.SortFunc(all, func(a, b Active) int {
		if order := b.UsedAt.Compare(a.UsedAt); order != 0 {
			return order
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all, nil
}

func (n SignIn) active() Active {
	return Active{
		ID: n.ID, Kind: ActiveBrowser, Methods: n.Methods, Address: n.Address, BeganAt: n.Began(), UsedAt: latest(n.UsedAt, n.Began()), EndsAt: n.ExpiresAt,
	}
}

// active tells a session; it is over earlier than it expires where it is not used.
func (n Session) active() Active {
	used := latest(n.UsedAt, n.CreatedAt)
	ends := n.ExpiresAt
	if idle := used.Add(RefreshLife); idle.Before(ends) {
		ends = idle
	}
	return Active{
		ID: n.ID, Kind: n.Kind, Browser: n.SignIn, Scopes: n.Scopes, Methods: n.Methods, Address: n.Address, BeganAt: n.CreatedAt, UsedAt: used, EndsAt: ends,
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// clientName returns what people call a client, or the id of one that is gone.
func (s *Service) clientName(ctx context.Context, id string) (string, error) {
	c, err := s.ByID(ctx, id)
	if kernel.Is(err, kernel.NotFound) {
		return id, nil
	}
	return c.Name, err
}

// EndActive ends one of those that ListActive tells: a program, or a browser with all that
// was let in there. A token with limits ends none of its owner's but its own.
func (s *Service) EndActive(ctx context.Context, scope kernel.Scope, user, id string) error {
	who, own, err := s.whose(ctx, scope, user, "session.end")
	if err != nil {
		return err
	}
	why := EndedByAdmin
	if own {
		why = EndedByOwner
		if actor, _ := kernel.ActorFrom(ctx); actor.Limits != nil && actor.Session != id {
			return kernel.Errorf(kernel.Denied, "a token with limits ends no other session").WithFix("sign in without --scopes, or use a token without limits")
		}
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		sessions, err := s.Store.SessionsOfUser(ctx, who.Tenant, who.ID)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(sessions, func(n Session) bool { return n.ID == id }); i >= 0 {
			return s.endAll(ctx, sessions[i:i+1], why)
		}
		browsers, err := s.Store.SignInsOf(ctx, who.Tenant, who.ID)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(browsers, func(n SignIn) bool { return n.ID == id }); i >= 0 {
			return s.endSignIn(ctx, browsers[i], why)
		}
		return kernel.Errorf(kernel.NotFound, "%s is signed in to no session %s", who.Name, id).WithFix("see terrace auth sessions list")
	})
}

// whose returns the actor where name is theirs or "", and else the user of that name, for
// which the action is authorised first.
func (s *Service) whose(ctx context.Context, scope kernel.Scope, name, action string) (who kernel.Actor, own bool, err error) {
	actor, _ := kernel.ActorFrom(ctx)
	if actor.Kind == kernel.ActorUser && actor.Tenant == scope.Tenant && (name == "" || name == actor.Name) {
		return actor, true, nil
	}
	if name == "" {
		return actor, false, kernel.Errorf(kernel.Denied, "%s is no user, and signs in to no session", actor.Name).WithFix("its tokens are listed by terrace token list")
	}
	if err := s.Authorizer.Authorize(ctx, action, kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return kernel.Actor{}, false, err
	}
	who, err = s.Users.Find(ctx, scope.Tenant, name)
	return who, false, err
}

// touch notes that a browser is used.
func (s *Service) touch(ctx context.Context, n SignIn) {
	now, address := s.Clock.Now(), kernel.AddressFrom(ctx)
	if now.Sub(n.UsedAt) < touchInterval && address == n.Address {
		return
	}
	if err := s.Store.TouchSignIn(ctx, n.ID, address, now); err != nil {
		s.Log.WarnContext(ctx, "the last use of a browser was not noted", slog.String("sign-in", n.ID), slog.String("error", err.Error()))
	}
}
