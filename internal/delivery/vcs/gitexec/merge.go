package gitexec

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Author is who commits.
type Author struct{ Name, Email string }

// Merge is the commit that brings a branch into another.
type Merge struct {
	Into, From string
	Author     Author
	At         time.Time
	Message    string
}

// Merge makes the commit; no ref is moved. Conflicts are the paths that differ
// on both sides; there is no commit then.
func (r Repo) Merge(ctx context.Context, m Merge) (commit string, conflicts []string, err error) {
	out, err := r.run(ctx, "merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", m.Into, m.From)
	parts := fields(out)
	if failed, is := errors.AsType[*Failed](err); is && failed.Status == 1 && len(parts) > 1 {
		return "", parts[1:], nil
	}
	if err != nil {
		return "", nil, err
	}
	if len(parts) == 0 || !IsObject(parts[0]) {
		return "", nil, kernel.Errorf(kernel.Internal, "git merge-tree answers %q", string(out))
	}
	made, err := r.commit(ctx, parts[0], []string{m.Into, m.From}, m.Author, m.At, m.Message)
	return made, nil, err
}

// Tree returns the tree of a commit.
func (r Repo) Tree(ctx context.Context, commit string) (string, error) {
	out, err := r.run(ctx, "rev-parse", commit+"^{tree}")
	return strings.TrimSpace(string(out)), err
}
