package score

import (
	"context"
	"path/filepath"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// Leaks are the values in the file, and in the files that it names as source, that look like
// keys, tokens or passwords, each at its place. A gate refuses them where they matter: here
// they are told before anything is built.
func (f *File) Leaks(ctx context.Context) ([]kernel.Problem, error) {
	texts := []struct{ path, text string }{{f.Path, string(f.source)}}
	_, err := workload.Inline(f.Path, f.source, func(path string) ([]byte, error) {
		path = filepath.Join(f.Dir(), filepath.FromSlash(path))
		content, err := readBounded(path)
		texts = append(texts, struct{ path, text string }{path, string(content)})
		return content, err
	})
	if err != nil {
		return nil, err
	}
	var all []kernel.Problem
	scanner := leakscan.New()
	for _, t := range texts {
		found, err := scanner.Scan(ctx, t.text, leakscan.Source{Name: filepath.ToSlash(t.path)})
		if err != nil {
			return nil, err
		}
		for _, m := range found.Matches {
			all = append(all, kernel.Problem{
				File: t.path, Line: m.Line, Column: m.Column, Message: looksLike(m),
				Fix: "keep it with terrace secret set, and write ${secret:NAME} in its place",
			})
		}
	}
	return all, nil
}

func looksLike(m leakscan.Match) string {
	if leakscan.Guesses(m.Rule) {
		return "this may be a secret, by the name beside it (" + m.Rule + ")"
	}
	return "this looks like a secret (" + m.Rule + "): " + m.Redacted
}
