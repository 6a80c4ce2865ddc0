package compliance

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// The actions that this room asks the Authorizer about.
const (
	ActionRead     = "compliance.read"
	ActionEvaluate = "compliance.evaluate"
	ActionPreview  = "compliance.preview"
)

// Config is what a Service works with. All is required but Clock and Log.
type Config struct {
	Tx         Tx
	Store      Store
	Authorizer Authorizer
	Journal    Journal
	Estate     Estate
	Policies   Policies
	Stages     Stages
	Load       Load
	// Every is how often what is applied is evaluated when nothing changes, and Keep
	// how long what came out is kept.
	Every, Keep time.Duration
	Clock       kernel.Clock
	Log         *slog.Logger
}

// Service evaluates what is applied, and tells how it stands.
type Service struct {
	Config

	process string
	// bell calls the loop.
	bell *rounds.Bell
	// previews bounds how many previews work at once.
	previews chan struct{}
	// preparing bounds how many are checked and compiled at once.
	preparing chan struct{}
}

// previewsAtOnce bounds the previews of one process.
const previewsAtOnce = 2

// New returns a service for a new process.
func New(c Config) (*Service, error) {
	var missing []string
	for name, given := range map[string]bool{
		"Tx": c.Tx != nil, "Store": c.Store != nil, "Authorizer": c.Authorizer != nil, "Journal": c.Journal != nil, "Estate": c.Estate != nil,
		"Policies": c.Policies != nil, "Stages": c.Stages != nil, "Load": c.Load != nil, "Every": c.Every > 0, "Keep": c.Keep > 0,
	} {
		if !given {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return nil, fmt.Errorf("compliance service: missing %s", strings.Join(missing, ", "))
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Config: c, process: kernel.NewID("proc"), bell: rounds.NewBell(), previews: make(chan struct{}, previewsAtOnce), preparing: make(chan struct{}, previewsAtOnce)}, nil
}

// sight is what the actor of ctx sees by an action: the scope's project, or those of
// the tenant in which it may.
func (s *Service) sight(ctx context.Context, action string, scope kernel.Scope) (Sight, error) {
	reach, err := s.Authorizer.Allowed(ctx, action, scope.InProject(scope.Project))
	sight := Sight{Tenant: scope.Tenant, Reach: reach, Now: s.Clock.Now()}
	switch {
	case err != nil:
		return Sight{}, err
	case reach.None() || reach.All && scope.Project != "": // it says who can grant it, and whether there is the project
		err = s.Authorizer.Authorize(ctx, action, scope.InProject(scope.Project))
	}
	if scope.Project != "" {
		sight.Of = scope.Project
	}
	return sight, err
}
