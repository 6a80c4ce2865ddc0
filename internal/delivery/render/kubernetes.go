package render

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The annotations that the runtime kubernetes knows, beside StartTimeout.
const (
	MinReplicas  = "terrace.dev/min-replicas"
	MaxReplicas  = "terrace.dev/max-replicas"
	CPUTarget    = "terrace.dev/cpu-target"
	RunAsUser    = "terrace.dev/run-as-user"
	WritableRoot = "terrace.dev/writable-root"
	// Capabilities lists capabilities of Linux that containers need, joined by commas.
	Capabilities = "terrace.dev/capabilities"
	// Egress lists ranges of addresses that the pods call, joined by commas:
	// 203.0.113.0/24, or 203.0.113.7/32:443.
	Egress = "terrace.dev/egress"
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
		"containers": b.containers(), "ports": b.clusterPorts(), "routes": b.routes(), "claims": b.claims(),
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

func (b *clusterBuilder) containers() map[string]any {
	containers := make(map[string]any, len(b.in.Workload.Containers))
	for _, name := range b.in.Workload.ContainerNames() {
		containers[escape(name)] = b.container(b.in.Workload.Containers[name])
	}
	return containers
}

func (b *clusterBuilder) container(c workload.Container) map[string]any {
	out := map[string]any{
		"image": escape(b.image(c)), "variables": b.variables(c), "files": b.files(c), "volumes": b.mounts(c),
	}
	for key, words := range map[string][]string{"command": c.Command, "args": c.Args} {
		if len(words) > 0 {
			out[key] = escapeList(words)
		}
	}
	for key, amount := range map[string]string{
		"cpu_request": c.Resources.Requests.CPU, "memory_request": c.Resources.Requests.Memory,
		"cpu_limit": c.Resources.Limits.CPU, "memory_limit": c.Resources.Limits.Memory,
	} {
		if amount != "" {
			out[key] = escape(amount)
		}
	}
	b.probes(c, out)
	if len(c.Before) > 0 {
		before := make(map[string]any, len(c.Before))
		for other, condition := range c.Before {
			before[escape(other)] = string(condition)
		}
		out["before"] = before
	}
	return out
}

func (b *clusterBuilder) probes(c workload.Container, out map[string]any) {
	for key, p := range map[string]*workload.Probe{"liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
		if p == nil {
			continue
		}
		if p.HTTP != nil && len(p.Exec) > 0 {
			b.problem(c.At, "containers."+c.Name+"."+key+"Probe", "Kubernetes asks a container in one way, and the probe has httpGet and exec",
				"keep one of them")
		}
		out[key] = probe(*p)
	}
}

// image returns the reference that the release has, with its digest where the
// registry told it.
func (b *clusterBuilder) image(c workload.Container) string {
	at := "containers." + c.Name + ".image"
	if isFolder(c.Image) {
		b.problem(c.At, at, fmt.Sprintf("container %s has the image %q, a folder, which a stage with the runtime kubernetes cannot run", c.Name, c.Image),
			"build the image, push it to a registry and name it here, such as registry.example.com/"+b.in.Workload.Name+":1.0.0, or deploy to a stage with the runtime process")
		return c.Image
	}
	if pinned := b.in.Images[c.Name]; pinned != "" {
		return pinned
	}
	if _, err := name.ParseReference(c.Image); err != nil {
		b.problem(c.At, at, fmt.Sprintf("container %s has the image %q, which is no reference of an image in a registry", c.Name, c.Image),
			"write it as registry.example.com/name:tag")
	}
	return c.Image
}

// isFolder reports whether an image is a folder of the developer's machine.
func isFolder(image string) bool {
	return image == "." || image == ".." || strings.HasPrefix(image, "./") || strings.HasPrefix(image, "../") || strings.HasPrefix(image, "/")
}

// mounts tells volumes that are resources from folders that end with the pod.
func (b *clusterBuilder) mounts(c workload.Container) map[string]any {
	volumes := make(map[string]any, len(c.Volumes))
	for _, target := range sortedKeys(c.Volumes) {
		v, at := c.Volumes[target], "containers."+c.Name+".volumes."+target
		out := map[string]any{"read_only": v.ReadOnly}
		if v.Path != "" {
			out["path"] = escape(v.Path)
		}
		switch ref := onlyReference(v.Source); {
		case ref != nil && b.in.Workload.Resources[ref.Resource].Type == volumeType:
			out["claim"] = escape(ref.Resource)
		case ref == nil && isLiteral(v.Source):
			source, _ := v.Source.Literal()
			out["scratch"] = escape(source)
		default:
			b.problem(v.At, at, fmt.Sprintf("the source %q is no volume", v.Source.Raw), "use a resource of type volume, or a name for an empty folder")
		}
		volumes[escape(target)] = out
	}
	return volumes
}

// onlyReference returns the reference that is the whole value.
func onlyReference(t workload.Template) *workload.Ref {
	if len(t.Parts) != 1 {
		return nil
	}
	return t.Parts[0].Ref
}

func isLiteral(t workload.Template) bool {
	_, ok := t.Literal()
	return ok
}

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

// scaling reads how many pods there are.
func (b *clusterBuilder) scaling() map[string]any {
	out := map[string]any{}
	for key, limit := range map[string]struct {
		annotation string
		most       int
	}{"min": {MinReplicas, 1000}, "max": {MaxReplicas, 1000}, "cpu": {CPUTarget, 100}} {
		if n, ok := b.number(limit.annotation, 1, limit.most); ok {
			out[key] = n
		}
	}
	low, hasLow := out["min"].(int)
	if high, ok := out["max"].(int); ok && hasLow && high < low {
		b.annotationProblem(MaxReplicas, fmt.Sprintf("%d is less than the %d of %s", high, low, MinReplicas), "raise it")
	}
	return out
}

func (b *clusterBuilder) number(annotation string, least, most int) (int, bool) {
	text := strings.TrimSpace(b.in.Workload.Annotations[annotation])
	if text == "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		b.annotationProblem(annotation, fmt.Sprintf("%q is no number from %d to %d", text, least, most), "write a whole number")
		return 0, false
	}
	return n, true
}

