package linkerd

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/cluster"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
)

// The bounds of a route of the Gateway API.
const (
	maxRules   = 16
	maxMatches = 8
)

// outbound are rules that one object has: retries and timeouts are said of an object as a whole.
type outbound struct {
	service     string
	port        int
	kind        string
	annotations map[string]string
	ways        []meshdoc.Way
}

// routes says what becomes of calls of each service; what no rule takes has no backend, as in
// the mesh of Terrace.
func (r *renderer) routes() {
	all := map[string][]meshdoc.Way{}
	for _, d := range r.Documents {
		if d.Calls() == nil {
			continue
		}
		r.rules(d)
		for service, ways := range d.Calls().Ways(d.Kind, d.Name) {
			all[service] = append(all[service], ways...)
		}
	}
	for _, service := range slices.Sorted(maps.Keys(all)) {
		ways := slices.DeleteFunc(all[service], r.waits)
		slices.SortStableFunc(ways, meshdoc.Closer)
		for i, o := range r.objects(service, ways) {
			r.Add(gatewayAPI, o.kind, service+"."+strconv.Itoa(i), o.annotations, r.spec(o))
		}
	}
}

// rules refuses what Linkerd has no words for.
func (r *renderer) rules(d meshdoc.Document) {
	for i, rule := range d.Calls().Rules {
		at := cluster.At(meshdoc.AtRules, i)
		if wait := time.Duration(rule.Timeouts.Request); wait%time.Millisecond != 0 {
			r.Refuse(d, at+".timeouts.request", "use whole milliseconds", fmt.Sprintf("Linkerd waits whole milliseconds, and not %s", wait))
		}
		if rule.Retry != nil && rule.Retry.Backoff != 0 {
			r.Refuse(d, at+".retry.backoff", "remove it", "Linkerd asks again without a pause of ours")
		}
		for j, m := range rule.Matches {
			r.method(d, cluster.At(at+".matches", j)+".method", m.Method)
		}
	}
}

// method refuses methods that the Gateway API does not have.
func (r *renderer) method(d meshdoc.Document, at, method string) {
	if method != "" && !slices.Contains(methods(), method) {
		r.Refuse(d, at, "use one of "+strings.Join(methods(), ", ")+", or none for all", "Linkerd matches no method "+method)
	}
}

func methods() []string {
	return []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace, http.MethodPatch,
	}
}

// objects parts the ways of a service, the closest first, into objects. Where Linkerd could take
// another for closer, they are refused.
func (r *renderer) objects(service string, ways []meshdoc.Way) []outbound {
	kind := kindOf(ways)
	var out []outbound
	for _, w := range ways {
		said := annotations(w)
		i := slices.IndexFunc(out, func(o outbound) bool {
			return o.port == w.Port && maps.Equal(o.annotations, said) && len(o.ways) < maxRules
		})
		for j, o := range out {
			if k := slices.IndexFunc(o.ways, func(other meshdoc.Way) bool { return contested(other, w, j == i) }); k >= 0 {
				r.refuse(w, "", "have both say the same retries and timeouts and as many headers, or match other calls",
					fmt.Sprintf("Linkerd could take this rule where rule %d of %s %s is the closer one", o.ways[k].Rule+1, o.ways[k].Kind, o.ways[k].Route))
			}
		}
		if i < 0 {
			i, out = len(out), append(out, outbound{service: service, port: w.Port, kind: kind, annotations: said})
		}
		out[i].ways = append(out[i].ways, w)
	}
	return out
}

// waits tells whether a way leads to a workload that is not there, whose port is not known.
func (r *renderer) waits(w meshdoc.Way) bool {
	if !r.deployed {
		return false
	}
	for _, b := range w.Backends {
		if r.workloads[b.Name].Name == "" && b.Port == 0 {
			r.waiting = append(r.waiting, fmt.Sprintf("rule %d of %s %s, for %s to be deployed", w.Rule+1, w.Kind, w.Route, b.Name))
			return true
		}
	}
	return false
}

