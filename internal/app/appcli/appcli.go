// Package appcli is the command line of the daemon: terraced up, gateway, runner, sidecar, identity, azuresim,
// openapi, tools, workloads and version.
//
// It owns flags, what is printed and the exit status. It wires nothing: package
// app does.
package appcli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/arguments"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// streams are where a command writes.
type streams struct{ out, err io.Writer }

// usageError is a mistake on the command line.
type usageError struct{ error }

// Unwrap returns the mistake.
func (e usageError) Unwrap() error { return e.error }

// Run executes the command line and returns the exit status.
func Run(ctx context.Context, version string, args []string, stdout, stderr io.Writer) int {
	s := streams{stdout, stderr}
	root := &cobra.Command{
		Use: "terraced", Short: "The Terrace daemon: the whole platform in one process",
		SilenceErrors: true, SilenceUsage: true, Version: version,
	}
	root.SetVersionTemplate("terraced {{.Version}} (" + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH + ")\n")
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(args)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(upCommand(s, version), gatewayCommand(s, version), runnerCommand(s, version), sidecarCommand(s, version), identityCommand(s), openAPICommand(s), toolsCommand(s), azureSimCommand(s))
	started := false
	mark(root, &started)
	arguments.Name(root)
	ran, err := root.ExecuteContextC(ctx)
	if err != nil && !started {
		err = usageError{arguments.Flags(ran, err)}
	}
	return s.report(err)
}

// mark makes a command say that it started: what fails earlier is a mistake on the command line.
func mark(c *cobra.Command, started *bool) {
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			*started = true
			return run(c, args)
		}
	}
	for _, child := range c.Commands() {
		mark(child, started)
	}
}

// report says what went wrong and returns the exit status for it.
func (s streams) report(err error) int {
	if err == nil {
		return exitOK
	}
	if known, ok := errors.AsType[*kernel.Error](err); ok {
		fmt.Fprintf(s.err, "terraced: %s\n", known.Message)
		for _, p := range known.Problems {
			fmt.Fprintf(s.err, "  %s\n", p)
		}
		if known.Fix != "" {
			fmt.Fprintf(s.err, "  → %s\n", known.Fix)
		}
		return statusOf(err)
	}
	fmt.Fprintf(s.err, "terraced: %v\n", err)
	if a, ok := errors.AsType[*arguments.Error](err); ok {
		fmt.Fprintf(s.err, "  → %s\n", a.Fix)
	}
	return statusOf(err)
}

func statusOf(err error) int {
	if _, usage := errors.AsType[usageError](err); usage {
		return exitUsage
	}
	return exitFailed
}
