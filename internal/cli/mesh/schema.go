package mesh

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
)

func schema(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Write the JSON Schema of documents of the mesh, for editors", Args: cobra.NoArgs,
		Long: "It is one schema (2020-12) for documents of all kinds, and needs no server. An editor with a language server for YAML\n" +
			"completes and checks documents by it, where their first line is: # yaml-language-server: $schema=mesh.schema.json",
		Example: "  terrace mesh schema > mesh.schema.json",
		RunE: func(*cobra.Command, []string) error {
			if e.Format == output.Table {
				return output.Write(e.Out, output.JSON, json.RawMessage(meshdoc.Schema()), nil)
			}
			return e.Print(json.RawMessage(meshdoc.Schema()), nil)
		},
	}
}
