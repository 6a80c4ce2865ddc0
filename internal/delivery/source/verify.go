package source

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// verifyCommit has git check the SSH signature of a commit against the allowed
// signers.
func verifyCommit(ctx context.Context, files gitexec.Repo, commit, signers string) error {
	dir, err := os.MkdirTemp("", "terrace-signers-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "allowed_signers")
	if err := os.WriteFile(file, []byte(signers), 0o600); err != nil {
		return err
	}
	_, err = files.Git.Run(ctx, gitexec.Command{Dir: files.Dir, Args: []string{"verify-commit", commit}, Settings: []gitexec.Setting{
		{Key: "gpg.format", Value: "ssh"}, {Key: "gpg.ssh.allowedSignersFile", Value: file},
	}})
	if failed, ok := errors.AsType[*gitexec.Failed](err); ok {
		why := "it has no signature"
		if said := strings.TrimSpace(failed.Said); said != "" {
			why = said
		}
		return kernel.Errorf(kernel.Refused, "the commit %s is not signed by one of the allowed signers: %s", short(commit), why).
			WithFix("sign it with git commit -S, with a key that the source's file of signers has")
	}
	return err
}
