package identity

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// How long a token lives unless it is said, and at most.
const (
	tokenLife    = 90 * 24 * time.Hour
	maxTokenLife = 366 * 24 * time.Hour
)

// NewToken asks for a token.
type NewToken struct {
	// User is whose token it is; "" is the actor's own.
	User string
	// Service is the service account whose token it is; "" for one of a user.
	Service string
	// Name tells tokens apart.
	Name string
	// Life is how long it is valid; 0 is 90 days, at most 366.
	Life time.Duration
	// Limits narrow it; nil narrows nothing.
	Limits *kernel.Limits
}

// CreateToken makes a token and returns its secret, which is shown this once.
// Users make their own; an admin of the tenant makes anybody's.
func (s *Service) CreateToken(ctx context.Context, scope kernel.Scope, n NewToken) (secret string, t Token, err error) {
	who, err := s.bearer(ctx, scope, n.User, n.Service)
	if err != nil {
		return "", Token{}, err
	}
	if err := s.mayMake(ctx, scope.Tenant, who); err != nil {
		return "", Token{}, err
	}
	if err := s.checkToken(ctx, scope.Tenant, n); err != nil {
		return "", Token{}, err
	}
	if n.Life == 0 {
		n.Life = tokenLife
	}
	t = Token{Tenant: scope.Tenant, SubjectID: who.ID, Name: n.Name, Limits: n.Limits, ExpiresAt: s.Clock.Now().Add(n.Life)}
	return s.issue(ctx, who, t, "token.created")
}

// mayMake refuses who would get more than it has: the bearer of a token with limits, and
// admins of a tenant who would become operators of the platform.
func (s *Service) mayMake(ctx context.Context, tenant string, who Subject) error {
	actor, _ := kernel.ActorFrom(ctx)
	if actor.Limits != nil {
		return kernel.Errorf(kernel.Denied, "a token with limits makes no tokens").WithFix("sign in, or use one without limits")
	}
	return s.AuthorizeOver(ctx, tenant, who.ID)
}

// AuthorizeOver refuses an admin of a tenant who would get at what somebody else signs in
// with, where that one is an operator of the platform.
func (s *Service) AuthorizeOver(ctx context.Context, tenant, id string) error {
	if actor, _ := kernel.ActorFrom(ctx); actor.ID == id || actor.Kind == kernel.ActorSystem {
		return nil
	}
	has, err := s.standing(ctx, tenant, id)
	if err != nil {
		return err
	}
	for _, g := range has.holding(s.Clock.Now()) {
		if g.Platform {
			return s.Authorize(ctx, "platform.grant", kernel.Scope{})
		}
	}
	return nil
}

// checkToken refuses a token that cannot be.
func (s *Service) checkToken(ctx context.Context, tenant string, n NewToken) error {
	var problems []kernel.Problem
	if n.Name == "" || len(n.Name) > 64 || n.Name == sessionToken {
		problems = append(problems, kernel.Problem{Path: "name", Message: "a token needs a name of 1 to 64 bytes, which is not " + sessionToken})
	}
	if n.Life < 0 || n.Life > maxTokenLife {
		problems = append(problems, kernel.Problem{Path: "expiresInDays", Message: "a token lives 366 days at most"})
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the token is not possible").WithProblems(problems...)
	}
	return s.checkLimits(ctx, tenant, n.Limits)
}

// checkLimits refuses limits that narrow to what there is not.
func (s *Service) checkLimits(ctx context.Context, tenant string, l *kernel.Limits) error {
	if l == nil {
		return nil
	}
	for _, name := range l.Scopes {
		if !slices.Contains(TokenScopes(), TokenScope(name)) {
			return kernel.Errorf(kernel.Invalid, "the token is not possible").
				WithProblems(kernel.Problem{Path: "scopes", Message: "there is no scope " + name, Fix: "name some of " + words(TokenScopes())})
		}
	}
	for _, name := range l.Projects {
		if err := s.Projects.Exists(ctx, kernel.Scope{Tenant: tenant, Project: name}); err != nil {
			return err
		}
	}
	for _, name := range l.Stages {
		if s.Stages == nil {
			continue
		}
		if err := s.Stages.Check(name); err != nil {
			return err
		}
	}
	return nil
}

func words[T ~string](list []T) string {
	names := make([]string, len(list))
	for i, w := range list {
		names[i] = string(w)
	}
	return strings.Join(names, ", ")
}

