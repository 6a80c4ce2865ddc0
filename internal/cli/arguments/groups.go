package arguments

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The annotations by which cobra keeps groups of flags.
const (
	exclusive = "cobra_annotation_mutually_exclusive"
	oneOf     = "cobra_annotation_one_required"
	joined    = "cobra_annotation_required_if_others_set"
)

// groups says by names which flags of c do not go together, or of which one is
// missing; nil where err is about something else.
func groups(c *cobra.Command, err error) *Error {
	if of := c.ValidateFlagGroups(); of == nil || err == nil || of.Error() != err.Error() {
		return nil
	}
	if names := together(c); len(names) > 1 {
		last := len(names) - 1
		return &Error{strings.Join(names[:last], ", ") + " and " + names[last] + " do not go together", "give one of them; see " + c.CommandPath() + " --help"}
	}
	for _, group := range grouped(c, oneOf) {
		if !slices.ContainsFunc(group, func(name string) bool { return c.Flags().Changed(name) }) {
			return mistake(c, OneOf(dashed(group))+" is missing")
		}
	}
	for _, group := range grouped(c, joined) {
		lacks := slices.DeleteFunc(slices.Clone(group), func(name string) bool { return c.Flags().Changed(name) })
		if n := len(lacks); n > 0 && n < len(group) {
			has := slices.DeleteFunc(group, func(name string) bool { return !c.Flags().Changed(name) })
			missing := " are missing"
			if n == 1 {
				missing = " is missing"
			}
			return mistake(c, strings.Join(dashed(lacks), " and ")+missing+" beside "+strings.Join(dashed(has), " and "))
		}
	}
	return nil
}

// together are flags that were given and do not go together.
func together(c *cobra.Command) []string {
	for _, group := range grouped(c, exclusive) {
		given := slices.DeleteFunc(group, func(name string) bool { return !c.Flags().Changed(name) })
		if len(given) > 1 {
			return dashed(given)
		}
	}
	return nil
}

// ownFormat marks flags that say how results are written, as --output does.
const ownFormat = "terrace_own_format"

// OwnFormat marks a flag of c as one that says how results are written.
func OwnFormat(c *cobra.Command, name string) {
	_ = c.Flags().SetAnnotation(name, ownFormat, []string{"true"}) // the caller made the flag
}

// formats refuses two different formats for one result.
func formats(c *cobra.Command) error {
	output := c.Flag("output")
	if output == nil || !output.Changed {
		return nil
	}
	var refused error
	c.Flags().Visit(func(f *pflag.Flag) {
		if len(f.Annotations[ownFormat]) > 0 && f.Value.String() != output.Value.String() && f.Value.String() != "false" {
			refused = &Error{"--" + f.Name + " and --output " + output.Value.String() + " contradict each other", "give one of them; see " + c.CommandPath() + " --help"}
		}
	})
	return refused
}

// grouped are the groups of an annotation, by the names of their flags.
func grouped(c *cobra.Command, annotation string) [][]string {
	var all [][]string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		for _, group := range f.Annotations[annotation] {
			all = append(all, strings.Fields(group))
		}
	})
	return all
}

func dashed(names []string) []string {
	out := make([]string, 0, len(names))
	for _, name := range names {
		out = append(out, "--"+name)
	}
	return out
}
