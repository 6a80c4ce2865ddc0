package dns

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func why(e *command.Env) *cobra.Command {
	var p apiclient.ExplainDNSNameParams
	c := &cobra.Command{
		Use: "why NAME", Short: "Explain how a name is resolved from a network, step by step", Args: cobra.ExactArgs(1),
		Long: "It tells which zone has the name, why that zone is seen from there, where aliases lead, what forwarders say, and what to do\n" +
			"where the answer is not what was wanted. --from is a network's name or the address of a client.",
		Example: "  terrace dns why stordata.blob.core.windows.net --from spoke\n  terrace dns why web.corp.internal --type AAAA --from 10.1.0.7\n  terrace dns why web.corp.internal -o json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			p.Name = args[0]
			found, err := s.ExplainDNSName(ctx, p)
			if err != nil {
				return err
			}
			return e.Print(found, func(w io.Writer) { showWhy(w, found) })
		}),
	}
	c.Flags().StringVar(&p.From, "from", "", "the `network`, or the address of a client; by default one that is in no network")
	command.Choice(c, &p.Type, "type", "A", "the type of record", append(types(), "SOA")...)
	_ = c.RegisterFlagCompletionFunc("from", command.ForFlag(offeredNetworks(e)))
	return c
}

func showWhy(w io.Writer, found apiclient.DNSWhy) {
	from := "an address that is in no network"
	if found.Network != "" {
		from = "network " + found.Network
	}
	_, _ = fmt.Fprintf(w, "%s %s from %s\n", found.Name, found.Type, from)
	for i, step := range found.Steps {
		_, _ = fmt.Fprintf(w, "%3d. %s: %s\n", i+1, output.Line(step.Name), output.Line(step.Text))
		for _, record := range step.Records {
			_, _ = fmt.Fprintf(w, "       %s\n", output.Line(record))
		}
	}
	_, _ = fmt.Fprintf(w, "answer: %s\n", found.Code)
	for _, record := range found.Answer {
		_, _ = fmt.Fprintf(w, "  %s\n", output.Line(record))
	}
	if len(found.Advice) > 0 {
		_, _ = fmt.Fprintf(w, "if that is not what you want:\n  %s\n", strings.Join(found.Advice, "\n  "))
	}
}
