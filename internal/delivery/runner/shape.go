package runner

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// shape is what a job's initialised folder depends on.
type shape struct {
	// key is its tenant and its digest. It covers which modules are called, not their calls' names.
	key   string
	calls calls
}

// calls are the modules that a root module calls, by the names of the calls.
type calls map[string]pin

// pin is one version of a module.
type pin struct {
	Source  string `json:"source"`
	Version string `json:"version"`
}

func (p pin) compare(other pin) int {
	return strings.Compare(p.Source+" "+p.Version, other.Source+" "+other.Version)
}

// root is the part of a root module in JSON that init depends on.
type root struct {
	Terraform json.RawMessage                       `json:"terraform"`
	Module    map[string]map[string]json.RawMessage `json:"module"`
}

// keyOf begins with whose folder it is: no name of a tenant has a dot.
func keyOf(tenant, digest string) string { return tenant + "." + digest }

// shape returns what the job's initialised folder depends on. ok is false where
// that is not known for sure: the root module has a file that is not JSON, or a
// module without an exact version.
func (r *Runner) shape(job Job) (s shape, ok bool) {
	tenant, _, _ := strings.Cut(job.Stack, "/")
	parts := map[string]any{"tenant": tenant, "tool": r.Tool, "address": r.Address, "mirror": r.Mirror, "azurerm": job.azurerm}
	if lock, err := os.ReadFile(providerLock(r.DataDir)); err == nil {
		parts["provider"] = string(lock)
	}
	s.calls = calls{}
	for name, content := range job.Files {
		part, ok := s.calls.partOf(name, content)
		if !ok {
			return shape{}, false
		}
		if part != nil {
			parts["file:"+name] = part
		}
	}
	pins := slices.SortedFunc(maps.Values(s.calls), pin.compare)
	parts["modules"] = slices.Compact(pins)
	digest, err := kernel.DigestJSON(parts)
	s.key = keyOf(tenant, digest.Hex())
	return s, err == nil
}

// partOf returns what of a file counts for init, nil for nothing, and adds its
// module calls.
func (c calls) partOf(name string, content []byte) (part any, ok bool) {
	switch {
	case isValues(name):
		return nil, true
	case name == lockName, !strings.HasSuffix(name, ".json") && filepath.Ext(name) != ".tf" && filepath.Ext(name) != ".tofu":
		return string(content), true
	case !strings.HasSuffix(name, ".tf.json") || filepath.Dir(name) != ".":
		return nil, false
	}
	var file root
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, false
	}
	for call, arguments := range file.Module {
		p, ok := pinned(arguments)
		if !ok {
			return nil, false
		}
		c[call] = p
	}
	return map[string]any{"terraform": file.Terraform}, true
}

// isValues reports whether a file gives values to variables, which no pinned
// module call takes its source from.
func isValues(name string) bool {
	return strings.HasSuffix(name, ".tfvars") || strings.HasSuffix(name, ".tfvars.json")
}

// pinned returns what a module call names, where that is exact.
func pinned(arguments map[string]json.RawMessage) (p pin, ok bool) {
	if json.Unmarshal(arguments["source"], &p.Source) != nil || json.Unmarshal(arguments["version"], &p.Version) != nil {
		return pin{}, false
	}
	_, err := semver.StrictNewVersion(p.Version)
	return p, err == nil && !strings.Contains(p.Source, "{")
}
