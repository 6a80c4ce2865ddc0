package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/live"
	"github.com/terrace-idp/terrace/policies"
)

// held is a compliance.Policies: those that runs are held against.
type held struct {
	*policy.Service

	sets *live.Sets
	// library tells one version of what the policies share from another.
	library string
}

func newHeld(d *delivery) (held, error) {
	library, err := digestOf(policies.Shipped, "lib")
	return held{Service: d.policy, sets: d.policies, library: library}, err
}

func digestOf(tree fs.FS, dir string) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(tree, dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(tree, path)
		_, _ = fmt.Fprintf(h, "%q %q\n", path, content) // a hash never fails
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// Revision implements compliance.Policies.
func (h held) Revision(ctx context.Context, tenant string) (string, error) {
	decided, err := h.Store.Decided(ctx, tenant)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%s %+v %s\n", h.library, h.Platform, decided) // a hash never fails
	for _, s := range h.sets.Sources(ctx) {
		_, _ = fmt.Fprintf(sum, "%q %s\n", s.Name, s.Version) // likewise
	}
	return hex.EncodeToString(sum.Sum(nil))[:32], ctx.Err()
}

// Policies implements compliance.Policies.
func (h held) Policies(ctx context.Context) ([]policy.Policy, error) {
	all, err := h.sets.Policies(ctx)
	return slices.Concat(all, h.Native), err
}

// Assignments implements compliance.Policies.
func (h held) Assignments() policy.Assignments { return h.Platform }

// Compile implements compliance.Policies.
func (h held) Compile(ctx context.Context, f policy.Folder) ([]policy.Policy, error) {
	return h.sets.Offered(ctx, f)
}
