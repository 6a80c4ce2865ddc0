package stage

import (
	"context"
	"log/slog"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Config is what a Service works with; only Changed, Clock and Log may be left out.
type Config struct {
	// Set is what everybody reads; the service alone changes it.
	Set        *Set
	Store      Store
	Tx         Tx
	Journal    Journal
	Authorizer Authorizer
	Uses       Uses
	// Tenant is the one whose admins change the stages of the installation.
	Tenant string
	// Changed is called after the set has changed.
	Changed func(ctx context.Context) error
	Clock   kernel.Clock
	Log     *slog.Logger
}

// Service keeps the stages and changes them while runs go on. A run that is
// planned keeps the approvals that it was planned with; one whose root module
// is rendered in another way on the changed stage is planned again.
type Service struct {
	Config
	mu     sync.Mutex
	number int
}

// NewService returns a service; Load comes first.
func NewService(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Config: c}
}

// Load takes up the stages that are kept. Those of the configuration are the
// first; they replace what is kept when they change, unless something else owns
// the stages by then, or they would take one away that is in use.
func (s *Service) Load(ctx context.Context, configured []Stage) error {
	if err := Validate(configured); err != nil {
		return err
	}
	digest, err := kernel.DigestJSON(configured)
	if err != nil {
		return err
	}
	v, err := s.Store.Newest(ctx)
	switch {
	case kernel.Is(err, kernel.NotFound):
		_, err = s.replace(ctx, Version{Stages: configured, Origin: FromConfiguration, Configured: digest, Reason: "the first start"})
		return err
	case err != nil:
		return err
	}
	if err := s.adopt(v); err != nil {
		return err
	}
	if v.Configured == digest {
		return nil
	}
	if v.Origin != FromConfiguration {
		s.Log.WarnContext(ctx, "the stages of the configuration have changed and are not used: something else owns the stages", "owner", v.Origin)
		return nil
	}
	_, err = s.replace(ctx, Version{Stages: configured, Origin: FromConfiguration, Configured: digest, Reason: "the configuration changed"})
	if kernel.Is(err, kernel.Conflict) {
		s.Log.ErrorContext(ctx, "the stages of the configuration have changed and are not used", "error", err)
		return nil
	}
	return err
}

// Current returns the newest version.
func (s *Service) Current(ctx context.Context) (Version, error) { return s.Store.Newest(ctx) }

// Ever is NotFound for a stage that there is not, and that there was in no version
// that is kept either.
func (s *Service) Ever(ctx context.Context, name string) error {
	_, err := s.Set.Get(name)
	if err == nil {
		return nil
	}
	had, failed := s.Store.Had(ctx, name)
	if failed != nil {
		return failed
	}
	if had {
		return nil
	}
	return err
}

// Replace makes stages the set, for everybody at once. The same stages of the
// same origin change nothing. Invalid: they cannot be a set. Conflict: one that
// is in use would go.
func (s *Service) Replace(ctx context.Context, origin, reason string, stages []Stage) (Version, error) {
	if err := s.Authorizer.Authorize(ctx, "stage.set", kernel.Scope{Tenant: s.Tenant}); err != nil {
		return Version{}, err
	}
	return s.replace(ctx, Version{Stages: stages, Origin: origin, Reason: reason})
}

func (s *Service) replace(ctx context.Context, v Version) (Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if v.Stages, err = sorted(v.Stages); err != nil {
		return v, err
	}
	if v.Digest, err = kernel.DigestJSON(v.Stages); err != nil {
		return v, err
	}
	same := false
	err = s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		v, same, err = s.insert(ctx, v)
		return err
	})
	if err != nil || same {
		return v, err
	}
	if err := s.adopt(v); err != nil {
		return v, err
	}
	s.tell(ctx)
	return v, nil
}

// insert writes the version that follows the newest.
func (s *Service) insert(ctx context.Context, v Version) (_ Version, same bool, err error) {
	before, err := s.Store.Newest(ctx)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return v, false, err
	}
	if v.Configured == "" {
		v.Configured = before.Configured
	}
	if before.Digest == v.Digest && before.Origin == v.Origin && before.Configured == v.Configured {
		return before, true, nil
	}
	if err := s.unused(ctx, before.Stages, v.Stages); err != nil {
		return v, false, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	v.Number, v.SetBy, v.SetAt = before.Number+1, actor.ID, s.Clock.Now()
	if err := s.Store.Insert(ctx, v); err != nil {
		return v, false, err
	}
	return v, false, s.Journal.Record(ctx, kernel.Fact{
		Type: "stages.changed", Scope: kernel.Scope{Tenant: s.Tenant}, Subject: "stages", Reason: v.Reason,
		Data: map[string]any{"version": v.Number, "digest": v.Digest, "origin": v.Origin, "stages": names(v.Stages)},
	})
}

// unused refuses to take a stage away that is in use.
func (s *Service) unused(ctx context.Context, before, after []Stage) error {
	var problems []kernel.Problem
	for _, st := range before {
		if index(after, st.Name) >= 0 {
			continue
		}
		use, err := s.Uses.StageUse(ctx, st.Name)
		if err != nil {
			return err
		}
		if use != "" {
			problems = append(problems, kernel.Problem{
				Path: "stages." + st.Name, Message: use + " is on stage " + st.Name, Fix: "destroy what is deployed there first, or keep the stage",
			})
		}
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Conflict, "a stage that is in use cannot be removed").WithProblems(problems...)
	}
	return nil
}

// Follow takes up what another daemon on the same database has set.
func (s *Service) Follow(ctx context.Context) error {
	n, err := s.Store.Number(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n <= s.number {
		return nil
	}
	v, err := s.Store.Newest(ctx)
	if err != nil {
		return err
	}
	if err := s.adopt(v); err != nil {
		return err
	}
	s.tell(ctx)
	return nil
}

// adopt makes a version what everybody reads.
func (s *Service) adopt(v Version) error {
	stages, err := sorted(v.Stages)
	if err != nil {
		return err
	}
	s.Set.stages.Store(&stages)
	s.number = v.Number
	return nil
}

// tell tells who must know. The stages hold already, so a failure is only logged.
func (s *Service) tell(ctx context.Context) {
	if s.Changed == nil {
		return
	}
	if err := s.Changed(context.WithoutCancel(ctx)); err != nil {
		s.Log.ErrorContext(ctx, "what the changed stages need was not published", "error", err)
	}
}

func names(stages []Stage) []string {
	out := make([]string, 0, len(stages))
	for _, st := range stages {
		out = append(out, st.Name)
	}
	return out
}
