package oauth

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/ory/fosite"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// What tokens of service accounts begin with, and their ids.
const (
	prefixToken   = "terr_"
	prefixService = "svc_"
)

// authenticateClient returns the client of a request: a registered one, or a service
// account, whose id is the client's and one of whose tokens is the secret.
func (s *Server) authenticateClient(ctx context.Context, r *http.Request, form url.Values) (fosite.Client, error) {
	id, secret, ok := r.BasicAuth()
	if ok {
		id, secret = unescaped(id), unescaped(secret)
	} else {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	if s.provider.Programs == nil || !strings.HasPrefix(secret, prefixToken) {
		return s.fosite.DefaultClientAuthenticationStrategy(ctx, r, form)
	}
	if !strings.HasPrefix(id, prefixService) { // by its form alone, whoever there is
		return nil, fosite.ErrInvalidClient.WithHint("The client_id of a service account is its id, which begins with svc_, and not its name.")
	}
	actor, err := s.provider.Programs.Authenticate(ctx, secret)
	switch {
	case isGone(err):
		return nil, fosite.ErrInvalidClient.WithWrap(err)
	case err != nil:
		return nil, err
	case actor.Kind != kernel.ActorService || actor.ID != id:
		return nil, fosite.ErrInvalidClient
	}
	audiences := []string{s.provider.Issuer}
	if s.provider.Resources != nil {
		audiences = append(audiences, s.provider.Resources.Audiences(actor.Tenant)...)
	}
	return program(actor, audiences)
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// program is a service account as a client, which may have what its token lets it, for
// Terrace and the APIs of its tenant.
func program(actor kernel.Actor, audiences []string) (fosite.Client, error) {
	scopes := kernel.TokenScopes()
	if l := actor.Limits; l != nil {
		if len(l.Projects)+len(l.Stages) > 0 {
			return nil, fosite.ErrUnauthorizedClient.WithHint("A token that is narrowed to projects or stages is used as it is, for an access token cannot be.")
		}
		if len(l.Scopes) > 0 {
			scopes = l.Scopes
		}
	}
	return &client{program: &actor, Client: provider.Client{
		ID: actor.ID, Tenant: actor.Tenant, Name: actor.Name, Grants: []string{provider.GrantClient}, Scopes: scopes,
		Audiences: audiences, Algorithm: provider.ES256,
	}}, nil
}

// ownClient returns the client of a request.
func ownClient(r fosite.Requester) provider.Client { return clientIn(r.GetClient()) }

func clientIn(c fosite.Client) provider.Client {
	if own, ok := c.(*client); ok {
		return own.Client
	}
	return provider.Client{ID: c.GetID()}
}

// beginProgram fills the session of a service account that signs in for itself.
func (s *Server) beginProgram(ctx context.Context, r fosite.AccessRequester) error {
	own, ok := r.GetClient().(*client)
	if !ok || own.program == nil {
		return fosite.ErrUnauthorizedClient.WithHint("A program that signs in for itself is a service account: its id and one of its tokens are the client's id and secret.")
	}
	scopes := []string(r.GetRequestedScopes())
	if len(scopes) == 0 {
		scopes = own.Scopes
	}
	for _, scope := range scopes {
		r.GrantScope(scope)
	}
	wanted := r.GetRequestedAudience()
	if len(wanted) > 1 && wanted.Has(s.provider.Issuer) {
		return badTarget("A token for Terrace itself is for nobody else, who could use it there: ask for one each.")
	}
	for _, audience := range wanted {
		r.GrantAudience(audience)
	}
	now := s.provider.Clock.Now()
	begun, err := s.begin(ctx, r, proof{actor: *own.program, level: "0", at: now, asked: now, signIn: own.program.Session})
	if err != nil {
		return err
	}
	expireAt(r, now)
	begun.endBy(own.program.Until)
	return nil
}
