package appcli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/app"
)

// openAPICommand prints the API's document; the client is generated from it.
func openAPICommand(s streams) *cobra.Command {
	downgrade, file := false, ""
	c := &cobra.Command{
		Use: "openapi", Short: "Print the OpenAPI document of the API", Args: cobra.NoArgs,
		Example: "  terraced openapi\n  terraced openapi --downgrade --file openapi-3.0.yaml",
		RunE: func(*cobra.Command, []string) error {
			document, err := app.OpenAPI(downgrade)
			if err != nil {
				return fmt.Errorf("openapi: %w", err)
			}
			if file != "" {
				return os.WriteFile(file, document, 0o644)
			}
			_, err = s.out.Write(document)
			return err
		},
	}
	c.Flags().BoolVar(&downgrade, "downgrade", false, "version 3.0.3, for generators that know no 3.1")
	c.Flags().StringVar(&file, "file", "", "write it to this file instead")
	return c
}
