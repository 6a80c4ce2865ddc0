package static

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/terrace-idp/terrace/internal/kernel"
)

func noFolder(dir string, err error) error {
	e := kernel.Errorf(kernel.NotFound, "there is no folder %s to read a configuration from", dir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		e = kernel.Errorf(kernel.Invalid, "the folder %s may not be read", dir)
	case !errors.Is(err, fs.ErrNotExist):
		e = kernel.Errorf(kernel.Invalid, "%s is no folder", dir)
	}
	return e.WithFix("Give the folder that has the files *.tf.")
}

// files returns the bodies of a module's folder, those that override others last.
func (r *reader) files(dir string) (bodies, overrides []*hclsyntax.Body, err error) {
	entries, err := fs.ReadDir(r.fsys, dir)
	if err != nil {
		return nil, nil, noFolder(filepath.Join(r.dir, dir), err)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.IsDir() || !configures(e.Name()) {
			continue
		}
		if len(bodies)+len(overrides) == maxFiles {
			return nil, nil, kernel.Errorf(kernel.Invalid, "%s has more than %d files", filepath.Join(r.dir, dir), maxFiles).WithFix("Estimate the plan with --plan.")
		}
		body, err := r.configuration(name)
		stem, _, _ := strings.Cut(e.Name(), ".tf")
		switch {
		case err != nil:
			return nil, nil, err
		case stem == "override", strings.HasSuffix(stem, "_override"):
			overrides = append(overrides, body)
		default:
			bodies = append(bodies, body)
		}
	}
	if len(bodies)+len(overrides) == 0 {
		return nil, nil, kernel.Errorf(kernel.Invalid, "%s has no files *.tf or *.tf.json", filepath.Join(r.dir, dir)).WithFix("Give the folder of the configuration.")
	}
	return bodies, overrides, nil
}

// configures tells whether a file is one of the configuration.
func configures(name string) bool {
	return strings.HasSuffix(name, ".tf") || strings.HasSuffix(name, ".tf.json")
}

// configuration reads a file of it, in whichever syntax. A file is read once.
func (r *reader) configuration(name string) (*hclsyntax.Body, error) {
	if !strings.HasSuffix(name, ".json") {
		return r.parse(name)
	}
	if body := r.inJSON[name]; body != nil {
		return body, nil
	}
	body, err := r.parseJSON(name)
	r.inJSON[name] = body
	return body, err
}

func (r *reader) parse(name string) (*hclsyntax.Body, error) {
	src, err := r.source(name)
	if err != nil {
		return nil, err
	}
	shown := r.shown(name)
	if err := shallow(configTokens(src, shown)); err != nil {
		return nil, err
	}
	file, diags := r.parser.ParseHCL(src, shown)
	if diags.HasErrors() {
		return nil, diagnosed(diags)
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return nil, kernel.Errorf(kernel.Invalid, "%s is no Terraform configuration", shown)
	}
	if !r.guarded[body] {
		r.guarded[body] = true // the parser keeps what it has read
		guard(body, &r.budget)
	}
	return body, nil
}

// source reads a file of the configuration.
func (r *reader) source(name string) ([]byte, error) {
	if text, ok := r.outside[name]; ok {
		return text, nil
	}
	info, err := fs.Stat(r.fsys, name)
	switch {
	case err != nil:
		return nil, r.unreadable(name, err)
	case !info.Mode().IsRegular():
		return nil, r.unreadable(name, errors.New("is no file"))
	case info.Size() > maxFile:
		return nil, r.unreadable(name, fmt.Errorf("is larger than %d MiB", maxFile>>20))
	}
	src, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		return nil, r.unreadable(name, err)
	}
	return src, nil
}

// shown is what a file is called in what is said of it.
func (r *reader) shown(name string) string {
	if _, ok := r.outside[name]; ok {
		return name
	}
	return filepath.Join(r.dir, name)
}

func (r *reader) unreadable(name string, err error) error {
	p := kernel.Problem{File: r.shown(name), Message: err.Error(), Fix: "Remove it, or make it a file that may be read."}
	switch {
	case errors.Is(err, fs.ErrPermission):
		p.Message, p.Fix = "may not be read", "Give yourself the right to read it."
	case errors.Is(err, fs.ErrNotExist):
		p.Message = "is not there, or a link to what is not there"
	case strings.Contains(err.Error(), "escapes"):
		p.Message, p.Fix = "leads out of the folder", "Estimate the folder that has all of the configuration."
	}
	return kernel.Errorf(kernel.Invalid, "a file of the configuration cannot be read").WithProblems(p)
}
