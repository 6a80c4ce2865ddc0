// Package secretscan has the command terrace secret scan: it looks for keys, tokens and
// passwords in files, offline.
//
// It owns which files are looked at and how findings are written. What a finding is,
// platform/leakscan says. No command shows a value.
package secretscan

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// sarif is the format that code hosts and editors read.
const sarif = "sarif"

// Finding is a value that should not be where it is.
type Finding struct {
	Path        string  `json:"path"`
	Line        int     `json:"line,omitempty"`
	Column      int     `json:"column,omitempty"`
	EndLine     int     `json:"endLine,omitempty"`
	EndColumn   int     `json:"endColumn,omitempty"`
	Rule        string  `json:"rule"`
	Description string  `json:"description"`
	Redacted    string  `json:"redacted"`
	Entropy     float64 `json:"entropy"`
	// Commit is the one that brought it, in a scan of the history.
	Commit string `json:"commit,omitempty"`
}

// Skipped is what was not looked at, or not wholly.
type Skipped struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

// Report is what was found.
type Report struct {
	Findings []Finding `json:"findings"`
	Skipped  []Skipped `json:"skipped"`
	Files    int       `json:"files"`
	Bytes    int64     `json:"bytes"`
}

// Command returns terrace secret scan.
func Command(e *command.Env) *cobra.Command {
	var past bool
	c := &cobra.Command{
		Use: "scan [FOLDER|FILE|-]", Short: "Look for keys, tokens and passwords in files", Args: cobra.MaximumNArgs(1),
		Long: `Looks for keys, tokens and passwords by the rules of gitleaks, here and offline: nothing is sent anywhere. Without
an argument it is the folder that you are in, and - is the input. No value is shown, but for its first characters.

A folder's .gitleaks.toml (rules, allowlists, extend.useDefault) and .gitleaksignore are honoured, and so are
comments with gitleaks:allow. The folder .git, links, and what is no text are passed by; of a file the first 16 MB
are looked at, and what was not is told.

It ends with 1 where something was found, and with 0 where nothing was.`,
		Example: "  terrace secret scan\n  terrace secret scan deploy --output json\n  terrace secret scan --history\n  terrace secret scan --output sarif > leaks.sarif\n  git diff --cached | terrace secret scan -",
		RunE: func(c *cobra.Command, args []string) error {
			path := "."
			if len(args) > 0 {
				path = args[0]
			}
			r, rules, err := look(c.Context(), e, path, past)
			if err != nil {
				return err
			}
			if err := write(e, r, rules); err != nil {
				return err
			}
			if len(r.Findings) > 0 {
				return &exit.LeakError{}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&past, "history", false, "look at every version of every file that a Git repository has, in all its branches")
	formats := append(output.Formats(), sarif)
	command.Format(e, c, formats)
	return c
}

func look(ctx context.Context, e *command.Env, path string, past bool) (Report, []leakscan.Rule, error) {
	shipped := leakscan.New()
	if path == "-" {
		if past {
			return Report{}, nil, exit.Wrong("the input has no history").WithFix("name the folder of a Git repository, or leave out --history")
		}
		text, err := io.ReadAll(io.LimitReader(e.In, leakscan.Most+1))
		if err != nil {
			return Report{}, nil, fmt.Errorf("read the input: %w", err)
		}
		s := &search{rules: leakscan.Rules{Scanner: shipped}}
		return s.done(s.text(ctx, "", "-", string(text)))
	}
	info, err := os.Stat(path)
	if err != nil {
		_, err = command.Open(path) // it says what is wrong
		return Report{}, nil, err
	}
	switch {
	case past:
		return history(ctx, shipped, path)
	case info.IsDir():
		return folder(ctx, shipped, path)
	default:
		return file(ctx, shipped, path)
	}
}

func write(e *command.Env, r Report, rules []leakscan.Rule) error {
	if e.Format == sarif {
		return writeSARIF(e.Out, r, rules)
	}
	return e.Print(r, func(w io.Writer) {
		for _, f := range r.Findings {
			_, _ = fmt.Fprintf(w, "%s %s %s\n", output.Line(f.place()), f.Rule, output.Line(f.Redacted))
		}
		for _, s := range r.Skipped {
			e.Say("%s: %s", output.Line(s.Path), s.Why)
		}
		e.Say("%s in %s", count(len(r.Findings), "value was found", "values were found"), count(r.Files, "file", "files"))
		if len(r.Findings) > 0 {
			e.Say("give each of them a new value where it is from, then take it out; what is none is allowed by a line in %s", leakscan.IgnoreFile)
		}
	})
}

func (f Finding) place() string {
	at := f.Path
	if f.Commit != "" {
		at = f.Commit[:min(len(f.Commit), 12)] + ":" + at
	}
	if f.Line > 0 {
		at += fmt.Sprintf(":%d:%d", f.Line, f.Column)
	}
	return at
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
