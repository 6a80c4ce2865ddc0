package cost

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/governance/cost/static"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// given is a flag that adds to a list that it shares with another, so that what is given
// later counts, whichever of the two it is.
type given struct {
	into  *[]static.Given
	files bool
	said  []string
}

// Set takes one value more.
func (g *given) Set(text string) error {
	g.said = append(g.said, text)
	if strings.TrimSpace(text) == "" {
		return nil // it is refused with all other flags that are empty
	}
	if g.files {
		*g.into = append(*g.into, static.Given{File: text})
		return nil
	}
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("%q is not NAME=VALUE", text)
	}
	*g.into = append(*g.into, static.Given{Name: name, Value: value})
	return nil
}

// String is what was given, for help.
func (g *given) String() string { return strings.Join(g.said, ", ") }

// Type is what help calls a value.
func (g *given) Type() string { return "stringArray" }

// Append takes one value more.
func (g *given) Append(text string) error { return g.Set(text) }

// Replace takes other values.
func (g *given) Replace(list []string) error {
	*g.into = slices.DeleteFunc(*g.into, func(e static.Given) bool { return (e.File != "") == g.files })
	g.said = nil
	for _, text := range list {
		if err := g.Set(text); err != nil {
			return err
		}
	}
	return nil
}

// GetSlice is what was given.
func (g *given) GetSlice() []string { return g.said }

// filled has the text of files of values that are not in the folder, but named from
// where the command runs.
func filled(list []static.Given, dir string) ([]static.Given, error) {
	list = slices.Clone(list)
	for i, g := range list {
		if g.File == "" {
			continue
		}
		_, err := os.Stat(filepath.Join(dir, g.File))
		if err == nil && filepath.IsLocal(g.File) {
			continue
		}
		list[i].Text, err = command.Read(g.File, static.MaxFile)
		if kernel.Is(err, kernel.NotFound) {
			return nil, kernel.Errorf(kernel.NotFound, "there is no file of values %s, neither in %s nor here", g.File, dir).WithFix("name it from the folder, or from where you are")
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}
