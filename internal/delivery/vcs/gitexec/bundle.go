package gitexec

import (
	"context"
	"io"
	"time"
)

// bundleTime bounds how long a bundle is written: who takes it may be slow.
const bundleTime = time.Hour

// Bundle writes all refs of the repository, with all that they reach, as a file that git
// clones from. Git has no bundle of one that is Empty.
func (r Repo) Bundle(ctx context.Context, to io.Writer) error {
	_, err := r.Git.Run(ctx, Command{Dir: r.Dir, Args: []string{"bundle", "create", "--quiet", "-", "--all"}, Stdout: to, Time: bundleTime})
	return err
}

// Empty reports whether there is nothing that a bundle would have.
func (r Repo) Empty(ctx context.Context) (bool, error) {
	if !r.Exists() {
		return true, nil
	}
	out, err := r.run(ctx, "for-each-ref", "--count=1", "--format=%(refname)")
	return len(out) == 0, err
}
