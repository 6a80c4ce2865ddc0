package cli_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

// mention begins a command of the client that a text names, stop ends it.
var (
	mention = regexp.MustCompile(`\bterrace [a-z-]`)
	stop    = regexp.MustCompile("[\n;|()`]| terrace ")
)

// sayings are texts that begin like a command and are none.
func sayings() []string {
	return []string{"talks to a Terrace server", "key id", "sealed streams", "state"}
}

// TestEveryCommandThatATextNamesExists reads the texts of all rooms and the
// documents, and looks for their commands and flags in the client's tree.
func TestEveryCommandThatATextNamesExists(t *testing.T) {
	t.Parallel()
	root := cli.Root(&command.Env{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv})
	found := 0
	for _, text := range append(literals(t, "../../internal", "../../cmd"), documents(t, "../..")...) {
		for _, at := range mention.FindAllStringIndex(text.content, -1) {
			line := stop.Split(text.content[at[0]+len("terrace "):], 2)[0]
			if problem := resolve(root, line); problem != "" {
				t.Errorf("%s: terrace %s: %s", text.at, line, problem)
			}
			found++
		}
	}
	if found < 50 {
		t.Errorf("only %d commands were found in all texts", found)
	}
}

// resolve tells what is wrong with a command line of which the arguments may be
// words of the sentence around it.
func resolve(root *cobra.Command, line string) string {
	for _, s := range sayings() {
		if strings.HasPrefix(line, s) {
			return ""
		}
	}
	c, words := root, strings.Fields(strings.TrimPrefix(line, "help "))
	for len(words) > 0 && child(c, words[0]) != nil {
		c, words = child(c, words[0]), words[1:]
	}
	if c.HasSubCommands() && len(words) > 0 && !strings.HasPrefix(words[0], "-") {
		return c.CommandPath() + " has no command " + words[0]
	}
	for _, w := range words {
		if w == "--" {
			break // what follows is another program's
		}
		name := strings.TrimRight(strings.SplitN(w, "=", 2)[0], ".,:'\"]")
		if !strings.HasPrefix(name, "-") || strings.Trim(name, "-") == "" {
			continue
		}
		long, isLong := strings.CutPrefix(name, "--")
		known := isLong && (c.Flag(long) != nil || long == "help")
		if !isLong {
			known = c.Flags().ShorthandLookup(name[1:2]) != nil || root.PersistentFlags().ShorthandLookup(name[1:2]) != nil
		}
		if !known {
			return c.CommandPath() + " has no flag " + name
		}
	}
	return ""
}

func child(c *cobra.Command, word string) *cobra.Command {
	word = strings.TrimRight(word, ".,:'\"")
	for _, sub := range c.Commands() {
		if sub.Name() == word || sub.HasAlias(word) {
			return sub
		}
	}
	return nil
}

type text struct{ at, content string }

// literals returns the string literals of the Go files below the folders, but tests.
func literals(t *testing.T, folders ...string) []text {
	t.Helper()
	var texts []text
	for _, folder := range folders {
		for _, file := range files(t, folder, ".go") {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			tree, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
			if err != nil {
				continue // a file that does not parse fails its own build
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
					if s, err := strconv.Unquote(l.Value); err == nil {
						texts = append(texts, text{set.Position(l.Pos()).String(), s})
					}
				}
				return true
			})
		}
	}
	return texts
}

func documents(t *testing.T, folder string) []text {
	t.Helper()
	var texts []text
	for _, file := range files(t, folder, ".md") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text{file, string(b)})
	}
	return texts
}

func files(t *testing.T, folder, ext string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return fs.SkipDir
		case filepath.Ext(path) == ext:
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
