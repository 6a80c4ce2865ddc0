package factor

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The actions that the service asks permission for. What is somebody's own needs none.
const (
	ActionRead = "factor.read"
	ActionSet  = "factor.set"
)

// Own returns whose factors the actor of ctx may change: their own, with a token that is
// not narrowed.
func (s *Service) Own(ctx context.Context) (kernel.Actor, error) {
	actor, ok := kernel.ActorFrom(ctx)
	switch {
	case !ok:
		return actor, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in")
	case actor.Kind != kernel.ActorUser:
		return actor, kernel.Errorf(kernel.Denied, "%s is no person, and has no factors", actor.Name)
	case actor.Limits != nil:
		return actor, kernel.Errorf(kernel.Denied, "a token with limits changes no factors").WithFix("sign in, or use one without limits")
	}
	return s.Users.Acting(ctx, actor.Tenant, actor.ID)
}

// Proof is what somebody shows beside their token when they change their factors: a token
// that was stolen changes none.
type Proof struct {
	// Password is for who has no factor yet.
	Password string
	// Code is of their app, or a recovery code.
	Code string
}

// Prove checks a proof of the person whose own factors change.
func (s *Service) Prove(ctx context.Context, who kernel.Actor, p Proof) error {
	has, err := s.Has(ctx, who)
	if err != nil {
		return err
	}
	if has.Any() {
		if p.Code == "" {
			return kernel.Errorf(kernel.Invalid, "a code of your app, or a recovery code, is needed as well").
				WithFix("send it as code, or change your factors in a browser: %s", s.Page())
		}
		_, err := s.ProveCode(ctx, who, p.Code)
		return AsDenied(err)
	}
	if p.Password == "" {
		return kernel.Errorf(kernel.Invalid, "your password is needed as well").
			WithFix("send it as password, or add a factor in a browser: %s", s.Page())
	}
	proven, err := s.Users.ProvePassword(ctx, who.Tenant, who.Name, p.Password)
	if err == nil && proven.ID != who.ID {
		err = kernel.Errorf(kernel.Unauthenticated, "the password is wrong")
	}
	return AsDenied(err)
}

// AsDenied tells a wrong proof from a token that does not hold.
func AsDenied(err error) error {
	if kernel.Is(err, kernel.Unauthenticated) {
		return kernel.Errorf(kernel.Denied, "%s", err.Error())
	}
	return err
}

// Home is the path of the page on which people see and change their factors.
const Home = "/account/security"

// Page is the address of that page.
func (s *Service) Page() string { return s.Address + Home }

// Sheet returns what there is of somebody: of the actor where name is "".
func (s *Service) Sheet(ctx context.Context, scope kernel.Scope, name string) (Sheet, error) {
	who, err := s.whose(ctx, scope, name)
	if err != nil {
		return Sheet{}, err
	}
	return s.SheetOf(ctx, who)
}

// SheetOf is Sheet for who was let see it.
func (s *Service) SheetOf(ctx context.Context, who kernel.Actor) (out Sheet, err error) {
	if out.Factors, err = s.Store.FactorsOf(ctx, who.Tenant, who.ID); err != nil {
		return out, err
	}
	if _, out.Left, err = s.Store.CountCodes(ctx, who.Tenant, who.ID); err != nil {
		return out, err
	}
	if out.Policy, err = s.Store.Policy(ctx, who.Tenant); err != nil {
		return out, err
	}
	out.Asked, err = s.Asked(ctx, who)
	return out, err
}

func (s *Service) whose(ctx context.Context, scope kernel.Scope, name string) (kernel.Actor, error) {
	actor, _ := kernel.ActorFrom(ctx)
	if actor.Kind == kernel.ActorUser && actor.Tenant == scope.Tenant && (name == "" || name == actor.Name) {
		return actor, nil
	}
	if name == "" {
		return actor, kernel.Errorf(kernel.Denied, "%s is no person, and has no factors", actor.Name)
	}
	if err := s.Authorizer.Authorize(ctx, ActionRead, kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return actor, err
	}
	return s.Users.Find(ctx, scope.Tenant, name)
}

