package source

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// What a source may be trusted with.
const (
	withRights = "daemon-rights"
	withBuilds = "builds"
)

// TrustBuilds says whether Terrace may build what the repository has, and for how
// long each folder; 0 is what the configuration says. What is built already stays
// deployed.
func (s *Service) TrustBuilds(ctx context.Context, scope kernel.Scope, name string, trusted bool, limit stage.Duration, reason string) (Source, error) {
	n, err := s.find(ctx, ActionTrust, scope, name)
	if err != nil {
		return n, err
	}
	if n.Builds, n.BuildTime = trusted, limit; !trusted {
		n.BuildTime = 0
	}
	if err := n.check(); err != nil {
		return n, err
	}
	return n, s.trusted(ctx, n, withBuilds, trusted, reason)
}

// Trust says whether the stages of a source may have what is done with the rights
// of the daemon. What they have already stays until they change.
func (s *Service) Trust(ctx context.Context, scope kernel.Scope, name string, trusted bool, reason string) (Source, error) {
	n, err := s.find(ctx, ActionTrust, scope, name)
	if err != nil {
		return n, err
	}
	if n.Project != "" || n.Tenant != s.Tenant {
		return n, kernel.Errorf(kernel.Refused, "the source %s has no stages: there is nothing to trust it with", n.Name).
			WithFix("to let Terrace build its images: terrace source trust %s --build", n.Name)
	}
	n.DaemonRights = trusted
	return n, s.trusted(ctx, n, withRights, trusted, reason)
}

// trusted keeps the word about a source, and has it reconciled.
func (s *Service) trusted(ctx context.Context, n Source, with string, trusted bool, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return kernel.Errorf(kernel.Invalid, "there is no reason").WithFix("say why with --reason")
	}
	fact := "source.trusted"
	if !trusted {
		fact = "source.distrusted"
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, n); err != nil {
			return err
		}
		if err := s.Store.Push(ctx, n, nil, s.Clock.Now()); err != nil {
			return err
		}
		return s.record(ctx, n, fact, reason, map[string]any{"repository": n.where(), "branch": n.Branch, "with": with})
	})
	if err == nil {
		s.bell.Ring()
	}
	return err
}

// untrusted refuses a stage that has more than a source may give it.
func (p *planner) untrusted(c *Change) bool {
	found := c.wanted.stage.DaemonRights()
	if p.source.DaemonRights || len(found) == 0 {
		return false
	}
	for i := range found {
		found[i].Message += ", and a repository may not say so by itself"
		found[i].Fix = "leave it out; or an admin who answers for that machine lets the source: terrace source trust " + p.source.Name
	}
	c.fail(problemsOf(c.File, c.wanted.src, kernel.Errorf(kernel.Refused, "the stage has rights of the daemon").WithProblems(found...))...)
	return true
}
