package apis

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

const why = "why; it is kept in the audit log"

func publish(e *command.Env) *cobra.Command {
	var in apiclient.PublishAPIRequest
	c := &cobra.Command{
		Use: "publish API VERSION", Short: "Have a stage serve a revision of a version", Args: cobra.ExactArgs(2),
		Long: "It is refused where the style guide has errors, and where the revision breaks clients of the one that stands on\n" +
			"the stage, unless an override was approved (terrace api override). With --from the revision of another stage is\npromoted. On a stage whose changes are approved it takes who may approve; everybody else promotes a workload that serves it.",
		Example: "  terrace api publish orders v1 --stage dev\n  terrace api publish orders v1 --stage prod --from int",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			st, err := s.PublishAPI(ctx, project, args[0], args[1], in)
			return said(e, st, err)
		}),
	}
	e.StageFlag(c, &in.Stage, "stage", "the stage that is to serve it", true)
	e.StageFlag(c, &in.From, "from", "promote what stands on this stage", false)
	revisionFlag(c, &in.Revision)
	c.MarkFlagsMutuallyExclusive("from", "revision")
	c.Flags().StringVar(&in.Reason, "reason", "", why)
	return c
}

// said tells where a version stands.
func said(e *command.Env, st apiclient.ApispecStanding, err error) error {
	if err != nil {
		return err
	}
	return e.Print(st, func(w io.Writer) {
		until := ""
		if st.State == apiclient.ApispecStateDeprecated && st.Sunset != nil {
			until = ", until " + output.Stamp(*st.Sunset)
		}
		_, _ = fmt.Fprintf(w, "%s %s is %s on %s at revision %d%s\n", st.API, st.Version, st.State, st.Stage, st.Revision, until)
	})
}

func deprecate(e *command.Env) *cobra.Command {
	var in apiclient.DeprecateAPIRequest
	c := &cobra.Command{
		Use: "deprecate API VERSION", Short: "Have clients of a version on a stage told to leave it", Args: cobra.ExactArgs(2),
		Long:    "The gateway answers with the headers Deprecation (RFC 9745), Sunset (RFC 8594) and Link, where the route has a\nValidationPolicy for the API.",
		Example: "  terrace api deprecate orders v1 --stage prod --sunset 2027-06-30 --link https://example.com/orders/v2",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			st, err := s.DeprecateAPI(ctx, project, args[0], args[1], in)
			return said(e, st, err)
		}),
	}
	e.StageFlag(c, &in.Stage, "stage", "the stage", true)
	e.Coming(c, &in.Sunset, "sunset", "from when on it may be gone, such as 2027-06-30")
	_ = c.MarkFlagRequired("sunset") // the flag was made above
	c.Flags().StringVar(&in.Link, "link", "", "the `address` at which clients read about it")
	c.Flags().StringVar(&in.Reason, "reason", "", why)
	return c
}

func undeprecate(e *command.Env) *cobra.Command {
	var in apiclient.UndeprecateAPIRequest
	c := &cobra.Command{
		Use: "undeprecate API VERSION", Short: "Take the deprecation of a version on a stage back", Args: cobra.ExactArgs(2),
		Example: "  terrace api undeprecate orders v1 --stage prod --reason 'v2 is late'",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			st, err := s.UndeprecateAPI(ctx, project, args[0], args[1], in)
			return said(e, st, err)
		}),
	}
	e.StageFlag(c, &in.Stage, "stage", "the stage", true)
	c.Flags().StringVar(&in.Reason, "reason", "", "why clients may stay; it is kept in the audit log")
	_ = c.MarkFlagRequired("reason") // the flag was made above
	return c
}

func retire(e *command.Env) *cobra.Command {
	var in apiclient.RetireAPIRequest
	c := &cobra.Command{
		Use: "retire API VERSION", Short: "Have clients of a version told that it is gone, after its sunset", Args: cobra.ExactArgs(2), Example: "  terrace api retire orders v1 --stage prod",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			st, err := s.RetireAPI(ctx, project, args[0], args[1], in)
			return said(e, st, err)
		}),
	}
	e.StageFlag(c, &in.Stage, "stage", "the stage", true)
	c.Flags().StringVar(&in.Reason, "reason", "", why)
	return c
}

func override(e *command.Env) *cobra.Command {
	var in apiclient.RequestAPIOverrideRequest
	c := &cobra.Command{
		Use: "override API VERSION", Short: "Ask for a revision that breaks clients to be published on a stage", Args: cobra.ExactArgs(2),
		Long:    "Somebody else approves it (terrace api approve). It is for one revision in the place of one other, on one stage.",
		Example: "  terrace api override orders v1 --stage dev --revision 4 --reason 'nobody calls it yet'",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			o, err := s.RequestAPIOverride(ctx, project, args[0], args[1], in)
			if err != nil {
				return err
			}
			return e.Print(o, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s waits for an approval: %s in revision %d break clients of revision %d on %s\n", o.ID, output.Count(len(o.Changes), "change"), o.To, o.From, o.Stage)
			})
		}),
	}
	e.StageFlag(c, &in.Stage, "stage", "the stage", true)
	revisionFlag(c, &in.Revision)
	c.Flags().StringVar(&in.Reason, "reason", "", "why clients are to be broken")
	_ = c.MarkFlagRequired("reason") // the flag was made above
	return c
}

func overrides(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "overrides", Short: "List the overrides of the project, the newest first", Args: cobra.NoArgs, Example: "  terrace api overrides",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			all, err := s.APIOverrides(ctx, project)
			if err != nil {
				return err
			}
			return e.Print(all, func(w io.Writer) {
				output.List(w, all, []string{"ID", "API", "STAGE", "REVISION", "BREAKS", "APPROVED BY", "REASON"}, func(o apiclient.ApispecOverride) []string {
					return []string{o.ID, o.API + " " + o.Version, o.Stage, strconv.FormatInt(o.From, 10) + " → " + strconv.FormatInt(o.To, 10), strconv.Itoa(len(o.Changes)), o.ApprovedBy, o.Reason}
				})
			})
		}),
	}
}

func approve(e *command.Env) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "approve OVERRIDE", Short: "Approve an override that somebody else asked for", Args: cobra.ExactArgs(1), Example: "  terrace api approve apio_01kb2…",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			o, err := s.ApproveAPIOverride(ctx, project, args[0], reason)
			if err != nil {
				return err
			}
			return e.Print(o, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "revision %d of %s %s may be published on %s\n", o.To, o.API, o.Version, o.Stage)
			})
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", why)
	return c
}
