package leakvcs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxReviewed bounds the commits of a pull request that are looked at.
const maxReviewed = 1000

// Review implements vcs.Reviewer: a value that the pull request brings fails the check, also
// one that a commit of it takes out again. The rules are those of the branch that it goes to:
// it cannot allow its own values.
func (w *Watcher) Review(ctx context.Context, r vcs.Repository, p vcs.PullRequest, _ string, changed []string) ([]vcs.Review, error) {
	ctx = kernel.WithActor(ctx, kernel.System("leaks", r.Scope.Tenant))
	l, err := w.open(ctx, r, p.Target, p.Head, p.Base)
	if err != nil {
		return nil, err
	}
	defer l.close()
	l.by = p.Author
	targets, more, err := l.past(ctx, maxReviewed, l.here(ctx, p.Base)...)
	if err != nil {
		return nil, err
	}
	if targets = append(targets, by(changed)...); len(targets) == 0 {
		return nil, nil
	}
	found, err := l.all(ctx, targets, p.Number, nil)
	if err != nil {
		return nil, err
	}
	if more > 0 {
		found.Incomplete = strings.TrimPrefix(fmt.Sprintf("%s\nthe oldest commits, of which there are %d more than %d", found.Incomplete, more, maxReviewed), "\n")
	}
	return []vcs.Review{l.review(p, found, len(changed))}, nil
}

// here are those of commits that the repository has.
func (l *looking) here(ctx context.Context, commits ...string) []string {
	return slices.DeleteFunc(commits, func(c string) bool { return c == "" || c == gitexec.Zero || !l.files.Has(ctx, c) })
}

// once are findings without those that come again, of which the last counts.
func once(all []leak.Finding) (out []leak.Finding) {
	last := map[string]int{}
	for i, f := range all {
		last[f.ID] = i
	}
	for i, f := range all {
		if last[f.ID] == i {
			out = append(out, f)
		}
	}
	return out
}

func (l *looking) review(p vcs.PullRequest, found leak.Report, files int) vcs.Review {
	out := vcs.Review{Name: "leaks"}
	before := 0
	for _, f := range once(found.Open) {
		if f.Place.Pull == 0 {
			before++
			continue
		}
		out.Problems = append(out.Problems, problem(f))
	}
	out.Summary = fmt.Sprintf("no leaked value in %d changed files", files)
	switch files {
	case 0:
		out.Summary = "no leaked value in the commits"
	case 1:
		out.Summary = "no leaked value in the changed file"
	}
	if n := len(out.Problems); n > 0 {
		out.Summary = fmt.Sprintf("leaked values: %d in the pull request; whoever can read the branch has them, also after they are taken out", n)
	}
	var b strings.Builder
	if before > 0 {
		fmt.Fprintf(&b, "%d more in these files are on %s already; `terrace secret findings` lists them.\n", before, p.Target)
	}
	if l.problem != nil {
		fmt.Fprintf(&b, "The rules of %s were left out, as they are wrong: `%s`\n", p.Target, strings.ReplaceAll(l.problem.Error(), "`", "'"))
	}
	if found.Incomplete != "" {
		fmt.Fprintf(&b, "Not looked at:\n\n```\n%s\n```\n", strings.ReplaceAll(found.Incomplete, "`", "'"))
	}
	out.Report = b.String()
	return out
}

// problem tells where the value is, and what to do.
func problem(f leak.Finding) kernel.Problem {
	what := fmt.Sprintf("%s (%s)", f.Rule, f.Redacted)
	fix := "give it a new value where it is from, take this one out"
	if secret := f.SecretName(); secret != "" {
		what, fix = "this is the secret "+f.Secret, "rotate "+secret+", write a reference in its place"
	}
	if f.Place.Past {
		what += ", in the commit " + f.Place.Revision[:12] + ": it stays in the history of the branch"
		fix = strings.TrimSuffix(strings.TrimSuffix(fix, ", take this one out"), ", take it out here")
		fix = strings.TrimSuffix(fix, ", write a reference in its place")
	}
	return kernel.Problem{
		File: printed(f.Place.Path), Line: f.Place.Line, Column: f.Place.Column, Message: what,
		Fix: fmt.Sprintf("%s, then have it allowed: terrace secret allow %s --reason \"rotated\"; the check is made again by itself", fix, f.ID),
	}
}
