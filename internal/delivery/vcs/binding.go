package vcs

import (
	"path"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// When a merge is applied.
const (
	// ApplyOnMerge deploys when a pull request was merged.
	ApplyOnMerge = "merge"
	// ApplyBeforeMerge deploys from the pull request, when somebody asks for it.
	ApplyBeforeMerge = "before-merge"
	// ApplyNever only plans.
	ApplyNever = "never"
)

// maxPaths bounds the filters of a binding.
const maxPaths = 50

// Binding says which part of a repository holds a workload, and what is done
// when it changes.
type Binding struct {
	// Name is unique in the repository.
	Name string `json:"name"`
	// Branch is the one that pull requests go to; empty is the default branch.
	Branch string `json:"branch,omitempty"`
	// Score is the path of the workload's file.
	Score string `json:"score"`
	// Paths are globs: a change of any file that one matches, and none that
	// begins with !, is a change of the workload. Empty is the folder of Score.
	Paths []string `json:"paths,omitempty"`
	// Build lets Terrace build a container whose image is a folder: it compiles what
	// the pull request has.
	Build bool `json:"build,omitempty"`
	// Plan are the stages that a pull request is planned on.
	Plan []string `json:"plan"`
	// Apply says when it is applied: merge, before-merge or never.
	Apply string `json:"apply"`
	// Stages are those that it is applied to.
	Stages []string `json:"stages,omitempty"`
}

// filters returns the globs with their default.
func (b Binding) filters() []string {
	if len(b.Paths) > 0 {
		return b.Paths
	}
	if folder := path.Dir(b.Score); folder != "." {
		return []string{folder + "/**"}
	}
	return []string{"**"}
}

// on returns the branch that it is about.
func (b Binding) on(r Repository) string {
	if b.Branch != "" {
		return b.Branch
	}
	return r.DefaultBranch
}

// Changed reports whether one of the files is the workload's.
func (b Binding) Changed(files []string) bool {
	return slices.ContainsFunc(files, func(f string) bool { return f == b.Score || Matches(b.filters(), f) })
}

// Matches reports whether a path matches one of the globs, and none of those
// that begin with !. * is within a folder, ** over folders, ? is one letter.
func Matches(globs []string, file string) bool {
	found := false
	for _, g := range globs {
		if not, ok := strings.CutPrefix(g, "!"); ok {
			if match(split(not), split(file)) {
				return false
			}
			continue
		}
		found = found || match(split(g), split(file))
	}
	return found
}

func split(p string) []string { return strings.Split(strings.Trim(p, "/"), "/") }

// match compares a glob with a path, folder by folder. Equal runs of ** are one,
// so that the work is bounded by the product of both lengths.
func match(glob, file []string) bool {
	glob = slices.CompactFunc(glob, func(a, b string) bool { return a == "**" && b == "**" })
	reach := make([]bool, len(file)+1)
	reach[0] = true
	for _, g := range glob {
		next := make([]bool, len(file)+1)
		for i, ok := range reach {
			switch {
			case g == "**":
				next[i] = ok || i > 0 && next[i-1]
			case ok && i < len(file) && one(g, file[i]):
				next[i+1] = true
			}
		}
		reach = next
	}
	return reach[len(file)]
}

func one(glob, name string) bool {
	ok, err := path.Match(glob, name)
	return ok && err == nil
}

// check refuses a binding that could not work; stages knows the stages.
func (b *Binding) check(stages Stages) error {
	var problems []kernel.Problem
	wrong := func(path, message, fix string) {
		problems = append(problems, kernel.Problem{Path: path, Message: message, Fix: fix})
	}
	if !repositoryName.MatchString(b.Name) {
		wrong("name", "the binding needs a name of lower-case letters, digits, dots and dashes", "")
	}
	if !cleanPath(b.Score) {
		wrong("score", "the path of the Score file is missing or leads out of the repository", "write it from the root of the repository, such as services/orders/score.yaml")
	}
	b.checkPaths(wrong)
	if len(b.Plan) == 0 {
		wrong("plan", "no stage to plan on is named", "")
	}
	switch b.Apply {
	case "":
		b.Apply = ApplyOnMerge
	case ApplyOnMerge, ApplyBeforeMerge, ApplyNever:
	default:
		wrong("apply", "a change is applied on merge, before-merge or never", "")
	}
	if len(b.Stages) == 0 && b.Apply != ApplyNever && len(b.Plan) > 0 {
		b.Stages = b.Plan[:1]
	}
	var missing error
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(b.Plan, b.Stages)))) {
		if err := stages.Check(name); err != nil && missing == nil {
			missing = err
		}
	}
	if missing != nil && len(problems) == 0 {
		return missing
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the binding %s is not possible", b.Name).WithProblems(problems...)
	}
	return nil
}

func (b *Binding) checkPaths(wrong func(path, message, fix string)) {
	if b.Branch != "" && checkBranch(b.Branch) != nil {
		wrong("branch", "there cannot be a branch "+b.Branch, "")
	}
	if len(b.Paths) > maxPaths {
		wrong("paths", "there are more than 50 filters", "")
	}
	for _, p := range b.Paths {
		glob := strings.TrimPrefix(p, "!")
		if _, err := path.Match(strings.ReplaceAll(glob, "**", "*"), ""); err != nil || glob == "" || len(glob) > 256 {
			wrong("paths", "the filter "+p+" is no glob", "use * within a folder, ** over folders, ! in front of what does not count")
		}
	}
}

// cleanPath reports whether p is a path inside of a repository.
func cleanPath(p string) bool {
	return p != "" && len(p) <= 512 && p == path.Clean(p) && !path.IsAbs(p) && p != "." && p != ".." && !strings.HasPrefix(p, "../") && !strings.ContainsAny(p, "\x00\n\\")
}
