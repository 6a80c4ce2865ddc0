package vcs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxReport bounds what a review says, so that it leaves room for the others.
const maxReport = 20_000

// review keeps what the reviewers say of the newest commit as checks that have ended.
func (st *step) review(ctx context.Context, base string, files []string) error {
	for _, reviewer := range st.Reviewers {
		found, err := reviewer.Review(ctx, st.repo, *st.p, base, files)
		if err != nil {
			return err
		}
		for _, r := range found {
			if err := st.reviewed(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (st *step) reviewed(ctx context.Context, r Review) error {
	i := slices.IndexFunc(st.checks, func(c Check) bool {
		return c.Kind == ReviewCheck && c.Commit == st.p.Head && c.Binding == r.Name && c.State != Superseded
	})
	if i < 0 {
		st.checks = append(st.checks, Check{
			ID: kernel.NewID("chk"), Repository: st.repo.ID, Scope: st.repo.Scope, Number: st.p.Number, Kind: ReviewCheck, Commit: st.p.Head,
			Binding: r.Name, CreatedAt: st.Clock.Now(),
		})
		i = len(st.checks) - 1
	}
	c := &st.checks[i]
	c.State, c.Message, c.Report = Succeeded, r.Summary, strings.ToValidUTF8(r.Report[:min(len(r.Report), maxReport)], "")
	if len(r.Problems) > 0 {
		c.State, c.Message = Failed, r.Summary
		for _, p := range r.Problems[:min(len(r.Problems), 20)] {
			c.Message += "\n" + p.String()
		}
		if more := len(r.Problems) - 20; more > 0 {
			c.Message += fmt.Sprintf("\nand %d more", more)
		}
	}
	return st.Store.PutCheck(ctx, *c)
}

// writeReviews tells what the reviewers say.
func writeReviews(b *strings.Builder, reviews []Check) {
	for _, c := range reviews {
		word := "in order"
		if c.State == Failed {
			word = "**failed**"
		}
		fmt.Fprintf(b, "\n### Terrace: %s %s\n\n", cell(c.Binding), word)
		if c.State == Failed {
			b.WriteString(fence(c.Message) + "\n")
		} else {
			fmt.Fprintf(b, "%s\n\n", cell(c.Message))
		}
		b.WriteString(c.Report)
	}
}

// Advance moves a branch of a hosted repository to a commit that another room has made
// on its tip, or makes it where from is gitexec.Zero, for the actor of ctx, by all rules
// of a push. It is Denied, with the
// reason, where the branch is protected, and Stale where it has moved meanwhile.
func (s *Service) Advance(ctx context.Context, r Repository, branch, from, to string) error {
	if err := s.onlyHosted(r); err != nil {
		return err
	}
	if err := s.Authorizer.Authorize(ctx, ActionPush, r.Scope); err != nil {
		return err
	}
	ref := Push{Ref: "refs/heads/" + branch, Before: from, After: to}
	denied, err := s.Deny(ctx, r, []Push{ref})
	if err != nil {
		return err
	}
	if len(denied) > 0 {
		return kernel.Errorf(kernel.Denied, "%s is not changed: %s", branch, denied[0].Why)
	}
	return s.Push(ctx, r, []Push{ref}, func(ctx context.Context) error {
		return s.Files(r).SetRef(ctx, ref.Ref, ref.After, ref.Before)
	})
}
