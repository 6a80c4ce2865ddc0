package policy

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// impactFlags are those of terrace policy impact.
type impactFlags struct {
	assign                  string
	within, stage, workload string
	failOn                  policy.Level
	changes                 bool
}

// impacts is what a preview found, for programs.
type impacts struct {
	apiclient.ComplianceRadius
	Impacts []apiclient.ComplianceImpact `json:"impacts"`
}

func impact(e *command.Env) *cobra.Command {
	var f impactFlags
	c := &cobra.Command{
		Use: "impact [FILE|FOLDER]", Short: "Tell what a policy, or a level, would find in all that is applied", Args: cobra.MaximumNArgs(1),
		Long: "The server holds policies that nobody enforces yet, or a level that --assign proposes, against the state of\n" +
			"all that is applied where you are an admin, and tells what would newly be violated, what no longer, and at\n" +
			"which level. A policy of the same id that holds is compared with. Nothing is kept, and nothing enforced.\n\n" +
			"The exit code is 1 when something would newly be violated at a level of at least --fail-on, and 2 when the\n" +
			"policies do not compile, could not be evaluated somewhere, or were held against nothing.",
		Example: "  terrace policy impact ./policies/new\n" +
			"  terrace policy impact closed.rego --stage prod -o json\n" +
			"  terrace policy impact --assign azure-storage-*=hard-mandatory@stage=prod",
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, e, args) },
	}
	flags := c.Flags()
	flags.StringVar(&f.assign, "assign", "", "in place of policies: a level for those that hold, POLICIES=LEVEL@KEY=VALUE,…")
	_ = c.RegisterFlagCompletionFunc("assign", assignedWords(e)) // the flag was made above
	flags.StringVar(&f.within, "within", "", "only in this project")
	e.StageFlag(c, &f.stage, "stage", "only on this stage", false)
	flags.StringVar(&f.workload, "workload", "", "only of this workload")
	command.Choice(c, &f.failOn, "fail-on", policy.SoftMandatory, "the mildest level that fails", policy.Levels()...)
	flags.BoolVar(&f.changes, "changes", false, "show each finding, not their number alone")
	return c
}

