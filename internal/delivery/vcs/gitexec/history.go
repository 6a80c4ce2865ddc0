package gitexec

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Commit is what a commit says of itself.
type Commit struct {
	ID      string    `json:"commit"`
	Author  string    `json:"author"`
	At      time.Time `json:"at"`
	Subject string    `json:"subject,omitempty"`
}

// Last returns the newest commit, of those before it and itself, that changed a path.
// A copy that has not all commits may not have it: then it is the oldest it has.
func (r Repo) Last(ctx context.Context, commit, file string) (Commit, error) {
	if !IsObject(commit) {
		return Commit{}, kernel.Errorf(kernel.Invalid, "%q is no commit", commit)
	}
	args := []string{"--literal-pathspecs", "log", "-1", "--format=%H%x00%an%x00%aI%x00%s", commit, "--"}
	if file != "" {
		args = append(args, file)
	}
	out, err := r.run(ctx, args...)
	if err != nil {
		return Commit{}, err
	}
	parts := strings.SplitN(strings.TrimSuffix(string(out), "\n"), "\x00", 4)
	if len(parts) != 4 {
		return Commit{}, kernel.Errorf(kernel.NotFound, "no commit up to %s has %s", commit[:12], file)
	}
	at, err := time.Parse(time.RFC3339, parts[2])
	return Commit{ID: parts[0], Author: parts[1], At: at, Subject: parts[3]}, err
}

// Blame returns the commit that a line of a file comes from, as of a commit.
func (r Repo) Blame(ctx context.Context, commit, file string, line int) (Commit, error) {
	if !IsObject(commit) || strings.ContainsAny(file, "\n\x00") || line < 1 {
		return Commit{}, kernel.Errorf(kernel.Invalid, "%s:%d is no line in a commit", file, line)
	}
	out, err := r.run(ctx, "blame", "--porcelain", "-L", fmt.Sprintf("%d,%d", line, line), commit, "--", file)
	if err != nil {
		return Commit{}, err
	}
	id, rest, _ := strings.Cut(string(out), " ")
	c := Commit{ID: id}
	for text := range strings.Lines(rest) {
		name, value, _ := strings.Cut(strings.TrimSuffix(text, "\n"), " ")
		switch name {
		case "author":
			c.Author = value
		case "author-time":
			seconds, _ := strconv.ParseInt(value, 10, 64)
			c.At = time.Unix(seconds, 0).UTC()
		case "summary":
			c.Subject = value
		}
	}
	return c, nil
}

// Restore is a commit that gives a folder the content that it had at another one.
type Restore struct {
	// Onto is the commit that it comes after, From the one that had the content.
	Onto, From string
	// Folder is the folder, from the root.
	Folder  string
	Author  Author
	At      time.Time
	Message string
}

// Restore makes the commit; no ref is moved.
func (r Repo) Restore(ctx context.Context, s Restore) (string, error) {
	dir, err := os.MkdirTemp("", "terrace-index-*")
	if err != nil {
		return "", fmt.Errorf("restore a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	index := func(stdin string, args ...string) ([]byte, error) {
		return r.Git.Run(ctx, Command{
			Dir: r.Dir, Args: args, Stdin: strings.NewReader(stdin), Env: []string{"GIT_INDEX_FILE=" + filepath.Join(dir, "index")},
		})
	}
	if _, err := index("", "read-tree", s.Onto); err != nil {
		return "", err
	}
	gone, err := r.Files(ctx, s.Onto, s.Folder)
	if err != nil {
		return "", err
	}
	var entries strings.Builder
	for _, file := range gone {
		fmt.Fprintf(&entries, "0 %s\t%s\x00", Zero, file)
	}
	back, err := r.run(ctx, "ls-tree", "-r", "-z", "--full-tree", s.From, "--", path.Clean(s.Folder)+"/")
	if err != nil {
		return "", err
	}
	entries.Write(back)
	if _, err := index(entries.String(), "update-index", "-z", "--index-info"); err != nil {
		return "", err
	}
	tree, err := index("", "write-tree")
	if err != nil {
		return "", err
	}
	return r.commit(ctx, strings.TrimSpace(string(tree)), []string{s.Onto}, s.Author, s.At, s.Message)
}

// commit makes a commit of a tree.
func (r Repo) commit(ctx context.Context, tree string, parents []string, author Author, when time.Time, message string) (string, error) {
	at := when.UTC().Format(time.RFC3339)
	args := []string{"commit-tree", tree}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	made, err := r.Git.Run(ctx, Command{
		Dir: r.Dir, Args: append(args, "-F", "-"), Stdin: strings.NewReader(message),
		Env: []string{
			"GIT_AUTHOR_NAME=" + author.Name, "GIT_AUTHOR_EMAIL=" + author.Email, "GIT_AUTHOR_DATE=" + at,
			"GIT_COMMITTER_NAME=" + author.Name, "GIT_COMMITTER_EMAIL=" + author.Email, "GIT_COMMITTER_DATE=" + at,
		},
	})
	return strings.TrimSpace(string(made)), err
}
