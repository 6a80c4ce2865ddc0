package runtest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Releases makes releases from workloads alone, without a registry of modules.
type Releases struct {
	mu  sync.Mutex
	all map[string]release.Release
	// last is the one that Keep made last.
	last string
	// Given is a reference that the definition of caches gives to their module, "" for none.
	Given string
}

// Compose returns the release of the workload and version.
func (r *Releases) Compose(_ context.Context, scope kernel.Scope, n release.New) (release.Release, error) {
	spec := n.Workload.Canonical()
	digest := kernel.DigestOf(append([]byte(scope.String()+n.Version), spec...))
	return release.Release{
		ID: "rel_" + digest.Hex()[:20], Digest: digest, Scope: scope, Workload: n.Workload.Name, Version: n.Version, Spec: spec,
	}, nil
}

// Add keeps the release under the next number.
func (r *Releases) Add(_ context.Context, rel release.Release) (release.Release, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.all[rel.ID]; ok {
		return known, nil
	}
	rel.Number = len(r.all) + 1
	r.all[rel.ID] = rel
	return rel, nil
}

// Get returns a release of the scope.
func (r *Releases) Get(_ context.Context, scope kernel.Scope, id string) (release.Release, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rel, ok := r.all[id]
	if !ok || rel.Scope != scope {
		return release.Release{}, kernel.Errorf(kernel.NotFound, "release %s does not exist", id)
	}
	return rel, nil
}

// Find returns a release of the scope by its id or number.
func (r *Releases) Find(ctx context.Context, scope kernel.Scope, workload, name string) (release.Release, error) {
	r.mu.Lock()
	for id, rel := range r.all {
		if rel.Scope == scope && fmt.Sprint(rel.Number) == name && (workload == "" || rel.Workload == workload) {
			name = id
		}
	}
	r.mu.Unlock()
	return r.Get(ctx, scope, name)
}

// Graph has one node for each resource of the workload.
func (r *Releases) Graph(_ context.Context, rel release.Release, _ stage.Stage) (*graph.Graph, *workload.Workload, error) {
	w, err := workload.Parse("score.yaml", rel.Spec)
	if err != nil {
		return nil, nil, err
	}
	g := &graph.Graph{Workload: w.Name, Names: map[string]string{}}
	for _, name := range w.ResourceNames() {
		res := w.Resources[name]
		if res.Producer != nil {
			continue
		}
		uid := fmt.Sprintf("%s.%s#%s.%s", res.Type, res.Class, w.Name, name)
		g.Names[name] = uid
		n := graph.Node{
			UID: uid, Key: res.Type + "_" + name, Type: res.Type, Class: res.Class, Name: name, Definition: res.Type + "-local",
			Module: graph.ModulePin{Source: "terrace/" + res.Type + "/local", Version: "1.0.0"},
		}
		if r.Given != "" && res.Type == "redis" {
			n.Inputs = map[string]any{"token": graph.Template{Parts: []graph.Part{{From: graph.FromSecret, Output: r.Given}}}}
		}
		g.Nodes = append(g.Nodes, n)
	}
	return g, w, nil
}

// All has one definition, for caches.
func (r *Releases) All(context.Context, kernel.Scope) ([]graph.Definition, error) {
	return []graph.Definition{{Name: "redis-local", Type: "redis", Module: graph.ModuleRef{Source: "terrace/redis/local"}}}, nil
}

// Written is the definition of caches.
func (r *Releases) Written(_ context.Context, _ kernel.Scope, name string) (file string, source []byte, err error) {
	if name != "redis-local" {
		return "", nil, kernel.Errorf(kernel.NotFound, "definition %s does not exist", name)
	}
	return name + ".yaml", []byte("spec:\n  type: redis\n  inputs:\n    token: $${secret:" + r.Given + "} Bearer ${secret:" + r.Given + "}\n"), nil
}

// Source finds every module at 1.0.0.
func (r *Releases) Source(context.Context, kernel.Scope) graph.ModuleSource {
	return graph.ModuleFunc(func(ref graph.ModuleRef) (graph.ModulePin, error) {
		return graph.ModulePin{Source: ref.Source, Version: "1.0.0"}, nil
	})
}

// Renderer renders a resource of the world for the service and for each node.
type Renderer struct{}

// Render returns a module whose bytes depend on what it is made from alone.
func (Renderer) Render(_ context.Context, in run.RenderInput) (run.Root, error) {
	out := root{Resources: map[string]string{"module.workload": in.Release.ID}, Outputs: map[string]json.RawMessage{}}
	for _, node := range in.Graph.Nodes {
		out.Resources["module."+node.Key] = node.Module.Version
		if node.Type == "route" {
			url := fmt.Sprintf(`{%q: "https://%s.%s.%s.localhost/"}`, node.Name, in.Workload.Name, in.Scope.Stage, in.Scope.Project)
			out.Outputs["endpoints"] = json.RawMessage(url)
		}
	}
	for _, resource := range slices.Sorted(maps.Keys(in.Taken)) {
		for _, name := range slices.Sorted(maps.Keys(in.Taken[resource])) {
			out.Resources["module.taken_"+resource+"_"+name] = string(kernel.DigestOf(in.Taken[resource][name].Value))
		}
	}
	for _, name := range in.Workload.OutputNames() {
		o := in.Workload.Outputs[name]
		text, _ := o.Value.Literal()
		for _, ref := range o.Value.Refs() { // an output that is another's as it is
			_ = json.Unmarshal(in.Taken[ref.Resource][ref.Output].Value, &text)
		}
		out.Outputs[name], _ = json.Marshal(text)
		out.Resources["output."+name] = string(kernel.DigestOf([]byte(text)))
		if o.Sensitive {
			out.Sensitive = append(out.Sensitive, name)
		}
	}
	out.Broken = in.Workload.Annotations["broken"]
	made := run.Root{Files: map[string][]byte{}}
	if len(in.LandingZone) > 0 {
		out.Resources["module.zoned"] = fmt.Sprint(in.LandingZone)
		made.LandingZone = kernel.DigestOf([]byte(out.Resources["module.zoned"]))
	}
	file, err := json.Marshal(out)
	made.Files[rootFile], made.Digest = file, kernel.DigestOf(file)
	return made, err
}

// Keep makes a release of the workload that was deployed nowhere.
func (r *Releases) Keep(t testing.TB, w *workload.Workload) {
	t.Helper()
	rel, err := r.Compose(t.Context(), Project, release.New{Workload: w})
	Must(t, err)
	rel, err = r.Add(t.Context(), rel)
	Must(t, err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = rel.ID
}

// Last is the id of the release that Keep made last.
func (r *Releases) Last() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
