package identity

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// given refuses somebody whose password was chosen by somebody else, who knows it: an
// operator who made the tenant, an admin who made the user or reset the password.
func given(u User) error {
	if !u.Given {
		return nil
	}
	return kernel.Errorf(kernel.Unauthenticated, "somebody else has chosen the password of %s: choose one of your own", u.Name).
		WithProblems(kernel.Problem{Path: "newPassword", Message: "it is missing"}).
		WithFix("sign in in a browser, with terrace login ADDRESS, or with --username %s, which asks for a new one", u.Name)
}

// SignInAnew is SignIn for somebody who chooses another password with it: who was given one
// does, and it is theirs from then on.
func (s *Service) SignInAnew(ctx context.Context, tenant, name, present, next string) (secret string, t Token, err error) {
	u, err := s.known(ctx, tenant, name, present)
	if err == nil {
		err = s.alone(ctx, u)
	}
	if err == nil {
		err = s.choose(ctx, u, next)
	}
	if err != nil {
		return "", Token{}, err
	}
	return s.session(ctx, u)
}

// HasGiven reports whether somebody else has chosen a user's password.
func (s *Service) HasGiven(ctx context.Context, tenant, id string) (bool, error) {
	u, err := s.Store.UserByID(ctx, tenant, id)
	if kernel.Is(err, kernel.NotFound) {
		return false, nil
	}
	return u.Given, err
}

// ReplaceGiven gives a user a password of their own in place of one that somebody else has
// chosen. Its caller has seen that it is they who ask.
func (s *Service) ReplaceGiven(ctx context.Context, tenant, id, next string) error {
	u, err := s.Store.UserByID(ctx, tenant, id)
	if err != nil {
		return err
	}
	if !u.Given {
		return kernel.Errorf(kernel.Conflict, "%s has a password of their own", u.Name)
	}
	return s.choose(ctx, u, next)
}

// choose gives a user a password of their own, another than the present one.
func (s *Service) choose(ctx context.Context, u User, next string) error {
	if err := checkPassword(next); err != nil {
		return err
	}
	same, err := s.hasher.verify(ctx, next, u.Password)
	if err != nil {
		return err
	}
	if same {
		return kernel.Errorf(kernel.Invalid, "the new password is the present one").WithFix("choose one that nobody else knows")
	}
	return s.replace(kernel.WithActor(ctx, u.actor()), u, next, "")
}
