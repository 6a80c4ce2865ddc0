// Package workloadid gives runs identities that clouds trust: tokens, signed by
// Terrace, that say which stage of which project a run works on and whether it plans
// or applies.
//
// It owns what such a token says, and for whom it is. It does not own the keys that
// sign it (access/provider), whether a run still holds its stack (delivery/run), nor
// how the token reaches terraform (delivery/runner).
package workloadid

import (
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// Life is how long a token holds. A run that takes longer is given another one.
const Life = 10 * time.Minute

// PhaseSync is the phase of the subject with which Terrace keeps a stage's secrets in a key
// vault. No run has it.
const PhaseSync = "sync"

// early is how far the clock of a cloud may be behind.
const early = 30 * time.Second

// Claims are what a token says (RFC 7519 §4). Clouds compare the issuer, the subject
// and the audience; the rest is for conditions and for their logs.
type Claims struct {
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	// Audience is one word, for Entra ID takes no list.
	Audience  string `json:"aud"`
	Expires   int64  `json:"exp"`
	NotBefore int64  `json:"nbf"`
	IssuedAt  int64  `json:"iat"`
	ID        string `json:"jti"`
	Tenant    string `json:"tenant"`
	Project   string `json:"project"`
	Stage     string `json:"stage"`
	Phase     string `json:"phase"`
	Workload  string `json:"workload"`
	// Run is "" where Terrace itself reads.
	Run string `json:"run_id,omitempty"`
	// Requester is the id of who asked for the run, "" for what Terrace does by itself.
	Requester string `json:"requester,omitempty"`
}

// Token is a token and when it expires.
type Token struct {
	Token     string
	ExpiresAt time.Time
}

// Subject returns the subject of a stage in a phase: tenant:project:stage:phase. The phase
// is plan or apply, of runs, or sync. Names have no colon, so that no two stages share one.
func Subject(scope kernel.Scope, phase string) (string, error) {
	parts := []string{scope.Tenant, scope.Project, scope.Stage, phase}
	for _, part := range parts {
		if part == "" || strings.ContainsAny(part, ": \t\r\n") {
			return "", kernel.Errorf(kernel.Invalid, "%q cannot be a part of the subject tenant:project:stage:phase", part)
		}
	}
	if !slices.Contains([]string{tokens.PhasePlan, tokens.PhaseApply, PhaseSync}, phase) {
		return "", kernel.Errorf(kernel.Invalid, "the phase %q is none of %s, %s and %s", phase, tokens.PhasePlan, tokens.PhaseApply, PhaseSync)
	}
	return strings.Join(parts, ":"), nil
}
