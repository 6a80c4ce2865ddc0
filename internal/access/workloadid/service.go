package workloadid

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// The algorithm, which every cloud takes, and the type of what is signed.
const (
	algorithm = "RS256"
	typ       = "JWT"
)

// Signer signs claims with a key that Terrace publishes.
type Signer interface {
	Sign(ctx context.Context, algorithm, typ string, claims any) (string, error)
}

// Stages knows who the tokens of a stage's runs are for.
type Stages interface {
	// Audience returns it, "" for a stage whose runs have no identity.
	Audience(ctx context.Context, scope kernel.Scope) (string, error)
}

// Runs knows which run holds a stack, and who asked for it.
type Runs interface {
	// CheckFence refuses, as Stale, whoever holds the stack no longer.
	CheckFence(ctx context.Context, stack string, fence int64) error
	// Requester returns the id of who asked for the run, "" where nobody did.
	Requester(ctx context.Context, scope kernel.Scope, run string) (string, error)
}

// Journal takes facts.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a function in a transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Service gives tokens to runs.
type Service struct {
	Signer  Signer
	Stages  Stages
	Runs    Runs
	Journal Journal
	Tx      Tx
	// Issuer is the address under which clouds find the keys, as the tokens name it.
	Issuer string
	Clock  kernel.Clock
}

// Issue returns a token for the stage and the phase of a run token, and for no other:
// what plans is never given what an apply is. The error is Stale for a run that holds
// its stack no longer, and NotFound for a stage whose runs have no identity.
func (s *Service) Issue(ctx context.Context, run tokens.Run) (Token, error) {
	audience, err := s.Stages.Audience(ctx, run.Scope)
	if err != nil {
		return Token{}, err
	}
	if audience == "" {
		return Token{}, kernel.Errorf(kernel.NotFound, "the runs of the stage %s have no identity", run.Scope.Stage).
			WithFix("give the stage an identity in the configuration: see docs/guide/federation.md")
	}
	claims, err := s.claims(ctx, run, audience)
	if err != nil {
		return Token{}, err
	}
	t, err := s.sign(ctx, claims)
	if err != nil {
		return Token{}, err
	}
	return t, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Runs.CheckFence(ctx, run.Stack, run.Fence); err != nil {
			return err
		}
		return s.record(ctx, run.Scope, run.Run, claims, t)
	})
}

// IssueOwn returns a token with which Terrace itself reads in the cloud of a stage, as
// the plans of its runs do. reason says what for. The error is NotFound for a stage whose
// runs have no identity.
func (s *Service) IssueOwn(ctx context.Context, scope kernel.Scope, workload, reason string) (Token, error) {
	audience, err := s.Stages.Audience(ctx, scope)
	if err != nil {
		return Token{}, err
	}
	if audience == "" {
		return Token{}, kernel.Errorf(kernel.NotFound, "the runs of the stage %s have no identity", scope.Stage)
	}
	return s.issueOwn(ctx, tokens.Run{Scope: scope, Workload: workload, Phase: tokens.PhasePlan}, audience, reason)
}

// IssueSync returns a token with which Terrace itself keeps the secrets of a stage in a key
// vault, for an audience. reason says what for. It is for no run, and stages need no identity
// of their runs for it.
func (s *Service) IssueSync(ctx context.Context, scope kernel.Scope, audience, reason string) (Token, error) {
	return s.issueOwn(ctx, tokens.Run{Scope: scope, Phase: PhaseSync}, audience, reason)
}

// issueOwn returns a token for what no run does.
func (s *Service) issueOwn(ctx context.Context, as tokens.Run, audience, reason string) (Token, error) {
	claims, err := s.claims(ctx, as, audience)
	if err != nil {
		return Token{}, err
	}
	t, err := s.sign(ctx, claims)
	if err != nil {
		return Token{}, err
	}
	if _, known := kernel.ActorFrom(ctx); !known {
		ctx = kernel.WithActor(ctx, kernel.System("workload-identity", as.Scope.Tenant))
	}
	return t, s.Tx.InTx(ctx, func(ctx context.Context) error { return s.record(ctx, as.Scope, reason, claims, t) })
}

func (s *Service) sign(ctx context.Context, c Claims) (Token, error) {
	signed, err := s.Signer.Sign(ctx, algorithm, typ, c)
	return Token{Token: signed, ExpiresAt: s.Clock.Now().Add(Life)}, err
}

func (s *Service) record(ctx context.Context, scope kernel.Scope, subject string, c Claims, t Token) error {
	return s.Journal.Record(ctx, kernel.Fact{Type: "workload_identity.issued", Scope: scope, Subject: subject, Data: map[string]any{
		"audience": c.Audience, "phase": c.Phase, "workload": c.Workload, "token": c.ID, "expiresAt": t.ExpiresAt,
	}})
}

func (s *Service) claims(ctx context.Context, run tokens.Run, audience string) (Claims, error) {
	subject, err := Subject(run.Scope, run.Phase)
	if err != nil {
		return Claims{}, err
	}
	var requester string
	if run.Run != "" {
		if requester, err = s.Runs.Requester(ctx, run.Scope, run.Run); err != nil {
			return Claims{}, err
		}
	}
	now := s.Clock.Now()
	return Claims{
		Issuer: s.Issuer, Subject: subject, Audience: audience, ID: kernel.NewID("wid"),
		Expires: now.Add(Life).Unix(), NotBefore: now.Add(-early).Unix(), IssuedAt: now.Unix(),
		Tenant: run.Scope.Tenant, Project: run.Scope.Project, Stage: run.Scope.Stage, Phase: run.Phase,
		Workload: run.Workload, Run: run.Run, Requester: requester,
	}, nil
}