var capabilityPattern = regexp.MustCompile(`^[A-Z][A-Z_]*$`)

// security reads what is to be looser than usual.
func (b *clusterBuilder) security() map[string]any {
	out := map[string]any{}
	if user, ok := b.number(RunAsUser, 1, 1<<31-1); ok {
		out["user"] = user
	}
	switch text := strings.TrimSpace(b.in.Workload.Annotations[WritableRoot]); text {
	case "":
	case "true", "false":
		out["writable_root"] = text == "true"
	default:
		b.annotationProblem(WritableRoot, fmt.Sprintf("%q is neither true nor false", text), `write "true" or "false"`)
	}
	if names := b.list(Capabilities); len(names) > 0 {
		for _, name := range names {
			if !capabilityPattern.MatchString(name) {
				b.annotationProblem(Capabilities, fmt.Sprintf("%q is no capability", name), "write it as NET_BIND_SERVICE")
			}
		}
		out["capabilities"] = escapeList(names)
	}
	return out
}

func (b *clusterBuilder) egress() []any {
	ranges := b.list(Egress)
	for _, text := range ranges {
		network, after, _ := strings.Cut(text, "/")
		bits, _, _ := strings.Cut(after, ":")
		if _, err := netip.ParsePrefix(network + "/" + bits); err != nil {
			b.annotationProblem(Egress, fmt.Sprintf("%q is no range of addresses", text), "write 203.0.113.0/24, or 203.0.113.7/32:443")
		}
	}
	return escapeList(ranges)
}

// list returns the words of an annotation, which commas separate.
func (b *clusterBuilder) list(annotation string) []string {
	var words []string
	for word := range strings.SplitSeq(b.in.Workload.Annotations[annotation], ",") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}
