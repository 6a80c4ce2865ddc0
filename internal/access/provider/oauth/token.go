package oauth

import (
	"cmp"
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/ory/fosite"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Token answers the token endpoint (RFC 6749 §3.2). What is done for an answer is done
// whole or not at all; a refusal stays, with what it ended, unless it is of whom the token was
// to be for: what was handed in is good for another one still.
func (s *Server) Token(w http.ResponseWriter, r *http.Request) {
	if err := readForm(r); err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	if grant := r.PostForm.Get("grant_type"); grant != "" && !slices.Contains(provider.Grants(), grant) {
		s.refuse(w, r, nil, fosite.ErrUnsupportedGrantType.WithHintf("It may be %s.", strings.Join(provider.Grants(), ", "))) // RFC 6749 §5.2
		return
	}
	checked, err := s.verified(r.Context(), r.PostForm)
	if err != nil {
		if isOurs(err) {
			s.provider.Log.ErrorContext(r.Context(), "a token of another issuer was not checked", "error", causeOf(err))
		}
		s.refuse(w, r, nil, err)
		return
	}
	var answer fosite.AccessResponder
	var request fosite.AccessRequester
	var refused error
	err = s.provider.Tx.InTx(withWhy(checked, provider.EndedByClient), func(ctx context.Context) error {
		request, answer, refused = s.give(ctx, r)
		if isOurs(refused) || isOfTarget(refused) {
			return refused
		}
		return nil
	})
	switch {
	case refused != nil:
		s.refuse(w, r, request, refused)
	case err != nil:
		s.refuse(w, r, request, fosite.ErrServerError.WithWrap(err))
	default:
		s.fosite.WriteAccessResponse(r.Context(), w, request, answer)
	}
	if failed := cmp.Or(err, refused); isOurs(failed) {
		s.provider.Log.ErrorContext(r.Context(), "a token was not given", "error", causeOf(failed))
	}
}

// challenge tells a client that came with a head, and is not known, by which scheme it may
// come again (RFC 6749 §5.2).
func challenge(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil && r.Header.Get("Authorization") != "" && fosite.ErrorToRFC6749Error(err).CodeField == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="terrace"`)
	}
}

// refuse writes an error, in our words.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, request fosite.AccessRequester, err error) {
	challenge(w, r, err)
	s.fosite.WriteAccessError(r.Context(), w, request, said(err))
}

// causeOf returns what fosite's errors tell nobody.
func causeOf(err error) string {
	if e := fosite.ErrorToRFC6749Error(err); e.Debug() != "" {
		return e.Debug()
	}
	return err.Error()
}

func (s *Server) give(ctx context.Context, r *http.Request) (fosite.AccessRequester, fosite.AccessResponder, error) {
	request, err := s.fosite.NewAccessRequest(ctx, r, emptySession())
	if err != nil {
		return request, nil, err
	}
	if err = s.tokens.targets(request); err == nil && request.GetGrantTypes().ExactOne(provider.GrantClient) {
		err = s.beginProgram(ctx, request)
	}
	if err == nil {
		err = s.stillThere(ctx, request)
	}
	if err == nil {
		err = inside(request)
	}
	if err != nil {
		return request, nil, err
	}
	answer, err := s.fosite.NewAccessResponse(ctx, request)
	if err == nil && request.GetGrantTypes().ExactOne(provider.GrantRefresh) {
		answer.SetScopes(scopesOf(request))
	}
	return request, answer, err
}

// stillThere refuses tokens of somebody who is gone or kept out, or of whom more is asked by
// now than they have proven, and ends their session. In a tenant that nobody works in at
// present, none are given, and what there is goes on with it.
func (s *Server) stillThere(ctx context.Context, r fosite.Requester) error {
	own := sessionOf(r)
	actor, err := s.provider.Users.Acting(ctx, own.Tenant, own.Subject)
	switch {
	case kernel.Is(err, kernel.Denied):
		return fosite.ErrInvalidGrant.WithHint(err.Error())
	case kernel.Is(err, kernel.NotFound), kernel.Is(err, kernel.Unauthenticated):
		return s.ended(ctx, r, provider.EndedWithUser, "Whom it stands for may not sign in.")
	case err != nil || own.Of != "": // what is exchanged ends with what it was exchanged for
		return err
	}
	lacks, err := s.provider.Lacks(ctx, provider.Person{Actor: actor, Methods: own.IDTokenClaims().AuthenticationMethodsReferences})
	if err != nil || !lacks {
		return err
	}
	return s.ended(ctx, r, provider.EndedByPolicy, "The tenant asks for a second factor since: sign in again.")
}

// ended ends the session of a request, and refuses it.
func (s *Server) ended(ctx context.Context, r fosite.Requester, why, hint string) error {
	if err := s.provider.End(ctx, r.GetID(), why); err != nil {
		return err
	}
	return fosite.ErrInvalidGrant.WithHint(hint)
}

// readForm reads the form of a request before anything waits for it.
func readForm(r *http.Request) error {
	if r.Method != http.MethodPost {
		return fosite.ErrInvalidRequest.WithHint("Use POST.")
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
		return fosite.ErrInvalidRequest.WithHint("Send a form as application/x-www-form-urlencoded.")
	}
	if err := r.ParseForm(); err != nil {
		return fosite.ErrInvalidRequest.WithHint("The form is not readable.").WithWrap(err)
	}
	for name, list := range r.PostForm {
		if len(list) > 1 && name != "audience" && name != "resource" {
			return fosite.ErrInvalidRequest.WithHintf("%s is there more than once (RFC 6749 §3.2).", name)
		}
	}
	asAudience(r.PostForm)
	if len(r.URL.RawQuery) > 0 && r.URL.Query().Has("client_secret") {
		return fosite.ErrInvalidRequest.WithHint("A secret does not belong into an address.")
	}
	return nil
}

// Introspection is what a client learns of a token (RFC 7662 §2.2).
type Introspection struct {
	Active   bool     `json:"active"`
	Scope    string   `json:"scope,omitempty"`
	Client   string   `json:"client_id,omitempty"`
	Username string   `json:"username,omitempty"`
	Type     string   `json:"token_type,omitempty"`
	Expires  int64    `json:"exp,omitempty"`
	IssuedAt int64    `json:"iat,omitempty"`
	Subject  string   `json:"sub,omitempty"`
	Audience []string `json:"aud,omitempty"`
	Issuer   string   `json:"iss,omitempty"`
	ID       string   `json:"jti,omitempty"`
	Tenant   string   `json:"tenant,omitempty"`
	Session  string   `json:"sid,omitempty"`
}

// Introspect answers the introspection endpoint (RFC 7662), for clients that keep a
// secret, about tokens of their tenant.
func (s *Server) Introspect(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	err := readForm(r)
	var by fosite.Client
	if err == nil {
		by, err = s.fosite.AuthenticateClient(ctx, r, r.PostForm)
	}
	if err == nil && by.IsPublic() {
		err = fosite.ErrInvalidClient.WithHint("A client without a secret may not ask about tokens.")
	}
	if err != nil {
		s.refuse(w, r, nil, err)
		return
	}
	out, err := s.introspect(ctx, clientIn(by), r.PostForm.Get("token"))
	if err != nil {
		s.refuse(w, r, nil, fosite.ErrServerError.WithWrap(err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(out) // the client may have left
}

func (s *Server) introspect(ctx context.Context, asks provider.Client, token string) (Introspection, error) {
	claims, err := s.provider.Inspect(ctx, token)
	if err != nil {
		return s.introspectRefresh(ctx, asks, token)
	}
	actor, err := s.provider.Users.Acting(ctx, claims.Tenant, claims.Subject)
	if err != nil || claims.Tenant != asks.Tenant {
		return Introspection{}, unless(err)
	}
	return Introspection{
		Active: true, Scope: claims.Scope, Client: claims.Client, Username: actor.Name, Type: "Bearer", Expires: claims.Expires,
		IssuedAt: claims.IssuedAt, Subject: claims.Subject, Audience: claims.Audience, Issuer: claims.Issuer, ID: claims.ID,
		Tenant: claims.Tenant, Session: claims.Session,
	}, nil
}

// introspectRefresh tells of a refresh token to the client that has it.
func (s *Server) introspectRefresh(ctx context.Context, asks provider.Client, token string) (Introspection, error) {
	r, spent, err := s.storage.get(ctx, kindRefresh, kernel.HashOf(token))
	if err != nil || spent || r.GetClient().GetID() != asks.ID {
		return Introspection{}, unless(err)
	}
	n, err := s.provider.Holding(ctx, r.GetID())
	if err == nil {
		_, err = s.provider.Users.Acting(ctx, n.Tenant, n.Subject)
	}
	expires := r.GetSession().GetExpiresAt(fosite.RefreshToken)
	if err != nil || !expires.After(s.provider.Clock.Now()) {
		return Introspection{}, unless(err)
	}
	return Introspection{
		Active: true, Scope: strings.Join(r.GetGrantedScopes(), " "), Client: n.Client, Expires: expires.Unix(),
		Subject: n.Subject, Issuer: s.provider.Issuer, Tenant: n.Tenant, Session: n.ID,
	}, nil
}

// unless keeps an error that is not about the token: whoever asks learns nothing of why
// one does not hold.
func unless(err error) error {
	if err == nil || isGone(err) || fosite.ErrorToRFC6749Error(err).Is(fosite.ErrNotFound) {
		return nil
	}
	return err
}
