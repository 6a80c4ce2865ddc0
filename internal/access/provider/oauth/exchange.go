package oauth

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ory/fosite"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TypeAccessToken is the type of Terrace's own tokens in an exchange (RFC 8693 §3).
const TypeAccessToken = "urn:ietf:params:oauth:token-type:access_token" //nolint:gosec // the name of a type

// maxExchanges is how often a token can be exchanged for one that is exchanged again. Each is
// named in those that follow.
const maxExchanges = 8

// exchangeHandler gives a token for another one (RFC 8693): with fewer scopes, or for
// another audience.
type exchangeHandler struct{ server *Server }

// CanSkipClientAuth implements fosite.TokenEndpointHandler, as the methods below do.
func (exchangeHandler) CanSkipClientAuth(context.Context, fosite.AccessRequester) bool { return false }

// CanHandleTokenEndpointRequest reports whether a token is to be exchanged.
func (exchangeHandler) CanHandleTokenEndpointRequest(_ context.Context, r fosite.AccessRequester) bool {
	return r.GetGrantTypes().ExactOne(provider.GrantExchange)
}

// HandleTokenEndpointRequest checks the token that is exchanged.
func (h exchangeHandler) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	s, form := h.server, r.GetRequestForm()
	if !r.GetClient().GetGrantTypes().Has(provider.GrantExchange) {
		return fosite.ErrUnauthorizedClient.WithHint("The client may not exchange tokens.")
	}
	if wanted := form.Get("requested_token_type"); wanted != "" && wanted != TypeAccessToken {
		return fosite.ErrInvalidRequest.WithHint("Access tokens are given in an exchange, and nothing else.")
	}
	if form.Get("actor_token") != "" {
		return fosite.ErrInvalidRequest.WithHint("An actor_token is not taken; the client is who acts.")
	}
	subject, err := h.subject(ctx, r)
	if err != nil {
		return err
	}
	return h.narrow(ctx, s, r, subject)
}

// subject returns whom the token stands for.
func (h exchangeHandler) subject(ctx context.Context, r fosite.AccessRequester) (Subject, error) {
	s, form := h.server, r.GetRequestForm()
	token, kind := form.Get("subject_token"), form.Get("subject_token_type")
	wrong := fosite.ErrInvalidGrant.WithHint("The subject_token does not hold.")
	if kind != TypeAccessToken {
		if accept, ok := ctx.Value(acceptKey{}).(func(context.Context) (Subject, error)); ok {
			subject, err := accept(ctx)
			if kernel.Is(err, kernel.Unauthenticated) || kernel.Is(err, kernel.Denied) {
				return Subject{}, wrong.WithHint(err.Error())
			}
			return subject, err
		}
		return Subject{}, fosite.ErrInvalidRequest.WithHintf("Tokens of the type %q are not exchanged here.", kind)
	}
	claims, err := s.provider.Inspect(ctx, token)
	if err != nil && strings.HasPrefix(token, prefixToken) {
		return Subject{}, wrong.WithHint("The subject_token is a token of a user or a service account, and no access token: a service account gets one by grant_type=client_credentials.")
	}
	if err != nil {
		return Subject{}, wrong
	}
	if !claims.For(s.provider.Issuer) && claims.Client != r.GetClient().GetID() {
		return Subject{}, wrong.WithHint("The subject_token is for somebody else.")
	}
	if len(claims.Chain()) >= maxExchanges {
		return Subject{}, wrong.WithHintf("The subject_token came by %d exchanges, and there it ends: exchange the one that it was made of.", maxExchanges)
	}
	actor, err := s.provider.Users.Acting(ctx, claims.Tenant, claims.Subject)
	if err = notFound(err); err != nil {
		return Subject{}, wrong.WithWrap(err)
	}
	actor.Limits = &kernel.Limits{Projects: claims.Projects, Stages: claims.Stages}
	return Subject{
		Actor: actor, Session: claims.Session, Exchanged: claims.Chain(), Audiences: claims.Audience,
		Scopes: strings.Fields(claims.Scope), ExpiresAt: time.Unix(claims.Expires, 0),
	}, nil
}

type acceptKey struct{}

// verified returns a context with what is to be said of another one's token. It is for
// before the transaction: the other one may be slow.
func (s *Server) verified(ctx context.Context, form url.Values) (context.Context, error) {
	kind := form.Get("subject_token_type")
	if s.Subjects == nil || form.Get("grant_type") != provider.GrantExchange || kind == TypeAccessToken {
		return ctx, nil
	}
	accept, ok, err := s.Subjects.Verify(ctx, kind, form.Get("subject_token"))
	switch {
	case kernel.Is(err, kernel.Unauthenticated):
		return ctx, fosite.ErrInvalidGrant.WithHint(err.Error())
	case kernel.Is(err, kernel.Unavailable):
		return ctx, fosite.ErrTemporarilyUnavailable.WithHint(err.Error())
	case err != nil || !ok:
		return ctx, err
	}
	return context.WithValue(ctx, acceptKey{}, accept), nil
}

// narrow gives what both the token and the client have, and no more.
func (h exchangeHandler) narrow(ctx context.Context, s *Server, r fosite.AccessRequester, subject Subject) error {
	if c := ownClient(r); !c.BuiltIn() && c.Tenant != subject.Tenant {
		return fosite.ErrInvalidGrant.WithHint("The subject_token is of another tenant.")
	}
	scopes := []string(r.GetRequestedScopes())
	if len(scopes) == 0 {
		scopes = subject.Scopes
	}
	for _, scope := range scopes {
		if !slices.Contains(subject.Scopes, scope) || !r.GetClient().GetScopes().Has(scope) {
			return fosite.ErrInvalidScope.WithHintf("The scope %q is more than the subject_token or the client has.", scope)
		}
		if scope != provider.ScopeOffline {
			r.GrantScope(scope)
		}
	}
	if err := h.target(s, r, subject); err != nil {
		return err
	}
	now := s.provider.Clock.Now()
	own, err := s.begin(ctx, r, proof{actor: subject.Actor, level: "0", at: now, asked: now})
	if err != nil {
		return err
	}
	expireAt(r, now)
	if l := subject.Limits; l != nil {
		own.Projects, own.Stages = l.Projects, l.Stages
	}
	own.Of, own.Actor, own.Exchanged = subject.Session, r.GetClient().GetID(), subject.Exchanged
	own.endBy(subject.ExpiresAt)
	return nil
}

// target gives the audiences that are asked for. A token for Terrace, or of others, can be
// exchanged for one for whatever the client may have; one that is for somebody else is for
// them still, and no more than for them.
func (exchangeHandler) target(s *Server, r fosite.AccessRequester, subject Subject) error {
	wanted := []string(r.GetRequestedAudience())
	if err := within(r.GetClient().GetAudience(), wanted); err != nil {
		return err
	}
	if len(subject.Audiences) > 0 && !slices.Contains(subject.Audiences, s.provider.Issuer) {
		if err := within(subject.Audiences, wanted); err != nil {
			return err
		}
		if len(wanted) == 0 {
			wanted = subject.Audiences
		}
	}
	for _, audience := range wanted {
		r.GrantAudience(audience)
	}
	return nil
}

// PopulateTokenEndpointResponse makes the token.
func (h exchangeHandler) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, answer fosite.AccessResponder) error {
	if !h.CanHandleTokenEndpointRequest(ctx, r) {
		return fosite.ErrUnknownRequest
	}
	if _, err := h.server.issue.IssueAccessToken(ctx, provider.AccessLife, r, answer); err != nil {
		return err
	}
	answer.SetExtra("issued_token_type", TypeAccessToken)
	return nil
}
