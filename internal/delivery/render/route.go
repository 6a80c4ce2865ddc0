package render

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// routeType is the type of resource that leads to the workload's own service.
const routeType = "route"

// namePorts returns the graph with the ports of routes by name: Score lets a
// route give the number of a port of its workload's service as well. It tells
// which routes lead nowhere.
func namePorts(in Input) (*graph.Graph, []kernel.Problem) {
	out := *in.Graph
	out.Nodes = make([]graph.Node, 0, len(in.Graph.Nodes))
	var problems []kernel.Problem
	for _, node := range in.Graph.Nodes {
		given, ok := routedPort(in, node)
		if !ok {
			out.Nodes = append(out.Nodes, node)
			continue
		}
		name, ok := portName(in.Workload.Service, given)
		if !ok {
			problems = append(problems, noSuchPort(in, node, given))
		}
		out.Nodes = append(out.Nodes, withPort(node, name))
	}
	return &out, problems
}

// routedPort returns the port of a route to the workload's own service.
func routedPort(in Input, node graph.Node) (string, bool) {
	if service, ok := node.Inputs["service"]; node.Type != routeType || ok && service != in.Context.Workload {
		return "", false
	}
	switch port := node.Inputs["port"].(type) {
	case string:
		return port, true
	case int64:
		return strconv.FormatInt(port, 10), true
	default:
		return "", false
	}
}

// portName finds a port by its name, else by its number; empty is the only one.
func portName(service workload.Service, given string) (string, bool) {
	if _, ok := service.Ports[given]; ok {
		return given, true
	}
	if given == "" {
		return "", len(service.Ports) == 1
	}
	for _, name := range sortedKeys(service.Ports) {
		if strconv.Itoa(service.Ports[name].Port) == given {
			return name, true
		}
	}
	return "", false
}

func withPort(node graph.Node, name string) graph.Node {
	node.Inputs = maps.Clone(node.Inputs)
	node.Inputs["port"] = name
	return node
}

func noSuchPort(in Input, node graph.Node, given string) kernel.Problem {
	p := kernel.Problem{Path: "resources", Message: fmt.Sprintf("the service has no port %q for the route %s", given, node.UID)}
	if given == "" {
		p.Message = fmt.Sprintf("the route %s names no port, and the service has %d", node.UID, len(in.Workload.Service.Ports))
	}
	var ports []string
	for _, name := range in.Workload.PortNames() {
		ports = append(ports, fmt.Sprintf("%s (%d)", name, in.Workload.Service.Ports[name].Port))
	}
	p.Fix = "name one of " + strings.Join(ports, ", ") + " as the route's param port"
	if len(ports) == 0 {
		p.Fix = "add the port under service.ports"
	}
	for _, name := range in.Workload.ResourceNames() {
		if in.Graph.Names[name] == node.UID {
			at := in.Workload.Resources[name].At
			p.File, p.Line, p.Column, p.Path = at.File, at.Line, at.Column, "resources."+name+".params.port"
			break
		}
	}
	return p
}
