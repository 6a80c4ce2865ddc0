package render

import (
	"fmt"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The types of resource that become a part of the workload's manifests.
const (
	volumeType      = "volume"
	servicePortType = "service-port"
	identityType    = "workload-identity"
)

// kubernetes declares the workload to the module that renders its manifests.
func kubernetes(in Input, s scope) (map[string]any, []kernel.Problem, error) {
	b := &clusterBuilder{builder: builder{in: in, scope: s}}
	arguments := map[string]any{
		"containers": b.containers(b.container), "ports": b.clusterPorts(), "routes": b.routes(), "claims": b.claims(),
		"calls": b.calls(), "scaling": b.scaling(), "security": b.security(), "egress": b.egress(),
	}
	if timeout := in.Workload.Annotations[StartTimeout]; timeout != "" {
		if !durationPattern.MatchString(timeout) {
			b.annotationProblem(StartTimeout, fmt.Sprintf("%q is not a duration", timeout), "write it as 30s or 2m")
		}
		arguments["start_timeout"] = escape(timeout)
	}
	identity := b.identity()
	if identity != nil {
		arguments["identity"] = identity
	}
	if vault := b.vault(identity); vault != nil {
		arguments["vault"] = vault
	}
	return arguments, b.problems, b.err
}

// clusterBuilder is a builder for pods.
type clusterBuilder struct{ builder }

func (b *clusterBuilder) clusterPorts() map[string]any {
	ports := make(map[string]any, len(b.in.Workload.Service.Ports))
	for name, port := range b.in.Workload.Service.Ports {
		ports[escape(name)] = map[string]any{"port": port.Port, "target_port": port.TargetPort, "protocol": port.Protocol}
	}
	return ports
}

// resources returns the names of the workload's resources of a type, sorted.
func (b *clusterBuilder) resources(typ string) []string {
	var names []string
	for _, name := range b.in.Workload.ResourceNames() {
		if b.in.Workload.Resources[name].Type == typ {
			names = append(names, name)
		}
	}
	return names
}

// routes are those of the workload's own service: address from the resource,
// path and port from what the workload says.
func (b *clusterBuilder) routes() map[string]any {
	routes := map[string]any{}
	for _, name := range b.resources(routeType) {
		node, ok := b.in.Graph.Node(b.in.Graph.Names[name])
		if !ok || !node.Has("url") {
			continue
		}
		address, _ := b.scope.output(node.UID, "url", nil)
		route := map[string]any{"url": address}
		if path, ok := b.in.Workload.Resources[name].Params["path"].(string); ok && path != "" {
			route["path"] = escape(path)
		}
		given := fmt.Sprint(b.param(name, "port"))
		port, ok := portName(b.in.Workload.Service, given)
		if _, told := node.Inputs["port"]; !ok && !told {
			b.problems = append(b.problems, noSuchPort(b.in, node, given))
		}
		if port != "" {
			route["port"] = escape(port)
		}
		routes[escape(name)] = route
	}
	return routes
}

// param returns a parameter that is given as a text or a number, "" for none.
func (b *clusterBuilder) param(resource, key string) any {
	res := b.in.Workload.Resources[resource]
	switch v := res.Params[key].(type) {
	case string, int64, int, float64:
		return v
	case nil:
		return ""
	default:
		b.problem(res.At, "resources."+resource+".params."+key, "Kubernetes needs to know this before the apply", "write it as it is, without a placeholder")
		return ""
	}
}

// claims are the volumes of the workload. One that several workloads share
// would be an object of two owners.
func (b *clusterBuilder) claims() map[string]any {
	claims := map[string]any{}
	for _, name := range b.resources(volumeType) {
		res := b.in.Workload.Resources[name]
		if res.ID != "" {
			b.problem(res.At, "resources."+name+".id", "a volume of Kubernetes belongs to one workload, and this one is shared by its id",
				"leave the id out, or keep what is shared in a service of its own")
		}
		claim := map[string]any{"size": "1Gi"}
		for key, param := range map[string]string{"size": "size", "class": "class", "access_mode": "accessMode"} {
			if text := fmt.Sprint(b.param(name, param)); text != "" {
				claim[key] = escape(text)
			}
		}
		claims[escape(name)] = claim
	}
	return claims
}

// calls are the workloads whose service ports the workload names.
func (b *clusterBuilder) calls() []any {
	seen, calls := map[string]bool{}, []any{}
	for _, name := range b.resources(servicePortType) {
		callee := fmt.Sprint(b.param(name, "workload"))
		if callee != "" && !seen[callee] {
			calls = append(calls, escape(callee))
		}
		seen[callee] = true
	}
	return calls
}

// identity is the cloud identity of the pods, nil for none: the one that the
// workload asks for, else the one that its resources share.
func (b *clusterBuilder) identity() map[string]any {
	uid, at := b.identityUID()
	if uid == "" {
		return nil
	}
	node, ok := b.in.Graph.Node(uid)
	if !ok || !node.Has("client_id") {
		b.problem(at, "resources", "the definition of the identity "+uid+" has no output client_id", "use a definition whose resource is an identity")
		return nil
	}
	identity := map[string]any{}
	identity["client_id"], _ = b.scope.output(uid, "client_id", nil)
	if node.Has("tenant_id") {
		identity["tenant_id"], _ = b.scope.output(uid, "tenant_id", nil)
	}
	return identity
}

// identityUID is the identity of the pods, and where it is asked for.
func (b *clusterBuilder) identityUID() (uid string, at workload.Position) {
	shared := identityType + "." + workload.DefaultClass + "#" + b.in.Context.Workload
	if _, ok := b.in.Graph.Node(shared); ok {
		uid = shared
	}
	for _, name := range b.resources(identityType) {
		asked := b.in.Graph.Names[name]
		at = b.in.Workload.Resources[name].At
		if uid != "" && uid != asked {
			b.problem(at, "resources."+name, "pods act as one identity, and the workload has "+uid+" and "+asked,
				"keep one of them; with id: "+b.in.Context.Workload+" it is the one that the workload's other resources are open to")
			continue
		}
		uid = asked
	}
	return uid, at
}

// vault is where the stage's secrets are, nil where the landing zone has none.
func (b *clusterBuilder) vault(identity map[string]any) map[string]any {
	zone, _ := b.in.LandingZone["key_vault"].(map[string]any)
	vault, _ := zone["name"].(string)
	tenant := identity["tenant_id"]
	if tenant == nil {
		if text, ok := b.in.LandingZone["tenant_id"].(string); ok {
			tenant = escape(text)
		}
	}
	if vault == "" || tenant == nil {
		return nil
	}
	return map[string]any{"name": escape(vault), "tenant_id": tenant}
}
