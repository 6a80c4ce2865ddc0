package apis

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// reference is where the reference of a version is.
type reference struct {
	Address string `json:"address"`
}

func docs(e *command.Env) *cobra.Command {
	var stage string
	var open bool
	c := &cobra.Command{
		Use: "docs API VERSION", Short: "Print where a browser reads the reference of a version, or open it", Args: cobra.ExactArgs(2),
		Long:    "The page has the document, where the version is in its life, what has changed and who calls it. That of a stage\ntries operations, through the gateway.",
		Example: "  terrace api docs orders v1\n  terrace api docs orders v1 --stage dev --open",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := known(ctx, s, stage); err != nil {
				return err
			}
			a, err := s.API(ctx, project, args[0], args[1])
			if err != nil {
				return err
			}
			at := reference{Address: a.Reference}
			if stage != "" {
				at.Address += "?stage=" + url.QueryEscape(stage)
			}
			stands := stage == ""
			for _, st := range a.Stages {
				stands = stands || st.Stage == stage
			}
			if !stands {
				return kernel.Errorf(kernel.NotFound, "%s %s does not stand on %s", a.API, a.Version, stage).WithFix("see where it stands with: terrace api show %s %s", a.API, a.Version)
			}
			if open {
				e.Browse(ctx, at.Address)
			}
			return e.Print(at, func(w io.Writer) { _, _ = fmt.Fprintln(w, at.Address) })
		}),
	}
	e.StageFlag(c, &stage, "stage", "that of what stands on this stage, where operations can be tried", false)
	c.Flags().BoolVar(&open, "open", false, "open it in a browser")
	return c
}

// known refuses a stage that there is not.
func known(ctx context.Context, s command.Server, stage string) error {
	if stage == "" {
		return nil
	}
	all, err := s.Stages(ctx)
	if err != nil || slices.ContainsFunc(all, func(one apiclient.Stage) bool { return one.Name == stage }) {
		return err
	}
	return kernel.Errorf(kernel.NotFound, "there is no stage %q", stage).WithFix("see terrace stage list for those that there are")
}
