package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/live"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/policies"
)

// held is a compliance.Policies: those that runs are held against.
type held struct {
	sets   *live.Sets
	levels policy.Assignments
	table  policy.Table
	// library tells one version of what the policies share from another.
	library string
}

func newHeld(p *platform, d *delivery) (held, error) {
	table, err := policy.ReadTable("policies/controls.yaml", policies.Controls)
	if err != nil {
		return held{}, err
	}
	library, err := digestOf(policies.Shipped, "lib")
	return held{sets: d.policies, levels: p.config.Assignments(), table: table, library: library}, err
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
func (h held) Revision(ctx context.Context, _ string) (string, error) {
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%s %+v\n", h.library, h.levels) // a hash never fails
	for _, s := range h.sets.Status(ctx) {
		_, _ = fmt.Fprintf(sum, "%q %s\n", s.Name, s.Digest) // likewise
	}
	return hex.EncodeToString(sum.Sum(nil))[:32], ctx.Err()
}

// All implements compliance.Policies.
func (h held) All(ctx context.Context, _ string) ([]policy.Policy, error) {
	all := h.sets.Policies(ctx)
	for i, p := range all {
		if c, known := h.table[p.ID]; known && len(p.Controls) == 0 {
			all[i].Title, all[i].Severity, all[i].Fix, all[i].Controls = c.Title, c.Severity, c.Fix, c.Frameworks
		}
	}
	return all, ctx.Err()
}

// Eval implements compliance.Policies.
func (h held) Eval(ctx context.Context, in policy.Input, only func(policy.Policy) bool) (policy.Report, error) {
	return h.sets.Eval(ctx, in, rego.Options{Level: func(p policy.Policy) (policy.Level, bool) {
		if only != nil && !only(p) {
			return policy.Off, false
		}
		return h.levels.Level(p, in.Context)
	}})
}

// Bare implements compliance.Policies.
func (h held) Bare(ctx context.Context, in policy.Input, only func(policy.Policy) bool) (policy.Report, error) {
	return h.sets.Eval(ctx, in, rego.Options{Level: func(p policy.Policy) (policy.Level, bool) { return p.Level, only(p) }})
}

// Level implements compliance.Policies.
func (h held) Level(p policy.Policy, c policy.Context) (policy.Level, bool) {
	return h.levels.Level(p, c)
}

// Compile implements compliance.Policies.
func (h held) Compile(ctx context.Context, f policy.Folder) (compliance.Offered, error) {
	set, err := h.sets.Offered(ctx, f)
	return offered{set, h.levels}, err
}

// offered is a compliance.Offered.
type offered struct {
	*rego.Set

	levels policy.Assignments
}

// Eval implements compliance.Offered.
func (o offered) Eval(ctx context.Context, in policy.Input) (policy.Report, error) {
	return o.Set.Eval(ctx, in, rego.Options{Level: func(p policy.Policy) (policy.Level, bool) { return o.levels.Level(p, in.Context) }})
}
