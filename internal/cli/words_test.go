package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

// listed is a list of words of which a help says that one is to be chosen.
var listed = regexp.MustCompile(`(: |one of )[a-z][\w.-]*(, [a-z][\w.-]*)* or [a-z][\w.-]*$`)

// closed is a flag of words, as command.Choice makes it.
type closed interface{ Words() []string }

// TestAWordThatAFlagDoesNotTakeIsRefused gives each flag of a closed set another word.
// It is refused before a server is asked, which nowhere is not.
func TestAWordThatAFlagDoesNotTakeIsRefused(t *testing.T) {
	t.Parallel()
	seen := 0
	eachFlag(func(c *cobra.Command, f *pflag.Flag) {
		set, is := f.Value.(closed)
		if !is {
			if offered := offeredOffline(c, f); len(offered) > 0 || listed.MatchString(f.Usage) {
				t.Errorf("%s --%s takes any word, and offers %q: %s", c.CommandPath(), f.Name, offered, f.Usage)
			}
			return
		}
		seen++
		last := set.Words()[len(set.Words())-1]
		if !slices.ContainsFunc(offeredOffline(c, f), func(w string) bool { return w == last }) {
			t.Errorf("%s --%s does not offer %s", c.CommandPath(), f.Name, last)
		}
		code, said := try(append(words(c), "--"+f.Name, "no-such-word"))
		if code != exit.Usage || !strings.Contains(said, "--"+f.Name+` is "no-such-word", and has to be `) || !strings.Contains(said, last) {
			t.Errorf("%s --%s: exit %d, %s", c.CommandPath(), f.Name, code, said)
		}
	})
	if seen < 25 {
		t.Errorf("only %d flags of words were found in the tree", seen)
	}
}

// TestANumberThatAFlagDoesNotTakeIsRefused has each number have its bounds in the client.
func TestANumberThatAFlagDoesNotTakeIsRefused(t *testing.T) {
	t.Parallel()
	seen := 0
	eachFlag(func(c *cobra.Command, f *pflag.Flag) {
		kind := fmt.Sprintf("%T", f.Value)
		switch {
		case kind == "*pflag.int64SliceValue":
			return
		case strings.HasPrefix(kind, "*pflag.int") || strings.HasPrefix(kind, "*pflag.float") || strings.HasPrefix(kind, "*pflag.uint"):
			t.Errorf("%s --%s takes every number: use command.Number", c.CommandPath(), f.Name)
		case f.Value.Type() != "int" && f.Value.Type() != "float":
			return
		}
		for _, text := range []string{"-1", "x", ""} {
			seen++
			code, said := try(append(words(c), "--"+f.Name+"="+text))
			if code != exit.Usage || !strings.Contains(said, "--"+f.Name+" is ") {
				t.Errorf("%s --%s=%s: exit %d, %s", c.CommandPath(), f.Name, text, code, said)
			}
		}
	})
	if seen < 45 {
		t.Errorf("only %d numbers were tried", seen)
	}
}

// TestAnArgumentOfAClosedSetIsRefused has the words that are offered for an argument
// without a server be all that it takes.
func TestAnArgumentOfAClosedSetIsRefused(t *testing.T) {
	t.Parallel()
	seen := 0
	eachCommand(cli.Root(envOf(&bytes.Buffer{})), func(c *cobra.Command) {
		line := words(c)
		first := len(strings.Fields(c.CommandPath())) - 1
		for at := first; at < len(line); at++ {
			if len(offeredFor(c, line[first:at])) == 0 {
				continue
			}
			seen++
			other := slices.Clone(line)
			other[at] = "no-such-word"
			if code, said := try(withRequired(c, other)); code != exit.Usage && code != exit.NotFound || !strings.Contains(said, `no-such-word`) {
				t.Errorf("%q: exit %d, %s", other, code, said)
			}
		}
	})
	if seen < 3 {
		t.Errorf("only %d arguments of words were found", seen)
	}
}

// TestWhatIsMissingIsNamedInWords has no sign of a usage line in what is said.
func TestWhatIsMissingIsNamedInWords(t *testing.T) {
	t.Parallel()
	seen := 0
	eachCommand(cli.Root(envOf(&bytes.Buffer{})), func(c *cobra.Command) {
		bare := strings.Fields(c.CommandPath())[1:]
		for _, line := range [][]string{bare, append(slices.Clone(bare), "1", "2", "3", "4", "5", "6"), append(slices.Clone(bare), "")} {
			code, said := try(line)
			message, _, _ := strings.Cut(said, "\n")
			if code == exit.Usage {
				seen++
			}
			if code == exit.Usage && strings.ContainsAny(message, "()[]|<>") {
				t.Errorf("%q: %s", line, message)
			}
		}
	})
	if seen < 250 {
		t.Errorf("only %d mistakes were made", seen)
	}
}

