package arguments

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// MayBeEmpty has, by command, the flags for which an empty value means something
// that leaving them out, or any other value, does not say better.
func MayBeEmpty() map[string][]string {
	return map[string][]string{
		"terrace pr create":            {"description"},                                        // a pull request may say no more than its title
		"terrace cost maturity answer": {"note"},                                               // an answer may have none
		"terrace dns zone set":         {"name-server", "allow-transfer", "notify", "contact"}, // a zone may go back to none
	}
}

// Given refuses a flag of c that is given without a value, as a variable that a script
// forgot to set would widen what the command is about, and one that contradicts another.
func Given(c *cobra.Command) error {
	var empty []string
	c.Flags().Visit(func(f *pflag.Flag) {
		if isEmpty(f.Value) && !slices.Contains(MayBeEmpty()[c.CommandPath()], f.Name) {
			empty = append(empty, "--"+f.Name)
		}
	})
	if len(empty) == 0 {
		return formats(c)
	}
	return hollow(c, empty)
}

// isEmpty says that nothing, or nothing but spaces, was given, also as one of several.
func isEmpty(v pflag.Value) bool {
	if v.Type() == "string" {
		return blank(v.String())
	}
	list, ok := v.(pflag.SliceValue)
	return ok && (len(list.GetSlice()) == 0 || slices.ContainsFunc(list.GetSlice(), blank))
}

// noneEmpty refuses an empty argument, which would be one that was left out.
func noneEmpty(c *cobra.Command, args []string) error {
	i := slices.IndexFunc(args, blank)
	if i < 0 {
		return nil
	}
	return hollow(c, []string{At(c, i)})
}

func hollow(c *cobra.Command, names []string) *Error {
	it, them := "give it a value, or leave it out", "give them values, or leave them out"
	if slices.ContainsFunc(names, func(name string) bool { return needed(c, name) }) {
		it, them = "give it a value", "give them values"
	}
	help := "; see " + c.CommandPath() + " --help"
	if len(names) == 1 {
		return &Error{names[0] + " is empty", it + help}
	}
	last := len(names) - 1
	return &Error{strings.Join(names[:last], ", ") + " and " + names[last] + " are empty", them + help}
}

// needed says that a flag cannot be left out.
func needed(c *cobra.Command, name string) bool {
	f := c.Flags().Lookup(strings.TrimPrefix(name, "--"))
	return f != nil && len(f.Annotations[cobra.BashCompOneRequiredFlag]) > 0
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }
