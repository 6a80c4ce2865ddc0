package render

import (
	"fmt"
	"maps"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// ServiceKey is the name of the module call that runs the containers.
const ServiceKey = "workload"

// modulesOf returns one module call for each node, and the one of the containers.
func modulesOf(in Input) (map[string]any, error) {
	named, problems := namePorts(in)
	in.Graph = named
	scope := scopeOf(in)
	service, err := serviceOf(in, scope, problems)
	if err != nil {
		return nil, err
	}
	calls := map[string]any{ServiceKey: service}
	for _, node := range in.Graph.Nodes {
		if _, twice := calls[node.Key]; twice {
			return nil, kernel.Errorf(kernel.Internal, "render: two modules have the key %q", node.Key)
		}
		call, err := callOf(in, node, scope)
		if err != nil {
			return nil, fmt.Errorf("render %s: %w", node.UID, err)
		}
		calls[node.Key] = call
	}
	return calls, nil
}

func callOf(in Input, node graph.Node, s scope) (map[string]any, error) {
	call := map[string]any{"source": source(node.Module), "version": node.Module.Version}
	for _, name := range sortedKeys(node.Inputs) {
		value, err := s.value(node.Inputs[name])
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", name, err)
		}
		call[name] = value
	}
	addContract(call, in, node.Module, node.Name)
	return call, nil
}

// addContract adds the inputs that modules of every function have, as far as
// the module takes them and the definition has not set them.
func addContract(call map[string]any, in Input, pin graph.ModulePin, name string) {
	tags := map[string]string{}
	maps.Copy(tags, in.Tags)
	if t, err := targetOf(in.Context.Target); err == nil {
		maps.Copy(tags, t.tags(in))
	}
	for input, value := range map[string]any{
		"name": escape(name), "project": escape(in.Context.Project), "stage": escape(in.Context.Stage),
		"workload": escape(in.Context.Workload), "tags": escapeMap(tags),
	} {
		_, set := call[input]
		if takes := pin.Inputs == nil || slices.Contains(pin.Inputs, input); takes && !set {
			call[input] = value
		}
	}
}

// outputs are what verification, people and other workloads ask for: the address
// of every route by its name in the workload, the service, and what the workload
// publishes.
func outputs(in Input) (map[string]any, error) {
	endpoints, scope := map[string]any{}, scopeOf(in)
	for _, name := range sortedKeys(in.Graph.Names) {
		node, ok := in.Graph.Node(in.Graph.Names[name])
		if ok && node.Type == routeType && node.Has("url") {
			endpoints[escape(name)], _ = scope.output(node.UID, "url", nil)
		}
	}
	all, err := published(in, scope)
	if err != nil {
		return nil, err
	}
	maps.Copy(all, map[string]any{
		"endpoints": map[string]any{"description": "Address of each route, by its name in the workload.", "value": endpoints},
		"service": map[string]any{"description": "The service that runs the containers.", "value": map[string]any{
			"name":     reference(ServiceKey, "name", nil),
			"endpoint": reference(ServiceKey, "endpoint", nil),
			"status":   reference(ServiceKey, "status", nil),
		}},
	})
	return all, nil
}
