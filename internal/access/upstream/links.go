package upstream

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// offerLife is how long an offer to link an account stands.
const offerLife = 15 * time.Minute

// Offer asks somebody whether an account becomes theirs: who sent them to the upstream,
// and as whom they were signed in there, the upstream does not know.
type Offer struct {
	// Label is the upstream's, and Account what it calls the account.
	Label   string
	Account string
	// Word is what a yes sends back.
	Word string
}

// offered is what a yes is about, sealed.
type offered struct {
	Upstream string    `json:"u"`
	Name     string    `json:"n"`
	UserID   string    `json:"l"`
	SignIn   string    `json:"i"`
	Account  Account   `json:"a"`
	At       time.Time `json:"t"`
}

func (s *Service) offer(ctx context.Context, u Upstream, f flow, p proof) (*Offer, error) {
	word, err := seal.Word(ctx, s.Sealer, offerUse, offered{u.ID, u.Name, f.Link, f.SignIn, p.account, s.Clock.Now()})
	if err != nil {
		return nil, err
	}
	o := &Offer{Label: u.Label, Account: p.account.Name, Word: word}
	if p.account.Email != "" {
		o.Account = p.account.Email
	}
	return o, nil
}

// Accept links an account as somebody has said, in the browser and the sign-in that it was
// offered to. It returns the upstream's label.
func (s *Service) Accept(ctx context.Context, word string, user kernel.Actor, signIn string) (string, error) {
	var o offered
	if !seal.OpenWord(ctx, s.Sealer, offerUse, word, &o) || o.UserID != user.ID || o.SignIn != signIn || s.Clock.Now().Sub(o.At) > offerLife {
		return "", foreign()
	}
	u, err := s.enabled(ctx, user.Tenant, o.Name)
	if err != nil {
		return "", err
	}
	if u.ID != o.Upstream {
		return "", foreign()
	}
	return u.Label, s.Tx.InTx(kernel.WithActor(ctx, user), func(ctx context.Context) error {
		l, err := s.Store.LinkOf(ctx, u.ID, o.Account.Subject)
		switch {
		case err == nil && l.UserID == user.ID:
			return nil
		case err == nil:
			return kernel.Errorf(kernel.Conflict, "this account of %s belongs to another user", u.Label).WithFix("unlink it there first, or ask an admin")
		case !kernel.Is(err, kernel.NotFound):
			return err
		}
		_, err = s.link(ctx, u, o.Account, user, LinkedBySelf)
		return err
	})
}

// whose returns the id of a user by name, "" for the actor's own. For anybody else it
// takes the action.
func (s *Service) whose(ctx context.Context, scope kernel.Scope, name, action string) (string, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if ok && actor.Kind == kernel.ActorUser && actor.Tenant == scope.Tenant && (name == "" || name == actor.Name) {
		return actor.ID, nil
	}
	if err := s.Access.Authorize(ctx, action, kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return "", err
	}
	if name == "" {
		return "", kernel.Errorf(kernel.Invalid, "no user is named").WithProblems(kernel.Problem{Path: "user", Message: "say whose accounts are meant"})
	}
	user, err := s.Users.Find(ctx, scope.Tenant, name)
	return user.ID, err
}

// ListLinks returns the accounts that a user has at upstreams; "" is the actor.
func (s *Service) ListLinks(ctx context.Context, scope kernel.Scope, user string, page kernel.PageRequest) (kernel.Page[Link], error) {
	id, err := s.whose(ctx, scope, user, "upstream.read")
	if err != nil {
		return kernel.Page[Link]{}, err
	}
	return s.Store.LinksOf(ctx, scope.Tenant, id, page)
}

// Unlink ends that an account is somebody's, and what came of signing in with it. People
// unlink their own, admins those of all. What rules gave by it ends as well.
func (s *Service) Unlink(ctx context.Context, scope kernel.Scope, id string) error {
	l, err := s.Store.Link(ctx, scope.Tenant, id)
	if actor, _ := kernel.ActorFrom(ctx); err != nil || actor.Kind != kernel.ActorUser || actor.Tenant != scope.Tenant || l.UserID != actor.ID {
		if denied := s.maySet(ctx, scope); denied != nil {
			return denied
		}
	}
	if err != nil {
		return err
	}
	u, err := s.Store.Upstream(ctx, scope.Tenant, l.Name)
	if err != nil {
		return err
	}
	name, err := s.Users.Called(ctx, l.Tenant, l.UserID)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.end(ctx, u, SessionFilter{Link: l.ID}, endedWithLink); err != nil {
			return err
		}
		if err := s.Store.RemoveLink(ctx, l.Tenant, l.ID); err != nil {
			return err
		}
		if err := s.taken(ctx, u, l.UserID); err != nil {
			return err
		}
		return s.record(ctx, "upstream.unlinked", u, map[string]any{"user": name, "subject": l.Subject})
	})
}

// taken takes what the rules of an upstream gave a user who has no account there any more.
func (s *Service) taken(ctx context.Context, u Upstream, userID string) error {
	_, err := s.Store.LinkOfUser(ctx, u.ID, userID)
	if !kernel.Is(err, kernel.NotFound) {
		return err
	}
	ctx = system(ctx, u.Tenant)
	if _, err := s.Access.SyncGroups(ctx, u.Tenant, userID, u.Name, nil); err != nil {
		return err
	}
	_, err = s.Access.SyncRoles(ctx, u.Tenant, userID, u.Name, nil)
	return err
}
