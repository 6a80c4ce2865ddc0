// Package arguments says what is wrong with the arguments of a command, by the
// names that its usage gives them.
//
// It owns these texts. Which arguments a command takes is the command's to say.
package arguments

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Error is a mistake in the arguments of a command.
type Error struct{ Message, Fix string }

// Error returns what is wrong.
func (e *Error) Error() string { return e.Message }

// Name makes c and all commands below it name the arguments that are missing, too
// many or empty.
func Name(c *cobra.Command) {
	if check := c.Args; check != nil && !c.HasSubCommands() {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return explain(c, args, err)
			}
			return noneEmpty(c, args)
		}
	}
	for _, child := range c.Commands() {
		Name(child)
	}
}

// explain says it by names where the number of arguments is what is wrong.
func explain(c *cobra.Command, args []string, err error) error {
	u := usage(c)
	switch {
	case len(args) < len(u.required):
		return mistake(c, missing(u.required[len(args):]))
	case !u.repeats && len(args) > len(u.required)+u.optional:
		return mistake(c, tooMany(c, u, args[len(u.required)+u.optional:]))
	default:
		return err
	}
}

// Flags names the flags without which c cannot run, and that err says were not
// given; any other err stays as it is.
func Flags(c *cobra.Command, err error) error {
	if _, known := errors.AsType[*Error](err); known || c == nil || c.ValidateRequiredFlags() == nil || err == nil || err.Error() != c.ValidateRequiredFlags().Error() {
		return err
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if len(f.Annotations[cobra.BashCompOneRequiredFlag]) > 0 && !f.Changed {
			names = append(names, "--"+f.Name)
		}
	})
	return mistake(c, missing(names))
}

type arguments struct {
	required []string
	optional int
	repeats  bool
	// names are those of all, in their order.
	names []string
}

// usage reads the arguments of a usage such as "ignore DRIFT --until DATE": the
// words before the first flag.
func usage(c *cobra.Command) arguments {
	var u arguments
	for _, word := range strings.Fields(c.Use)[1:] {
		if strings.HasPrefix(word, "-") {
			break
		}
		u.repeats = u.repeats || strings.Contains(word, "...")
		u.names = append(u.names, strings.Trim(word, "[]."))
		if strings.HasPrefix(word, "[") {
			u.optional++
		} else {
			u.required = append(u.required, strings.TrimSuffix(word, "..."))
		}
	}
	return u
}

func missing(names []string) string {
	if len(names) == 1 {
		return names[0] + " is missing"
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last] + " are missing"
}

func tooMany(c *cobra.Command, u arguments, rest []string) string {
	takes := "takes no arguments"
	switch {
	case len(u.required)+u.optional == 1:
		takes = "takes one argument"
	case len(u.required)+u.optional > 1:
		takes = fmt.Sprintf("takes %d arguments", len(u.required)+u.optional)
	}
	return fmt.Sprintf("%s %s: %q is too many", c.CommandPath(), takes, strings.Join(rest, " "))
}

func mistake(c *cobra.Command, message string) *Error {
	return &Error{message, fmt.Sprintf("write it like `%s`; see %s --help", example(c), c.CommandPath())}
}

// example is the first one that the command gives, else its usage.
func example(c *cobra.Command) string {
	first, _, _ := strings.Cut(strings.TrimSpace(c.Example), "\n")
	if first != "" {
		return strings.TrimSpace(first)
	}
	return strings.TrimSuffix(c.UseLine(), " [flags]")
}