// TestAnErrorIsOneValueForPrograms has each command fail, with a server that does not
// answer or an argument too many: the last line is the error, and nothing else is written.
func TestAnErrorIsOneValueForPrograms(t *testing.T) {
	t.Parallel()
	seen := 0
	eachCommand(cli.Root(envOf(&bytes.Buffer{})), func(c *cobra.Command) {
		for _, line := range [][]string{withRequired(c, words(c)), append(words(c), "1", "2", "3", "4", "5", "6", "--nope")} {
			var out, said bytes.Buffer
			e := envOf(&said)
			e.Out = &out
			code := cli.Main(context.Background(), e, append(line, "-o", "json"))
			if code == exit.OK {
				continue // it needs no server
			}
			seen++
			lines := strings.Split(strings.TrimSpace(said.String()), "\n")
			var told exit.Told
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &told); err != nil || told.Exit != code || told.Message == "" || told.Code == "" || out.Len() > 0 && !json.Valid(out.Bytes()) {
				t.Errorf("%q: exit %d, %s, %v, and %q", line, code, said.String(), err, out.String())
			}
		}
	})
	if seen < 300 {
		t.Errorf("only %d errors were seen", seen)
	}
}

func TestEveryCommandHasAnExample(t *testing.T) {
	t.Parallel()
	eachCommand(cli.Root(envOf(&bytes.Buffer{})), func(c *cobra.Command) {
		if !strings.HasPrefix(c.Example, "  terrace ") && !strings.Contains(c.Example, "terrace "+strings.TrimPrefix(c.CommandPath(), "terrace ")) {
			t.Errorf("%s has no example", c.CommandPath())
		}
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s is told as %q", c.CommandPath(), c.Short)
		}
	})
}

// eachFlag calls do for each flag of each command, those of all commands once.
func eachFlag(do func(*cobra.Command, *pflag.Flag)) {
	seen := map[*pflag.Flag]bool{}
	eachCommand(cli.Root(envOf(&bytes.Buffer{})), func(c *cobra.Command) {
		visit := func(f *pflag.Flag) {
			if !seen[f] {
				seen[f] = true
				do(c, f)
			}
		}
		c.LocalFlags().VisitAll(visit)
		c.InheritedFlags().VisitAll(visit)
	})
}

// offeredOffline are the words that the shell offers for a flag without a server.
func offeredOffline(c *cobra.Command, f *pflag.Flag) []string {
	offer, ok := c.GetFlagCompletionFunc(f.Name)
	if !ok {
		return nil
	}
	c.SetContext(context.Background())
	offered, _ := offer(c, nil, "")
	return offered
}

// withRequired adds the flags that a line of c needs.
func withRequired(c *cobra.Command, line []string) []string {
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if len(f.Annotations[cobra.BashCompOneRequiredFlag]) > 0 {
			line = append(line, "--"+f.Name+"="+valueFor(f))
		}
	})
	return line
}

func valueFor(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "duration", "moment":
		return "2d"
	case "date":
		return "2026-11-01"
	case "int", "float":
		return "1"
	case "bool":
		return "true"
	}
	if set, is := f.Value.(closed); is {
		return set.Words()[0]
	}
	return "x=y"
}

// TestWhatIsNotThereIsToldWithWhatIsNear has commands, flags and topics that are misspelt.
func TestWhatIsNotThereIsToldWithWhatIsNear(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, want string }{
		{"run lits", "error: terrace run has no command \"lits\"\nfix: did you mean list? see terrace run --help\n"},
		{"stag list", "error: terrace has no command \"stag\"\nfix: did you mean stage? see terrace --help\n"},
		{"zzzzzzzz", "error: terrace has no command \"zzzzzzzz\"\nfix: see terrace --help\n"},
		{"run list --stag dev", "error: unknown flag: --stag\nfix: did you mean --stage? see terrace run list --help\n"},
		{"run list -z", "error: unknown shorthand flag: 'z' in -z\nfix: see terrace run list --help\n"},
		{"help nope", "error: there is no help about \"nope\"\nfix: see terrace --help\n"},
		{"--address foo stage list", "error: \"foo\" is not the address of a server\nfix: write it as http://HOST:PORT or https://HOST:PORT\n"},
		{"tag set a", "error: \"a\" is no tag\nfix: write it as KEY=VALUE, such as team=orders\n"},
		{"policy exempt a --until -1d --reason x", "error: --until is \"-1d\", and has to be "},
		{"policy exempt a --until 2001-01-01 --reason x", "error: --until is \"2001-01-01\", and has to be a moment that is to come"},
	} {
		if code, said := try(strings.Fields(c.line)); code != exit.Usage || !strings.HasPrefix(said, c.want) {
			t.Errorf("%s: exit %d, %s", c.line, code, said)
		}
	}
	if code, said := try([]string{"help", "exit-codes"}); code != exit.OK || !strings.Contains(said, "  7  something was changed outside") {
		t.Errorf("exit %d, %s", code, said)
	}
}
