package apispecvcs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/styleguide"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxTold is how many findings and changes a report has of one document.
const maxTold = 50

// Review implements vcs.Reviewer: what the style guide says of documents that a pull
// request changes, and what of them breaks clients of what is published.
func (s *Service) Review(ctx context.Context, r vcs.Repository, p vcs.PullRequest, _ string, changed []string) ([]vcs.Review, error) {
	f, err := s.Store.Following(ctx, r.Scope, r.Name)
	if kernel.Is(err, kernel.NotFound) || err == nil && f.Branch != p.Target {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ctx = kernel.WithActor(ctx, kernel.System("repository "+f.Repository, f.Tenant))
	files, err := s.Repositories.Tree(ctx, r, p.Head)
	if err != nil {
		return nil, err
	}
	all, problems, err := read(ctx, files, p.Head, f.File)
	if err != nil {
		return nil, err
	}
	own := slices.Contains(changed, f.File)
	if !own {
		all = slices.DeleteFunc(all, func(e entry) bool { return !slices.Contains(changed, e.document) })
	}
	if len(all) == 0 && !own {
		return nil, nil
	}
	w := &writing{review: vcs.Review{Name: "apis", Problems: problems}}
	for _, e := range all {
		if err := s.judge(ctx, f, e, w); err != nil {
			return nil, err
		}
	}
	w.conclude(len(all))
	return []vcs.Review{w.review}, nil
}

// writing is a review as it is written.
type writing struct {
	review vcs.Review
	report strings.Builder
	broken int
}

func (s *Service) judge(ctx context.Context, f Following, e entry, w *writing) error {
	if len(e.problems) > 0 {
		w.review.Problems = append(w.review.Problems, e.problems...)
		return nil
	}
	k := apispec.Key{Tenant: f.Tenant, Project: f.Project, API: e.api, Version: e.version}
	v, err := s.APIs.Preview(ctx, k, e.source)
	if refused(err) {
		w.review.Problems = append(w.review.Problems, e.refusal(err)...)
		return nil
	}
	if err != nil {
		return err
	}
	w.styled(e, v.Report.Findings)
	for _, b := range v.Breaks {
		w.breaks(e, k, b)
	}
	return nil
}

// styled tells what the style guide says: its errors keep a document from being published.
func (w *writing) styled(e entry, found []styleguide.Finding) {
	for i, f := range found {
		p := f.Problem
		p.File = e.document
		if f.Severity == styleguide.Error {
			p.Message = f.Rule + ": " + p.Message
			w.review.Problems = append(w.review.Problems, p)
			continue
		}
		if i == 0 || w.report.Len() == 0 {
			w.report.WriteString("The style guide, besides:\n\n")
		}
		if i < maxTold {
			fmt.Fprintf(&w.report, "- %s:%d:%d %s (%s)\n", cell(p.File), p.Line, p.Column, cell(p.Message), f.Severity)
		}
	}
}

// breaks tells what would break clients on a stage.
func (w *writing) breaks(e entry, k apispec.Key, b apispec.Break) {
	if b.Approved {
		fmt.Fprintf(&w.report, "\n%s breaks clients on %s in %d places, which was approved.\n", cell(k.String()), b.Stage, len(b.Problems))
		return
	}
	w.broken++
	for _, p := range b.Problems {
		p.File = e.document
		p.Message += fmt.Sprintf("; it breaks clients of revision %d on %s", b.Revision, b.Stage)
		p.Fix = fmt.Sprintf("keep it, or make it another version; where clients are to be broken: terrace api upload %s FILE, and terrace api override %s --stage %s", k, k, b.Stage)
		w.review.Problems = append(w.review.Problems, p)
	}
}

func (w *writing) conclude(documents int) {
	w.review.Report = w.report.String()
	switch {
	case len(w.review.Problems) == 0 && documents == 1:
		w.review.Summary = "the API's document can be published"
	case len(w.review.Problems) == 0:
		w.review.Summary = fmt.Sprintf("the %d documents of APIs can be published", documents)
	case w.broken > 0:
		w.review.Summary = "clients of what is published would be broken"
	default:
		w.review.Summary = "what the repository has of APIs cannot be published"
	}
}

func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "*", "\\*", "_", "\\_", "<", "&lt;", "\n", " ").Replace(text)
}
