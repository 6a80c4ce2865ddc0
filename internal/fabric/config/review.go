package config

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxRows is how many changes a report lists.
const maxRows = 100

// Review implements vcs.Reviewer: what a pull request does to configuration.
func (s *Service) Review(ctx context.Context, r vcs.Repository, p vcs.PullRequest, base string, changed []string) ([]vcs.Review, error) {
	all, err := s.Store.SourcesOf(ctx, r.Scope.Tenant, r.Scope.Project, r.Name)
	if err != nil {
		return nil, err
	}
	var out []vcs.Review
	for _, n := range all {
		touched := func(file string) bool { return strings.HasPrefix(file, n.Path+"/") }
		if n.Branch != p.Target || !slices.ContainsFunc(changed, touched) {
			continue
		}
		review, err := s.review(ctx, n, r, p, base)
		if err != nil {
			return nil, err
		}
		out = append(out, review)
	}
	return out, nil
}

func (s *Service) review(ctx context.Context, n Source, r vcs.Repository, p vcs.PullRequest, base string) (vcs.Review, error) {
	out, head := vcs.Review{Name: "config/" + n.Project}, p.Head
	files, err := s.Repositories.Tree(ctx, r, head)
	if err != nil {
		return out, err
	}
	set, _, problems, err := s.load(ctx, n, files, head)
	if err != nil {
		return out, err
	}
	if out.Problems = problems; len(problems) > 0 {
		out.Summary = fmt.Sprintf("the configuration of %s is not valid: %s", n.Project, problemCount(len(problems)))
		return out, nil
	}
	var before *configfile.Set
	if base != gitexec.Zero {
		// A base that is not valid is compared as one that says nothing.
		if before, _, _, err = s.load(ctx, n, files, base); err != nil {
			return out, err
		}
	}
	targets, err := s.targets(ctx, n.scope(), before, set)
	if err != nil {
		return out, err
	}
	changes := configfile.Affected(before, set, targets)
	out.Summary, out.Report = summary(n, changes), report(changes)
	if p.Fork {
		return out, nil // what secrets there are is not for whoever reads its comments
	}
	found, err := s.missing(ctx, n, before, set, targets)
	if err != nil {
		return out, err
	}
	if out.Problems = found.problems; len(found.problems) > 0 {
		out.Summary = fmt.Sprintf("the configuration of %s refers to secrets that are not there or do not fit, and workloads that are deployed would not get those keys", n.Project)
	}
	out.Report += later(found.later)
	return out, nil
}

// later lists the secrets that are missing where nothing is deployed yet.
func later(problems []kernel.Problem) string {
	if len(problems) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\nBefore anything is deployed there, these secrets have to be there:\n\n")
	for _, p := range problems[:min(len(problems), maxRows)] {
		fmt.Fprintf(&b, "- %s\n", cell(p.String()))
	}
	return b.String()
}

func summary(n Source, changes []configfile.Change) string {
	touched := map[string]bool{}
	for _, c := range changes {
		for _, t := range c.Targets {
			touched[t] = true
		}
	}
	if len(touched) == 0 {
		return "the configuration of " + n.Project + " is valid, and changes for nobody"
	}
	return fmt.Sprintf("the configuration of %s is valid: %d changes, for %s", n.Project, len(changes), some(sorted(touched)))
}

// some lists at most eight.
func some(names []string) string {
	if len(names) <= 8 {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:8], ", ") + fmt.Sprintf(" and %d more", len(names)-8)
}

// report is a table of what changes for whom; of secrets it has references.
func report(changes []configfile.Change) string {
	if len(changes) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| key | before | after | for |\n|---|---|---|---|\n")
	for _, c := range changes[:min(len(changes), maxRows)] {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", code(c.Key), shown(c.Before), shown(c.After), cell(some(c.Targets)))
	}
	if more := len(changes) - maxRows; more > 0 {
		fmt.Fprintf(&b, "\nand %d more\n", more)
	}
	b.WriteString("\n`*` stands for every workload without a layer of its own.\n")
	return b.String()
}

func shown(v any) string {
	if v == nil {
		return "—"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	letters := []rune(string(text))
	if len(letters) > 120 {
		letters = append(letters[:120], '…')
	}
	return code(string(letters))
}

func code(text string) string {
	return "`" + strings.NewReplacer("`", "'", "|", "\\|", "\n", " ").Replace(text) + "`"
}

func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "*", "\\*", "_", "\\_", "<", "&lt;").Replace(text)
}

var _ vcs.Reviewer = (*Service)(nil)

var _ vcs.Listener = (*Service)(nil)

func problemCount(n int) string {
	if n == 1 {
		return "1 problem"
	}
	return fmt.Sprintf("%d problems", n)
}