// kindOf is GRPCRoute where all is of gRPC, and by whole names; other calls of gRPC are told by
// their paths, since Linkerd obeys only one kind of routes of a service.
func kindOf(ways []meshdoc.Way) string {
	if slices.ContainsFunc(ways, func(w meshdoc.Way) bool {
		return w.Kind != meshdoc.KindGRPCRoute || w.Match.Path.Type == meshdoc.RegularExpression
	}) {
		return meshdoc.KindHTTPRoute
	}
	return meshdoc.KindGRPCRoute
}

func annotations(w meshdoc.Way) map[string]string {
	out := map[string]string{}
	if wait := time.Duration(w.Timeouts.Request); wait > 0 {
		out["timeout.linkerd.io/request"] = strconv.FormatInt(wait.Milliseconds(), 10) + "ms"
	}
	if w.Retry == nil {
		return out
	}
	codes := w.Retry.Codes
	if len(codes) == 0 {
		codes = []int{http.StatusServiceUnavailable}
	}
	var on []string
	for _, code := range codes {
		on = append(on, strconv.Itoa(code))
	}
	out["retry.linkerd.io/http"], out["retry.linkerd.io/limit"] = strings.Join(on, ","), strconv.Itoa(w.Retry.Attempts)
	return out
}

func (r *renderer) spec(o outbound) map[string]any {
	parent := map[string]any{"group": "core", "kind": "Service", "name": o.service}
	if o.port != 0 {
		parent["port"] = int64(o.port)
	}
	rules := make([]any, 0, len(o.ways))
	for _, w := range o.ways {
		rule := map[string]any{}
		if m := match(o.kind, w); len(m) > 0 {
			rule["matches"] = []any{m}
		}
		if b := r.backends(o, w); len(b) > 0 {
			rule["backendRefs"] = b
		}
		rules = append(rules, rule)
	}
	return map[string]any{"parentRefs": []any{parent}, "rules": rules}
}

// backends are none where the service itself answers: Linkerd then keeps the call's port.
func (r *renderer) backends(o outbound, w meshdoc.Way) []any {
	if len(w.Backends) == 1 && w.Backends[0].Name == o.service && w.Backends[0].Port == 0 {
		return nil
	}
	out := make([]any, 0, len(w.Backends))
	for i, b := range w.Backends {
		port, ok := b.Port, true
		if port == 0 {
			port, ok = r.workloads[b.Name].Only()
		}
		if !ok {
			r.refuse(w, cluster.At(".backendRefs", i), "write its port, such as {name: "+b.Name+", port: 8080}, or name its Score file with --score",
				"Linkerd has to know which port of "+b.Name+" answers")
		}
		out = append(out, map[string]any{"group": "", "kind": "Service", "name": b.Name, "port": int64(port), "weight": int64(b.Share())})
	}
	return out
}

func match(kind string, w meshdoc.Way) map[string]any {
	out := map[string]any{}
	path := w.Match.Path
	switch {
	case path.Value == "":
	case kind == meshdoc.KindGRPCRoute:
		service, method, _ := strings.Cut(strings.TrimPrefix(path.Value, "/"), "/")
		of := map[string]any{"type": meshdoc.Exact, "service": service}
		if method != "" {
			of["method"] = method
		}
		out["method"] = of
	default:
		out["path"] = pathMatch(path.Type, path.Value)
	}
	if w.Match.Method != "" {
		out["method"] = w.Match.Method
	}
	var headers []any
	for _, h := range w.Match.Headers {
		headers = append(headers, map[string]any{"type": orDefault(h.Type, meshdoc.Exact), "name": h.Name, "value": h.Value})
	}
	if len(headers) > 0 {
		out["headers"] = headers
	}
	return out
}

func pathMatch(kind, value string) map[string]any {
	return map[string]any{"type": orDefault(kind, meshdoc.PathPrefix), "value": value}
}

func orDefault(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
