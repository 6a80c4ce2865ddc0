package command

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Choice adds a flag that takes one of the words, which the shell offers, and no
// other; value is what it is by default.
func Choice(c *cobra.Command, to *string, name, value, usage string, words ...string) {
	*to = value
	c.Flags().Var(&choice{to, words}, name, usage)
	Words(c, name, words...)
}

// Words has the shell offer words for a flag.
func Words(c *cobra.Command, name string, words ...string) {
	_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // the caller made the flag
}

// choice is a pflag.Value.
type choice struct {
	to    *string
	words []string
}

// String implements pflag.Value.
func (c *choice) String() string {
	if c.to == nil {
		return ""
	}
	return *c.to
}

// Type implements pflag.Value.
func (*choice) Type() string { return "string" }

// Set implements pflag.Value; an empty one is refused where all flags are.
func (c *choice) Set(text string) error {
	if strings.TrimSpace(text) != "" && !slices.Contains(c.words, text) {
		return kernel.Errorf(kernel.Invalid, "it is none of %s", strings.Join(c.words, ", "))
	}
	*c.to = text
	return nil
}
