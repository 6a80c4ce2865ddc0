package arguments_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/arguments"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestPartsOfARequestAreToldAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	c := &cobra.Command{Use: "create NAME [FILE]"}
	c.Flags().String("costcenter", "", "")
	c.Flags().Int("per-hour", 0, "")
	c.Flags().String("azure-tenant", "", "")
	c.Flags().StringSlice("redirect", nil, "")
	c.Flags().StringSlice("recipient", nil, "")
	_ = c.ParseFlags([]string{"--recipient", "x"})
	var problems []kernel.Problem
	for _, path := range []string{"body.costCenter", "query.perHour", "path.name", "body.file", "body.perHour.min", "body.spec.containers", "spec.body", "body", "azureTenant", "redirectUris", "recipients[0]", "name"} {
		problems = append(problems, kernel.Problem{Path: path, Message: "no"})
	}
	err := error(kernel.Errorf(kernel.Invalid, "validation failed").WithProblems(problems...))
	arguments.Place(c, err)
	_ = c.ParseFlags([]string{"--costcenter", "5,5"})
	told := error(kernel.Errorf(kernel.Invalid, "validation failed").WithProblems(kernel.Problem{Path: "body", Message: `"5,5" is no decimal number`}))
	arguments.Place(c, told)
	if known, _ := errors.AsType[*kernel.Error](told); known.Problems[0].Path != "--costcenter" {
		t.Errorf("%+v", known.Problems)
	}
	e, _ := errors.AsType[*kernel.Error](err)
	var got []string
	for _, p := range e.Problems {
		got = append(got, p.Path)
	}
	want := []string{"--costcenter", "--per-hour", "NAME", "FILE", "--per-hour min", "spec.containers", "spec.body", "body", "--azure-tenant", "--redirect", "--recipient", "name"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsInvalidOutsideOfADocumentIsAMistakeOfTheLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"a flag that the server names":     {kernel.Errorf(kernel.Invalid, "x").WithProblems(kernel.Problem{Path: "--by"}), true},
		"no problem of its own":            {fmt.Errorf("extend: %w", kernel.Errorf(kernel.Invalid, "x")), true},
		"a rule of a room":                 {kernel.Errorf(kernel.Invalid, "x").WithProblems(kernel.Problem{Path: "tags.env"}), true},
		"a place in a file":                {kernel.Errorf(kernel.Invalid, "x").WithProblems(kernel.Problem{File: "score.yaml", Path: "metadata"}), false},
		"a line of what was sent":          {kernel.Errorf(kernel.Invalid, "x").WithProblems(kernel.Problem{Line: 4}), false},
		"what the platform does not allow": {kernel.Errorf(kernel.Refused, "x").WithProblems(kernel.Problem{Path: "--by"}), false},
		"what is there already":            {kernel.Errorf(kernel.Conflict, "x"), false},
	} {
		if arguments.Wrong(c.err) != c.want {
			t.Errorf("%s: %t", name, !c.want)
		}
	}
}
