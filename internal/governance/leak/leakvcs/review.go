package leakvcs

import (
	"context"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Review implements vcs.Reviewer: a value that the pull request brings fails the check. The
// rules are those of the branch that it goes to: it cannot allow its own values.
func (w *Watcher) Review(ctx context.Context, r vcs.Repository, p vcs.PullRequest, _ string, changed []string) ([]vcs.Review, error) {
	if len(changed) == 0 {
		return nil, nil
	}
	ctx = kernel.WithActor(ctx, kernel.System("leaks", r.Scope.Tenant))
	l, err := w.open(ctx, r, p.Target, p.Head, p.Base)
	if err != nil {
		return nil, err
	}
	defer l.close()
	l.by = p.Author
	found, err := l.all(ctx, by(changed), p.Number, nil)
	if err != nil {
		return nil, err
	}
	return []vcs.Review{l.review(p, found, len(changed))}, nil
}

func (l *looking) review(p vcs.PullRequest, found leak.Report, files int) vcs.Review {
	out := vcs.Review{Name: "leaks"}
	before := 0
	for _, f := range found.Open {
		if f.Place.Pull == 0 {
			before++
			continue
		}
		out.Problems = append(out.Problems, problem(f))
	}
	out.Summary = fmt.Sprintf("no leaked value in %d changed files", files)
	if files == 1 {
		out.Summary = "no leaked value in the changed file"
	}
	if n := len(out.Problems); n > 0 {
		out.Summary = fmt.Sprintf("leaked values: %d in the changed files; whoever can read the branch has them, also after they are taken out", n)
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
	return kernel.Problem{
		File: f.Place.Path, Line: f.Place.Line, Column: f.Place.Column, Message: what,
		Fix: fmt.Sprintf("%s, then have it allowed: terrace secret allow %s --reason \"rotated\"; the check is made again by itself", fix, f.ID),
	}
}
