package vcsapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerIdentities(api huma.API) {
	const tag = "repositories"
	httpserver.Register(api, operation("identify-login", http.MethodPut, "/{repository}/identities/{login}", tag, "Say which user somebody of a repository's provider is"), a.identify)
	httpserver.Register(api, operation("unidentify-login", http.MethodDelete, "/{repository}/identities/{login}", tag, "Make a login an identity of its own again"), a.unidentify)
	httpserver.Register(api, operation("list-identities", http.MethodGet, "/{repository}/identities", tag, "List who of a repository's provider is which user, by login"), a.identities)
}

// IdentityPath names one login.
type IdentityPath struct {
	RepositoryPath
	Login string `path:"login" maxLength:"200" doc:"What the provider calls them."`
}

type identifyInput struct {
	IdentityPath
	Body struct {
		User string `json:"user" minLength:"1" maxLength:"200" doc:"The name of the user that they are."`
	}
}

type identityOutput struct {
	Body vcs.Identity
}

func (a API) identify(ctx context.Context, in *identifyInput) (*identityOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	i, err := a.Repositories.Identify(ctx, scope, in.Repository, in.Login, in.Body.User)
	if err != nil {
		return nil, err
	}
	return &identityOutput{Body: i}, nil
}

func (a API) unidentify(ctx context.Context, in *IdentityPath) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return nil, a.Repositories.Unidentify(ctx, scope, in.Repository, in.Login)
}

type identitiesOutput struct {
	Body struct {
		Items []vcs.Identity `json:"items"`
	}
}

func (a API) identities(ctx context.Context, in *RepositoryPath) (*identitiesOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	all, err := a.Repositories.Identities(ctx, scope, in.Repository)
	if err != nil {
		return nil, err
	}
	out := &identitiesOutput{}
	out.Body.Items = append([]vcs.Identity{}, all...)
	return out, nil
}
