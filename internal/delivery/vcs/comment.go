package vcs

import (
	"fmt"
	"strings"
)

// maxCommentText bounds a comment: GitHub takes 65536 letters, Azure DevOps 150000.
const maxCommentText = 60_000

// text is what the comment says, empty where there is nothing to say.
func (st *step) text() string {
	plans, applies, reviews := st.of(PlanCheck), st.of(ApplyCheck), st.of(ReviewCheck)
	if len(plans)+len(applies)+len(reviews) == 0 && st.p.Work.Note == "" && st.p.Work.Answer == "" && st.p.Work.Comment == "" {
		return ""
	}
	var b strings.Builder
	if st.p.Work.Answer != "" {
		fmt.Fprintf(&b, "> %s\n\n", cell(st.p.Work.Answer))
	}
	if len(applies) > 0 {
		st.writeApplies(&b, applies)
	}
	switch {
	case st.p.State == Open && st.p.Work.Note != "":
		fmt.Fprintf(&b, "### Terrace: waits for a member\n\n%s\n", st.p.Work.Note)
	case len(plans) > 0:
		fmt.Fprintf(&b, "### Terrace: plan of `%s`\n\n", short12(st.p.Head))
		writeTable(&b, plans)
		for _, c := range plans {
			st.writeCheck(&b, c)
		}
	case len(applies)+len(reviews) == 0:
		fmt.Fprintf(&b, "### Terrace: `%s` changes no workload\n", short12(st.p.Head))
	}
	writeReviews(&b, reviews)
	text := b.String()
	if len(text) > maxCommentText {
		text = strings.ToValidUTF8(text[:maxCommentText], "") + "\n\n… the rest is in the runs."
	}
	return text
}

// of returns the checks of a kind that the comment is about.
func (st *step) of(kind CheckKind) []Check {
	var found []Check
	for _, c := range st.checks {
		last := kind != ApplyCheck && c.Commit == st.p.Head && c.State != Superseded
		applied := kind == ApplyCheck && c.State != Superseded && (c.Commit == st.p.MergeCommit || c.Commit == st.p.Head)
		if c.Kind == kind && (last || applied) {
			found = append(found, c)
		}
	}
	return found
}

// writeApplies tells what a merge, or who asked before it, has brought about.
func (st *step) writeApplies(b *strings.Builder, applies []Check) {
	failed := count(applies, func(c Check) bool { return c.State == Failed })
	waiting := count(applies, func(c Check) bool { return c.State == Pending })
	switch {
	case failed > 0 && st.p.State == Merged:
		fmt.Fprintf(b, "### Terrace: merged, although the apply of `%s` failed\n\n", short12(st.p.MergeCommit))
		fmt.Fprintf(b, "The branch `%s` says more than what runs. Mend it and try again with\n\n%s\nor revert the merge.\n\n", cell(st.p.Target), fence(fmt.Sprintf("terrace pr apply %d --repo %s -p %s", st.p.Number, st.repo.Name, st.repo.Scope.Project)))
	case failed > 0:
		b.WriteString("### Terrace: the apply failed\n\n")
	case waiting > 0:
		b.WriteString("### Terrace: is applied\n\n")
	default:
		b.WriteString("### Terrace: applied\n\n")
	}
	writeTable(b, applies)
	if text := st.stranger(); text != "" {
		b.WriteString("\n" + text + "\n")
	}
	for _, c := range applies {
		st.writeCheck(b, c)
	}
}

