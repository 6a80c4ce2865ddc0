package steer

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// view is what is known of a stage at one moment.
type view struct {
	scope     kernel.Scope
	table     *mesh.Table
	instances xds.Instances
	beside    map[string][]beside.Standing
}

// authorization is who may call a workload.
func authorization(t *mesh.Table, workload string) (out []sidecar.Allow) {
	for _, p := range t.Admitted(workload) {
		out = append(out, sidecar.Allow{From: p.From, Methods: p.Methods, Paths: p.Paths})
	}
	return out
}

// services are those that a workload of the stage can call.
func (v view) services() (out []sidecar.Service) {
	names := slices.Concat(v.instances.ServiceNames(v.scope), v.table.Routed())
	for name := range v.beside {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if s, ok := v.service(name); ok {
			out = append(out, s)
		}
	}
	return out
}

// service is one by its name; it is not ok where routes are for other ports of it alone, since
// what no route takes has no backend.
func (v view) service(name string) (sidecar.Service, bool) {
	s := sidecar.Service{Name: name, Protocol: sidecar.ProtocolHTTP}
	if slices.ContainsFunc(v.beside[name], func(one beside.Standing) bool { return one.GRPC }) {
		s.Protocol = sidecar.ProtocolGRPC
	}
	ways := v.table.Ways(name)
	if len(ways) == 0 {
		v.version(&s, name, 0)
		return s, true
	}
	for _, w := range ways {
		if !v.takes(name, w.Port) {
			continue
		}
		if w.Kind == meshdoc.KindGRPCRoute {
			s.Protocol = sidecar.ProtocolGRPC
		}
		rule := sidecar.Rule{Matches: []route.Match{match(w.Match)}, Timeout: time.Duration(w.Timeouts.Request), Retry: retry(w.Retry)}
		for _, b := range w.Backends {
			rule.Shares = append(rule.Shares, sidecar.Share{Version: v.version(&s, b.Name, b.Port), Weight: b.Share()})
		}
		s.Rules = append(s.Rules, rule)
	}
	return s, len(s.Rules) > 0
}

// takes tells whether a route for a port, 0 for all, is for calls of the service by its name.
func (v view) takes(service string, port int) bool {
	if port == 0 || len(v.instances.Ports(v.scope, service)) == 0 {
		return true
	}
	named, _, ok := v.instances.Upstream(v.scope, service, strconv.Itoa(port))
	only, _, single := v.instances.Upstream(v.scope, service, "")
	return ok && (!single || named == only)
}

// version adds a backend to a service, and returns its name.
func (v view) version(s *sidecar.Service, backend string, port int) string {
	one := sidecar.Version{Name: backend, Identity: v.table.ID(backend), Weight: 1}
	number := ""
	if port != 0 {
		number = strconv.Itoa(port)
		one.Name += ":" + number
	}
	at := v.answers(backend, number)
	standing := v.beside[backend]
	if port != 0 && v.several(backend) {
		standing = beside.For(standing, number, at)
	}
	current, next, proven := beside.Divide(standing, at, v.table.Strict())
	share(&one, current, next, at.Weight)
	one.Clear = !proven
	if !slices.ContainsFunc(s.Versions, func(known sidecar.Version) bool { return known.Name == one.Name }) {
		s.Versions = append(s.Versions, one)
	}
	return one.Name
}

// several tells whether a workload has more ports than one.
func (v view) several(workload string) bool {
	_, _, only := v.instances.Upstream(v.scope, workload, "")
	return !only && len(v.instances.Ports(v.scope, workload)) > 0
}

func match(m meshdoc.Match) route.Match {
	// The core has no default for a path, and takes every one where the type is none.
	out := route.Match{Path: route.PathMatch{Type: cmp.Or(m.Path.Type, meshdoc.PathPrefix), Value: cmp.Or(m.Path.Value, "/")}, Method: m.Method}
	for _, h := range m.Headers {
		out.Headers = append(out.Headers, route.ValueMatch{Type: h.Type, Name: h.Name, Value: h.Value})
	}
	return out
}

func retry(r *meshdoc.Retry) *route.Retry {
	if r == nil {
		return nil
	}
	codes := r.Codes
	if len(codes) == 0 {
		codes = []int{http.StatusServiceUnavailable}
	}
	return &route.Retry{Codes: codes, Attempts: r.Attempts, Backoff: r.Backoff}
}
