package render

import (
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// target is where a stage's resources are.
type target struct {
	// version is what the root module asks of the tool.
	version string
	// required are the entries of required_providers, providers the provider blocks.
	required, providers func(in Input) map[string]any
	// tags are those that modules do not add themselves.
	tags func(in Input) map[string]string
}

func targets() map[string]target {
	return map[string]target{
		"local": {version: ">= 1.8.0", required: localRequired, providers: localProviders, tags: noTags},
		"azure": {version: ">= 1.11.0", required: azureRequired, providers: azureProviders, tags: azureTags},
	}
}

func targetOf(name string) (target, error) {
	t, ok := targets()[name]
	if !ok {
		return target{}, kernel.Errorf(kernel.Invalid, "nothing can be rendered for target %q", name).
			WithFix("the targets are %s", strings.Join(slices.Sorted(maps.Keys(targets())), ", "))
	}
	return t, nil
}

// localRequired names Terrace's own provider, which has no other host.
func localRequired(in Input) map[string]any {
	provider := map[string]any{"source": Host + "/terrace/terrace"}
	if in.ProviderVersion != "" {
		provider["version"] = in.ProviderVersion
	}
	return map[string]any{"terrace": provider}
}

// localProviders configures nothing: address and token come from the environment.
func localProviders(Input) map[string]any {
	return map[string]any{"terrace": map[string]any{}}
}

func noTags(Input) map[string]string { return nil }

// azureRequired names azurerm beside Terrace's own provider, which keeps secrets
// and runs the containers.
func azureRequired(in Input) map[string]any {
	required := localRequired(in)
	azurerm := map[string]any{"source": "hashicorp/azurerm"}
	if in.AzurermVersion != "" {
		azurerm["version"] = in.AzurermVersion
	}
	required["azurerm"] = azurerm
	return required
}

// azureProviders configures nothing either: subscription and sign-in come from
// the environment of the run.
func azureProviders(in Input) map[string]any {
	providers := localProviders(in)
	providers["azurerm"] = map[string]any{"features": map[string]any{}}
	return providers
}

// azureTags tell in the cloud's own lists and bills whose a resource is.
func azureTags(in Input) map[string]string {
	return map[string]string{"project": in.Context.Project, "workload": in.Context.Workload}
}
