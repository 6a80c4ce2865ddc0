package leakvcs

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

const (
	// maxRules bounds a repository's own rules, in bytes.
	maxRules = 1 << 20
	// maxTold is of how many files it is told that they were not looked at.
	maxTold = 20
)

// looking is a look at the files of a commit.
type looking struct {
	*Watcher

	repo  vcs.Repository
	files gitexec.Repo
	// branch is the one that the commit is on, or is to come to.
	branch string
	commit string
	// by is who brought it there.
	by    string
	rules leakscan.Rules
	// problem is what is wrong with the repository's own rules; those that are shipped count.
	problem error
	// objects reads contents, and there are the files of the commit.
	objects *gitexec.Objects
	there   map[string]gitexec.Version
}

// open begins a look at a commit of, or for, a branch, by the rules that another commit has.
func (w *Watcher) open(ctx context.Context, r vcs.Repository, branch, commit, ruled string) (*looking, error) {
	files, err := w.Repositories.Tree(ctx, r, commit)
	if err != nil {
		return nil, err
	}
	there, err := files.Versions(ctx, commit)
	if err != nil {
		return nil, err
	}
	l := &looking{
		Watcher: w, repo: r, files: files, branch: branch, commit: commit, rules: leakscan.Rules{Scanner: w.Shipped}, objects: files.Objects(), there: there,
	}
	if ruled == "" || ruled == gitexec.Zero {
		return l, nil
	}
	var failed error
	rules, err := leakscan.RulesOf(w.Shipped, func(name string) (string, bool, error) {
		raw, err := files.Read(ctx, ruled, name, maxRules)
		switch {
		case kernel.Is(err, kernel.NotFound):
			return "", false, nil
		case err != nil && !kernel.Is(err, kernel.TooLarge) && !kernel.Is(err, kernel.Invalid):
			failed = err // it says nothing about the rules
		}
		return string(raw), err == nil, err
	})
	if failed != nil {
		return nil, failed
	}
	l.rules, l.problem = rules, err
	if err != nil {
		l.rules = leakscan.Rules{Scanner: w.Shipped}
	}
	return l, nil
}

func (l *looking) close() { l.objects.Close() }

// target is a file that is looked through.
type target struct {
	name string
	// known says that own values alone are looked for: the file is as it was.
	known bool
	// was is what it was in a commit before, nil for what it is.
	was *gitexec.Version
}

// by are files that are looked through by the rules.
func by(names []string) []target {
	all := make([]target, len(names))
	for i, name := range names {
		all[i] = target{name: name}
	}
	return all
}

// all looks through files; pull is the number of the pull request that they are of, or 0.
// After each it calls passed, unless that is nil.
func (l *looking) all(ctx context.Context, targets []target, pull int, passed func(ctx context.Context, t target) error) (found leak.Report, err error) {
	var left unseen
	for _, t := range targets {
		if err := ctx.Err(); err != nil {
			return found, err
		}
		one, incomplete, err := l.one(ctx, t, pull)
		if err != nil {
			return found, err
		}
		if !t.known { // what is as it was was told
			left.add(t, incomplete)
		}
		if pull > 0 { // of a branch there may be too many
			found.Add(one)
		}
		if passed == nil {
			continue
		}
		if err := passed(ctx, t); err != nil {
			return found, err
		}
	}
	found.Incomplete = left.String()
	return found, nil
}

// unseen are the files that were not looked at, or not wholly.
type unseen struct {
	lines []string
	more  int
}

func (u *unseen) add(t target, why string) {
	switch {
	case why == "":
		return
	case len(u.lines) == maxTold:
		u.more++
		return
	}
	at := printed(t.name)
	if t.was != nil {
		at += " in " + t.was.Commit[:12]
	}
	u.lines = append(u.lines, at+": "+why)
}

// String tells of them, a line for each.
func (u *unseen) String() string {
	if u.more > 0 {
		return strings.Join(u.lines, "\n") + fmt.Sprintf("\nand %d more", u.more)
	}
	return strings.Join(u.lines, "\n")
}

// printed is a name as it can stand in a line: one with other than what is printed is quoted.
func printed(name string) string {
	if !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}

// one looks through a file, and tells what of it was not looked at.
func (l *looking) one(ctx context.Context, t target, pull int) (found leak.Report, incomplete string, err error) {
	at := leak.Place{Kind: leak.Repository, Repository: l.repo.Name, Branch: l.branch, Revision: l.commit, Path: t.name, Pull: pull, By: l.by}
	v, there := l.there[t.name]
	if t.was != nil {
		v, there, at.Revision, at.Past = *t.was, true, t.was.Commit, true
	}
	switch {
	case !there && pull == 0:
		return found, "", l.Leaks.Gone(ctx, l.repo.Scope, at, "it is not there any more")
	case !there: // it was removed
		return found, "", nil
	case v.Module():
		return found, "it is a module: its files are in another repository", nil
	}
	raw, err := l.objects.Read(ctx, v.Object, leakscan.Most)
	switch {
	case kernel.Is(err, kernel.TooLarge):
		return found, "it has more than 16 MB, or is more than git can read", nil
	case kernel.Is(err, kernel.NotFound):
		return found, "its content is not here", nil
	case err != nil:
		return found, "", err
	}
	rules := l.rules
	if t.known {
		rules, at.Part = leakscan.Rules{Scanner: l.none}, true // what the rules have found stays
	}
	found, err = l.Leaks.InspectWith(ctx, rules, l.repo.Scope, at, string(raw))
	incomplete = found.Incomplete
	if incomplete == leakscan.NoText && pull == 0 {
		incomplete = "" // a branch has many of them
	}
	found.Incomplete = ""
	return found, incomplete, err
}

// past are the contents that files had in the commits that one has and others have not, and
// have no more in the one that is looked at. more is how many commits are left out.
func (l *looking) past(ctx context.Context, most int, others ...string) (all []target, more int, err error) {
	versions, commits, err := l.files.Brought(ctx, most, l.commit, others...)
	for _, v := range versions {
		if now, ok := l.there[v.Path]; ok && now.Object == v.Object || v.Module() {
			continue
		}
		all = append(all, target{name: v.Path, was: &v})
	}
	return all, max(0, commits-most), err
}
