package secretscan

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// git runs git in a folder, and returns what it writes.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, "git", append([]string{"-C", dir, "-c", "core.quotePath=false"}, args...)...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, kernel.Errorf(kernel.Unavailable, "the history is read with git, which is not here").WithFix("install git, or leave out --history")
	}
	if err != nil && ctx.Err() == nil {
		return nil, kernel.Errorf(kernel.Invalid, "the history of %s cannot be read: %s", dir, strings.TrimSpace(said.String())).WithFix("name the folder of a Git repository")
	}
	return out, errors.Join(err, ctx.Err())
}

// version is one version of a file that a repository has.
type version struct{ object, path string }

// history looks through every version of every file in all branches, each content once, and
// tells the first commit that has it.
func history(ctx context.Context, shipped *leakscan.Scanner, dir string) (Report, []leakscan.Rule, error) {
	rules, err := rulesIn(shipped, dir)
	if err != nil {
		return Report{}, nil, err
	}
	all, err := versions(ctx, dir)
	if err != nil {
		return Report{}, nil, err
	}
	s := &search{rules: leakscan.Rules{Scanner: rules.Scanner}}
	if err := contents(ctx, dir, all, func(v version, text string) error { return s.version(ctx, dir, rules, v, text) }); err != nil {
		return Report{}, nil, err
	}
	return s.done(nil)
}

func versions(ctx context.Context, dir string) ([]version, error) {
	out, err := git(ctx, dir, "log", "--all", "--format=", "--no-show-signature", "--root", "-c", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--ignore-submodules=none")
	if err != nil {
		return nil, err
	}
	var all []version
	seen, next := map[string]bool{}, ""
	for field := range strings.SplitSeq(string(out), "\x00") {
		line := strings.TrimLeft(field, "\n") // between commits
		switch {
		case next == "" && strings.HasPrefix(line, ":"):
			next = line
		case next != "":
			f := strings.Fields(next)
			next = ""
			// a line has a mode and an object for each parent, as many as there are colons, one
			// of each for what the commit has, and a status
			if object := f[len(f)-2]; !seen[object] {
				seen[object] = true
				all = append(all, version{object, field})
			}
		}
	}
	return all, nil
}

// contents reads versions with one process of git.
func contents(ctx context.Context, dir string, all []version, each func(v version, text string) error) error {
	c := exec.CommandContext(ctx, "git", "-C", dir, "cat-file", "--batch")
	in := &bytes.Buffer{}
	for _, v := range all {
		in.WriteString(v.object + "\n")
	}
	c.Stdin = in
	out, err := c.StdoutPipe()
	if err != nil {
		return fmt.Errorf("read the history: %w", err)
	}
	if err := c.Start(); err != nil {
		return fmt.Errorf("read the history: %w", err)
	}
	reader := bufio.NewReaderSize(out, 1<<20)
	for _, v := range all {
		text, isFile, err := content(reader)
		if err == nil && isFile {
			err = each(v, text)
		}
		if err != nil {
			_ = c.Cancel() // the error before tells what matters
			_ = c.Wait()
			return err
		}
	}
	if err := c.Wait(); err != nil {
		return fmt.Errorf("read the history: %w", err)
	}
	return nil
}

// content reads an object as git cat-file --batch writes it, up to what is looked at.
func content(from *bufio.Reader) (text string, isFile bool, err error) {
	head, err := from.ReadString('\n')
	if err != nil {
		return "", false, fmt.Errorf("read the history: %w", err)
	}
	f := strings.Fields(head)
	if len(f) != 3 {
		return "", false, nil // it is missing, as in a shallow clone
	}
	size, err := strconv.ParseInt(f[2], 10, 64)
	if err != nil {
		return "", false, fmt.Errorf("read the history: %w", err)
	}
	kept := min(size, leakscan.Most+1)
	if f[1] != "blob" {
		kept = 0
	}
	var b strings.Builder
	if _, err = io.CopyN(&b, from, kept); err == nil {
		_, err = io.CopyN(io.Discard, from, size-kept+1) // with the line break after it
	}
	if err != nil {
		return "", false, fmt.Errorf("read the history: %w", err)
	}
	return b.String(), f[1] == "blob", nil
}

// version looks through one version, and finds the commit of what it has.
func (s *search) version(ctx context.Context, dir string, rules leakscan.Rules, v version, text string) error {
	before := len(s.report.Findings)
	if err := s.text(ctx, "", v.path, text); err != nil || len(s.report.Findings) == before {
		return err
	}
	out, err := git(ctx, dir, "log", "--all", "--reverse", "--format=%H", "--find-object="+v.object)
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(out), "\n")
	left := s.report.Findings[:before]
	for _, f := range s.report.Findings[before:] {
		f.Commit = first
		if !rules.Ignored.Has(first, f.Path, leakscan.Match{Rule: f.Rule, Line: f.Line}) {
			left = append(left, f)
		}
	}
	s.report.Findings = left
	return nil
}
