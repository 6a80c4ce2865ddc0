// Package azuresim has the commands terrace azure-sim: a look into the simulated
// Azure on this machine, and changes behind Terraform's back.
//
// It owns their flags and tables. The simulator itself is terraced azuresim.
package azuresim

import (
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/target/azuresim/azuresimclient"
)

// sim is what the commands share: the surroundings and where the simulator is.
type sim struct {
	*command.Env
	folder string
}

// client returns a client of the running simulator.
func (s *sim) client() (*azuresimclient.Client, error) {
	folder := s.folder
	if folder == "" {
		folder = azuresimclient.DefaultFolder()
	}
	running, err := azuresimclient.Find(folder)
	if err != nil {
		return nil, err
	}
	return azuresimclient.New(running)
}

// Command returns terrace azure-sim.
func Command(e *command.Env) *cobra.Command {
	s := &sim{Env: e}
	c := command.Group("azure-sim", "Look into the simulated Azure on this machine and change it",
		s.list(), s.show(), s.edit(), s.remove(), s.activity(), s.app(), s.faults())
	c.Long = "Azure-sim looks into the simulated Azure that `terraced azuresim` or `terraced up --azure-sim`\n" +
		"serves on this machine, changes resources behind Terraform's back, and orders faults."
	c.PersistentFlags().StringVar(&s.folder, "data", "", "the simulator's folder, or that of terraced up, when it is not the default one")
	return c
}

// resource is one resource in a list.
type resource struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Name      string `json:"name"`
	Location  string `json:"location,omitempty"`
	ChangedBy string `json:"changedBy"`
}

func (s *sim) list() *cobra.Command {
	var typ string
	c := &cobra.Command{
		Use: "list", Short: "List the resources", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace azure-sim list\n  terrace azure-sim list --type Microsoft.Network/virtualNetworks",
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := s.client()
			if err != nil {
				return err
			}
			var all []resource
			if err := client.Get(c.Context(), "resources", url.Values{"type": {typ}}, &all); err != nil {
				return err
			}
			return s.Print(all, func(w io.Writer) {
				output.List(w, all, []string{"TYPE", "NAME", "LOCATION", "CHANGED BY", "ID"}, func(r resource) []string {
					return []string{r.Type, r.Name, r.Location, r.ChangedBy, r.ID}
				})
			})
		},
	}
	c.Flags().StringVar(&typ, "type", "", "resources of this type alone, such as Microsoft.Network/virtualNetworks")
	_ = c.RegisterFlagCompletionFunc("type", s.types()) // the flag was made above
	return c
}

func (s *sim) show() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show a resource as Resource Manager does", Args: cobra.ExactArgs(1), ValidArgsFunction: s.ids(),
		Example: "  terrace azure-sim show /subscriptions/…/resourceGroups/rg1",
		RunE: func(c *cobra.Command, args []string) error {
			client, err := s.client()
			if err != nil {
				return err
			}
			var body map[string]any
			if err := client.Get(c.Context(), "resource", url.Values{"id": {args[0]}}, &body); err != nil {
				return err
			}
			return s.document(body)
		},
	}
}

// document prints a resource; people read it as JSON too.
func (s *sim) document(body map[string]any) error {
	return s.Print(body, func(w io.Writer) {
		_ = output.Write(w, output.JSON, body, nil) // decoded from JSON
	})
}
