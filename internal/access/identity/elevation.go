package identity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of an elevation.
const (
	shortestElevation = 5 * time.Minute
	longestElevation  = 24 * time.Hour
	// maxWaiting is how many a user may wait for: somebody has to read each.
	maxWaiting = 20
)

// DecideWithin is how long somebody may decide on an elevation.
const DecideWithin = 24 * time.Hour

// ElevationState is how an elevation stands.
type ElevationState string

// The states of an elevation. Lapsed is a request that nobody decided on in a day;
// Expired has come to its end by itself, Ended was ended before.
const (
	ElevationRequested ElevationState = "requested"
	ElevationActive    ElevationState = "active"
	ElevationDenied    ElevationState = "denied"
	ElevationEnded     ElevationState = "ended"
	ElevationExpired   ElevationState = "expired"
	ElevationLapsed    ElevationState = "lapsed"
)

// ElevationStates returns all of them.
func ElevationStates() []ElevationState {
	return []ElevationState{ElevationRequested, ElevationActive, ElevationDenied, ElevationEnded, ElevationExpired, ElevationLapsed}
}

// Elevation is a role that a user asks for, for a while and with a reason, and that
// somebody else approves.
type Elevation struct {
	ID     string
	Tenant string
	UserID string
	User   string
	Role   Role
	// Project and Stage are the node; none is the tenant.
	Project string
	Stage   string
	Reason  string
	// Length is how long it holds, from its approval on.
	Length      time.Duration
	RequestedAt time.Time
	// Decided is who approved or denied it, with their words; DecidedAt is zero before.
	Decided   string
	Word      string
	DecidedAt time.Time
	Approved  bool
	// Grant is the id of what it gives, ExpiresAt when that ends by itself.
	Grant     string
	ExpiresAt time.Time
	// Ender is who ended it early, and EndedAt when. Where nobody did, that is "", and when
	// its end was noted as a fact.
	Ender   string
	EndedAt time.Time
}

// State tells how it stands.
func (e Elevation) State(now time.Time) ElevationState {
	switch {
	case !e.EndedAt.IsZero() && e.Ender != "":
		return ElevationEnded
	case e.DecidedAt.IsZero() && now.Sub(e.RequestedAt) >= DecideWithin:
		return ElevationLapsed
	case e.DecidedAt.IsZero():
		return ElevationRequested
	case !e.Approved:
		return ElevationDenied
	case !e.ExpiresAt.After(now):
		return ElevationExpired
	default:
		return ElevationActive
	}
}

func (e Elevation) scope() kernel.Scope {
	return kernel.Scope{Tenant: e.Tenant, Project: e.Project, Stage: e.Stage}
}

// ElevationFilter narrows a list of elevations.
type ElevationFilter struct {
	// Within narrows to what is reached, and beside it to what UserID asked for and what is at
	// the nodes of Beside and below them; nil narrows nothing.
	Within  *kernel.Reach
	Project string
	UserID  string
	Beside  []kernel.Scope
	// Open leaves out those that are decided on and hold no longer.
	Open bool
	Now  time.Time
}

// ElevationRule is the setting of a node: who decides on elevations there beside its
// admins, and how long they are at most.
type ElevationRule struct {
	// Project and Stage say the node.
	Project, Stage string
	// Users and Groups are names.
	Users  []string
	Groups []string
	// Longest is the most that may be asked for; 0 is a day.
	Longest time.Duration
}

// NewElevation asks for a role for a while.
type NewElevation struct {
	Role   Role
	Length time.Duration
	Reason string
}

// Elevate asks for a role at the scope's node for the actor of ctx.
func (s *Service) Elevate(ctx context.Context, scope kernel.Scope, n NewElevation) (Elevation, error) {
	actor, err := s.elevated(ctx, scope)
	if err != nil {
		return Elevation{}, err
	}
	if err := s.checkElevation(ctx, scope, &n); err != nil {
		return Elevation{}, err
	}
	e := Elevation{
		ID: kernel.NewID("elv"), Tenant: scope.Tenant, UserID: actor.ID, User: actor.Name, Role: n.Role, Project: scope.Project, Stage: scope.Stage,
		Reason: n.Reason, Length: n.Length, RequestedAt: s.Clock.Now(),
	}
	return e, s.Tx.InTx(ctx, func(ctx context.Context) error {
		waiting, err := s.Store.WaitingElevations(ctx, e.Tenant, e.UserID, e.RequestedAt.Add(-DecideWithin))
		if err != nil {
			return err
		}
		if waiting >= maxWaiting {
			return kernel.Errorf(kernel.Conflict, "%s waits for %d elevations already", e.User, waiting).
				WithFix("see terrace access elevations, and end those that are not needed with terrace access end ID")
		}
		if err := s.Store.AddElevation(ctx, e); err != nil {
			return err
		}
		return s.recordElevation(ctx, "elevation.requested", e, e.Reason)
	})
}

// elevated returns the user who asks. A token with limits asks for nothing more.
func (s *Service) elevated(ctx context.Context, scope kernel.Scope) (kernel.Actor, error) {
	actor, ok := kernel.ActorFrom(ctx)
	switch {
	case !ok:
		return actor, nobody()
	case actor.Kind != kernel.ActorUser:
		return actor, kernel.Errorf(kernel.Denied, "%s is no person: elevations are theirs alone", actor.Name)
	case actor.Limits != nil:
		return actor, kernel.Errorf(kernel.Denied, "a token with limits asks for no role").WithFix("sign in, or use one without limits")
	}
	return actor, s.Authorize(ctx, "elevation.request", tenantOf(scope))
}

func (s *Service) checkElevation(ctx context.Context, scope kernel.Scope, n *NewElevation) error {
	n.Reason = strings.TrimSpace(n.Reason)
	if err := s.checkGrant(ctx, Grant{Tenant: scope.Tenant, Role: n.Role, Project: scope.Project, Stage: scope.Stage}); err != nil {
		return err
	}
	rule, err := s.ruleAt(ctx, scope)
	if err != nil {
		return err
	}
	var problems []kernel.Problem
	if n.Reason == "" || len(n.Reason) > 1000 {
		problems = append(problems, kernel.Problem{Path: "reason", Message: "it is missing, or longer than 1000 bytes", Fix: "say why"})
	}
	if longest := rule.longest(); n.Length < shortestElevation || n.Length > longest {
		problems = append(problems, kernel.Problem{Path: "length", Message: fmt.Sprintf("it is %s, and may be from %s to %s there", n.Length, shortestElevation, longest)})
	}
	if len(problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the elevation is not possible").WithProblems(problems...)
}

func (r ElevationRule) longest() time.Duration {
	if r.Longest == 0 {
		return longestElevation
	}
	return r.Longest
}

func (s *Service) recordElevation(ctx context.Context, typ string, e Elevation, reason string) error {
	data := map[string]any{"user": e.User, "role": e.Role, "length": int64(e.Length.Seconds())}
	if !e.ExpiresAt.IsZero() {
		data["expiresAt"] = e.ExpiresAt
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: typ, Scope: e.scope(), Subject: e.ID, Reason: reason, Data: data})
}
