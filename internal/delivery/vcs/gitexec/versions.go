package gitexec

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// maxListed bounds a list of files with their objects, in bytes.
	maxListed = 128 << 20
	module    = "160000"
)

// Version is a file as a commit has it.
type Version struct {
	Commit, Path, Object string
	// Mode is git's: 100644 and the like for a file, 120000 for a link.
	Mode string
}

// Module reports whether it is a commit of another repository: there is no content of it.
func (v Version) Module() bool { return v.Mode == module }

// Versions returns the files of a commit by their paths.
func (r Repo) Versions(ctx context.Context, commit string) (map[string]Version, error) {
	if !IsObject(commit) {
		return nil, kernel.Errorf(kernel.Invalid, "%q is no commit", commit)
	}
	out, err := r.Git.Run(ctx, Command{Dir: r.Dir, Args: []string{"ls-tree", "-r", "-z", "--full-tree", commit}, Output: maxListed})
	if err != nil {
		return nil, err
	}
	all := map[string]Version{}
	for entry := range strings.SplitSeq(string(out), "\x00") {
		head, path, named := strings.Cut(entry, "\t")
		if f := strings.Fields(head); named && len(f) == 3 {
			all[path] = Version{Commit: commit, Path: path, Object: f[2], Mode: f[0]}
		}
	}
	return all, nil
}

// Brought returns what files were in the commits that one has and others have not: of each
// what it has otherwise than all its parents, the oldest commit first, each content of a
// path once. It looks at the newest of them, and tells how many there are; what was removed
// is not among it.
func (r Repo) Brought(ctx context.Context, most int, commit string, others ...string) (all []Version, commits int, err error) {
	if !IsObject(commit) {
		return nil, 0, kernel.Errorf(kernel.Invalid, "%q is no commit", commit)
	}
	args := []string{"rev-list", "--topo-order", commit}
	for _, other := range others {
		args = append(args, "^"+other)
	}
	out, err := r.Git.Run(ctx, Command{Dir: r.Dir, Args: args, Output: maxListed})
	if err != nil {
		return nil, 0, err
	}
	ids := strings.Fields(string(out))
	commits = len(ids)
	ids = ids[:min(len(ids), most)]
	if len(ids) == 0 {
		return nil, 0, nil
	}
	slices.Reverse(ids)
	out, err = r.Git.Run(ctx, Command{
		Dir: r.Dir, Args: []string{"diff-tree", "--stdin", "--root", "-r", "-c", "-z", "--raw", "--no-abbrev", "--no-renames"},
		Stdin: strings.NewReader(strings.Join(ids, "\n") + "\n"), Output: maxListed,
	})
	return raw(out), commits, err
}

// raw reads what git diff-tree writes with --stdin, --raw and -z: the id of a commit, and
// after it, for each of its files, a line of modes and objects, which begins with as many
// colons as the commit has parents, and the path.
func raw(out []byte) (all []Version) {
	seen, commit := map[Version]bool{}, ""
	next := ""
	for field := range strings.SplitSeq(string(out), "\x00") {
		switch {
		case next != "":
			head := strings.TrimLeft(next, ":")
			parents := len(next) - len(head)
			f := strings.Fields(head)
			next = ""
			if len(f) < 2*parents+2 {
				continue
			}
			v := Version{Path: field, Mode: f[parents], Object: f[2*parents+1]}
			if v.Object == Zero || seen[v] {
				continue
			}
			seen[v] = true
			v.Commit = commit
			all = append(all, v)
		case strings.HasPrefix(field, ":"):
			next = field
		case field != "":
			commit = field
		}
	}
	return all
}
