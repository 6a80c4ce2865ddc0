package static

import (
	"maps"
	"slices"
	"strings"
)

const (
	variablePrefix    = "TF_VAR_"
	workspaceVariable = "TF_WORKSPACE"
	// workspaceFile is where terraform workspace select notes which one is meant.
	workspaceFile    = ".terraform/environment"
	defaultWorkspace = "default"
)

// environment is what of KEY=VALUE a configuration reads, by key.
func environment(list []string) map[string]string {
	out := map[string]string{}
	for _, pair := range list {
		key, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(key, variablePrefix) || key == workspaceVariable {
			out[key] = value
		}
	}
	return out
}

// environs gives the root module's variables the values that the environment has.
func (m *module) environs() {
	for _, name := range slices.Sorted(maps.Keys(m.variables)) {
		if text, ok := m.environment[variablePrefix+name]; ok {
			m.write(m.variables[name], variablePrefix+name, text)
		}
	}
}

// workspace is the name of the one that terraform would plan for.
func (r *reader) workspace() string {
	if name := r.environment[workspaceVariable]; name != "" {
		return name
	}
	if text, err := r.source(workspaceFile); err == nil {
		if name := strings.TrimSpace(string(text)); name != "" {
			return name
		}
	}
	return defaultWorkspace
}
