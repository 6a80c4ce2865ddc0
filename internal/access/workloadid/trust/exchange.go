package trust

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The types of tokens that are exchanged (RFC 8693 §3).
const (
	TypeJWT     = "urn:ietf:params:oauth:token-type:jwt"
	TypeIDToken = "urn:ietf:params:oauth:token-type:id_token" //nolint:gosec // the name of a type
)

// maxToken is the longest token that is read, in bytes; remembered is how long one
// without an end of its own soon is at most.
const (
	maxToken   = 16 << 10
	remembered = 24 * time.Hour
)

// Taken is what a token is exchanged for.
type Taken struct {
	// Actor is the service account, narrowed by the rule.
	Actor     kernel.Actor
	Rule      Rule
	ExpiresAt time.Time
}

// proof is a token whose signature and times hold.
type proof struct {
	issuer, subject, id string
	audience            []string
	expires             time.Time
	claims              map[string]any
	rules               []Rule
}

// Verify checks a token by the keys of its issuer, which somebody trusts. It reads from
// the network: accept, which spends the token, is for a transaction. ok is false for a
// type that is not known. The error is Unauthenticated for a token that does not hold.
func (s *Service) Verify(ctx context.Context, kind, token string) (accept func(ctx context.Context) (Taken, error), ok bool, err error) {
	if kind != TypeJWT && kind != TypeIDToken {
		return nil, false, nil
	}
	p, err := s.proven(ctx, token, func(Rule) bool { return true })
	if err != nil {
		return nil, true, err
	}
	return func(ctx context.Context) (Taken, error) { return s.accept(ctx, p) }, true, nil
}

// proven checks a token, of an issuer that one of the rules names.
func (s *Service) proven(ctx context.Context, token string, which func(Rule) bool) (proof, error) {
	from, err := issuerOf(token)
	if err != nil {
		return proof{}, err
	}
	rules, err := s.Store.Of(ctx, from)
	if err != nil {
		return proof{}, err
	}
	rules = slices.DeleteFunc(rules, func(r Rule) bool { return !which(r) })
	if len(rules) == 0 {
		return proof{}, kernel.Errorf(kernel.Unauthenticated, "no rule trusts the issuer %q", from).WithFix("an admin adds one with terrace auth trust create")
	}
	checked, claims, err := s.issuers.verify(ctx, from, token, s.Clock.Now)
	if err != nil {
		return proof{}, err
	}
	id, _ := claims["jti"].(string)
	if id == "" {
		id = token
	}
	sum := sha256.Sum256([]byte(from + "\n" + id))
	return proof{
		issuer: from, subject: checked.Subject, audience: checked.Audience, expires: checked.Expiry, claims: claims, rules: rules, id: hex.EncodeToString(sum[:]),
	}, nil
}

// issuerOf reads who a token says that it is from; nothing of it is believed yet.
func issuerOf(token string) (string, error) {
	wrong := kernel.Errorf(kernel.Unauthenticated, "the token is no JWT that could be checked")
	parts := strings.Split(token, ".")
	if len(token) > maxToken || len(parts) != 3 {
		return "", wrong
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", wrong
	}
	var said struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(raw, &said) != nil || said.Issuer == "" {
		return "", wrong
	}
	return said.Issuer, nil
}

// misses says why a rule does not take the token, "" where it does.
func (p proof) misses(r Rule) string {
	if !slices.Contains(p.audience, r.Audience) {
		return fmt.Sprintf("it is for %s, not for %s", strings.Join(p.audience, " and "), r.Audience)
	}
	return r.Fits(p.claims)
}

// accept finds the rule that takes the token, and spends it.
func (s *Service) accept(ctx context.Context, p proof) (Taken, error) {
	now := s.Clock.Now()
	if err := s.Store.Forget(ctx, now); err != nil {
		return Taken{}, err
	}
	fitting := slices.DeleteFunc(slices.Clone(p.rules), func(r Rule) bool { return p.misses(r) != "" })
	switch {
	case len(fitting) == 0:
		return Taken{}, s.refuse(ctx, p, "no rule fits it")
	case fitting[0].Tenant != fitting[len(fitting)-1].Tenant:
		return Taken{}, kernel.Errorf(kernel.Unauthenticated, "rules of several tenants fit the token").
			WithFix("ask the issuer for a token with the audience of one tenant, such as %s", AudienceOf(s.Issuer, "TENANT"))
	}
	r := fitting[0]
	// One that holds for longer than it is remembered would be good again.
	if p.expires.After(now.Add(remembered)) {
		return Taken{}, s.refuse(ctx, p, "it holds for more than a day")
	}
	if err := s.Store.Spend(ctx, p.id, p.expires.Add(ahead)); kernel.Is(err, kernel.Conflict) {
		return Taken{}, s.refuse(ctx, p, "it was exchanged already")
	} else if err != nil {
		return Taken{}, err
	}
	actor, err := s.Accounts.Acting(ctx, r.Tenant, r.ServiceID)
	if kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Unauthenticated) {
		return Taken{}, s.refuse(ctx, p, "its service account is gone or kept out")
	}
	if err != nil {
		return Taken{}, err
	}
	actor.Limits = r.limits()
	return Taken{Actor: actor, Rule: r, ExpiresAt: p.expires}, s.tell(kernel.WithActor(ctx, actor), "trust.exchanged", r, p, "")
}

// refuse says that a token, which holds, is not taken, and tells the tenants that it is for:
// once, for whoever has one could fill their audit logs with it.
func (s *Service) refuse(ctx context.Context, p proof, why string) error {
	refused := kernel.Errorf(kernel.Unauthenticated, "the token is not taken: %s", why).WithFix("see what each rule makes of it with terrace auth trust test")
	until := p.expires
	if most := s.Clock.Now().Add(remembered); until.After(most) {
		until = most
	}
	if err := s.Store.Spend(ctx, "refused "+p.id, until.Add(ahead)); kernel.Is(err, kernel.Conflict) {
		return refused
	} else if err != nil {
		return err
	}
	told := map[string]bool{}
	for _, r := range p.rules {
		if told[r.Tenant] || !slices.Contains(p.audience, r.Audience) {
			continue
		}
		told[r.Tenant] = true
		if err := s.tell(kernel.WithActor(ctx, kernel.System("trust", r.Tenant)), "trust.refused", r, p, why); err != nil {
			return err
		}
	}
	return refused
}

func (s *Service) tell(ctx context.Context, typ string, r Rule, p proof, why string) error {
	data := map[string]any{"name": r.Name, "issuer": p.issuer, "token": p.id, "said": p.said()}
	if why != "" {
		data["why"] = why
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: typ, Scope: kernel.Scope{Tenant: r.Tenant}, Subject: r.ID, Reason: why, Data: data})
}

// said is what of a token is for the record: who asked for what.
func (p proof) said() map[string]any {
	out := map[string]any{"sub": p.subject}
	for _, name := range []string{"repository", "ref", "environment", "workflow_ref", "run_id", "actor", "project_path", "pipeline_id"} {
		if text, ok := textOf(p.claims[name]); ok && len(text) <= maxPattern {
			out[name] = text
		}
	}
	return out
}
