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
	var names []string
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() {
			names = append(append(names, child.Name()), child.Aliases...)
		}
	}
	return &Error{fmt.Sprintf("%s has no command %q", c.CommandPath(), args[0]), maybe("", args[0], names) + "see " + c.CommandPath() + " --help"}
}

// noFlag says which flag of c is near to one that it does not have.
func noFlag(c *cobra.Command, err error) error {
	e, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || strings.HasPrefix(e.GetSpecifiedShortnames(), "-") {
		return err
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
