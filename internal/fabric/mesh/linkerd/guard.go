package linkerd

import (
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/cluster"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
)

// probes is the name of who the kubelet is: anybody, since it proves nothing of itself.
const probes = "mesh.probes"

// permission lets callers do something at services.
type permission struct {
	// name and kind are the object's that says who they are.
	name, kind string
	// service is whose it is; "" is every one.
	service        string
	methods, paths []string

	document meshdoc.Document
	// at is the path of the rule.
	at string
}

// narrow tells whether it is for some calls only.
func (p permission) narrow() bool { return len(p.methods)+len(p.paths) > 0 }

// guards says who may call. A port that a Server is for refuses what nothing allows.
func (r *renderer) guards() {
	var all []permission
	guarded := map[string]bool{}
	for _, d := range r.Documents {
		if d.Authorization == nil {
			continue
		}
		service := ""
		if d.Authorization.TargetRef != nil {
			service = d.Authorization.TargetRef.Name
		}
		guarded[service] = true
		r.known(d, service)
		for i, rule := range d.Authorization.Rules {
			all = append(all, r.permission(d, service, i, rule))
		}
	}
	for _, name := range r.names() {
		if r.Mutual || guarded[""] || guarded[name] {
			r.guard(r.workloads[name], all)
		}
	}
	for _, p := range all {
		if p.service == "" && !p.narrow() {
			r.policy(p, p.name, map[string]any{"kind": "Namespace", "name": r.Namespace()})
		}
	}
}

// known refuses an authorization where no port is known.
func (r *renderer) known(d meshdoc.Document, service string) {
	if r.deployed {
		return
	}
	if service != "" && len(r.workloads[service].Ports) == 0 {
		r.Refuse(d, "spec.targetRef", "name its Score file with --score, or its port in a route of it", "Linkerd guards ports, and those of "+service+" are not known")
	}
	if service != "" {
		return
	}
	for _, w := range r.workloads {
		if len(w.Ports) > 0 {
			return
		}
	}
	r.Refuse(d, "spec", "name the Score files of the stage with --score", "Linkerd guards ports, and none of the stage is known")
}

// permission is what a rule allows; who it is for becomes an object.
func (r *renderer) permission(d meshdoc.Document, service string, i int, rule meshdoc.Allow) permission {
	p := permission{
		name: d.Name + "." + strconv.Itoa(i), kind: "MeshTLSAuthentication", service: service, methods: rule.Methods, paths: rule.Paths,
		document: d, at: cluster.At(meshdoc.AtRules, i),
	}
	var callers []any
	for j, f := range rule.From {
		callers = append(callers, r.identity(d, cluster.At(p.at+".from", j), f))
	}
	for j, m := range rule.Methods {
		r.method(d, cluster.At(p.at+".methods", j), m)
	}
	r.Add(policyGroup+"/v1alpha1", p.kind, p.name, nil, map[string]any{"identities": callers})
	return p
}

// identity is a caller as Linkerd names it; a first * is for all of a namespace.
func (r *renderer) identity(d meshdoc.Document, at string, f meshdoc.Caller) string {
	if f.SPIFFEID == "" {
		project, stage, workload := r.Caller(f)
		return workload + "." + cluster.Namespace(project, stage) + ".serviceaccount.identity.linkerd." + r.Domain
	}
	if r.Foreign(d, at, "Linkerd", f.SPIFFEID) && strings.HasSuffix(f.SPIFFEID, "*") {
		r.Refuse(d, at+".spiffeId", "name each by itself", "Linkerd knows SPIFFE IDs only as a whole")
	}
	return f.SPIFFEID
}

// guard guards the ports of a workload.
func (r *renderer) guard(w cluster.Workload, all []permission) {
	var servers []any
	for _, port := range w.PodPorts() {
		name := w.Name + "." + strconv.Itoa(port)
		r.Add(policyGroup+"/v1beta3", "Server", name, nil, map[string]any{
			"podSelector": map[string]any{"matchLabels": map[string]any{cluster.WorkloadLabel: w.Name}}, "port": int64(port), "accessPolicy": Deny,
		})
		servers = append(servers, map[string]any{"group": policyGroup, "kind": "Server", "name": name})
		for _, p := range all {
			if p.service == w.Name && !p.narrow() {
				r.policy(p, p.name+"."+strconv.Itoa(port), map[string]any{"group": policyGroup, "kind": "Server", "name": name})
			}
		}
	}
	var some []permission
	for _, p := range all {
		if (p.service == "" || p.service == w.Name) && p.narrow() {
			some = append(some, p)
		}
	}
	if len(some) > 0 && len(servers) > 0 {
		r.paths(w, servers, some)
	}
}

// policy lets those whom a permission is for call a target.
func (r *renderer) policy(p permission, name string, target map[string]any) {
	r.Add(policyGroup+"/v1alpha1", "AuthorizationPolicy", name, nil, map[string]any{
		"targetRef": target, "requiredAuthenticationRefs": []any{map[string]any{"group": policyGroup, "kind": p.kind, "name": p.name}},
	})
}
