package leakvcs

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

const (
	// many is from how many files on a commit is copied whole rather than read file by file.
	many = 64
	// maxRules bounds a repository's own rules, in bytes.
	maxRules = 1 << 20
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
	// copied is a copy of the commit's files, nil for none.
	copied *os.Root
	folder string
}

// open begins a look at a commit of, or for, a branch, by the rules that another commit has.
func (w *Watcher) open(ctx context.Context, r vcs.Repository, branch, commit, ruled string) (*looking, error) {
	files, err := w.Repositories.Tree(ctx, r, commit)
	if err != nil {
		return nil, err
	}
	l := &looking{Watcher: w, repo: r, files: files, branch: branch, commit: commit, rules: leakscan.Rules{Scanner: w.Shipped}}
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

func (l *looking) close() {
	if l.copied != nil {
		_ = l.copied.Close()       // it was only read
		_ = os.RemoveAll(l.folder) // what is left of it, the system removes
	}
}

// target is a file that is looked through.
type target struct {
	name string
	// known says that own values alone are looked for: the file is as it was.
	known bool
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
// After each it calls passed, unless that is nil, with its name.
func (l *looking) all(ctx context.Context, targets []target, pull int, passed func(ctx context.Context, name string) error) (found leak.Report, err error) {
	if len(targets) > many {
		l.copy(ctx)
	}
	var left []string
	for _, t := range targets {
		if err := ctx.Err(); err != nil {
			return found, err
		}
		one, incomplete, err := l.one(ctx, t, pull)
		if err != nil {
			return found, err
		}
		if incomplete != "" && len(left) < 20 {
			left = append(left, t.name+": "+incomplete)
		}
		if pull > 0 { // of a branch there may be too many
			found.Add(one)
		}
		if passed == nil {
			continue
		}
		if err := passed(ctx, t.name); err != nil {
			return found, err
		}
	}
	found.Incomplete = strings.Join(left, "\n")
	return found, nil
}

// one looks through a file, and tells what of it was not looked at.
func (l *looking) one(ctx context.Context, t target, pull int) (found leak.Report, incomplete string, err error) {
	at := leak.Place{Kind: leak.Repository, Repository: l.repo.Name, Branch: l.branch, Revision: l.commit, Path: t.name, Pull: pull, By: l.by}
	text, err := l.read(ctx, t.name)
	switch {
	case kernel.Is(err, kernel.NotFound) && pull == 0:
		return found, "", l.Leaks.Gone(ctx, l.repo.Scope, at, "it is not there any more")
	case kernel.Is(err, kernel.NotFound), kernel.Is(err, kernel.Invalid): // removed, a link or a module of git
		return found, "", nil
	case kernel.Is(err, kernel.TooLarge):
		return found, "it has more than 16 MB", nil
	case err != nil:
		return found, "", err
	}
	rules := l.rules
	if t.known {
		rules, at.Part = leakscan.Rules{Scanner: l.none}, true // what the rules have found stays
	}
	found, err = l.Leaks.InspectWith(ctx, rules, l.repo.Scope, at, text)
	if incomplete = found.Incomplete; incomplete == leakscan.NoText {
		incomplete = ""
	}
	found.Incomplete = ""
	return found, incomplete, err
}

// copy copies the commit's files, where that can be; else they are read one by one.
func (l *looking) copy(ctx context.Context) {
	dir, err := os.MkdirTemp("", "terrace-leaks-")
	if err != nil {
		return
	}
	if err := l.files.Extract(ctx, l.commit, dir); err != nil {
		_ = os.RemoveAll(dir) // it was no use
		return
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		_ = os.RemoveAll(dir) // likewise
		return
	}
	l.copied, l.folder = root, dir
}

func (l *looking) read(ctx context.Context, name string) (string, error) {
	if l.copied == nil {
		raw, err := l.files.Read(ctx, l.commit, name, leakscan.Most)
		return string(raw), err
	}
	f, err := l.copied.Open(name)
	if err != nil { // it is a link, or is not there: git knows
		raw, err := l.files.Read(ctx, l.commit, name, leakscan.Most)
		return string(raw), err
	}
	defer func() { _ = f.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(f, leakscan.Most+1))
	if err != nil {
		return "", kernel.Errorf(kernel.Unavailable, "read %s: %w", name, err)
	}
	return string(raw), nil
}
