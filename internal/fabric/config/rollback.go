package config

import (
	"context"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// RolledBack is what a rollback has made: a commit on the branch, or a pull request
// where the branch is protected.
type RolledBack struct {
	Commit string `json:"commit"`
	Branch string `json:"branch"`
	Pull   int    `json:"pull,omitempty"`
}

// Rollback has the repository say again what it said at a revision, by a commit of the
// actor of ctx: Git stays the truth, and the commit counts as every other one does.
func (s *Service) Rollback(ctx context.Context, scope kernel.Scope, revision, reason string) (RolledBack, error) {
	n, err := s.find(ctx, ActionWrite, scope)
	if err != nil {
		return RolledBack{}, err
	}
	switch {
	case strings.TrimSpace(reason) == "":
		return RolledBack{}, kernel.Errorf(kernel.Invalid, "there is no reason").WithFix("say why with --reason")
	case revision == "":
		return RolledBack{}, kernel.Errorf(kernel.Invalid, "there is no revision").WithFix("choose one of terrace config history")
	}
	r, _, err := s.at(ctx, scope.InProject(scope.Project), revision)
	if err != nil {
		return RolledBack{}, err
	}
	repo, err := s.Repositories.Find(ctx, kernel.Scope{Tenant: n.Tenant, Project: n.RepositoryProject}, n.Repository)
	if err != nil {
		return RolledBack{}, err
	}
	if repo.Provider != vcs.Hosted {
		return RolledBack{}, kernel.Errorf(kernel.Refused, "%s is on %s: a commit is made there", repo.Name, repo.Provider).
			WithFix("have the folder %s say again what it said at %s, such as with: git checkout %s -- %s", n.Path, r.Commit[:12], r.Commit[:12], n.Path)
	}
	out, err := s.restore(ctx, n, repo, r, reason)
	if err != nil {
		return out, err
	}
	return out, s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Journal.Record(ctx, kernel.Fact{Type: "config.rolled-back", Scope: n.scope(), Subject: n.ID, Reason: reason, Data: map[string]any{
			"revision": r.ID, "commit": out.Commit, "branch": out.Branch, "pull": out.Pull,
		}})
	})
}

func (s *Service) restore(ctx context.Context, n Source, repo vcs.Repository, r Revision, reason string) (RolledBack, error) {
	out := RolledBack{Branch: n.Branch}
	head, err := s.Repositories.Head(ctx, repo, n.Branch)
	if err != nil {
		return out, err
	}
	files, err := s.Repositories.Tree(ctx, repo, head)
	if err != nil {
		return out, err
	}
	if tree, err := files.Folder(ctx, head, n.Path); err == nil && tree == r.Tree {
		return out, kernel.Errorf(kernel.Conflict, "the branch %s says what it said at %s already", n.Branch, r.Commit[:12]).WithFix("choose another revision of terrace config history")
	}
	actor, _ := kernel.ActorFrom(ctx)
	title := fmt.Sprintf("Configuration of %s as at %s", n.Project, r.Commit[:12])
	out.Commit, err = files.Restore(ctx, gitexec.Restore{
		Onto: head, From: r.Commit, Folder: n.Path, At: s.Clock.Now(),
		Author: gitexec.Author{Name: actor.Name, Email: actor.Name + "@" + n.Tenant + ".terrace.invalid"}, Message: title + "\n\n" + reason + "\n",
	})
	if err != nil {
		return out, err
	}
	err = s.Repositories.Advance(ctx, repo, n.Branch, head, out.Commit)
	if !kernel.Is(err, kernel.Denied) {
		return out, err
	}
	// The branch is protected: who may merge into it decides.
	out.Branch = "config-rollback-" + out.Commit[:12]
	if err := s.Repositories.Advance(ctx, repo, out.Branch, gitexec.Zero, out.Commit); err != nil {
		return out, err
	}
	pull, err := s.Repositories.Propose(ctx, repo.Scope, repo.Name, vcs.Proposal{Title: title, Description: reason, Source: out.Branch, Target: n.Branch})
	out.Pull = pull.Number
	return out, err
}
