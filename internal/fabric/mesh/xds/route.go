package xds

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
)

// routes is what becomes of calls of a name of a service.
func (st stage) routes(name string, t target) *routev3.RouteConfiguration {
	return &routev3.RouteConfiguration{Name: name, VirtualHosts: []*routev3.VirtualHost{st.host(name, []string{"*"}, t)}}
}

// host is what becomes of calls of a target by names. Where routes are for the service, what
// none of them takes has no backend (GEP-1426).
func (st stage) host(name string, domains []string, t target) *routev3.VirtualHost {
	host := &routev3.VirtualHost{Name: name, Domains: domains}
	ways := st.table.Ways(t.service)
	for _, w := range ways {
		if w.Port == 0 || strconv.Itoa(w.Port) == t.port {
			host.Routes = append(host.Routes, st.way(w, t)...)
		}
	}
	if len(ways) == 0 {
		a := &routev3.RouteAction{ClusterSpecifier: &routev3.RouteAction_Cluster{Cluster: t.cluster()}}
		st.bound(a, 0, nil)
		host.Routes = []*routev3.Route{{Match: prefix("/"), Action: &routev3.Route_Route{Route: a}}}
	}
	return host
}

// way is a match of a rule. Calls of gRPC are by POST, so one for another method takes none.
func (st stage) way(w mesh.Way, parent target) (out []*routev3.Route) {
	if w.Match.Method != "" && w.Match.Method != http.MethodPost && !st.envoy {
		return nil
	}
	for _, m := range paths(w.Match.Path) {
		for _, h := range w.Match.Headers {
			m.Headers = append(m.Headers, header(h))
		}
		if w.Match.Method != "" && st.envoy {
			m.Headers = append(m.Headers, method(w.Match.Method))
		}
		out = append(out, &routev3.Route{Name: w.Route + "/" + strconv.Itoa(w.Rule), Match: m, Action: &routev3.Route_Route{Route: st.action(w, parent)}})
	}
	return out
}

// paths are the matches of a path. A prefix is of whole segments, of which gRPC has no match:
// it is the path itself, and all below.
func paths(p meshdoc.PathMatch) []*routev3.RouteMatch {
	switch {
	case p.Type == meshdoc.Exact && p.Value != "":
		return []*routev3.RouteMatch{{PathSpecifier: &routev3.RouteMatch_Path{Path: p.Value}}}
	case p.Type == meshdoc.RegularExpression:
		return []*routev3.RouteMatch{{PathSpecifier: &routev3.RouteMatch_SafeRegex{SafeRegex: &matcherv3.RegexMatcher{Regex: p.Value}}}}
	}
	whole := strings.TrimRight(p.Value, "/")
	if whole == "" {
		return []*routev3.RouteMatch{prefix("/")}
	}
	return []*routev3.RouteMatch{{PathSpecifier: &routev3.RouteMatch_Path{Path: whole}}, prefix(whole + "/")}
}

func prefix(of string) *routev3.RouteMatch {
	return &routev3.RouteMatch{PathSpecifier: &routev3.RouteMatch_Prefix{Prefix: of}}
}

func header(h meshdoc.ValueMatch) *routev3.HeaderMatcher {
	value := exactly(h.Value)
	if h.Type == meshdoc.RegularExpression {
		value = &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_SafeRegex{SafeRegex: &matcherv3.RegexMatcher{Regex: h.Value}}}
	}
	return &routev3.HeaderMatcher{Name: strings.ToLower(h.Name), HeaderMatchSpecifier: &routev3.HeaderMatcher_StringMatch{StringMatch: value}}
}

func method(name string) *routev3.HeaderMatcher {
	return &routev3.HeaderMatcher{Name: ":method", HeaderMatchSpecifier: &routev3.HeaderMatcher_StringMatch{StringMatch: exactly(name)}}
}