func writeTable(b *strings.Builder, checks []Check) {
	b.WriteString("| workload | stage | result | destroy | replace | update | create | gates |\n|---|---|---|---:|---:|---:|---:|---|\n")
	for _, c := range checks {
		name := c.Workload
		if name == "" {
			name = c.Binding
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", cell(name), cell(c.Stage), result(c), numbers(c.Plan), cell(gates(c.Plan)))
	}
}

func numbers(p *PlanSummary) string {
	if p == nil {
		return " | | | "
	}
	bold := func(n int) string {
		if n > 0 {
			return fmt.Sprintf("**%d**", n)
		}
		return "0"
	}
	return fmt.Sprintf("%s | %s | %d | %d", bold(p.Delete), bold(p.Replace), p.Update, p.Create)
}

func result(c Check) string {
	switch c.State {
	case Succeeded:
		if c.Kind == ApplyCheck && (c.Run != "" || c.Plan != nil) {
			return "applied"
		}
		if c.Plan != nil && c.Plan.empty() {
			return "no change"
		}
		if c.Plan == nil {
			return cell(short(c.Message))
		}
		return "planned"
	case Failed:
		return "**failed**"
	case Superseded:
		return "superseded"
	default:
		if c.Run == "" && c.Message != "" {
			return cell(short(c.Message))
		}
		return "at work"
	}
}

func (p PlanSummary) empty() bool { return p.Create+p.Update+p.Replace+p.Delete+p.Outputs == 0 }

func gates(p *PlanSummary) string {
	if p == nil {
		return ""
	}
	var words []string
	for _, g := range p.Gates {
		words = append(words, g.Name+": "+g.word())
	}
	return strings.Join(words, ", ")
}

// word is what a gate says; one that is not kept and stops nothing warns.
func (g Gate) word() string {
	if g.Outcome == "failed" && !g.Blocks {
		return "warns"
	}
	return g.Outcome
}

// counts sums a plan up in one line, what destroys first.
func counts(p PlanSummary) string {
	if p.empty() {
		return "no change"
	}
	return fmt.Sprintf("%d to destroy, %d to replace, %d to change, %d to create", p.Delete, p.Replace, p.Update, p.Create)
}

// writeCheck writes the details of one check: what is wrong, what it changes, and
// how to look at it or do it by hand.
func (st *step) writeCheck(b *strings.Builder, c Check) {
	name := c.Workload
	if name == "" {
		name = c.Binding
	}
	fmt.Fprintf(b, "\n<details%s><summary>%s on %s</summary>\n\n", unfolded(c), html(name), html(c.Stage))
	if c.State == Failed {
		b.WriteString(fence(c.Message) + "\n")
	}
	if c.Fix != "" {
		fmt.Fprintf(b, "%s\n\n", cell(c.Fix))
	}
	if c.Plan != nil {
		writePlan(b, *c.Plan)
	}
	b.WriteString(fence(st.commands(c)) + "\n</details>\n")
}

// unfolded opens what needs somebody's eyes.
func unfolded(c Check) string {
	if c.State == Failed || c.Plan != nil && c.Plan.Delete+c.Plan.Replace > 0 {
		return " open"
	}
	return ""
}

// costGate is told whatever becomes of it: what a change costs, and what of it has no price.
const costGate = "cost"

func writePlan(b *strings.Builder, p PlanSummary) {
	for _, ch := range p.Changes {
		fmt.Fprintf(b, "- %s %s", action(ch.Action), code(ch.Address))
		if ch.Because != "" {
			fmt.Fprintf(b, " because of %s", code(ch.Because))
		}
		b.WriteString("\n")
	}
	if p.More > 0 {
		fmt.Fprintf(b, "- and %d more\n", p.More)
	}
	for _, g := range p.Gates {
		if g.Outcome != "passed" || g.Name == costGate {
			fmt.Fprintf(b, "- gate %s %s: %s\n", cell(g.Name), cell(g.word()), cell(g.Message))
		}
	}
	b.WriteString("\n")
}

func action(a string) string {
	if a == "delete" || a == "replace" {
		return "**" + a + "**"
	}
	return a
}

func (st *step) commands(c Check) string {
	var lines []string
	project := " -p " + st.repo.Scope.Project
	if c.Run != "" {
		lines = append(lines, "terrace run show "+c.Run+project)
	}
	command := "terrace deploy " + c.Score + " --stage " + c.Stage
	if c.Kind == PlanCheck {
		command += " --dry-run"
	}
	return strings.Join(append(lines, command+project), "\n")
}

func approveCommand(r Repository, p PullRequest) string {
	return fmt.Sprintf("terrace pr approve %d --repo %s --commit %s -p %s", p.Number, r.Name, short12(p.Head), r.Scope.Project)
}

func short12(commit string) string { return commit[:min(12, len(commit))] }

// cell makes text one that neither ends a cell of a table nor begins markup.
func cell(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.NewReplacer("|", "\\|", "<", "&lt;", ">", "&gt;", "`", "'", "@", "@\u200b", "[", "\\[", "*", "\\*", "_", "\\_").Replace(text)
}

func html(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// code writes text as code, whatever backticks it has.
func code(text string) string {
	return "`" + strings.NewReplacer("`", "'", "\n", " ").Replace(text) + "`"
}

// fence writes text as a block of code, with a fence that it does not have.
func fence(text string) string {
	f := "```"
	for strings.Contains(text, f) {
		f += "`"
	}
	return f + "text\n" + strings.TrimSpace(text) + "\n" + f + "\n"
}
