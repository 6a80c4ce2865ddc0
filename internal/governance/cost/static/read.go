package static

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Options are what a configuration is read with.
type Options struct {
	// Variables are values of the root module's variables by name.
	Variables map[string]string
	// VarFiles are further files of values, relative to the folder.
	VarFiles []string
}

// Read evaluates the configuration in a folder of the machine.
func Read(ctx context.Context, dir string, o Options) (*cost.Set, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, kernel.Errorf(kernel.NotFound, "there is no folder %s to read a configuration from", dir)
	}
	defer func() { _ = root.Close() }()
	r := &reader{ctx: ctx, fsys: root.FS(), dir: dir, parser: hclparse.NewParser(), asked: map[string]bool{}}
	r.installed = installed(r.fsys)
	values, err := r.values(o)
	if err != nil {
		return nil, err
	}
	m, err := r.module(".", "", values, 0)
	if err != nil {
		return nil, err
	}
	if err := m.expand(); err != nil {
		return nil, err
	}
	set := cost.NewSet(r.found)
	set.Unread = r.unread
	return set, nil
}

// reader is what all modules of a configuration share.
type reader struct {
	ctx       context.Context //nolint:containedctx // one reading is one call; evaluation is too deep to hand it down
	fsys      fs.FS
	dir       string
	parser    *hclparse.Parser
	installed map[string]string
	found     []*cost.Resource
	unread    []cost.Unpriced
	// asked is every attribute name that expressions read.
	asked map[string]bool

	functionTable map[string]function.Function
}

// files returns the bodies of a module's folder.
func (r *reader) files(dir string) ([]*hclsyntax.Body, error) {
	entries, err := fs.ReadDir(r.fsys, dir)
	if err != nil {
		return nil, kernel.Errorf(kernel.NotFound, "there is no folder %s to read a configuration from", filepath.Join(r.dir, dir))
	}
	var bodies []*hclsyntax.Body
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".tf") {
			continue
		}
		if len(bodies) == maxFiles {
			return nil, kernel.Errorf(kernel.Invalid, "%s has more than %d files", dir, maxFiles)
		}
		body, err := r.parse(path.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
	}
	if len(bodies) == 0 {
		return nil, kernel.Errorf(kernel.Invalid, "%s has no files *.tf", filepath.Join(r.dir, dir))
	}
	return bodies, nil
}

func (r *reader) parse(name string) (*hclsyntax.Body, error) {
	info, err := fs.Stat(r.fsys, name)
	if err != nil || info.Size() > maxFile {
		return nil, kernel.Errorf(kernel.Invalid, "%s cannot be read, or is larger than %d MiB", name, maxFile>>20)
	}
	src, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", name, err)
	}
	file, diags := r.parser.ParseHCL(src, filepath.Join(r.dir, name))
	if diags.HasErrors() {
		return nil, diagnosed(diags)
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return nil, kernel.Errorf(kernel.Invalid, "%s is no Terraform configuration", name)
	}
	return body, nil
}

// diagnosed turns what HCL found into problems with their places.
func diagnosed(diags hcl.Diagnostics) error {
	var problems []kernel.Problem
	for _, d := range diags {
		if d.Severity != hcl.DiagError || len(problems) == maxProblems {
			continue
		}
		p := kernel.Problem{Message: strings.TrimSuffix(d.Summary, ".") + ": " + d.Detail}
		if d.Subject != nil {
			p.File, p.Line, p.Column = d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column
		}
		problems = append(problems, p)
	}
	return kernel.Errorf(kernel.Invalid, "the configuration is not understood").WithProblems(problems...)
}

// varFiles are the files of values that Terraform reads by itself, in its order.
func varFiles(fsys fs.FS) []string {
	var out []string
	for _, pattern := range []string{"terraform.tfvars", "*.auto.tfvars"} {
		found, err := fs.Glob(fsys, pattern)
		if err != nil && !errors.Is(err, path.ErrBadPattern) {
			continue
		}
		sort.Strings(found)
		out = append(out, found...)
	}
	return out
}
