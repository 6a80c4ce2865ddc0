package azuresim

import (
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// fault is trouble on order.
type fault struct {
	ID         string `json:"id,omitempty"`
	Match      string `json:"match"`
	Status     int    `json:"status,omitempty"`
	RetryAfter int    `json:"retryAfter,omitempty"`
	Slow       int    `json:"slow,omitempty"`
	Times      int    `json:"times,omitempty"`
	Met        int    `json:"met,omitempty"`
}

func (s *sim) faults() *cobra.Command {
	return command.Group("fault", "Order trouble: refusals and slow operations", s.addFault(), s.listFaults(), s.clearFaults())
}

func (s *sim) addFault() *cobra.Command {
	var f fault
	c := &cobra.Command{
		Use: "add --match REGEX", Short: "Order a fault for requests that match", Args: cobra.NoArgs,
		Long: "Add orders a fault: requests whose \"METHOD /path\" matches the regular expression are refused\n" +
			"with a status, or their long-running operations take some polls.",
		Example: "  terrace azure-sim fault add --match 'PUT .*virtualNetworks' --status 429 --retry-after 1 --times 3\n  terrace azure-sim fault add --match 'DELETE ' --slow 3",
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := s.client()
			if err != nil {
				return err
			}
			if err := client.Post(c.Context(), "faults", f, &f); err != nil {
				return err
			}
			return s.Print(f, func(w io.Writer) { table(w, []fault{f}) })
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.Match, "match", "", "a regular expression over \"METHOD /path?query\"")
	command.Number(c, &f.Status, "status", 0, "the status to refuse with, such as 429 or 503", 400, 599)
	command.Number(c, &f.RetryAfter, "retry-after", 0, "the seconds of the header Retry-After", 0, 0)
	command.Number(c, &f.Slow, "slow", 0, "how many polls a long-running operation takes", 1, 0)
	command.Number(c, &f.Times, "times", 0, "how many requests it meets; 0 is all until it is cleared", 0, 0)
	_ = c.MarkFlagRequired("match") // the flag was made above
	c.MarkFlagsMutuallyExclusive("status", "slow")
	c.MarkFlagsOneRequired("status", "slow")
	return c
}

func (s *sim) listFaults() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the faults on order", Aliases: []string{"ls"}, Args: cobra.NoArgs, Example: "  terrace azure-sim fault list",
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := s.client()
			if err != nil {
				return err
			}
			var all []fault
			if err := client.Get(c.Context(), "faults", url.Values{}, &all); err != nil {
				return err
			}
			return s.Print(all, func(w io.Writer) { table(w, all) })
		},
	}
}

func (s *sim) clearFaults() *cobra.Command {
	return &cobra.Command{
		Use: "clear", Short: "Remove all faults", Args: cobra.NoArgs, Example: "  terrace azure-sim fault clear",
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := s.client()
			if err != nil {
				return err
			}
			var none []fault
			if err := client.Delete(c.Context(), "faults", &none); err != nil {
				return err
			}
			return s.Print(none, func(w io.Writer) { _, _ = fmt.Fprintln(w, "no faults") })
		},
	}
}

func table(w io.Writer, all []fault) {
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprint(n)
	}
	output.List(w, all, []string{"ID", "MATCH", "STATUS", "RETRY AFTER", "SLOW", "TIMES", "MET"}, func(f fault) []string {
		return []string{f.ID, f.Match, number(f.Status), number(f.RetryAfter), number(f.Slow), number(f.Times), fmt.Sprint(f.Met)}
	})
}