// assignedWords offers policies with what follows their id.
func assignedWords(e *command.Env) command.Completion {
	policies := command.ForFlag(e.Policies())
	return func(c *cobra.Command, args []string, p string) ([]string, cobra.ShellCompDirective) {
		words, _ := policies(c, args, p)
		for i, word := range words {
			id, _, _ := strings.Cut(word, "\t")
			words[i] = id + "="
		}
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

func (f *impactFlags) run(c *cobra.Command, e *command.Env, args []string) error {
	if (len(args) == 1) == (f.assign != "") {
		return exit.Wrong("give policies, or a level with --assign").WithFix("terrace policy impact ./policies, or terrace policy impact --assign azure-*=advisory@stage=dev")
	}
	found, err := f.ask(c, e, command.First(args))
	if kernel.Is(err, kernel.Invalid) {
		return &exit.PolicyError{Err: err}
	}
	if err != nil {
		return err
	}
	if err := e.Print(found, func(w io.Writer) { f.write(w, found) }); err != nil {
		return err
	}
	return found.verdict(f.failOn)
}

// ask has the server look, and tells how far it is.
func (f *impactFlags) ask(c *cobra.Command, e *command.Env, path string) (impacts, error) {
	s, err := e.Server()
	if err != nil {
		return impacts{}, err
	}
	found := impacts{Impacts: []apiclient.ComplianceImpact{}}
	var told int64
	take := func(line apiclient.ComplianceProgress) error {
		if line.Stack != nil {
			found.Impacts = append(found.Impacts, *line.Stack)
		}
		if line.Radius != nil {
			found.ComplianceRadius = *line.Radius
			return nil
		}
		if tenth := 10 * line.Done / max(1, line.Total); tenth > told {
			told = tenth
			e.Say("held against what is applied: %d of %d", line.Done, line.Total)
		}
		return nil
	}
	if f.assign != "" {
		p := apiclient.PreviewPolicyLevelsParams{Project: f.within, Stage: f.stage, Workload: f.workload}
		return found, found.whole(s.PreviewPolicyLevels(c.Context(), p, apiclient.PreviewPolicyLevelsRequest{Assignment: f.assign}, take))
	}
	folder, err := offered(path)
	if err != nil {
		return impacts{}, err
	}
	packed, err := folder.Pack()
	if err != nil {
		return impacts{}, err
	}
	p := apiclient.PreviewPoliciesParams{Project: f.within, Stage: f.stage, Workload: f.workload, Name: filepath.ToSlash(folder.Name)}
	return found, found.whole(s.PreviewPolicies(c.Context(), p, packed, take))
}

// whole is an error where the stream ended before it had all.
func (i *impacts) whole(err error) error {
	if err == nil && i.Policies == nil {
		return kernel.Errorf(kernel.Unavailable, "the server ended before it had looked at all").WithFix("ask again; nothing was changed")
	}
	return err
}

// offered is the folder, or the one file, that is offered.
func offered(path string) (policy.Folder, error) {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return read(path)
	}
	if filepath.Ext(path) != ".rego" {
		return policy.Folder{}, kernel.Errorf(kernel.Invalid, "%s is no policy", path).WithFix("name a file *.rego, or a folder of them")
	}
	content, err := command.Read(path, policy.MaxFile)
	if err != nil {
		return policy.Folder{}, err
	}
	dir, name := filepath.Split(path)
	return policy.Folder{Name: filepath.Clean(dir), Modules: []policy.File{{Path: name, Name: path, Content: content}}}, nil
}

// verdict is how the command ends.
func (i *impacts) verdict(failOn policy.Level) error {
	if i.Errors > 0 {
		return &exit.PolicyError{Told: true, Err: errors.New("a policy could not be evaluated")}
	}
	if i.Stacks == 0 {
		return &exit.PolicyError{Err: kernel.Errorf(kernel.NotFound, "the policies were held against nothing: nothing is applied there where you are an admin").
			WithFix("see terrace status; name other places with --within, --stage and --workload, or none")}
	}
	for _, one := range i.Impacts {
		for _, c := range one.Changes {
			milder := c.Effect == apiclient.ComplianceEffectChangesLevel && policy.Level(c.Former).AtLeast(policy.Level(c.Level))
			if c.Effect != apiclient.ComplianceEffectCeases && !milder && policy.Level(c.Level).AtLeast(failOn) {
				return &exit.ViolationError{}
			}
		}
	}
	return nil
}

func (f *impactFlags) write(w io.Writer, i impacts) {
	var rows [][]string
	for _, one := range i.Impacts {
		if one.Message != "" {
			rows = append(rows, []string{one.Project, one.Stage, one.Workload, "", "", "cannot be evaluated: " + one.Message})
		}
		rows = append(rows, f.rows(one)...)
	}
	if len(rows) > 0 {
		output.Rows(w, []string{"PROJECT", "STAGE", "WORKLOAD", "POLICY", "LEVEL", "WOULD"}, rows)
		_, _ = fmt.Fprintln(w)
	}
	if f.changes {
		writeChanges(w, i)
	}
	_, _ = fmt.Fprintf(w, "%s, held against %s: %d would change\n", count(len(i.Policies), "policy", "policies"), count(int(i.Stacks), "stack", "stacks"), i.Touched)
	_, _ = fmt.Fprintf(w, "newly violated: %d, no longer: %d, at another level: %d; the next run of %s would be held or ended\n", i.Begins, i.Ceases, i.ComplianceRadius.Changes, count(int(i.Blocking), "stack", "stacks"))
	if i.Errors > 0 {
		_, _ = fmt.Fprintf(w, "%s could not be evaluated: nobody knows what would change there\n", count(int(i.Errors), "stack", "stacks"))
	}
}

// rows sums up the changes of a stack, by policy and what would become of them.
func (f *impactFlags) rows(one apiclient.ComplianceImpact) [][]string {
	counts, why := map[[3]string]int{}, map[[3]string]string{}
	for _, c := range one.Changes {
		key := [3]string{c.Rule, levelOf(c), string(c.Effect)}
		if counts[key]++; c.Effect == apiclient.ComplianceEffectCannotBeEvaluated {
			why[key] = ": " + strings.TrimPrefix(c.Message, "the policy could not be evaluated: ")
		}
	}
	var rows [][]string
	for _, key := range slices.SortedFunc(maps.Keys(counts), func(a, b [3]string) int { return slices.Compare(a[:], b[:]) }) {
		rows = append(rows, []string{one.Project, one.Stage, one.Workload, key[0], key[1], would(apiclient.ComplianceEffect(key[2]), counts[key]) + why[key]})
	}
	return rows
}

func levelOf(c apiclient.ComplianceChange) string {
	if c.Former != "" && c.Level != "" {
		return fmt.Sprintf("%s → %s", c.Former, c.Level)
	}
	return cmp.Or(string(c.Level), string(c.Former))
}

func would(effect apiclient.ComplianceEffect, n int) string {
	times := fmt.Sprintf("%d findings", n)
	if n == 1 {
		times = "1 finding"
	}
	switch effect {
	case apiclient.ComplianceEffectBegins:
		return "be violated: " + times
	case apiclient.ComplianceEffectCeases:
		return "be kept: " + times + " less"
	case apiclient.ComplianceEffectChangesLevel:
		return "have another level: " + times
	default:
		return "not be evaluated"
	}
}

func writeChanges(w io.Writer, i impacts) {
	for _, one := range i.Impacts {
		for _, c := range one.Changes {
			_, _ = fmt.Fprintf(w, "%s  %s  %s (%s)\n  %s/%s/%s: %s\n", strings.ToUpper(string(c.Effect)), c.Rule, levelOf(c), c.Severity,
				one.Project, one.Workload, one.Stage, strings.TrimSpace(c.Address+" "+c.Message))
			for _, line := range [][2]string{{"at", c.Attribute}, {"fix", c.Fix}, {"controls", strings.Join(c.Controls, ", ")}} {
				if line[1] != "" {
					_, _ = fmt.Fprintf(w, "  %s: %s\n", line[0], line[1])
				}
			}
		}
		if one.Omitted > 0 {
			_, _ = fmt.Fprintf(w, "%s/%s/%s: %d more are not told\n", one.Project, one.Workload, one.Stage, one.Omitted)
		}
	}
	_, _ = fmt.Fprintln(w)
}
