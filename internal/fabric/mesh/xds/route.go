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

// routes is what becomes of calls of a name of a service. Where routes are for the service,
// what none of them takes has no backend (GEP-1426).
func (st stage) routes(name string, t target) *routev3.RouteConfiguration {
	host := &routev3.VirtualHost{Name: name, Domains: []string{"*"}}
	ways := st.table.Ways(t.service)
	for _, w := range ways {
		if w.Port == 0 || strconv.Itoa(w.Port) == t.port {
			host.Routes = append(host.Routes, st.way(w, t)...)
		}
	}
	if len(ways) == 0 {
		host.Routes = []*routev3.Route{{Match: prefix("/"), Action: to(t)}}
	}
	return &routev3.RouteConfiguration{Name: name, VirtualHosts: []*routev3.VirtualHost{host}}
}

func to(t target) *routev3.Route_Route {
	return &routev3.Route_Route{Route: &routev3.RouteAction{ClusterSpecifier: &routev3.RouteAction_Cluster{Cluster: t.cluster()}}}
}

// way is a match of a rule. Calls of gRPC are by POST, so one for another method takes none.
func (st stage) way(w mesh.Way, parent target) (out []*routev3.Route) {
	if w.Match.Method != "" && w.Match.Method != http.MethodPost {
		return nil
	}
	for _, m := range paths(w.Match.Path) {
		for _, h := range w.Match.Headers {
			m.Headers = append(m.Headers, header(h))
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

func (st stage) action(w mesh.Way, parent target) *routev3.RouteAction {
	a := &routev3.RouteAction{RetryPolicy: retry(w.Retry)}
	if wait := time.Duration(w.Timeouts.Request); wait > 0 {
		a.MaxStreamDuration = &routev3.RouteAction_MaxStreamDuration{MaxStreamDuration: durationpb.New(wait)}
	}
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
	a.ClusterSpecifier = &routev3.RouteAction_WeightedClusters{WeightedClusters: once(weighted)}
	return a
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
	codes := r.Codes
	if len(codes) == 0 {
		codes = []int{http.StatusServiceUnavailable}
	}
	var on []string
	for _, code := range codes {
		if name := grpcCode(code); name != "" && !slices.Contains(on, name) {
			on = append(on, name)
		}
	}
	if len(on) == 0 {
		return nil
	}
	p := &routev3.RetryPolicy{RetryOn: strings.Join(on, ","), NumRetries: wrapperspb.UInt32(uint32(r.Attempts))}
	if pause := time.Duration(r.Backoff); pause > 0 {
		p.RetryBackOff = &routev3.RetryPolicy_RetryBackOff{BaseInterval: durationpb.New(pause)}
	}
	return p
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
