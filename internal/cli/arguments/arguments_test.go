package arguments_test

import (
	"errors"
	"io"
	"testing"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/arguments"
)

func TestMistakesAreToldByTheNamesOfTheUsage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		use   string
		check cobra.PositionalArgs
		args  []string
		want  string
	}{
		"one is missing":              {"show RUN", cobra.ExactArgs(1), nil, "RUN is missing"},
		"two of three are missing":    {"mv WORKLOAD FROM TO", cobra.ExactArgs(3), []string{"a"}, "FROM and TO are missing"},
		"one of many is missing":      {"rm WORKLOAD ADDRESS...", cobra.MinimumNArgs(2), []string{"a"}, "ADDRESS is missing"},
		"flags are no arguments":      {"set --stage STAGE", cobra.NoArgs, []string{"a", "b"}, `root set takes no arguments: "a b" is too many`},
		"one too many":                {"show RUN", cobra.ExactArgs(1), []string{"a", "b"}, `root show takes one argument: "b" is too many`},
		"one too many where it may":   {"list [WORKLOAD]", cobra.MaximumNArgs(1), []string{"a", "b"}, `root list takes one argument: "b" is too many`},
		"a required flag":             {"show RUN", cobra.ExactArgs(1), []string{"a"}, "--stage is missing"},
		"what has nothing to do with": {"show RUN", func(*cobra.Command, []string) error { return errors.New("no") }, []string{"a"}, "no"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			child := &cobra.Command{Use: c.use, Args: c.check, Example: "  root show \\\n    run_1\n  root show run_2", RunE: func(*cobra.Command, []string) error { return nil }}
			child.Flags().String("stage", "", "")
			_ = child.MarkFlagRequired("stage")
			root := &cobra.Command{Use: "root", SilenceErrors: true, SilenceUsage: true}
			root.AddCommand(child)
			arguments.Name(root)
			root.SetArgs(append([]string{child.Name()}, c.args...))
			root.SetOut(io.Discard)
			ran, err := root.ExecuteC()
			err = arguments.Flags(ran, err)
			if err == nil || err.Error() != c.want {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if e, ok := errors.AsType[*arguments.Error](err); ok && e.Fix != "write it like `root show run_1`; see root "+child.Name()+" --help" {
				t.Errorf("fix: %s", e.Fix)
			}
		})
	}
}
