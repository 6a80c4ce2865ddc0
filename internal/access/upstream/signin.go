package upstream

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// sessionLife is how long a sign-in at an upstream is known: as long as what came of it
// can last, which is a browser's sign-in and then the longest session.
const sessionLife = 103 * 24 * time.Hour

// SignedIn is somebody whom an upstream has signed in.
type SignedIn struct {
	Actor kernel.Actor
	// Via is the id of the sign-in there.
	Via string
	// Ticket is what they came for.
	Ticket string
	// Strong says that they have proven two factors there.
	Strong bool
	// At is when they proved there who they are, zero where that is not said.
	At time.Time
}

// Finish takes an upstream's answer to somebody who wants to sign in, or to link an
// account: then offer is what they are asked.
func (s *Service) Finish(ctx context.Context, a Answer) (in SignedIn, offer *Offer, err error) {
	u, f, err := s.received(ctx, a)
	if err != nil {
		return SignedIn{}, nil, err
	}
	p, err := s.prove(ctx, u, f, a.Query)
	if err != nil {
		return SignedIn{}, nil, err
	}
	if f.Link != "" {
		offer, err = s.offer(ctx, u, f, p)
		return SignedIn{}, offer, err
	}
	in, err = s.signIn(ctx, u, p)
	if kernel.Is(err, kernel.Conflict) { // the same account came twice at once, for the first time
		in, err = s.signIn(ctx, u, p)
	}
	in.Ticket, in.At, in.Strong = f.Ticket, authenticated(p.claims, f.Began, s.Clock.Now()), u.strong(p.signed)
	return in, nil, err
}

// signIn finds whose account it is, and gives them what the rules say. What is refused
// is kept, too: a user whom an admin has to let in.
func (s *Service) signIn(ctx context.Context, u Upstream, p proof) (SignedIn, error) {
	var in SignedIn
	var refused error
	err := s.Tx.InTx(system(ctx, u.Tenant), func(ctx context.Context) error {
		in, refused = SignedIn{}, nil
		l, err := s.belongs(ctx, u, p.account)
		if kernel.Is(err, kernel.Denied) {
			refused = err
			return s.record(ctx, "upstream.refused", u, map[string]any{"subject": p.account.Subject, "why": err.Error()})
		}
		if err != nil {
			return err
		}
		in.Actor, err = s.Users.Acting(ctx, u.Tenant, l.UserID)
		if kernel.Is(err, kernel.Unauthenticated) || kernel.Is(err, kernel.NotFound) { // kept out here, whatever is said there
			refused = kernel.Errorf(kernel.Denied, "%s", err.Error()).WithFix("an admin of the tenant can let you in")
			return s.record(ctx, "upstream.refused", u, map[string]any{"subject": p.account.Subject, "why": err.Error()})
		}
		if err != nil {
			return err
		}
		if l.LastGiven, err = s.sync(ctx, u, l.UserID, p.claims); err != nil {
			return err
		}
		l.Account, l.LastUsed = p.account, s.Clock.Now()
		if err := s.Store.UseLink(ctx, l); err != nil {
			return err
		}
		in.Via, err = s.open(ctx, u, l, p)
		if err != nil {
			return err
		}
		return s.record(kernel.WithActor(ctx, in.Actor), "upstream.signed_in", u, map[string]any{"user": in.Actor.Name, "subject": p.account.Subject, "rules": l.LastGiven})
	})
	if err == nil {
		err = refused
	}
	return in, err
}

// sync gives a user what rules make of claims, and takes what they no longer give.
func (s *Service) sync(ctx context.Context, u Upstream, userID string, claims Claims) ([]string, error) {
	given := give(u.Rules, claims)
	groups, err := s.Access.SyncGroups(ctx, u.Tenant, userID, u.Name, given.Groups)
	if err != nil {
		return nil, err
	}
	roles, err := s.Access.SyncRoles(ctx, u.Tenant, userID, u.Name, given.Roles)
	if err != nil {
		return nil, err
	}
	if len(groups)+len(roles) > 0 {
		s.Log.WarnContext(ctx, "rules of an upstream give what there is no more", "upstream", u.Name, "groups", strings.Join(groups, " "), "roles", len(roles))
	}
	if given.Rules == nil {
		return []string{}, nil
	}
	return given.Rules, nil
}