// issue keeps a new token of a subject and returns its secret.
func (s *Service) issue(ctx context.Context, who Subject, t Token, fact string) (string, Token, error) {
	secret := newSecret()
	t.ID, t.Hash, t.CreatedAt = kernel.NewID("tok"), kernel.HashOf(secret), s.Clock.Now()
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddToken(ctx, t); err != nil {
			return err
		}
		data := map[string]any{"user": who.String(), "name": t.Name, "expiresAt": t.ExpiresAt}
		if l := t.Limits; l != nil {
			data["scopes"], data["projects"], data["stages"] = noNil(l.Scopes), noNil(l.Projects), noNil(l.Stages)
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: kernel.Scope{Tenant: t.Tenant}, Subject: t.ID, Data: data})
	})
	if err != nil {
		return "", Token{}, err
	}
	return secret, t, nil
}

func noNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// Renew returns a token for a year in place of one that ends within left, or the
// one that it is given: it has longer, was revoked, or its user is kept out. The
// caller has checked that the token is the bearer's to keep.
func (s *Service) Renew(ctx context.Context, tenant, secret string, left time.Duration) (string, error) {
	t, err := s.Store.TokenByHash(ctx, kernel.HashOf(secret))
	if kernel.Is(err, kernel.NotFound) {
		return secret, nil
	}
	if err != nil {
		return "", err
	}
	if t.Tenant != tenant || t.ExpiresAt.IsZero() || t.ExpiresAt.Sub(s.Clock.Now()) >= left {
		return secret, nil
	}
	u, err := s.Store.UserByID(ctx, tenant, t.SubjectID)
	if err != nil || u.isDisabled() {
		return secret, err
	}
	ctx = kernel.WithActor(ctx, kernel.System("renewal", tenant))
	t.ExpiresAt, t.LastUsedAt = s.Clock.Now().Add(maxTokenLife), time.Time{}
	fresh, _, err := s.issue(ctx, u.subject(), t, "token.created")
	return fresh, err
}

// TokensOf lists tokens without their secrets: the actor's own, or those of the named
// user or service account.
func (s *Service) TokensOf(ctx context.Context, scope kernel.Scope, user, service string, page kernel.PageRequest) (kernel.Page[Token], error) {
	who, err := s.bearer(ctx, scope, user, service)
	if err != nil {
		return kernel.Page[Token]{}, err
	}
	return s.Store.TokensOf(ctx, scope.Tenant, who.ID, page)
}

// RevokeToken ends a token at once: one of the actor's own, or of the named user or
// service account. A token with limits ends no other one.
func (s *Service) RevokeToken(ctx context.Context, scope kernel.Scope, user, service, id string) error {
	who, err := s.bearer(ctx, scope, user, service)
	if err != nil {
		return err
	}
	actor, _ := kernel.ActorFrom(ctx)
	if actor.Limits != nil && actor.Session != id {
		return kernel.Errorf(kernel.Denied, "a token with limits ends no other token").WithFix("sign in, or use one without limits")
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error { return s.revoke(ctx, scope.Tenant, who.ID, id) })
}

// bearer returns whose tokens are meant: the named service account's, which its owner and
// its admins look after; the named user's, which the tenant's admins do; or the actor's.
func (s *Service) bearer(ctx context.Context, scope kernel.Scope, user, service string) (Subject, error) {
	if service != "" {
		a, err := s.serviceAccount(ctx, scope, service, true)
		return Subject{Kind: KindService, ID: a.ID, Name: a.Name}, err
	}
	actor, ok := kernel.ActorFrom(ctx)
	if ok && actor.Kind == kernel.ActorService && actor.Tenant == scope.Tenant && user == "" {
		has, err := s.standing(ctx, actor.Tenant, actor.ID)
		if err != nil {
			return Subject{}, err
		}
		if !has.isKnown() { // a program that came by another token, such as a workload's
			return Subject{}, kernel.Errorf(kernel.Denied, "%s is no service account, and has no tokens", actor.Name)
		}
		return has.Subject, nil
	}
	u, err := s.target(ctx, scope, user, "token.create")
	return u.subject(), err
}

// target returns the named user; for anybody but the actor, the action is
// authorised first.
func (s *Service) target(ctx context.Context, scope kernel.Scope, name, action string) (User, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if ok && actor.Kind == kernel.ActorUser && actor.Tenant == scope.Tenant && (name == "" || name == actor.Name) {
		return s.Store.UserByID(ctx, scope.Tenant, actor.ID)
	}
	if err := s.Authorize(ctx, action, kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return User{}, err
	}
	return s.Store.UserByName(ctx, scope.Tenant, name)
}
