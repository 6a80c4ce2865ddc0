// Package policy has the commands terrace policy …: those that evaluate, test and list
// policies, and those by which they are administered.
//
// It owns which policies a command means and how results are shown. What policies
// are, and say, is governance/policy's; who is exempt from them, the server's.
package policy

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/policies"
)

// Command returns terrace policy.
func Command(e *command.Env) *cobra.Command {
	return command.Group("policy", "Hold plans and what is applied against policies, test and override them", eval(e), test(e), list(e), agree(e), overrideCommand(e), impact(e),
		exempt(e), exemptionsCommand(e), assign(e), assignmentsCommand(e))
}

// choice is which policies a command means.
type choice struct {
	folders []string
	shipped bool
}

func (c *choice) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&c.folders, "policies", nil, "a folder of policies, with data beside them (may be repeated); else the rules that Terrace ships")
	cmd.Flags().BoolVar(&c.shipped, "with-shipped", false, "beside --policies, also the rules that Terrace ships")
	_ = cmd.MarkFlagDirname("policies") // the flag was made above
}

// compile compiles what was chosen.
func (c *choice) compile(ctx context.Context) (*rego.Set, error) {
	var folders []policy.Folder
	for _, dir := range c.folders {
		folder, err := read(dir)
		if err != nil {
			return nil, err
		}
		folders = append(folders, folder)
	}
	if len(folders) == 0 || c.shipped {
		shipped, err := policy.ReadFolder("terrace", policies.Shipped, "policies")
		if err != nil {
			return nil, err
		}
		folders = append(folders, shipped)
	}
	lib, err := library()
	if err != nil {
		return nil, err
	}
	set, err := rego.Compile(ctx, lib, folders...)
	if err == nil && len(set.Policies()) == 0 {
		return nil, kernel.Errorf(kernel.NotFound, "there are no policies in %s: no rule in it is called deny, warn or violation", strings.Join(c.folders, ", ")).
			WithFix("call them so, or name a folder that has some")
	}
	return set, err
}

// library is what rules import.
func library() (policy.Folder, error) {
	tree, err := fs.Sub(policies.Shipped, "lib")
	if err != nil {
		return policy.Folder{}, err
	}
	return policy.ReadFolder("terrace", tree, "policies/lib")
}

// read reads a folder of policies.
func read(dir string) (policy.Folder, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return policy.Folder{}, kernel.Errorf(kernel.NotFound, "there is no folder %s", dir).WithFix("name a folder with files *.rego")
	case err == nil && !info.IsDir():
		return policy.Folder{}, kernel.Errorf(kernel.Invalid, "%s is a file, and a folder is expected", dir).WithFix("name the folder that it is in")
	case err != nil:
		return policy.Folder{}, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", dir, err)
	}
	folder, err := policy.ReadFolder(dir, os.DirFS(dir), filepath.ToSlash(dir))
	if err == nil && len(folder.Modules)+len(folder.Tests) == 0 {
		return policy.Folder{}, kernel.Errorf(kernel.NotFound, "there are no policies in %s", dir).WithFix("name a folder with files *.rego")
	}
	return folder, err
}
