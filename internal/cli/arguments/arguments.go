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

	"github.com/terrace-idp/terrace/internal/kernel"
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
	if c.HasSubCommands() && c.Args != nil {
		c.Args = children
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

// Flags says it by names where what err says is wrong with a flag of c: that it was
// not given, or has a value that it does not take. Any other err stays as it is.
func Flags(c *cobra.Command, err error) error {
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok && c != nil {
		return notTaken(c, e)
	}
	if c != nil {
		if e := groups(c, err); e != nil {
			return e
		}
		err = noFlag(c, err)
	}
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

// notTaken tells what a flag takes, and where that is told.
func notTaken(c *cobra.Command, err *pflag.InvalidValueError) *Error {
	name, fix := "--"+err.GetFlag().Name, "see "+c.CommandPath()+" --help"
	if e, ok := errors.AsType[*kernel.Error](err); ok {
		return &Error{fmt.Sprintf("%s is %q, and %s", name, err.GetValue(), e.Message), fix}
	}
	if strings.HasPrefix(fmt.Sprintf("%T", err.GetFlag().Value), "*pflag.") {
		return &Error{fmt.Sprintf("%s is %q, and has to be %s", name, err.GetValue(), what(err.GetFlag().Value.Type())), fix}
	}
	return &Error{fmt.Sprintf("%s: %v", name, err.Unwrap()), fix}
}

// what is a value of one of pflag's own types.
func what(typ string) string {
	switch typ {
	case "bool":
		return "true or false"
	case "int64Slice":
		return "whole numbers with commas between"
	case "stringToString":
		return "NAME=VALUE, several with commas between"
	default:
		return "a value of the type " + typ
	}
}

// OneOf writes words of which one is to be chosen: a, b or c.
func OneOf[T ~string](words []T) string {
	text := ""
	for i, word := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			text += " or "
		default:
			text += ", "
		}
		text += string(word)
	}
	return text
}

// At is the name of the argument of c at a place, from 0.
func At(c *cobra.Command, place int) string {
	names := usage(c).names
	if len(names) == 0 {
		return "an argument"
	}
	return names[min(place, len(names)-1)]
}

type arguments struct {
	required []string
	optional int
	repeats  bool
	// names are those of all, in their order.
	names []string
}

// usage reads the arguments of a usage such as "ignore DRIFT --until DATE": the
// words before the first flag. What stands in parentheses, such as (--plan FILE |
// DIR), is one argument that a flag may stand for, and what has | between is one.
func usage(c *cobra.Command) arguments {
	var u arguments
	inside, flag := false, false
	for _, word := range strings.Fields(c.Use)[1:] {
		inside = inside || strings.HasPrefix(word, "(")
		last := strings.HasSuffix(word, ")")
		word = strings.Trim(word, "()")
		switch {
		case strings.HasPrefix(word, "-") && !inside:
			return u
		case strings.HasPrefix(word, "-"):
			flag = true
		case flag: // the value of a flag
			flag = false
		case word != "|":
			u.add(word, inside)
		}
		inside = inside && !last
	}
	return u
}

func (u *arguments) add(word string, mayLack bool) {
	name := OneOf(strings.Split(strings.Trim(word, "[]."), "|"))
	u.repeats = u.repeats || strings.Contains(word, "...")
	u.names = append(u.names, name)
	if mayLack || strings.HasPrefix(word, "[") {
		u.optional++
	} else {
		u.required = append(u.required, name)
	}
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

// example is the first one that the command gives, in one line, else its usage.
func example(c *cobra.Command) string {
	first := ""
	for line := range strings.Lines(strings.TrimSpace(c.Example)) {
		part, goesOn := strings.CutSuffix(strings.TrimSpace(line), "\\")
		if first += part; !goesOn {
			return first
		}
	}
	return strings.TrimSuffix(c.UseLine(), " [flags]")
}
