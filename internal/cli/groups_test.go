package cli_test

import (
	"bytes"
	"cmp"
	"context"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

// TestFlagsThatDoNotGoTogetherAreNamed gives each command all flags of each group of
// which one may be given.
func TestFlagsThatDoNotGoTogetherAreNamed(t *testing.T) {
	t.Parallel()
	seen := 0
	eachCommand(cli.Root(envOf(&bytes.Buffer{})), func(c *cobra.Command) {
		groups := map[string]bool{}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			for _, group := range f.Annotations["cobra_annotation_mutually_exclusive"] {
				groups[group] = true
			}
		})
		for group := range groups {
			line, names := words(c), strings.Fields(group)
			c.Flags().VisitAll(func(f *pflag.Flag) {
				if len(f.Annotations[cobra.BashCompOneRequiredFlag]) > 0 {
					line = append(line, "--"+f.Name+"=x")
				}
			})
			for _, name := range names {
				line = append(line, "--"+name+"="+worth(c.Flag(name)))
			}
			seen++
			if code, said := try(line); code != exit.Usage || !strings.Contains(said, "do not go together\nfix: ") || !strings.Contains(said, "--"+names[0]) {
				t.Errorf("%q: exit %d, %s", line, code, said)
			}
		}
	})
	if seen < 10 {
		t.Errorf("only %d groups were found in the tree", seen)
	}
}

// TestFlagsThatGoTogetherAreNamed gives each command one flag of each group whose flags
// are given together.
func TestFlagsThatGoTogetherAreNamed(t *testing.T) {
	t.Parallel()
	seen := 0
	eachCommand(cli.Root(envOf(&bytes.Buffer{})), func(c *cobra.Command) {
		groups := map[string]bool{}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			for _, group := range f.Annotations["cobra_annotation_required_if_others_set"] {
				groups[group] = true
			}
		})
		for group := range groups {
			line, names := words(c), strings.Fields(group)
			line = append(line, "--"+names[0]+"="+worth(c.Flag(names[0])))
			seen++
			if code, said := try(line); code != exit.Usage || !strings.Contains(said, "--"+names[1]) || !strings.Contains(said, "missing beside --"+names[0]+"\nfix: ") {
				t.Errorf("%q: exit %d, %s", line, code, said)
			}
		}
	})
	if seen == 0 {
		t.Error("no group was found in the tree")
	}
}

// worth is a value that a flag takes.
func worth(f *pflag.Flag) string {
	if of, is := f.Value.(interface{ Words() []string }); is {
		return of.Words()[0]
	}
	switch f.Value.Type() {
	case "bool":
		return "true"
	case "int":
		return "500"
	case "moment":
		return "2126-01-31"
	case "duration":
		return "1m"
	default:
		return cmp.Or(f.DefValue, "x")
	}
}

// TestHelpIsAboutWhatThereIs asks each group of commands for help about one that it
// does not have, in both ways.
func TestHelpIsAboutWhatThereIs(t *testing.T) {
	t.Parallel()
	var each func(c *cobra.Command)
	each = func(c *cobra.Command) {
		path := strings.Fields(c.CommandPath())[1:]
		for _, child := range c.Commands() {
			each(child)
		}
		if !c.HasSubCommands() || c.Name() == "completion" {
			return
		}
		for _, line := range [][]string{append(path, "nonsuch", "--help"), append(append([]string{"help"}, path...), "nonsuch")} {
			if code, said := try(line); code != exit.Usage || !strings.Contains(said, `"`) || !strings.Contains(said, "nonsuch") || !strings.Contains(said, "\nfix: see "+c.CommandPath()+" --help") {
				t.Errorf("%q: exit %d, %s", line, code, said)
			}
		}
	}
	each(cli.Root(envOf(&bytes.Buffer{})))
}

// TestWhatIsInterruptedHasItsCode interrupts a command that waits for a server.
func TestWhatIsInterruptedHasItsCode(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	for format, want := range map[string]string{"table": "interrupted\n", "json": `{"code":"interrupted","message":"interrupted","exit":130}` + "\n"} {
		var said bytes.Buffer
		if code := cli.Main(ctx, envOf(&said), []string{"run", "list", "-p", "shop", "--address", nowhere, "--token", "x", "-o", format}); code != exit.Interrupted || said.String() != want {
			t.Errorf("%s: exit %d, %q", format, code, said.String())
		}
	}
}
