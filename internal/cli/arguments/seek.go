package arguments

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// called are things that messages call otherwise than the command that lists them.
func called() map[string]string {
	return map[string]string{
		"workload": "status", "repository": "repo", "drift": "drift", "lifetime": "lifetime", "service": "status", "criterion": "cost maturity", "import": "cost imports",
		"account": "service-account", "elevation": "access elevations",
		"exemption": "policy exemptions", "assignment": "policy assignments", "path": "golden-path", "version": "release",
	}
}

// Seek adds to err, where it says that something is not there and not what to do, the
// command that lists what there is: by the word for it in the message, else by what c
// is about.
func Seek(c *cobra.Command, err error) {
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || c == nil || e.Kind != kernel.NotFound || e.Fix != "" || slices.ContainsFunc(e.Problems, func(p kernel.Problem) bool { return p.Fix != "" }) {
		return
	}
	words := strings.Fields(strings.ReplaceAll(strings.ToLower(e.Message), "service account", "account"))
	for _, argument := range usage(c).names {
		words = append(words, strings.ToLower(argument))
	}
	if c.Parent() != nil {
		words = append(words, c.Parent().Name())
	}
	for _, word := range words {
		if found := lists(c.Root(), strings.Trim(word, "\"',:;.")); found != nil {
			line, _, _ := strings.Cut(found.UseLine(), " [") // what may be left out
			e.Fix = "see " + line + " for those that there are"
			return
		}
	}
	e.Fix = "see " + c.CommandPath() + " --help"
}

// lists is the command that lists what a word means, nil where there is none.
func lists(root *cobra.Command, word string) *cobra.Command {
	path, known := called()[word]
	if !known {
		path = word
	}
	c, rest, err := root.Find(strings.Fields(path))
	if err != nil || len(rest) > 0 || c == root {
		return nil
	}
	if list, rest, err := c.Find([]string{"list"}); err == nil && len(rest) == 0 && list != c {
		return list
	}
	if known && !c.HasSubCommands() {
		return c
	}
	if show, rest, err := c.Find([]string{"show"}); err == nil && len(rest) == 0 && show != c && len(usage(show).required) == 0 {
		return show
	}
	return nil
}
