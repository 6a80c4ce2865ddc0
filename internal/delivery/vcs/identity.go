package vcs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxLogin bounds a provider's name of somebody, in bytes.
const maxLogin = 200

// Identity says which user somebody of a provider is.
type Identity struct {
	// Login is what the provider calls them, in lower case.
	Login string `json:"login"`
	// User is their name here.
	User   string    `json:"user"`
	UserID string    `json:"userId"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Identify says which user a login of a connected repository's provider is: they
// ask for what the login merges, and so cannot approve it where somebody else must.
func (s *Service) Identify(ctx context.Context, scope kernel.Scope, name, login, user string) (Identity, error) {
	r, err := s.connected(ctx, ActionConnect, scope, name)
	if err != nil {
		return Identity{}, err
	}
	i := Identity{Login: strings.ToLower(strings.TrimSpace(login)), At: s.Clock.Now()}
	if i.Login == "" || len(i.Login) > maxLogin {
		return i, kernel.Errorf(kernel.Invalid, "%q cannot be a login on %s", login, r.Provider)
	}
	known, err := s.Users.Named(ctx, r.Scope.Tenant, user)
	if kernel.Is(err, kernel.NotFound) {
		return i, kernel.Errorf(kernel.NotFound, "there is no user %s", user).WithFix("see those there are with: terrace user list")
	}
	if err != nil {
		return i, err
	}
	by, _ := kernel.ActorFrom(ctx)
	i.User, i.UserID, i.By = known.Name, known.ID, by.Name
	return i, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutIdentity(ctx, r.Scope, r.ID, i); err != nil {
			return err
		}
		return s.record(ctx, r, "repo.identified", map[string]any{"login": i.Login, "user": i.User})
	})
}

// Unidentify makes a login an identity of its own again.
func (s *Service) Unidentify(ctx context.Context, scope kernel.Scope, name, login string) error {
	r, err := s.connected(ctx, ActionConnect, scope, name)
	if err != nil {
		return err
	}
	login = strings.ToLower(login)
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.RemoveIdentity(ctx, r.Scope, r.ID, login); err != nil {
			return err
		}
		return s.record(ctx, r, "repo.unidentified", map[string]any{"login": login})
	})
}

// Identities returns who of the provider is which user, by login.
func (s *Service) Identities(ctx context.Context, scope kernel.Scope, name string) ([]Identity, error) {
	r, err := s.allowed(ctx, ActionRead, scope, name)
	if err != nil {
		return nil, err
	}
	return s.Store.Identities(ctx, r.Scope, r.ID)
}

// connected finds a repository that has people of a provider.
func (s *Service) connected(ctx context.Context, action string, scope kernel.Scope, name string) (Repository, error) {
	r, err := s.allowed(ctx, action, scope, name)
	if err == nil && r.Provider == Hosted {
		err = kernel.Errorf(kernel.Invalid, "%s is hosted here: who works on it are users already", name)
	}
	return r, err
}

// person is who a login is: the user that an admin has named, else somebody of the
// provider. For both the binding lets Terrace act, and for a user it stays known who
// they are. One who is gone or disabled is nobody here.
func (s *Service) person(ctx context.Context, r Repository, login string) (kernel.Actor, error) {
	all, err := s.Store.Identities(ctx, r.Scope, r.ID)
	if err != nil {
		return kernel.Actor{}, err
	}
	i := slices.IndexFunc(all, func(i Identity) bool { return i.Login == strings.ToLower(login) })
	if i < 0 {
		return outsider(r, login), nil
	}
	user, err := s.Users.Acting(ctx, r.Scope.Tenant, all[i].UserID)
	if kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Unauthenticated) {
		return outsider(r, login), nil
	}
	if err != nil {
		return kernel.Actor{}, err
	}
	return kernel.Actor{ID: user.ID, Name: user.Name + " (" + string(r.Provider) + ": " + login + ")", Kind: kernel.ActorSystem, Tenant: r.Scope.Tenant}, nil
}

const outsiders = "system:"

// outsider is somebody of a provider, for whom the binding lets Terrace act.
func outsider(r Repository, name string) kernel.Actor {
	return kernel.Actor{ID: outsiders + string(r.Provider) + ":" + name, Name: name + " (" + string(r.Provider) + ")", Kind: kernel.ActorSystem, Tenant: r.Scope.Tenant}
}

// stranger tells, of what waits for an approval, that nobody has said which user
// asked for it: that somebody else approves cannot be seen then.
func (st *step) stranger() string {
	prefix := outsiders + string(st.repo.Provider) + ":"
	login, found := strings.CutPrefix(st.p.Actor.ID, prefix)
	waits := slices.ContainsFunc(st.checks, func(c Check) bool { return c.State == Pending && c.Message == waitsForApproval })
	if !found || !waits {
		return ""
	}
	return fmt.Sprintf("%s asked for this, and nobody has said which user of Terrace that is: an approval by the same person would count as somebody else's. An admin says so with\n\n%s",
		cell(login), fence(fmt.Sprintf("terrace repo identify %s %s USER -p %s", st.repo.Name, login, st.repo.Scope.Project)))
}
