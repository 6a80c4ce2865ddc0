// Package doctor has the command terrace doctor.
//
// It owns what the client can check from here: that it finds the server, is
// known there, and has the tools that local builds need. The server reports
// the rest.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

type report struct {
	Address string                  `json:"address,omitempty"`
	User    string                  `json:"user,omitempty"`
	Server  *apiclient.ServerStatus `json:"server,omitempty"`
	Checks  []apiclient.ServerCheck `json:"checks"`
}

// Command returns terrace doctor.
func Command(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check the client, the server and what both need", Args: cobra.NoArgs,
		Example: "  terrace doctor\n  terrace doctor -o json",
		RunE: func(c *cobra.Command, _ []string) error {
			r, first := examine(c.Context(), e)
			if err := e.Print(r, func(w io.Writer) { r.write(w) }); err != nil {
				return err
			}
			return r.verdict(first)
		},
	}
}

// examine returns every finding, and the first error that kept it from going on.
func examine(ctx context.Context, e *command.Env) (report, error) {
	r := report{Checks: []apiclient.ServerCheck{{Name: "client", OK: true, Message: "version " + e.Version}, goTool()}}
	s, err := e.Server()
	if err != nil {
		return r.fail("sign-in", err), err
	}
	r.Address = s.Address()
	me, err := s.Me(ctx)
	if err != nil {
		return r.fail("server", err), err
	}
	r.User = me.Name
	r.Checks = append(r.Checks, apiclient.ServerCheck{Name: "server", OK: true, Message: fmt.Sprintf("%s, signed in as %s of %s", s.Address(), me.Name, me.Tenant)})
	status, err := s.Status(ctx)
	if err != nil {
		return r.fail("status", err), err
	}
	r.Server = &status
	r.Checks = append(r.Checks, status.Checks...)
	return r, nil
}

func (r report) fail(name string, err error) report {
	check := apiclient.ServerCheck{Name: name, Message: err.Error()}
	if e, ok := err.(*kernel.Error); ok { //nolint:errorlint // its own fix, not that of a cause
		check.Message, check.Fix = e.Message, e.Fix
	}
	r.Checks = append(r.Checks, check)
	return r
}

func goTool() apiclient.ServerCheck {
	path, err := exec.LookPath("go")
	if err != nil {
		return apiclient.ServerCheck{Name: "go", OK: true, Message: "not found; it is needed only to build Go services (image: .)"}
	}
	return apiclient.ServerCheck{Name: "go", OK: true, Message: path}
}

func (r report) write(w io.Writer) {
	if s := r.Server; s != nil {
		_, _ = fmt.Fprintf(w, "server   version %s, node %s, up since %s, on %s\n", s.Version, s.Node, output.Stamp(s.Started), s.Database)
		for _, name := range slices.Sorted(maps.Keys(s.Addresses)) {
			_, _ = fmt.Fprintf(w, "address  %s %s\n", name, s.Addresses[name])
		}
	}
	for _, c := range r.Checks {
		mark := "ok      "
		if !c.OK {
			mark = "FAILED  "
		}
		_, _ = fmt.Fprintf(w, "%s %s: %s\n", mark, c.Name, c.Message)
		if c.Fix != "" {
			_, _ = fmt.Fprintf(w, "         fix: %s\n", c.Fix)
		}
	}
}

func (r report) verdict(first error) error {
	failed := 0
	for _, c := range r.Checks {
		if !c.OK {
			failed++
		}
	}
	if failed == 0 {
		return nil
	}
	verdict := kernel.Errorf(kernel.Unavailable, "%d of %d checks failed", failed, len(r.Checks))
	if first != nil {
		verdict.Kind = kernel.KindOf(first)
	}
	if known, ok := errors.AsType[*kernel.Error](first); ok {
		verdict.Fix = known.Fix
	}
	return verdict
}
