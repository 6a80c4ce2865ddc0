package upstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// NewUpstream asks for an upstream.
type NewUpstream struct {
	Settings

	Name   string
	Issuer string
	// Secret is the client's, or a reference to it, ${secret:PROJECT/STAGE/NAME}; "" for a
	// client without one.
	Secret string
}

// Create adds an upstream to the scope's tenant.
func (s *Service) Create(ctx context.Context, scope kernel.Scope, n NewUpstream) (Upstream, error) {
	if err := s.maySet(ctx, scope); err != nil {
		return Upstream{}, err
	}
	u := Upstream{
		Settings: n.Settings.withDefaults(n.Name), ID: kernel.NewID("upl"), Tenant: scope.Tenant, Name: n.Name, Issuer: n.Issuer,
		CreatedAt: s.Clock.Now(), Rules: []Rule{}, RulesText: "rules: []\n", Revision: 1,
	}
	if err := s.sealSecret(ctx, &u, n.Secret); err != nil {
		return Upstream{}, err
	}
	if err := u.check(s.Address); err != nil {
		return Upstream{}, err
	}
	return u, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Add(ctx, u); err != nil {
			return err
		}
		return s.record(ctx, "upstream.created", u, map[string]any{"issuer": u.Issuer, "client": u.ClientID, "newUsers": u.NewUsers, "linkByEmail": u.LinkByEmail, "enabled": u.Enabled})
	})
}

func (s *Service) maySet(ctx context.Context, scope kernel.Scope) error {
	return s.Access.Authorize(ctx, "upstream.set", kernel.Scope{Tenant: scope.Tenant})
}

func (s *Service) mayRead(ctx context.Context, scope kernel.Scope) error {
	return s.Access.Authorize(ctx, "upstream.read", kernel.Scope{Tenant: scope.Tenant})
}

// sealSecret keeps a client's secret under the keys of the tenant, or the reference to one.
func (s *Service) sealSecret(ctx context.Context, u *Upstream, secret string) (err error) {
	if len(secret) > maxSecret {
		return kernel.Errorf(kernel.Invalid, "the upstream cannot be used").
			WithProblems(kernel.Problem{Path: "clientSecret", Message: fmt.Sprintf("it has more than %d bytes", maxSecret)})
	}
	if secret == "" {
		u.Secret, u.SecretFrom = nil, nil
		return nil
	}
	if strings.HasPrefix(secret, secretref.Open) {
		return s.refer(ctx, u, secret)
	}
	u.SecretFrom = nil
	u.Secret, err = s.Sealer.SealFor(ctx, u.Tenant, []byte(secret), secretUse(*u))
	return err
}

func secretUse(u Upstream) []byte { return []byte("upstream secret/" + u.Tenant + "/" + u.ID) }

func (s *Service) secret(ctx context.Context, u Upstream) (string, error) {
	if u.SecretFrom != nil {
		return s.referred(ctx, u)
	}
	if len(u.Secret) == 0 {
		return "", nil
	}
	raw, err := s.Sealer.Open(ctx, u.Secret, secretUse(u))
	return string(raw), err
}

// Change says what else an upstream is from now on.
type Change struct {
	// Settings changes them.
	Settings func(*Settings)
	// Secret is another one of the client, nil to keep it.
	Secret *string
}

// Change changes an upstream of the scope's tenant. Whoever does could have the upstream
// say anything, so they must be able to give all that its rules give.
func (s *Service) Change(ctx context.Context, scope kernel.Scope, name string, c Change) (u Upstream, err error) {
	if err := s.maySet(ctx, scope); err != nil {
		return Upstream{}, err
	}
	if u, err = s.Store.Upstream(ctx, scope.Tenant, name); err != nil {
		return Upstream{}, err
	}
	if err := s.mayGiveAll(ctx, u.Tenant, u.Rules); err != nil {
		return Upstream{}, err
	}
	seen := u.Revision
	u = u.clone()
	c.Settings(&u.Settings)
	u.Settings = u.withDefaults(u.Name)
	u.Revision++
	if c.Secret != nil {
		if err := s.sealSecret(ctx, &u, *c.Secret); err != nil {
			return Upstream{}, err
		}
	}
	if err := u.check(s.Address); err != nil {
		return Upstream{}, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Put(ctx, u, seen); err != nil {
			return err
		}
		return s.record(ctx, "upstream.changed", u, map[string]any{
			"client": u.ClientID, "newUsers": u.NewUsers, "linkByEmail": u.LinkByEmail, "enabled": u.Enabled, "secret": c.Secret != nil,
		})
	})
	return u, err
}

