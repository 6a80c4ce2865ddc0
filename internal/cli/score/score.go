// Package score reads a workload's file on the developer's machine and makes
// it complete: what its files name as source is written into it.
//
// It owns which files are read and how large they may be. What they mean, and
// where their content goes, is delivery/workload's.
package score

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxFile bounds a score file, and each file that it names as source, in bytes.
const maxFile = 1 << 20

// File is a workload's file.
type File struct {
	Path string
	// Workload is what it means.
	Workload *workload.Workload
	source   []byte
}

// Read reads and checks the file.
func Read(path string) (*File, error) {
	src, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	w, err := workload.Parse(path, src)
	if err != nil {
		return nil, err
	}
	return &File{Path: path, Workload: w, source: src}, nil
}

// Dir is the folder that relative paths of the file start from.
func (f *File) Dir() string { return filepath.Dir(f.Path) }

// Complete returns the text with the content of every source in its place, on
// the same line, so that positions stay what they are.
func (f *File) Complete() (string, error) {
	text, err := workload.Inline(f.Path, f.source, func(path string) ([]byte, error) {
		return readBounded(filepath.Join(f.Dir(), filepath.FromSlash(path)))
	})
	return string(text), err
}

// Relocate names the file in an error of the server, which knows only its text
// and calls it score.yaml. Problems of other files, a module's or a definition's, stay what they are.
func (f *File) Relocate(err error) error {
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok {
		return err
	}
	if rest, found := strings.CutPrefix(e.Message, "score.yaml "); found {
		e.Message = f.Path + " " + rest
	}
	f.Relocated(e.Problems)
	return err
}

// Relocated is Relocate of problems, which it returns.
func (f *File) Relocated(problems []kernel.Problem) []kernel.Problem {
	for i, p := range problems {
		if p.Line > 0 && (p.File == "" || p.File == "score.yaml") {
			problems[i].File = f.Path
		}
	}
	return problems
}

// Locate gives the problems of a run, which knows the workload only in its
// canonical form, the lines of this file.
func (f *File) Locate(err error) error {
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok {
		return err
	}
	for i, p := range e.Problems {
		if p.File != "" && !strings.HasPrefix(p.File, "release ") {
			continue
		}
		if at, ok := f.position(p.Path); ok {
			e.Problems[i].File, e.Problems[i].Line, e.Problems[i].Column = f.Path, at.Line, at.Column
		} else if p.File != "" {
			e.Problems[i].File, e.Problems[i].Line, e.Problems[i].Column = f.Path, 0, 0
		}
	}
	return err
}

// position returns where the container, port or resource of a path begins.
func (f *File) position(path string) (workload.Position, bool) {
	parts := strings.SplitN(path, ".", 4)
	switch {
	case len(parts) > 1 && parts[0] == "containers":
		c, ok := f.Workload.Containers[parts[1]]
		return c.At, ok
	case len(parts) > 1 && parts[0] == "resources":
		r, ok := f.Workload.Resources[parts[1]]
		return r.At, ok
	case len(parts) > 2 && parts[0] == "service":
		p, ok := f.Workload.Service.Ports[parts[2]]
		return p.At, ok
	default:
		return workload.Position{}, false
	}
}

func readBounded(path string) ([]byte, error) { return command.Read(path, maxFile) }
