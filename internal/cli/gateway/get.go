package gateway

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func get(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	return g.one(&cobra.Command{
		Use: "get route|policy|product NAME", Short: "Show a route, a policy or a product as a document",
		Long:    "What is shown can be applied again.",
		Example: "  terrace gateway get route orders --stage dev > orders.yaml",
	}, func(ctx context.Context, s command.Server, at apiclient.GatewayScope, class, name string) error {
		d, err := document(ctx, s, at, class, name)
		if err != nil {
			return err
		}
		if e.Format == output.Table {
			return output.Write(e.Out, output.YAML, d, nil)
		}
		return e.Print(d, nil)
	})
}

// Document is a route, a policy or a product as it is applied.
type Document struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   map[string]string `json:"metadata"`
	Spec       any               `json:"spec"`
}

func document(ctx context.Context, s command.Server, at apiclient.GatewayScope, class, name string) (Document, error) {
	d := Document{APIVersion: apiVersion, Kind: "Route", Metadata: map[string]string{"name": name}}
	for key, value := range map[string]string{"project": at.Project, "stage": at.Stage} {
		if value != "" {
			d.Metadata[key] = value
		}
	}
	if class == classRoute {
		r, err := s.GatewayRoute(ctx, at, name)
		d.Spec = r.Spec
		return d, err
	}
	if class == classProduct {
		p, err := s.GatewayProduct(ctx, at, name)
		d.Kind, d.Spec = "Product", p.Spec
		delete(d.Metadata, "stage") // a stage may offer what is its project's
		if p.Stage != "" {
			d.Metadata["stage"] = p.Stage
		}
		return d, err
	}
	p, err := s.GatewayPolicy(ctx, at, name)
	if err != nil {
		return d, err
	}
	d.Kind = p.Kind
	spec := map[string]any{}
	if p.Route != "" {
		spec["targetRef"] = map[string]string{"route": p.Route}
	}
	for k, v := range p.Spec {
		spec[k] = v
	}
	d.Spec = spec
	return d, nil
}