// SetRules replaces the rules of an upstream by those of a document.
func (s *Service) SetRules(ctx context.Context, scope kernel.Scope, name, text string) (u Upstream, err error) {
	if err := s.maySet(ctx, scope); err != nil {
		return Upstream{}, err
	}
	if u, err = s.Store.Upstream(ctx, scope.Tenant, name); err != nil {
		return Upstream{}, err
	}
	rules, err := ParseRules("", text)
	if err != nil {
		return Upstream{}, err
	}
	// What is there already was given by who could; an admin who could not may keep it.
	added := slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return slices.ContainsFunc(u.Rules, r.equals) })
	if err := s.mayGiveAll(ctx, u.Tenant, added); err != nil {
		return Upstream{}, err
	}
	seen := u.Revision
	u.Rules, u.RulesText = rules, text
	u.Revision++
	names := make([]string, 0, len(rules))
	for _, r := range rules {
		names = append(names, r.Name)
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Put(ctx, u, seen); err != nil {
			return err
		}
		return s.record(ctx, "upstream.rules_set", u, map[string]any{"rules": names})
	})
	return u, err
}

func (r Rule) equals(other Rule) bool {
	same := slices.EqualFunc(r.When, other.When, func(a, b Condition) bool {
		return a.Claim == b.Claim && a.Operator == b.Operator && slices.Equal(a.Values, b.Values)
	})
	return same && r.Name == other.Name && r.Gives() == other.Gives()
}

// mayGiveAll refuses rules that give more than the actor of ctx may.
func (s *Service) mayGiveAll(ctx context.Context, tenant string, rules []Rule) error {
	var problems []kernel.Problem
	kind := kernel.Invalid
	for _, r := range rules {
		err := s.mayGive(ctx, tenant, r)
		if err == nil {
			continue
		}
		known, ok := errors.AsType[*kernel.Error](err)
		if !ok || known.Kind == kernel.Internal || known.Kind == kernel.Unavailable {
			return err
		}
		if known.Kind == kernel.Denied {
			kind = kernel.Denied
		}
		problems = append(problems, kernel.Problem{Path: "rules." + r.Name, Message: "it gives " + r.Gives() + ": " + err.Error()})
	}
	if len(problems) == 0 {
		return nil
	}
	return kernel.Errorf(kind, "a rule gives what you may not give, or what there is not").WithProblems(problems...)
}

func (s *Service) mayGive(ctx context.Context, tenant string, r Rule) error {
	if r.Role != nil {
		return s.Access.MayGive(ctx, tenant, *r.Role)
	}
	return s.Access.MayGroup(ctx, tenant, r.Group)
}

// Get returns an upstream of the scope's tenant.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, name string) (Upstream, error) {
	if err := s.mayRead(ctx, scope); err != nil {
		return Upstream{}, err
	}
	return s.Store.Upstream(ctx, scope.Tenant, name)
}

// List returns the upstreams of the scope's tenant by name.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Upstream], error) {
	if err := s.mayRead(ctx, scope); err != nil {
		return kernel.Page[Upstream]{}, err
	}
	return s.Store.Upstreams(ctx, scope.Tenant, page)
}

// Callback returns where an upstream sends people back to, which it has to know.
func (s *Service) Callback(u Upstream) string { return u.callback(s.Address) }

// Test says what each rule of an upstream makes of claims.
func (s *Service) Test(ctx context.Context, scope kernel.Scope, name string, raw []byte) ([]Verdict, error) {
	u, err := s.Get(ctx, scope, name)
	if err != nil {
		return nil, err
	}
	claims, err := parseClaims(raw)
	if err != nil {
		return nil, err
	}
	return verdicts(u.Rules, claims), nil
}
