package policy

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// exemptions has the commands about exemptions that were asked for.
type exemptions struct {
	*command.Env

	tenant bool
}

func exemptionsCommand(e *command.Env) *cobra.Command {
	x := &exemptions{Env: e}
	c := command.Group("exemptions", "See who is exempt from policies, and approve or revoke that", x.list(), x.show(), x.approve(), x.revoke())
	c.PersistentFlags().BoolVar(&x.tenant, "tenant", false, "those of the whole tenant, not of the project")
	return c
}

func (x *exemptions) list() *cobra.Command {
	var q apiclient.ListExemptionsParams
	c := &cobra.Command{
		Use: "list", Short: "List exemptions, the newest first", Args: cobra.NoArgs,
		Long: "Without --all or --status, those that count or wait for an approval. Expiring ones end within a week; outgrown\n" +
			"ones do not count where the policy is stricter by now than what they were approved for; idle ones are from a\n" +
			"policy, or on a stage, that is gone.",
		Example: "  terrace policy exemptions list\n  terrace policy exemptions list --stage prod --all -o json",
		RunE: x.InScope(&x.tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			q.Project = project
			all, err := s.Exemptions(ctx, q)
			return command.PrintFound(x.Env, all, err, []string{"EXEMPTION", "FROM", "WHERE", "STATUS", "EXPIRES", "ASKED", "REASON"}, func(one apiclient.PolicyExemption) []string {
				return []string{one.ID, one.Policy + one.Set, where(one), statusOf(one, x.Clock.Now()), output.Moment(x.Clock.Now(), one.ExpiresAt), one.RequestedBy.Name, one.Reason}
			})
		}),
	}
	x.StageFlag(c, &q.Stage, "stage", "only those that count on this stage", false)
	c.Flags().StringVar(&q.Workload, "workload", "", "only those that count for this workload")
	c.Flags().StringVar(&q.Policy, "rule", "", "only those from this policy")
	c.Flags().BoolVar(&q.All, "all", false, "those that ended, too")
	command.Choice(c, &q.Status, "status", "", "only those that are so", "requested", "approved", "revoked", "expired")
	_ = c.RegisterFlagCompletionFunc("rule", command.ForFlag(x.Policies()))      // the flag was made above
	_ = c.RegisterFlagCompletionFunc("workload", command.ForFlag(x.Workloads())) // likewise
	return c
}

// about makes a command about one exemption.
func (x *exemptions) about(use, short, long, example string, status apiclient.PolicyExemptionStatus,
	do func(ctx context.Context, s command.Server, project, id string) (apiclient.PolicyExemption, error),
) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: "  " + example, Args: cobra.ExactArgs(1), ValidArgsFunction: x.Exemptions(status),
		RunE: x.InScope(&x.tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			one, err := do(ctx, s, project, args[0])
			if err != nil {
				return err
			}
			return x.Print(one, func(w io.Writer) { writeExemption(w, one, x.Clock.Now()) })
		}),
	}
}

func (x *exemptions) show() *cobra.Command {
	return x.about("show EXEMPTION", "Show one exemption", "", "terrace policy exemptions show EXEMPTION", "",
		func(ctx context.Context, s command.Server, project, id string) (apiclient.PolicyExemption, error) {
			return s.Exemption(ctx, project, id)
		})
}

func (x *exemptions) approve() *cobra.Command {
	var reason string
	var yes bool
	c := x.about("approve EXEMPTION", "Read a request for an exemption and make it count until it expires",
		"Shows what is asked for and asks whether it is meant; without a terminal, --yes does. It needs the role\n"+
			"approver or admin; for a policy that is hard-mandatory anywhere in the scope, the role admin. Where the\n"+
			"highest stage of the scope wants another person than the requester, so does this. Runs that the policy\n"+
			"holds are planned again.",
		"terrace policy exemptions approve EXEMPTION --yes --reason \"agreed with the team\"", "requested",
		func(ctx context.Context, s command.Server, project, id string) (apiclient.PolicyExemption, error) {
			asked, err := s.Exemption(ctx, project, id)
			if err != nil {
				return asked, err
			}
			if !yes && asked.Status == apiclient.PolicyExemptionStatusRequested {
				writeExemption(x.Err, asked, x.Clock.Now())
			}
			if err := x.Confirm(yes || asked.Status != apiclient.PolicyExemptionStatusRequested, "Approve the exemption from "+asked.Policy+asked.Set+"?"); err != nil {
				return asked, err
			}
			return s.ApproveExemption(ctx, project, id, reason)
		})
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit log")
	c.Flags().BoolVarP(&yes, "yes", "y", false, "approve without asking")
	return c
}

func (x *exemptions) revoke() *cobra.Command {
	var reason string
	c := x.about("revoke EXEMPTION --reason REASON", "End an exemption, or take a request for one back",
		"It counts no longer, also for runs that were planned under it and have not begun to apply.",
		"terrace policy exemptions revoke EXEMPTION --reason \"the client is gone\"", "",
		func(ctx context.Context, s command.Server, project, id string) (apiclient.PolicyExemption, error) {
			return s.RevokeExemption(ctx, project, id, reason)
		})
	command.Reason(c, &reason)
	return c
}

// where is the scope of an exemption in one word.
func where(x apiclient.PolicyExemption) string {
	parts := []string{}
	for _, part := range []string{x.Scope.Project, x.Scope.Stage, x.Workload, x.Address} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return "everywhere"
	}
	return strings.Join(parts, " ")
}

// statusOf is how it stands: an approved one may count for less than it was approved
// for, for nothing any more, or not for long.
func statusOf(x apiclient.PolicyExemption, now time.Time) string {
	switch {
	case x.Status != "approved":
		return string(x.Status)
	case !now.Before(x.ExpiresAt):
		return "expired"
	case x.Idle != "":
		return "idle"
	case x.Outgrown != nil:
		return "outgrown"
	case x.WarnedAt != nil:
		return "expiring"
	default:
		return string(x.Status)
	}
}

func writeExemption(w io.Writer, x apiclient.PolicyExemption, now time.Time) {
	output.Pairs(w, "exemption", x.ID, "from", x.Policy, "from all of", x.Set, "level", string(x.Level), "project", x.Scope.Project, "stage", x.Scope.Stage,
		"workload", x.Workload, "address", x.Address, "status", statusOf(x, now), "but", outgrown(x), "expires", output.Moment(now, x.ExpiresAt),
		"requested by", x.RequestedBy.Name, "reason", x.Reason, "approved by", approvedBy(x, now), "revoked by", wordOf(x.Revocation, now))
}

// approvedBy tells every word for it: a stage may want several.
func approvedBy(x apiclient.PolicyExemption, now time.Time) string {
	if len(x.Approvals) == 0 {
		return wordOf(x.Approval, now)
	}
	var words []string
	for _, w := range x.Approvals {
		words = append(words, wordOf(&w, now))
	}
	text := strings.Join(words, "; ")
	if x.Approval == nil {
		text += " (it needs more)"
	}
	return text
}

// outgrown tells where an approved exemption does not count.
func outgrown(x apiclient.PolicyExemption) string {
	if x.Outgrown == nil {
		return x.Idle
	}
	return fmt.Sprintf("it was approved for %s, and does not count where the policy is %s now: ask for another", x.Level, *x.Outgrown)
}

func wordOf(d *apiclient.PolicyWord, now time.Time) string {
	if d == nil {
		return ""
	}
	text := d.By.Name + ", " + output.Moment(now, d.At)
	if d.Reason != "" {
		text += ": " + d.Reason
	}
	return text
}
