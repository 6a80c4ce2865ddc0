package command

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/cli/arguments"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Choice adds a flag that takes one of the words, which its help tells and the shell
// offers, and no other; value is what it is by default.
func Choice[T ~string](c *cobra.Command, to *T, name string, value T, usage string, words ...T) {
	*to = value
	c.Flags().Var(&choice[T]{to, words}, name, usage+": "+arguments.OneOf(words))
	offerWords(c, name, words)
}

// FormatFlag adds the flag of all commands for how results are written.
func (e *Env) FormatFlag(root *cobra.Command) {
	e.Format = output.Table
	root.PersistentFlags().VarP(&choice[string]{&e.Format, output.Formats()}, "output", "o", "the format of the result: "+arguments.OneOf(output.Formats()))
	offerWords(root, "output", output.Formats())
}

// Format has a command write its result in formats of its own, in place of those of all
// commands.
func Format(e *Env, c *cobra.Command, formats []string) {
	c.Flags().VarP(&choice[string]{&e.Format, formats}, "output", "o", "the format of the result: "+arguments.OneOf(formats))
	offerWords(c, "output", formats)
}

// Choices adds a flag that takes several of the words, with commas between, each once.
func Choices[T ~string](c *cobra.Command, to *[]T, name, usage string, words ...T) {
	c.Flags().Var(&choices[T]{to: to, words: words}, name, usage+": "+arguments.OneOf(words)+"; several with commas between")
	_ = c.RegisterFlagCompletionFunc(name, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		offered := make([]string, 0, len(words))
		for _, word := range words {
			if !slices.Contains(strings.Split(before, ","), string(word)) {
				offered = append(offered, before+string(word))
			}
		}
		return offered, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}

// ChoiceArgument has the argument of c at a place, from 0, be one of the words, which
// the shell offers. What else c demands of its arguments stays.
func ChoiceArgument[T ~string](c *cobra.Command, at int, words ...T) {
	check, offered := c.Args, c.ValidArgsFunction
	c.Args = func(c *cobra.Command, args []string) error {
		if check != nil {
			if err := check(c, args); err != nil {
				return err
			}
		}
		if at >= len(args) || slices.Contains(words, T(args[at])) || strings.TrimSpace(args[at]) == "" {
			return nil
		}
		return exit.Wrong("%s is %q, and has to be %s", arguments.At(c, at), args[at], arguments.OneOf(words))
	}
	c.ValidArgsFunction = func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) == at {
			return plain(words), cobra.ShellCompDirectiveNoFileComp
		}
		if offered != nil {
			return offered(c, args, typed)
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

func offerWords[T ~string](c *cobra.Command, name string, words []T) {
	_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(plain(words), cobra.ShellCompDirectiveNoFileComp)) // the caller made the flag
}

func plain[T ~string](words []T) []string {
	out := make([]string, 0, len(words))
	for _, w := range words {
		out = append(out, string(w))
	}
	return out
}

// choice is a pflag.Value.
type choice[T ~string] struct {
	to    *T
	words []T
}

// String implements pflag.Value.
func (c *choice[T]) String() string {
	if c.to == nil {
		return ""
	}
	return string(*c.to)
}

// Type implements pflag.Value.
func (*choice[T]) Type() string { return "string" }

// Words are all that the flag takes.
func (c *choice[T]) Words() []string { return plain(c.words) }

// Set implements pflag.Value; an empty one is refused where all flags are.
func (c *choice[T]) Set(text string) error {
	if strings.TrimSpace(text) != "" && !slices.Contains(c.words, T(text)) {
		return noWord(c.words)
	}
	*c.to = T(text)
	return nil
}

func noWord[T ~string](words []T) error {
	return kernel.Errorf(kernel.Invalid, "has to be %s", arguments.OneOf(words))
}

// choices is a pflag.SliceValue.
type choices[T ~string] struct {
	to    *[]T
	words []T
	given bool
}

var _ pflag.SliceValue = (*choices[string])(nil)

// String implements pflag.Value.
func (c *choices[T]) String() string {
	if c.to == nil {
		return ""
	}
	return strings.Join(plain(*c.to), ",")
}

// Type implements pflag.Value.
func (*choices[T]) Type() string { return "strings" }

// Words are all that the flag takes.
func (c *choices[T]) Words() []string { return plain(c.words) }

// Set implements pflag.Value; given again it adds to what was given before.
func (c *choices[T]) Set(text string) error {
	if !c.given {
		*c.to, c.given = nil, true
	}
	for word := range strings.SplitSeq(text, ",") {
		if err := c.Append(word); err != nil {
			return err
		}
	}
	return nil
}

// Append implements pflag.SliceValue; an empty one is refused where all flags are.
func (c *choices[T]) Append(word string) error {
	if strings.TrimSpace(word) != "" && !slices.Contains(c.words, T(word)) {
		return noWord(c.words)
	}
	if slices.Contains(*c.to, T(word)) {
		return kernel.Errorf(kernel.Invalid, "has %s twice", word)
	}
	*c.to = append(*c.to, T(word))
	return nil
}

// Replace implements pflag.SliceValue.
func (c *choices[T]) Replace(words []string) error {
	*c.to = nil
	for _, word := range words {
		if err := c.Append(word); err != nil {
			return err
		}
	}
	return nil
}

// GetSlice implements pflag.SliceValue.
func (c *choices[T]) GetSlice() []string { return plain(*c.to) }