// Remove takes a factor of somebody away, who has proven themselves. The last one stays
// where the tenant asks for one; recovery codes go with it.
func (s *Service) Remove(ctx context.Context, who kernel.Actor, id string) (Factor, error) {
	requires, err := s.Requires(ctx, who)
	if err != nil {
		return Factor{}, err
	}
	var gone Factor
	return gone, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Hold(ctx, who.Tenant, who.ID); err != nil {
			return err
		}
		all, err := s.Store.FactorsOf(ctx, who.Tenant, who.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(f Factor) bool { return f.ID == id })
		switch {
		case at < 0:
			return kernel.Errorf(kernel.NotFound, "there is no factor %q of yours", id)
		case len(all) == 1 && requires:
			return kernel.Errorf(kernel.Refused, "the tenant asks for a second factor, and this is your only one").WithFix("add another one first")
		case len(all) == 1:
			err = s.Store.RemoveAllOf(ctx, who.Tenant, who.ID)
		default:
			err = s.Store.RemoveFactor(ctx, who.Tenant, who.ID, id)
		}
		if err != nil {
			return err
		}
		gone = all[at]
		return s.record(ctx, who, "factor.removed", gone.ID, map[string]any{"kind": gone.Kind, "name": gone.Name})
	})
}

// Reset has an admin take away what a user proves themselves with beside the password.
type Reset struct {
	User string
	// KeepTokens leaves the personal tokens of the user, which end else.
	KeepTokens bool
	Reason     string
}

// WasReset is how much ended with a reset.
type WasReset struct{ Factors, Tokens int }

// Reset takes everything away that a user proves themselves with beside the password, and
// ends what they are signed in to. Nobody does it for themselves.
func (s *Service) Reset(ctx context.Context, scope kernel.Scope, r Reset) (out WasReset, err error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorizer.Authorize(ctx, ActionSet, scope); err != nil {
		return out, err
	}
	who, err := s.Users.Find(ctx, scope.Tenant, r.User)
	if err != nil {
		return out, err
	}
	if actor, _ := kernel.ActorFrom(ctx); actor.ID == who.ID {
		return out, kernel.Errorf(kernel.Refused, "nobody resets their own factors").WithFix("have another admin do it, or remove them one by one")
	}
	if err := s.Users.AuthorizeOver(ctx, who.Tenant, who.ID); err != nil {
		return out, err
	}
	return out, s.Tx.InTx(ctx, func(ctx context.Context) error {
		all, err := s.Store.FactorsOf(ctx, who.Tenant, who.ID)
		if err != nil {
			return err
		}
		if err := s.Store.RemoveAllOf(ctx, who.Tenant, who.ID); err != nil {
			return err
		}
		out.Factors = len(all)
		if out.Tokens, err = s.Sessions.EndAllOf(ctx, who.Tenant, who.ID, !r.KeepTokens); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "factor.reset", Scope: scope, Subject: who.ID, Reason: r.Reason, Data: map[string]any{"user": who.Name, "factors": out.Factors, "tokens": out.Tokens},
		})
	})
}

// Forget removes what a user proves themselves with, in the transaction of ctx.
func (s *Service) Forget(ctx context.Context, tenant, user string) error {
	return s.Store.RemoveAllOf(ctx, tenant, user)
}

// PolicyOf returns the policy of the scope's tenant.
func (s *Service) PolicyOf(ctx context.Context, scope kernel.Scope) (Policy, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return "", err
	}
	return s.Store.Policy(ctx, scope.Tenant)
}

// SetPolicy sets it. Who is signed in with less than it asks is asked for the factor by the
// next page in a browser, and elsewhere when what they have is renewed or the use of their
// token noted; who has none is led to one when they sign in.
func (s *Service) SetPolicy(ctx context.Context, scope kernel.Scope, p Policy, reason string) error {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorizer.Authorize(ctx, ActionSet, scope); err != nil {
		return err
	}
	if !slices.Contains(Policies(), p) {
		return kernel.Errorf(kernel.Invalid, "there is no policy %q", p).WithFix("it is optional, required or admins")
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		before, err := s.Store.Policy(ctx, scope.Tenant)
		if err != nil || before == p {
			return err
		}
		if err := s.Store.PutPolicy(ctx, scope.Tenant, p); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "factor.policy_set", Scope: scope, Subject: scope.Tenant, Reason: reason, Data: map[string]any{"policy": p, "before": before},
		})
	})
}
