package vcs

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Connection is what a repository on a provider is connected with.
type Connection struct {
	Name     string
	Provider Provider
	// API is the provider's address, empty for its public one.
	API string
	// Owner is the owner on GitHub, ORGANIZATION/PROJECT on Azure DevOps.
	Owner      string
	Repository string
	// Branch is the default branch; empty asks the provider.
	Branch          string
	Username, Token string
	// WebhookSecret is a reference to the secret that webhooks are signed with; empty has one made.
	WebhookSecret string
}

// Connected is a repository with the secret that its webhooks are signed with,
// which is shown this once.
type Connected struct {
	Repository Repository
	Secret     string
}

// Connect connects a repository on a provider, which must know it.
func (s *Service) Connect(ctx context.Context, scope kernel.Scope, c Connection) (Connected, error) {
	scope = scope.InProject(scope.Project)
	if err := s.Authorizer.Authorize(ctx, ActionConnect, scope); err != nil {
		return Connected{}, err
	}
	r := s.repository(ctx, scope, c.Name, c.Provider)
	r.Remote = Remote{API: strings.TrimRight(c.API, "/"), Owner: c.Owner, Name: c.Repository}
	r.DefaultBranch = c.Branch
	if r.DefaultBranch == "" {
		r.DefaultBranch = "main" // until the provider has told its own
	}
	if err := r.check(); err != nil {
		return Connected{}, err
	}
	host, ok := s.Hosts[c.Provider]
	if !ok || c.Provider == Hosted {
		return Connected{}, kernel.Errorf(kernel.Invalid, "repositories are not connected from %q", c.Provider).WithFix("use github or azuredevops")
	}
	credentials := Credentials{Username: c.Username, Hook: rand.Text() + rand.Text()}
	if err := s.givenToken(ctx, &credentials, c.Token); err != nil {
		return Connected{}, err
	}
	if err := s.givenHook(ctx, r, &credentials, c.WebhookSecret); err != nil {
		return Connected{}, err
	}
	with, err := s.signingIn(ctx, r, credentials)
	if err != nil {
		return Connected{}, err
	}
	found, err := host.Find(ctx, Access{Repository: r, Credentials: with})
	if err != nil {
		return Connected{}, err
	}
	if r.Remote.Clone = found.Clone; c.Branch == "" && checkBranch(found.DefaultBranch) == nil {
		r.DefaultBranch = found.DefaultBranch
	}
	if err := host.Remote(Access{Repository: r}).Check(); err != nil {
		return Connected{}, err
	}
	if err := s.seal(ctx, &r, credentials); err != nil {
		return Connected{}, err
	}
	shown := credentials.Hook
	if credentials.HookBy != nil {
		shown = "" // it marks comments alone
	}
	return Connected{Repository: r, Secret: shown}, s.add(ctx, r)
}

// Renew replaces the token, where one is given, and else the webhooks' secret: by one that
// it returns, or by the reference that is given.
func (s *Service) Renew(ctx context.Context, scope kernel.Scope, name, token, webhookSecret string) (Connected, error) {
	r, err := s.allowed(ctx, ActionConnect, scope, name)
	if err != nil {
		return Connected{}, err
	}
	if r.Provider == Hosted {
		return Connected{}, kernel.Errorf(kernel.Invalid, "%s is hosted here: it has no credentials", name)
	}
	a, host, err := s.kept(ctx, r)
	if err != nil {
		return Connected{}, err
	}
	what, shown := "token", ""
	switch {
	case token != "" && webhookSecret != "":
		err = kernel.Errorf(kernel.Invalid, "both the token and the webhook secret are given").WithFix("renew one after the other")
	case token != "":
		err = s.renewToken(ctx, &a, host, token)
	case webhookSecret != "":
		what, err = "webhook secret", s.givenHook(ctx, r, &a.Credentials, webhookSecret)
	default:
		a.Credentials.HookReference, a.Credentials.HookBy = "", nil
		what, shown = "webhook secret", rand.Text()+rand.Text()
		a.Credentials.Hook = shown
	}
	if err != nil {
		return Connected{}, err
	}
	if err := s.seal(ctx, &r, a.Credentials); err != nil {
		return Connected{}, err
	}
	if err := s.save(ctx, r, "repo.renewed", map[string]any{"what": what}); err != nil || token == "" {
		return Connected{Repository: r, Secret: shown}, err
	}
	return Connected{Repository: r}, s.renewed(ctx, r)
}

// renewToken puts another token into the credentials, which the provider must take.
func (s *Service) renewToken(ctx context.Context, a *Access, host Host, given string) error {
	if err := s.givenToken(ctx, &a.Credentials, given); err != nil {
		return err
	}
	with, err := s.signingIn(ctx, a.Repository, a.Credentials)
	if err != nil {
		return err
	}
	_, err = host.Find(ctx, Access{Repository: a.Repository, Credentials: with})
	return err
}

// renewed has all that could not reach the repository try again.
func (s *Service) renewed(ctx context.Context, r Repository) error {
	var errs []error
	for _, l := range s.Listeners {
		errs = append(errs, l.Renewed(ctx, r))
	}
	return errors.Join(errs...)
}
