package cli_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/arguments"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

// nowhere is a server that does not answer: what is refused asks none.
const nowhere = "http://127.0.0.1:1"

// TestNoFlagIsTakenEmpty gives each flag of each command without a value, as a
// script does that forgot to set a variable.
func TestNoFlagIsTakenEmpty(t *testing.T) {
	t.Parallel()
	seen := 0
	eachCommand(cli.Root(envOf(&bytes.Buffer{})), func(c *cobra.Command) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !takesText(f) || slices.Contains(arguments.MayBeEmpty()[c.CommandPath()], f.Name) {
				return
			}
			seen++
			code, said := try(append(words(c), "--"+f.Name, ""))
			if code != exit.Usage || !strings.Contains(said, "--"+f.Name+" is empty\nfix: ") {
				t.Errorf("%s --%s: exit %d, %s", c.CommandPath(), f.Name, code, said)
			}
			if needed := len(f.Annotations[cobra.BashCompOneRequiredFlag]) > 0; needed == strings.Contains(said, "leave it out") {
				t.Errorf("%s --%s, which is needed: %t: %s", c.CommandPath(), f.Name, needed, said)
			}
		})
	})
	if seen < 200 {
		t.Errorf("only %d flags were found in the tree", seen)
	}
}

// TestNoArgumentIsTakenEmpty gives each argument of each command as "".
func TestNoArgumentIsTakenEmpty(t *testing.T) {
	t.Parallel()
	eachCommand(cli.Root(envOf(&bytes.Buffer{})), func(c *cobra.Command) {
		path := strings.Fields(c.CommandPath())[1:]
		line := words(c)
		if !strings.Contains(c.Use, " [") && len(line) == len(path) {
			return
		}
		if strings.Contains(c.Use, " [") {
			line = append(line, "")
		} else {
			line[len(line)-1] = ""
		}
		if code, said := try(line); code != exit.Usage || !strings.Contains(said, " is empty\nfix: ") {
			t.Errorf("%q: exit %d, %s", line, code, said)
		}
	})
}

func TestWhatMayBeEmptyIsInTheTree(t *testing.T) {
	t.Parallel()
	root := cli.Root(envOf(&bytes.Buffer{}))
	for path, flags := range arguments.MayBeEmpty() {
		c, _, err := root.Find(strings.Fields(path)[1:])
		for _, name := range flags {
			if err != nil || c.CommandPath() != path || c.Flag(name) == nil {
				t.Errorf("%s has no flag --%s", path, name)
			}
		}
	}
}

// TestWhatIsWrongWithAFlagIsNamed has what commands refuse before they ask anybody.
func TestWhatIsWrongWithAFlagIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line []string
		want string
	}{
		"several":          {[]string{"policy", "exempt", "a", "--stage", "", "--workload=", "--until", "1d", "--reason", "r"}, "error: --stage and --workload are empty\n"},
		"one of a list":    {[]string{"tag", "require", "a", "--values", "x,,y"}, "error: --values is empty\n"},
		"no list":          {[]string{"tag", "require", "a", "--values", ""}, "error: --values is empty\n"},
		"spaces":           {[]string{"run", "list", "--stage", " \t"}, "error: --stage is empty\n"},
		"the argument":     {[]string{"compliance", "status", ""}, "error: WORKLOAD is empty\n"},
		"one of the last":  {[]string{"subscription", "redeliver", "a", "b", ""}, "error: EVENT is empty\n"},
		"no number":        {[]string{"cost", "anomalies", "--minimum", "NaN"}, "error: --minimum is \"NaN\", and has to be a number above 0\n"},
		"no days":          {[]string{"cost", "idle", "--quiet-days", "0"}, "error: --quiet-days is \"0\", and has to be a whole number, 1 to 3650\n"},
		"no choice":        {[]string{"compliance", "report", "--framework", "mcsb", "--format", "xml"}, "error: --format is \"xml\", and has to be table, json, csv or html\n"},
		"one of everybody": {[]string{"run", "list", "--project", ""}, "error: --project is empty\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if code, said := try(c.line); code != exit.Usage || !strings.HasPrefix(said, c.want) {
				t.Errorf("exit %d, %s, want %s", code, said, c.want)
			}
		})
	}
}

// TestEveryDurationIsReadTheSame has days for each flag that takes a length of time.
func TestEveryDurationIsReadTheSame(t *testing.T) {
	t.Parallel()
	seen := 0
	eachCommand(cli.Root(envOf(&bytes.Buffer{})), func(c *cobra.Command) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() != "duration" {
				return
			}
			seen++
			if err := f.Value.Set("1d"); err != nil || f.Value.String() != "1d" {
				t.Errorf("%s --%s 1d: %s, %v", c.CommandPath(), f.Name, f.Value, err)
			}
			if f.Value.Set("-1h") == nil {
				t.Errorf("%s --%s takes -1h", c.CommandPath(), f.Name)
			}
		})
	})
	if seen < 7 {
		t.Errorf("only %d durations were found in the tree", seen)
	}
}

func envOf(said *bytes.Buffer) *command.Env {
	return &command.Env{In: strings.NewReader(""), Out: said, Err: said, Getenv: func(name string) string {
		return map[string]string{"TERRACE_ADDRESS": nowhere, "TERRACE_TOKEN": "t", "TERRACE_PROJECT": "p"}[name]
	}}
}

// try runs the client and returns how it ended and what it said.
func try(line []string) (int, string) {
	var said bytes.Buffer
	return cli.Main(context.Background(), envOf(&said), line), said.String()
}

// eachCommand calls do for each command that does something.
func eachCommand(c *cobra.Command, do func(*cobra.Command)) {
	if c.Runnable() && !c.HasSubCommands() {
		do(c)
	}
	for _, child := range c.Commands() {
		eachCommand(child, do)
	}
}

// few is up to how many words are a set that is closed; more are names of things.
const few = 20

// offeredFor are the words that the shell offers without a server for the argument
// after args.
func offeredFor(c *cobra.Command, args []string) []string {
	if c.ValidArgsFunction == nil {
		return nil
	}
	c.SetContext(context.Background())
	offered, _ := c.ValidArgsFunction(c, args, "")
	if len(offered) > few {
		return nil
	}
	return offered
}

func takesText(f *pflag.Flag) bool {
	_, list := f.Value.(pflag.SliceValue)
	return f.Value.Type() == "string" || list && f.Value.Type() != "int64Slice"
}

// words are a line of c with a word for each argument that it needs, of those that it
// takes where they are few.
func words(c *cobra.Command) []string {
	line := strings.Fields(c.CommandPath())[1:]
	first := len(line)
	for _, word := range strings.Fields(c.Use)[1:] {
		if strings.HasPrefix(word, "-") || strings.HasPrefix(word, "(") {
			break
		}
		if strings.HasPrefix(word, "[") {
			continue
		}
		text := "x"
		if offered := offeredFor(c, line[first:]); len(offered) > 0 {
			text = offered[0]
		}
		if strings.HasPrefix(word, "KEY=VALUE") {
			text = "x=y"
		}
		line = append(line, text)
	}
	return line
}