func (st stage) action(w mesh.Way, parent target) *routev3.RouteAction {
	weighted := &routev3.WeightedCluster{}
	for _, b := range w.Backends {
		t := st.target(b.Name, b.Port)
		if b.Name == parent.service && b.Port == 0 {
			t = parent // the port that the caller has named
		}
		if b.Share() > 0 {
			weighted.Clusters = append(weighted.Clusters, &routev3.WeightedCluster_ClusterWeight{Name: t.cluster(), Weight: wrapperspb.UInt32(uint32(b.Share()))})
		}
	}
	a := &routev3.RouteAction{ClusterSpecifier: &routev3.RouteAction_WeightedClusters{WeightedClusters: once(weighted)}}
	st.bound(a, time.Duration(w.Timeouts.Request), w.Retry)
	return a
}

// bound says how long calls take at most, 0 is unbounded, and when they are made again.
func (a audience) bound(of *routev3.RouteAction, wait time.Duration, r *meshdoc.Retry) {
	switch {
	case a.envoy:
		of.Timeout, of.RetryPolicy = durationpb.New(wait), retryOfEnvoy(r)
		return
	case wait > 0:
		of.MaxStreamDuration = &routev3.RouteAction_MaxStreamDuration{MaxStreamDuration: durationpb.New(wait)}
	}
	of.RetryPolicy = retry(r)
}

// once adds up the weights of a cluster that is named twice: a client may take one alone.
func once(w *routev3.WeightedCluster) *routev3.WeightedCluster {
	var out []*routev3.WeightedCluster_ClusterWeight
	for _, c := range w.GetClusters() {
		i := slices.IndexFunc(out, func(o *routev3.WeightedCluster_ClusterWeight) bool { return o.GetName() == c.GetName() })
		if i < 0 {
			out = append(out, c)
			continue
		}
		out[i].Weight.Value += c.GetWeight().GetValue()
	}
	return &routev3.WeightedCluster{Clusters: out}
}

// retry is when a call is made again, in the codes of gRPC (gRFC A44).
func retry(r *meshdoc.Retry) *routev3.RetryPolicy {
	if r == nil {
		return nil
	}
	on := grpcCodes(codesOf(r))
	if len(on) == 0 {
		return nil
	}
	return again(r, on)
}

// again is when a call is made again.
func again(r *meshdoc.Retry, on []string) *routev3.RetryPolicy {
	p := &routev3.RetryPolicy{RetryOn: strings.Join(on, ","), NumRetries: wrapperspb.UInt32(uint32(r.Attempts))}
	if pause := time.Duration(r.Backoff); pause > 0 {
		p.RetryBackOff = &routev3.RetryPolicy_RetryBackOff{BaseInterval: durationpb.New(pause)}
	}
	return p
}

func codesOf(r *meshdoc.Retry) []int {
	if len(r.Codes) == 0 {
		return []int{http.StatusServiceUnavailable}
	}
	return r.Codes
}

func grpcCodes(statuses []int) (on []string) {
	for _, code := range statuses {
		if name := grpcCode(code); name != "" && !slices.Contains(on, name) {
			on = append(on, name)
		}
	}
	return on
}

func grpcCode(status int) string {
	switch status {
	case http.StatusTooManyRequests:
		return "resource-exhausted"
	case 499:
		return "cancelled"
	case http.StatusInternalServerError:
		return "internal"
	case http.StatusServiceUnavailable:
		return "unavailable"
	case http.StatusGatewayTimeout:
		return "deadline-exceeded"
	}
	return ""
}

func exactly(text string) *matcherv3.StringMatcher {
	return &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_Exact{Exact: text}}
}

// covering matches what a pattern does that may end in /*: all below.
func covering(pattern string) *matcherv3.StringMatcher {
	head, all := strings.CutSuffix(pattern, "*")
	if !all || !strings.HasSuffix(head, "/") {
		return exactly(pattern)
	}
	return &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_SafeRegex{SafeRegex: &matcherv3.RegexMatcher{Regex: regexp.QuoteMeta(head) + ".+"}}}
}
