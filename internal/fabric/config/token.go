package config

import (
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

// Token lets a workload read its own configuration at one stage, and nothing else.
type Token struct {
	ID string `json:"id"`
	// Scope is the tenant, the project and the stage.
	Scope     kernel.Scope `json:"-"`
	Stage     string       `json:"stage"`
	Workload  string       `json:"workload"`
	CreatedBy string       `json:"createdBy"`
	CreatedAt time.Time    `json:"createdAt"`
	// Hash is that of the token, which is kept nowhere.
	Hash string `json:"-"`
}

var workloadName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// CreateToken makes a token for a workload at a stage. The secret is shown here alone.
func (s *Service) CreateToken(ctx context.Context, scope kernel.Scope, workload string) (secret string, t Token, err error) {
	if err := s.Authorizer.Authorize(ctx, ActionToken, scope); err != nil {
		return "", t, err
	}
	if err := s.Projects.Exists(ctx, scope.InProject(scope.Project)); err != nil {
		return "", t, err
	}
	if !workloadName.MatchString(workload) {
		return "", t, kernel.Errorf(kernel.Invalid, "%q cannot be the name of a workload", workload).WithFix("name the workload as its Score file does")
	}
	if !slices.Contains(s.Stages.Names(), scope.Stage) {
		return "", t, kernel.Errorf(kernel.NotFound, "there is no stage %q", scope.Stage).WithFix("the stages are %s; see terrace stage list", strings.Join(s.Stages.Names(), ", "))
	}
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	secret = TokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	actor, _ := kernel.ActorFrom(ctx)
	t = Token{ID: kernel.NewID("cfgt"), Scope: scope, Stage: scope.Stage, Workload: workload, CreatedBy: actor.Name, CreatedAt: s.Clock.Now(), Hash: hashOf(secret)}
	return secret, t, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutToken(ctx, t); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "config.token-created", Scope: scope, Subject: t.ID, Data: map[string]any{"workload": workload}})
	})
}

// GivenID is the id of the token that the platform gives a name of a stage.
func GivenID(scope kernel.Scope, name string) string {
	sum := sha256.Sum256([]byte(scope.Tenant + "/" + scope.Project + "/" + scope.Stage + "/" + name))
	return "cfgt_" + hex.EncodeToString(sum[:13])
}

// EnsureToken has a secret, which begins with TokenPrefix, open a workload's configuration
// at the scope's stage, in place of the one that the name had. It asks nobody: the platform
// gives it to what is deployed.
func (s *Service) EnsureToken(ctx context.Context, scope kernel.Scope, name, workload, secret string) error {
	id := GivenID(scope, name)
	before, err := s.Store.Token(ctx, scope.Tenant, id)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	hash := hashOf(secret)
	if err == nil && before.Hash == hash && before.Workload == workload {
		return nil
	}
	actor, _ := kernel.ActorFrom(ctx)
	t := Token{ID: id, Scope: scope, Stage: scope.Stage, Workload: workload, CreatedBy: actor.Name, CreatedAt: s.Clock.Now(), Hash: hash}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutToken(ctx, t); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "config.token-created", Scope: scope, Subject: id, Data: map[string]any{"workload": workload}})
	})
	if err == nil {
		s.Heard(scope.InProject(scope.Project))
	}
	return err
}

// GivenToken returns the token of a name of a stage. It asks nobody.
func (s *Service) GivenToken(ctx context.Context, scope kernel.Scope, name string) (Token, error) {
	return s.Store.Token(ctx, scope.Tenant, GivenID(scope, name))
}

// EndToken ends the token of a name of a stage; none is no error. It asks nobody.
func (s *Service) EndToken(ctx context.Context, scope kernel.Scope, name string) error {
	t, err := s.GivenToken(ctx, scope, name)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.end(ctx, t)
}

// ListTokens returns the tokens of a project.
func (s *Service) ListTokens(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Token], error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return kernel.Page[Token]{}, err
	}
	return s.Store.ListTokens(ctx, scope.InProject(scope.Project), page)
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

// Authenticate returns who a token stands for: an actor that may do nothing but read its
// own configuration.
func (s *Service) Authenticate(ctx context.Context, bearer string) (kernel.Actor, error) {
	t, err := s.Store.TokenByHash(ctx, hashOf(bearer))
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Actor{}, badToken()
	}
	return kernel.Actor{ID: t.ID, Name: "workload " + t.Workload, Kind: kernel.ActorService, Tenant: t.Scope.Tenant, Session: t.ID}, err
}

func badToken() error {
	return kernel.Errorf(kernel.Unauthenticated, "the token is not valid").WithFix("make one with terrace config token create")
}

// bearer returns the token that the actor of ctx came by.
func (s *Service) bearer(ctx context.Context) (Token, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return Token{}, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in").WithFix("send the workload's token as Authorization: Bearer %s…", TokenPrefix)
	}
	if actor.Kind != kernel.ActorService || !strings.HasPrefix(actor.Session, "cfgt_") {
		return Token{}, kernel.Errorf(kernel.Denied, "this is for workloads, with a token of their own").
			WithFix("use terrace config get, or the operations below /projects/{project}/config")
	}
	t, err := s.Store.Token(ctx, actor.Tenant, actor.Session)
	if kernel.Is(err, kernel.NotFound) {
		return t, badToken()
	}
	return t, err
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
