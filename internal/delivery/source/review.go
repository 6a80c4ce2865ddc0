package source

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxRows is how many changes a report lists.
const maxRows = 100

var _ vcs.Reviewer = (*Service)(nil)

// Review implements vcs.Reviewer: what a pull request does to folders of documents, each kind by
// itself.
func (s *Service) Review(ctx context.Context, r vcs.Repository, p vcs.PullRequest, _ string, changed []string) ([]vcs.Review, error) {
	all, err := s.Store.Of(ctx, r.Scope.Tenant, r.Scope.Project, r.Name)
	if err != nil {
		return nil, err
	}
	var out []vcs.Review
	for _, n := range all {
		for _, kind := range documentKinds() {
			if n.Branch != p.Target || !slices.ContainsFunc(changed, n.isDocument(kind)) {
				continue
			}
			review, err := s.review(ctx, n, kind, r, p)
			if err != nil {
				return nil, err
			}
			out = append(out, review)
		}
	}
	return out, nil
}

// isDocument reports whether a file of the repository lies in a folder of documents of a kind.
func (s Source) isDocument(kind Kind) func(file string) bool {
	return func(file string) bool {
		below, ok := strings.CutPrefix(file, s.Path)
		if !ok {
			return false
		}
		parts := strings.Split(strings.TrimPrefix(below, "/"), "/")
		return len(parts) > 1 && Kind(parts[0]) == kind || s.Project == "" && len(parts) > 3 && parts[0] == "projects" && Kind(parts[2]) == kind
	}
}

func (s *Service) review(ctx context.Context, n Source, kind Kind, r vcs.Repository, pull vcs.PullRequest) (vcs.Review, error) {
	out := vcs.Review{Name: string(kind) + "/" + n.Name}
	files, err := s.Repositories.Tree(ctx, r, pull.Head)
	if err != nil {
		return out, err
	}
	t, err := readTree(ctx, n, files, pull.Head, kind)
	if err != nil {
		return out, err
	}
	p := &planner{Service: s, source: n, tree: t}
	ours := n.isDocument(kind)
	for _, problem := range t.problems {
		if ours(problem.File) {
			out.Problems = append(out.Problems, problem)
		}
	}
	// What there is already is not for whoever reads the comments of a fork.
	if pull.Fork {
		p.form(kind, &out)
		return out, nil
	}
	ctx = kernel.WithActor(ctx, kernel.System(n.origin(), n.Tenant))
	changes, err := p.documents(ctx, kind, &out)
	if err != nil {
		return out, err
	}
	out.Summary = fmt.Sprintf("what the %s gets is valid: %d documents change", kind, len(changes))
	if len(changes) == 1 {
		out.Summary = fmt.Sprintf("what the %s gets is valid: 1 document changes", kind)
	}
	if len(out.Problems) > 0 {
		out.Summary = fmt.Sprintf("what the %s would get is not valid, and none of it would come about", kind)
		return out, nil
	}
	out.Report = report(changes)
	if p.diff.Held != "" {
		out.Report += fmt.Sprintf("\nThe guard would stop it until somebody allows it: %s.\n", p.diff.Held)
	}
	return out, nil
}

// form checks the form of documents alone.
func (p *planner) form(kind Kind, out *vcs.Review) {
	for _, w := range p.tree.wanted {
		if w.Kind != kind {
			continue
		}
		found, _ := problemsOfDocuments(w.file, checkForm(kind, w.documents))
		out.Problems = append(append(out.Problems, w.problems...), found...)
	}
	out.Summary = fmt.Sprintf("the documents for the %s are of the right form; what they mean is checked once they are in this repository", kind)
	if len(out.Problems) > 0 {
		out.Summary = fmt.Sprintf("the documents for the %s are not of the right form", kind)
	}
}

// documents returns what documents of a kind change.
func (p *planner) documents(ctx context.Context, kind Kind, out *vcs.Review) (changes []Document, err error) {
	if p.objects, err = p.Store.Objects(ctx, p.source); err != nil {
		return nil, err
	}
	for i := range p.tree.wanted {
		w := &p.tree.wanted[i]
		if w.Kind != kind {
			continue
		}
		c, err := p.compare(ctx, w)
		if err != nil {
			return nil, err
		}
		out.Problems, changes = append(out.Problems, c.Problems...), append(changes, c.Documents...)
	}
	for _, o := range p.objects {
		if o.Kind != kind || !p.source.Prune || p.tree.find(o.Key) != nil {
			continue
		}
		c := Change{Key: o.Key, Action: Delete, object: &o}
		if err := p.goneDocuments(ctx, &c); err != nil {
			return nil, err
		}
		changes = append(changes, c.Documents...)
	}
	return changes, nil
}

// report is a table of what changes.
func report(changes []Document) string {
	if len(changes) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| document | of | change | |\n|---|---|---|---|\n")
	for _, c := range changes[:min(len(changes), maxRows)] {
		of := strings.Trim(c.Project+"/"+c.Stage, "/")
		fmt.Fprintf(&b, "| %s %s | %s | %s | %s |\n", cell(c.Kind), cell(c.Name), cell(of), c.Outcome, cell(c.Remarks()))
	}
	if more := len(changes) - maxRows; more > 0 {
		fmt.Fprintf(&b, "\nand %d more\n", more)
	}
	return b.String()
}

func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "*", "\\*", "_", "\\_", "<", "&lt;", "`", "'", "\n", " ").Replace(text)
}
