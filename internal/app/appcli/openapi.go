package appcli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/app"
)

// openAPICommand prints the API's document; the client is generated from it.
func openAPICommand(s streams, version string) *cobra.Command {
	downgrade := false
	c := &cobra.Command{
		Use: "openapi", Short: "Print the OpenAPI document of the API", Args: cobra.NoArgs,
		Example: "  terraced openapi > openapi.yaml\n  terraced openapi --downgrade > openapi-3.0.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			document, err := app.OpenAPI(c.Context(), version, downgrade)
			if err != nil {
				return fmt.Errorf("openapi: %w", err)
			}
			_, err = s.out.Write(document)
			return err
		},
	}
	c.Flags().BoolVar(&downgrade, "downgrade", false, "print version 3.0.3, for generators that know no 3.1")
	return c
}
