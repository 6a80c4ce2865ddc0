package arguments

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// children refuses the name of a command that c does not have, and says which is near.
func children(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &Error{fmt.Sprintf("%s has no command %q", c.CommandPath(), args[0]), maybe("", args[0], below(c)) + "see " + c.CommandPath() + " --help"}
}

// below are the names of the commands and topics below c.
func below(c *cobra.Command) []string {
	var names []string
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() || child.IsAdditionalHelpTopicCommand() {
			names = append(append(names, child.Name()), child.Aliases...)
		}
	}
	return names
}

// NoHelp refuses to help with what c, the last command that the words name, does not
// have below it, and says what is near.
func NoHelp(c *cobra.Command, words []string) *Error {
	near := ""
	if len(words) > 0 {
		near = maybe("terrace help "+strings.TrimPrefix(c.CommandPath()+" ", c.Root().Name()+" "), words[0], below(c))
	}
	return &Error{fmt.Sprintf("there is no help about %q", strings.TrimPrefix(c.CommandPath()+" ", c.Root().Name()+" ")+strings.Join(words, " ")), near + "see " + c.CommandPath() + " --help"}
}

// Helped is why no help is to be had about the line of c: it names a command that c
// does not have, and help about c would read as if it were about that.
func Helped(c *cobra.Command) error {
	if !c.HasSubCommands() {
		return nil
	}
	return children(c, c.Flags().Args())
}

// noFlag says which flag of c is near to one that it does not have.
func noFlag(c *cobra.Command, err error) error {
	e, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || strings.HasPrefix(e.GetSpecifiedShortnames(), "-") {
		return err
	}
	if c.HasSubCommands() && c.Flags().NArg() > 0 {
		return children(c, c.Flags().Args()) // the flag is one of the command that there is not
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return &Error{err.Error(), maybe("--", e.GetSpecifiedName(), names) + "see " + c.CommandPath() + " --help"}
}

func maybe(before, name string, names []string) string {
	if near := yamldoc.Nearest(name, names); near != "" {
		return "did you mean " + before + near + "? "
	}
	return ""
}
