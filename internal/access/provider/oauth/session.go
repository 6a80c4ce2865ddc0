package oauth

import (
	"context"
	"encoding/json"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/token/jwt"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// session is what tokens are made of, beside their request.
type session struct {
	*openid.DefaultSession

	Tenant string `json:"tenant"`
	SignIn string `json:"signIn,omitempty"`
	// Kind is how a program was let in.
	Kind provider.ActiveKind `json:"kind,omitempty"`
	// Via is the sign-in at another provider that it came by.
	Via string `json:"via,omitempty"`
	// Of is the session that an exchanged token belongs to, and Actor who asked for it.
	Of    string `json:"of,omitempty"`
	Actor string `json:"actor,omitempty"`
	// Exchanged are the exchanged tokens that it was made of, by their ids.
	Exchanged []string `json:"exchanged,omitempty"`
	// Ends is when what was given for it does, 0 for never or nothing.
	Ends int64 `json:"ends,omitempty"`
	// Projects and Stages are those that its tokens are limited to.
	Projects []string `json:"projects,omitempty"`
	Stages   []string `json:"stages,omitempty"`
}

// What a session says of its ID tokens: what signs them, for fosite keeps alg for itself, and
// that nobody knows when the person proved who they are, for which fosite takes now.
const (
	headAlgorithm = "terrace-algorithm"
	headUntimed   = "terrace-untimed"
)

func emptySession() *session { return &session{DefaultSession: openid.NewDefaultSession()} }

// Clone implements fosite.Session.
func (s *session) Clone() fosite.Session {
	raw, err := json.Marshal(s)
	if err != nil {
		return emptySession() // it came out of JSON
	}
	out := emptySession()
	_ = json.Unmarshal(raw, out) // it was written above
	return out
}

// endBy has its access token end no later than what was given for it, zero for never. What
// else it ends by is set before.
func (s *session) endBy(end time.Time) {
	if end.IsZero() {
		return
	}
	s.Ends = end.Unix()
	if end.Before(s.GetExpiresAt(fosite.AccessToken)) {
		s.SetExpiresAt(fosite.AccessToken, end)
	}
}

// authTime returns when the person proved who they are, zero where nobody knows.
func (s *session) authTime() time.Time {
	if s.Headers != nil && s.Headers.Extra[headUntimed] == true {
		return time.Time{}
	}
	return s.IDTokenClaims().AuthTime
}

// kind is how the program was let in; one that signs in for itself, and what was kept before
// it was said, are programs.
func (s *session) kind() provider.ActiveKind {
	if s.Kind == "" {
		return provider.ActiveProgram
	}
	return s.Kind
}

// sessionOf returns the session of a request.
func sessionOf(r fosite.Requester) *session {
	if s, ok := r.GetSession().(*session); ok {
		return s
	}
	return emptySession()
}

// proof is who has signed in, and how.
type proof struct {
	actor   kernel.Actor
	methods []string
	level   string
	at      time.Time
	asked   time.Time
	signIn  string
	via     string
	kind    provider.ActiveKind
}

// begin fills the session of a request in which somebody has signed in.
func (s *Server) begin(ctx context.Context, r fosite.Requester, p proof) (*session, error) {
	r.SetID(kernel.NewID("ses"))
	out := emptySession()
	out.Tenant, out.SignIn, out.Via, out.Subject, out.Username = p.actor.Tenant, p.signIn, p.via, p.actor.ID, p.actor.Name
	out.Kind = p.kind
	extra := map[string]any{"tenant": p.actor.Tenant, "sid": r.GetID()}
	told, err := s.provider.Told(ctx, p.actor, r.GetGrantedScopes())
	if err != nil {
		return nil, err
	}
	for name, value := range told {
		extra[name] = value
	}
	out.Claims = &jwt.IDTokenClaims{
		Subject: p.actor.ID, AuthTime: p.at, RequestedAt: p.asked, Extra: extra,
		AuthenticationContextClassReference: p.level, AuthenticationMethodsReferences: p.methods,
	}
	out.Headers = &jwt.Headers{Extra: map[string]any{headAlgorithm: ownClient(r).Algorithm}}
	if p.at.IsZero() {
		out.Headers.Extra[headUntimed] = true
	}
	r.SetSession(out)
	return out, nil
}

// opened returns the session that a request leads to.
func (s *Server) opened(r fosite.Requester) provider.Session {
	now, own := s.provider.Clock.Now(), sessionOf(r)
	life := provider.AccessLife
	if r.GetGrantedScopes().Has(provider.ScopeOffline) {
		life = provider.SessionLife
	}
	return provider.Session{
		ID: r.GetID(), Tenant: own.Tenant, Subject: own.Subject, Client: r.GetClient().GetID(), SignIn: own.SignIn, Via: own.Via,
		Scopes: r.GetGrantedScopes(), ExpiresAt: now.Add(life), Kind: own.kind(), Methods: own.IDTokenClaims().AuthenticationMethodsReferences,
	}
}
