package render

import (
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// target is where a stage's resources are.
type target struct {
	// required are the entries of required_providers, providers the provider blocks.
	required, providers func(in Input) map[string]any
}

func targets() map[string]target {
	return map[string]target{
		"local": {required: localRequired, providers: localProviders},
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
