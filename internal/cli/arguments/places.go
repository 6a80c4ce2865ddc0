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
func Place(c *cobra.Command, err error) error {
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || c == nil || len(e.Problems) == 0 {
		return err
	}
	e.Problems = slices.Clone(e.Problems)
	for i, p := range e.Problems {
		e.Problems[i].Path = placed(c, p.Path)
		if p.Path == "body" {
			e.Problems[i].Path = quoting(c, p.Message)
		}
	}
	return err
}

// placed is the flag or the argument that a part of a request was made of; what
// is neither keeps its place in the document.
func placed(c *cobra.Command, path string) string {
	part, rest, found := strings.Cut(path, ".")
	if !found || part != "body" && part != "query" && part != "path" {
		return path
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
	for _, word := range strings.Fields(c.Use)[1:] {
		if word = strings.Trim(word, "[]."); plain(word) == plain(name) {
			return word
		}
	}
	return rest
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
