package fleet

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Hello is what a runner says of itself when it starts.
type Hello struct {
	// Labels are those that it serves, all that it was given where there are none.
	Labels      map[string]string `json:"labels,omitempty"`
	Concurrency int               `json:"concurrency"`
	Version     string            `json:"version"`
	Platform    string            `json:"platform"`
	// Instance names its data folder, which one process has at a time, and Host its machine.
	Instance string `json:"instance,omitempty"`
	Host     string `json:"host,omitempty"`
	// Protocol is what it speaks; versions of one protocol work together.
	Protocol int `json:"protocol,omitempty"`
}

// Protocol is what runners and servers of this version speak with each other; it
// changes where an older one could not follow.
const Protocol = 2

// Speaks refuses a runner that speaks another protocol than the server.
func (h Hello) Speaks(server int) error {
	if h.Protocol == server {
		return nil
	}
	return kernel.Errorf(kernel.Refused, "the runner of version %s speaks protocol %d, and the server %d", h.Version, h.Protocol, server).
		WithFix("run the terraced of the server's version")
}

// Connect begins a session. A runner's former process is gone: what it had taken is
// lost. While another data folder's process is there, the token is that one's.
func (s *Service) Connect(ctx context.Context, r Runner, h Hello) (Runner, error) {
	if err := r.mayServe(h); err != nil {
		return r, err
	}
	begun, err := s.editRunner(ctx, r, func(r *Runner) error {
		now := s.Clock.Now()
		if r.connected(now) && h.Instance != r.Instance {
			return r.occupied()
		}
		r.Active = h.Labels
		if len(r.Active) == 0 {
			r.Active = r.Labels
		}
		r.Session, r.Instance, r.Host, r.Seen = kernel.NewID("ses"), h.Instance, h.Host, now
		r.Concurrency, r.Version, r.Platform = h.Concurrency, h.Version, h.Platform
		return nil
	})
	if err != nil {
		return r, err
	}
	return begun, s.orphan(ctx, begun, begun.Session, "was started anew")
}

// mayServe refuses what the runner cannot be.
func (r Runner) mayServe(h Hello) error {
	for key, value := range h.Labels {
		if r.Labels[key] != value {
			return kernel.Errorf(kernel.Denied, "the runner %s was not given the label %s=%s", r.Name, key, value).
				WithFix("start it with labels that it was created with")
		}
	}
	if h.Concurrency < 1 || h.Concurrency > maxConcurrency {
		return kernel.Errorf(kernel.Invalid, "%d runs at once are not possible", h.Concurrency).WithFix("use 1 to %d", maxConcurrency)
	}
	return nil
}

// Leave ends a session in order: the next process need not wait until this one
// counts as gone.
func (s *Service) Leave(ctx context.Context, r Runner, session string) error {
	if err := r.present(session); err != nil {
		return err
	}
	left, err := s.editRunner(ctx, r, func(r *Runner) error {
		if err := r.present(session); err != nil {
			return err
		}
		r.Session = ""
		return nil
	})
	if err != nil {
		return err
	}
	return s.orphan(ctx, left, "", "was stopped")
}

// editRunner changes a runner, and again while it loses races against signs of life.
func (s *Service) editRunner(ctx context.Context, r Runner, change func(r *Runner) error) (Runner, error) {
	for range saves {
		if err := change(&r); err != nil {
			return r, err
		}
		err := s.Store.SaveRunner(ctx, r)
		if !kernel.Is(err, kernel.Stale) {
			return r, err
		}
		now, err := s.Store.RunnerByName(ctx, r.Tenant, r.Name)
		if err != nil && !kernel.Is(err, kernel.NotFound) {
			return r, err
		}
		if now.ID != r.ID {
			return r, voided()
		}
		r = now
	}
	return r, kernel.Errorf(kernel.Unavailable, "the runner %s is changed by too many at once", r.Name)
}

// hear notes that the runner is there. What it does now and then need not be saved each time.
func (s *Service) hear(ctx context.Context, r Runner) {
	now := s.Clock.Now()
	if now.Sub(r.Seen) < connected/4 {
		return
	}
	r.Seen = now
	if err := s.Store.SaveRunner(ctx, r); err != nil && !kernel.Is(err, kernel.Stale) {
		s.Log.WarnContext(ctx, "a runner's sign of life could not be noted", "runner", r.Name, "error", err)
	}
}

// present refuses a process that is no longer the runner's.
func (r Runner) present(session string) error {
	if r.Session == session && session != "" {
		return nil
	}
	return r.occupied()
}

func (r Runner) occupied() error {
	where := ""
	if r.Host != "" {
		where = ", on " + r.Host + ","
	}
	return kernel.Errorf(kernel.Conflict, "another process%s has the token of the runner %s, and was heard of at %s", where, r.Name, r.Seen.UTC().Format(time.TimeOnly)).
		WithFix("give each process a runner of its own with terrace runner create; one that is gone gives its token free %s after its last sign", connected)
}
