package secretscan

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// search collects what is found in texts, of which several are looked through at once.
type search struct {
	rules leakscan.Rules
	// in is the folder that names are in which the rules go by; findings have it before
	// them, so that they are from where one is.
	in string

	mu     sync.Mutex
	report Report
}

// text looks through one text.
func (s *search) text(ctx context.Context, commit, path, text string) error {
	found, err := s.rules.Scanner.Scan(ctx, text, leakscan.Source{Name: path, Commit: commit})
	if err != nil {
		return err
	}
	found.Matches = s.rules.Left(commit, path, found.Matches)
	path = s.from(path)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Files++
	s.report.Bytes += found.Bytes
	if found.Incomplete != "" && found.Bytes > 0 { // what is no text is passed by
		s.report.Skipped = append(s.report.Skipped, Skipped{Path: path, Why: found.Incomplete})
	}
	for _, m := range found.Matches {
		s.report.Findings = append(s.report.Findings, Finding{
			Path: path, Line: m.Line, Column: m.Column, EndLine: m.EndLine, EndColumn: m.EndColumn, Rule: m.Rule, Description: m.Description,
			Redacted: m.Redacted, Entropy: m.Entropy, Commit: commit,
		})
	}
	return nil
}

// from is a name as it is from where one is.
func (s *search) from(name string) string {
	if s.in == "" {
		return name
	}
	return filepath.ToSlash(filepath.Join(s.in, name))
}

func (s *search) skip(name, why string) {
	path := s.from(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Skipped = append(s.report.Skipped, Skipped{Path: path, Why: why})
}

// done returns the report in its order, and the rules that were looked for.
func (s *search) done(err error) (Report, []leakscan.Rule, error) {
	if err != nil {
		return Report{}, nil, err
	}
	r := s.report
	slices.SortFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Commit, b.Commit), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Rule, b.Rule))
	})
	slices.SortFunc(r.Skipped, func(a, b Skipped) int { return cmp.Compare(a.Path, b.Path) })
	r.Findings, r.Skipped = append([]Finding{}, r.Findings...), append([]Skipped{}, r.Skipped...)
	rules, err := s.rules.Scanner.Rules()
	return r, rules, err
}

// rulesIn returns the rules of a folder.
func rulesIn(shipped *leakscan.Scanner, dir string) (leakscan.Rules, error) {
	r, err := leakscan.RulesOf(shipped, func(name string) (string, bool, error) {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return "", false, nil
		}
		return string(raw), err == nil, err
	})
	if err != nil {
		return r, command.InFile(dir, "correct what is there, or move the file away", "%s", err)
	}
	return r, nil
}

// file looks through one file, by the rules of the folder that it is in.
func file(ctx context.Context, shipped *leakscan.Scanner, path string) (Report, []leakscan.Rule, error) {
	rules, err := rulesIn(shipped, filepath.Dir(path))
	if err != nil {
		return Report{}, nil, err
	}
	s := &search{rules: rules, in: filepath.Dir(path)}
	return s.done(s.read(ctx, path, filepath.Base(path)))
}

func (s *search) read(ctx context.Context, path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		s.skip(name, "it may not be read")
		return nil
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, leakscan.Most+1))
	if err != nil {
		s.skip(name, "it cannot be read")
		return nil
	}
	return s.text(ctx, "", name, string(text))
}

// folder looks through the files beneath a folder.
func folder(ctx context.Context, shipped *leakscan.Scanner, dir string) (Report, []leakscan.Rule, error) {
	rules, err := rulesIn(shipped, dir)
	if err != nil {
		return Report{}, nil, err
	}
	s := &search{rules: rules, in: dir}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(runtime.GOMAXPROCS(0))
	walk := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name := path
		if rel, known := filepath.Rel(dir, path); known == nil {
			name = filepath.ToSlash(rel)
		}
		switch {
		case err != nil:
			s.skip(name, "it may not be read")
			return nil
		case d.IsDir() && d.Name() == ".git":
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		all.Go(func() error { return s.read(ctx, path, name) })
		return ctx.Err()
	})
	return s.done(errors.Join(all.Wait(), walk))
}
