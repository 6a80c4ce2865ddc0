package arguments_test

import (
	"errors"
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
	var problems []kernel.Problem
	for _, path := range []string{"body.costCenter", "query.perHour", "path.name", "body.file", "body.perHour.min", "body.spec.containers", "spec.body", "body"} {
		problems = append(problems, kernel.Problem{Path: path, Message: "no"})
	}
	err := error(kernel.Errorf(kernel.Invalid, "validation failed").WithProblems(problems...))
	if arguments.Place(c, err) {
		t.Error("a mistake in a document is one of the line")
	}
	_ = c.ParseFlags([]string{"--costcenter", "5,5"})
	told := error(kernel.Errorf(kernel.Invalid, "validation failed").WithProblems(kernel.Problem{Path: "body", Message: `"5,5" is no decimal number`}))
	if !arguments.Place(c, told) {
		t.Error("a mistake in a flag is none of the line")
	}
	if known, _ := errors.AsType[*kernel.Error](told); known.Problems[0].Path != "--costcenter" {
		t.Errorf("%+v", known.Problems)
	}
	e, _ := errors.AsType[*kernel.Error](err)
	var got []string
	for _, p := range e.Problems {
		got = append(got, p.Path)
	}
	want := []string{"--costcenter", "--per-hour", "NAME", "FILE", "--per-hour min", "spec.containers", "spec.body", "body"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
