package config

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// TokenPrefix begins the token of a workload, so that scanners find a leaked one.
const TokenPrefix = "tcfg_"

// TokenScope is what a token opens.
type TokenScope string

// The scopes of tokens.
const (
	// AllScope opens all values, those of secrets among them, and the flags.
	AllScope TokenScope = "all"
	// FlagsScope opens evaluations of flags alone, and no value: what has it may be where
	// people can read it, as in a browser.
	FlagsScope TokenScope = "flags"
)

// maxTokenLife bounds the life of a token that has an end.
const maxTokenLife = 10 * 365 * 24 * time.Hour

// NewToken asks for a token.
type NewToken struct {
	Workload string
	// Opens is AllScope where it is empty.
	Opens TokenScope
	// Life is until it ends, 0 for never.
	Life time.Duration
}

// Token lets a workload read its own configuration at one stage, and nothing else.
type Token struct {
	ID string `json:"id"`
	// Scope is the tenant, the project and the stage.
	Scope     kernel.Scope `json:"-"`
	Stage     string       `json:"stage"`
	Workload  string       `json:"workload"`
	Opens     TokenScope   `json:"scope"`
	CreatedBy string       `json:"createdBy"`
	CreatedAt time.Time    `json:"createdAt"`
	// ExpiresAt is zero for a token without an end.
	ExpiresAt time.Time `json:"expiresAt,omitzero" doc:"When the token ends; it has no end unless this is there."`
	// LastUsedAt is right to the minute, zero before the first use.
	LastUsedAt time.Time `json:"lastUsedAt,omitzero" doc:"When the token was used last, right to the minute."`
	// Hash is that of the token, which is kept nowhere.
	Hash string `json:"-"`
}

var workloadName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// CreateToken makes a token for a workload at a stage. The secret is shown here alone.
func (s *Service) CreateToken(ctx context.Context, scope kernel.Scope, n NewToken) (secret string, t Token, err error) {
	if err := s.Authorizer.Authorize(ctx, ActionToken, scope); err != nil {
		return "", t, err
	}
	if err := s.Projects.Exists(ctx, scope.InProject(scope.Project)); err != nil {
		return "", t, err
	}
	if n.Opens, err = n.check(); err != nil {
		return "", t, err
	}
	if !slices.Contains(s.Stages.Names(), scope.Stage) {
		return "", t, kernel.Errorf(kernel.NotFound, "there is no stage %q", scope.Stage).WithFix("the stages are %s; see terrace stage list", strings.Join(s.Stages.Names(), ", "))
	}
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	secret = TokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	actor, _ := kernel.ActorFrom(ctx)
	t = Token{ID: kernel.NewID("cfgt"), Scope: scope, Stage: scope.Stage, Workload: n.Workload, Opens: n.Opens, CreatedBy: actor.Name, CreatedAt: s.Clock.Now(), Hash: hashOf(secret)}
	data := map[string]any{"workload": n.Workload, "opens": string(n.Opens)}
	if n.Life > 0 {
		t.ExpiresAt = t.CreatedAt.Add(n.Life)
		data["expiresAt"] = t.ExpiresAt
	}
	return secret, t, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutToken(ctx, t); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "config.token-created", Scope: scope, Subject: t.ID, Data: data})
	})
}

// check returns what the token is to open.
func (n NewToken) check() (TokenScope, error) {
	switch {
	case !workloadName.MatchString(n.Workload):
		return "", kernel.Errorf(kernel.Invalid, "%q cannot be the name of a workload", n.Workload).WithFix("name the workload as its Score file does")
	case n.Opens != "" && n.Opens != AllScope && n.Opens != FlagsScope:
		return "", kernel.Errorf(kernel.Invalid, "%q is no scope of a token", n.Opens).WithFix("use all, or flags for evaluations of flags alone")
	case n.Life < 0 || n.Life > maxTokenLife:
		return "", kernel.Errorf(kernel.Invalid, "a token cannot last for %s", n.Life).WithFix("give it up to 3650 days, or 0 for no end")
	}
	return cmp.Or(n.Opens, AllScope), nil
}

// ListTokens returns the tokens of those stages of a project that the actor may read.
func (s *Service) ListTokens(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Token], error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return kernel.Page[Token]{}, err
	}
	within, err := s.Authorizer.Allowed(ctx, ActionRead, scope)
	if err != nil {
		return kernel.Page[Token]{}, err
	}
	return s.Store.ListTokens(ctx, scope.InProject(scope.Project), within, page)
}

// RevokeToken ends a token, by who may make one where it is: who watches with it is told
// nothing more.
func (s *Service) RevokeToken(ctx context.Context, scope kernel.Scope, id string) error {
	scope = scope.InProject(scope.Project)
	t, err := s.Store.Token(ctx, scope.Tenant, id)
	there := err == nil && t.Scope.Project == scope.Project
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	where := scope
	if there {
		where = t.Scope
	}
	if err := s.Authorizer.Authorize(ctx, ActionToken, where); err != nil {
		return err
	}
	if !there {
		return kernel.Errorf(kernel.NotFound, "there is no such token").WithFix("see terrace config token list")
	}
	return s.end(ctx, t)
}

// end ends a token: who watches with it is told nothing more.
func (s *Service) end(ctx context.Context, t Token) error {
	project := t.Scope.InProject(t.Scope.Project)
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.RemoveToken(ctx, project, t.ID); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "config.token-revoked", Scope: t.Scope, Subject: t.ID, Data: map[string]any{"workload": t.Workload}})
	})
	if err == nil {
		s.Heard(project)
	}
	return err
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
