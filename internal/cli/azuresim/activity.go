package azuresim

import (
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// entry is one line of the activity log.
type entry struct {
	ID            string    `json:"id"`
	Time          time.Time `json:"time"`
	Caller        string    `json:"caller"`
	ObjectID      string    `json:"objectId"`
	AppID         string    `json:"appId"`
	Operation     string    `json:"operation"`
	ResourceID    string    `json:"resourceId"`
	Status        int       `json:"status"`
	Code          string    `json:"code,omitempty"`
	CorrelationID string    `json:"correlationId"`
}

func (s *sim) activity() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "activity", Short: "Show who changed what, the newest first", Args: cobra.NoArgs,
		Example: "  terrace azure-sim activity\n  terrace azure-sim activity --limit 5 -o json",
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := s.client()
			if err != nil {
				return err
			}
			var all []entry
			if err := client.Get(c.Context(), "activity", url.Values{}, &all); err != nil {
				return err
			}
			all = all[:min(limit, len(all))]
			return s.Print(all, func(w io.Writer) {
				output.List(w, all, []string{"TIME", "CALLER", "OPERATION", "STATUS", "CODE", "RESOURCE"}, func(e entry) []string {
					return []string{output.Stamp(e.Time), e.Caller, e.Operation, fmt.Sprint(e.Status), e.Code, e.ResourceID}
				})
			})
		},
	}
	command.Number(c, &limit, "limit", 50, "how many entries at most", 1, 0)
	return c
}
