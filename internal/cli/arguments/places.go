package arguments

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Place names in err what was written on the line of c where the server names a
// part of the request, such as body.costCenter or query.limit.
func Place(c *cobra.Command, err error) {
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || c == nil {
		return
	}
	e.Problems = slices.Clone(e.Problems)
	for i, p := range e.Problems {
		if inDocument(p) {
			continue
		}
		e.Problems[i].Path = placed(c, p.Path)
		if p.Path == "body" {
			e.Problems[i].Path = quoting(c, p.Message)
		}
	}
}

// Wrong says that err is about what was written on the line, whoever found it: it is
// of the kind invalid, and none of its problems is inside a document.
func Wrong(err error) bool {
	if _, own := errors.AsType[*Error](err); own {
		return true
	}
	e, ok := errors.AsType[*kernel.Error](err)
	return ok && e.Kind == kernel.Invalid && (len(e.Problems) == 0 || !slices.ContainsFunc(e.Problems, inDocument))
}

// inDocument says that a problem is in a file that a command reads, or was sent.
func inDocument(p kernel.Problem) bool { return p.File != "" || p.Line > 0 }

// placed is the flag or the argument that a part of a request was made of; what
// is neither keeps its place in the document.
func placed(c *cobra.Command, path string) string {
	part, rest, found := strings.Cut(path, ".")
	if !found || part != "body" && part != "query" && part != "path" {
		return given(c, path)
	}
	name, below, _ := strings.Cut(rest, ".")
	name, _, _ = strings.Cut(name, "[")
	flag := ""
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if plain(f.Name) == plain(name) {
			flag = "--" + f.Name
		}
	})
	switch {
	case flag != "" && below != "":
		return flag + " " + below
	case flag != "":
		return flag
	}
	for _, word := range usage(c).names {
		if plain(word) == plain(name) {
			return word
		}
	}
	return rest
}

// given is the flag that was given and that a room names by itself, such as zone, or
// made a filter of, such as filters[0].exact.type.
func given(c *cobra.Command, path string) string {
	name := path
	if filter, rest, found := strings.Cut(path, "["); found && filter == "filters" {
		name = rest[strings.LastIndex(rest, ".")+1:]
	}
	if f := c.Flag(name); f != nil && f.Changed {
		return "--" + name
	}
	return composed(c, path)
}

// composed is the flag that the room's name for a part of a request leads to where that
// is of several words, or of a list, such as azureTenant, redirectUris or recipients[0]; or
// the argument of which there may be several.
func composed(c *cobra.Command, path string) string {
	name, _, list := strings.Cut(path, "[")
	found := path
	c.Flags().VisitAll(func(f *pflag.Flag) {
		one := plain(f.Name)
		switch {
		case plain(name) != strings.ToLower(name) || name != strings.ToLower(name): // of several words
			if one == plain(name) || one+"s" == plain(name) || one+"uris" == plain(name) {
				found = "--" + f.Name
			}
		case list && f.Changed && (one == name || one+"s" == name):
			found = "--" + f.Name
		}
	})
	for _, word := range usage(c).names {
		if list && found == path && plain(word)+"s" == name {
			return word
		}
	}
	return found
}

// quoting is the flag whose value a message about the whole body quotes; body where
// it quotes none.
func quoting(c *cobra.Command, message string) string {
	found := "body"
	c.Flags().Visit(func(f *pflag.Flag) {
		if strings.Contains(message, strconv.Quote(f.Value.String())) {
			found = "--" + f.Name
		}
	})
	return found
}

func plain(name string) string { return strings.ToLower(strings.ReplaceAll(name, "-", "")) }
