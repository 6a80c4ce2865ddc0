package oauth

import (
	"context"
	"errors"
	"net/http"

	"github.com/ory/fosite"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Revoke answers the revocation endpoint (RFC 7009).
func (s *Server) Revoke(w http.ResponseWriter, r *http.Request) {
	err := readForm(r)
	if err == nil {
		err = s.provider.Tx.InTx(withWhy(r.Context(), provider.EndedByClient), func(ctx context.Context) error {
			return s.fosite.NewRevocationRequest(ctx, r)
		})
	}
	if isOurs(err) {
		s.provider.Log.ErrorContext(r.Context(), "a token was not revoked", "error", causeOf(err))
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if errors.Is(err, fosite.ErrInvalidRequest) || errors.Is(err, fosite.ErrInvalidClient) {
		s.refuse(w, r, nil, err)
		return
	}
	challenge(w, r, err)
	s.fosite.WriteRevocationResponse(r.Context(), w, err)
}

// revocation takes tokens back. It is here and not fosite's, to which a token is its session:
// one that was exchanged ends alone, with what was made of it.
type revocation struct{ server *Server }

// RevokeToken implements fosite.RevocationHandler. The hint is not needed: no token looks
// like one of another kind.
func (h revocation) RevokeToken(ctx context.Context, token string, _ fosite.TokenType, by fosite.Client) error {
	s := h.server
	claims, err := s.provider.Inspect(ctx, token)
	if err == nil {
		if claims.Client != by.GetID() {
			return fosite.ErrUnauthorizedClient
		}
		return s.provider.Revoke(ctx, claims, whyIn(ctx))
	}
	if !isGone(err) {
		return err
	}
	r, err := s.storage.GetRefreshTokenSession(ctx, kernel.HashOf(token), nil)
	switch {
	case errors.Is(err, fosite.ErrNotFound), errors.Is(err, fosite.ErrInactiveToken):
		return nil // it does not hold, which is what is wanted (RFC 7009 §2.2)
	case err != nil:
		return err
	case r.GetClient().GetID() != by.GetID():
		return fosite.ErrUnauthorizedClient
	}
	return s.provider.End(ctx, r.GetID(), whyIn(ctx))
}
