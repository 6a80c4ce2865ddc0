package rego_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

// A policy with a step that no timeout ends blocks, and so does its set until the step has ended.
func TestAStepThatDoesNotEndBlocks(t *testing.T) {
	t.Parallel()
	twice := again("[input.resource_changes[0].name]", "two($)", 30)
	other := strings.ReplaceAll(strings.ReplaceAll(twice, "x", "y"), "last", "least")
	set, err := compile(t, map[string]string{"a.rego": "package greedy\n\ntwo(x) := [x, x]\n\n" + twice + other + "deny contains \"a\" if last == least\n"})
	if err != nil {
		t.Fatal(err)
	}
	in, err := plan.Read("plan.json", []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second is told of the first one's
		report, err := set.Eval(t.Context(), in, rego.Options{Timeout: time.Millisecond, Memory: 8 << 30})
		if err != nil {
			t.Fatal(err)
		}
		if !report.Blocked() || len(report.Results) != 1 || report.Results[0].Outcome != policy.Errored || !strings.Contains(report.Results[0].Message, "cannot be ended") {
			t.Errorf("%.300v", report.Results)
		}
	}
}

// Compiling ends with its context, whatever Rego is still at.
func TestCompilingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	twice := again(`["x"]`, "[$, $]", 13)
	other := strings.ReplaceAll(strings.ReplaceAll(twice, "x", "y"), "last", "least")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := rego.Compile(ctx, library(t), folder(t, files(map[string]string{"a.rego": "package greedy\n\n" + twice + other + "deny contains \"a\" if last == least\n"}), "mine"))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