// belongs returns whose account it is. Nobody's becomes somebody's as the upstream is set.
func (s *Service) belongs(ctx context.Context, u Upstream, a Account) (Link, error) {
	l, err := s.Store.LinkOf(ctx, u.ID, a.Subject)
	if !kernel.Is(err, kernel.NotFound) {
		return l, err
	}
	user, by, err := s.newcomer(ctx, u, a)
	if err != nil {
		return Link{}, err
	}
	return s.link(ctx, u, a, user, by)
}

// newcomer finds, or makes, the user of an account that nobody has signed in with.
func (s *Service) newcomer(ctx context.Context, u Upstream, a Account) (user kernel.Actor, by LinkedBy, err error) {
	if u.LinkByEmail && a.Verified && slices.Contains(u.EmailDomains, domainOf(a.Email)) {
		local, _, _ := strings.Cut(a.Email, "@")
		user, err = s.byAddress(ctx, u, local)
		if err == nil || !kernel.Is(err, kernel.NotFound) {
			return user, LinkedByEmail, err
		}
	}
	if u.NewUsers == Refuse {
		return user, "", kernel.Errorf(kernel.Denied, "nobody here has this account of %s", u.Label).
			WithFix("sign in with your user first, and link the account at /sign-in/links")
	}
	user, err = s.Users.Federate(ctx, u.Tenant, a.Name, u.NewUsers == CreateDisabled)
	return user, LinkedAtFirst, err
}

// byAddress returns the user whose name is the local part of an address. Nobody with a
// role on the platform is found, for an admin of a tenant is none of the platform, nor
// who has an account there already.
func (s *Service) byAddress(ctx context.Context, u Upstream, local string) (kernel.Actor, error) {
	user, err := s.Users.Find(ctx, u.Tenant, local)
	if err != nil {
		return user, err
	}
	above, err := s.Users.OnPlatform(ctx, u.Tenant, user.ID)
	if err != nil {
		return user, err
	}
	if above {
		return user, kernel.Errorf(kernel.Denied, "%s has a role on the platform, and is linked to an account by nobody else", user.Name).
			WithFix("sign in with the user first, and link the account at /sign-in/links")
	}
	_, err = s.Store.LinkOfUser(ctx, u.ID, user.ID)
	if err == nil {
		return user, kernel.Errorf(kernel.Denied, "%s has another account of %s already", user.Name, u.Label).
			WithFix("sign in with that one, or unlink it at /sign-in/links")
	}
	if kernel.Is(err, kernel.NotFound) {
		return user, nil
	}
	return user, err
}

func (s *Service) link(ctx context.Context, u Upstream, a Account, user kernel.Actor, by LinkedBy) (Link, error) {
	now := s.Clock.Now()
	l := Link{
		ID: kernel.NewID("lnk"), Tenant: u.Tenant, Upstream: u.ID, Name: u.Name, UserID: user.ID, Account: a, By: by, LinkedAt: now, LastUsed: now, LastGiven: []string{},
	}
	if err := s.Store.AddLink(ctx, l); err != nil {
		return Link{}, err
	}
	return l, s.record(ctx, "upstream.linked", u, map[string]any{"user": user.Name, "subject": a.Subject, "by": by})
}

// open keeps a sign-in at an upstream, so that what came of it can be ended with it.
func (s *Service) open(ctx context.Context, u Upstream, l Link, p proof) (id string, err error) {
	now := s.Clock.Now()
	if err := s.Store.Hold(ctx, u.ID); err != nil {
		return "", err
	}
	one := Session{
		ID: kernel.NewID("ups"), Tenant: u.Tenant, Upstream: u.ID, UserID: l.UserID, Link: l.ID, Subject: p.subject, SID: bound(p.sid),
		CreatedAt: now, ExpiresAt: now.Add(sessionLife),
	}
	if gone, err := s.Store.LoggedOut(ctx, one, p.issued); err != nil {
		return "", err
	} else if gone {
		return "", kernel.Errorf(kernel.Denied, "you have signed out at %s meanwhile", u.Label).WithFix("sign in again")
	}
	if u.SignOut {
		if one.IDToken, err = s.Sealer.SealFor(ctx, u.Tenant, []byte(p.idToken), sessionUse(one)); err != nil {
			return "", err
		}
	}
	return one.ID, s.Store.AddSession(ctx, one)
}

func sessionUse(one Session) []byte { return []byte("upstream session/" + one.ID) }
