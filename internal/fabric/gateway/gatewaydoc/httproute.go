package gatewaydoc

import (
	"strconv"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// The Gateway API's HTTPRoute, as far as a route of Terrace can say it.
type (
	apiRoute struct {
		ParentRefs []apiParent `json:"parentRefs"`
		Hostnames  []string    `json:"hostnames"`
		Rules      []apiRule   `json:"rules"`
	}
	apiParent struct {
		Group *string `json:"group"`
		Kind  *string `json:"kind"`
		Name  string  `json:"name"`
	}
	apiRule struct {
		Name        string       `json:"name"`
		Matches     []apiMatch   `json:"matches"`
		Filters     []apiFilter  `json:"filters"`
		BackendRefs []apiBackend `json:"backendRefs"`
		Timeouts    struct {
			Request        kernel.Duration `json:"request"`
			BackendRequest kernel.Duration `json:"backendRequest"`
		} `json:"timeouts"`
	}
	apiMatch struct {
		Path        route.PathMatch    `json:"path"`
		Headers     []route.ValueMatch `json:"headers"`
		QueryParams []route.ValueMatch `json:"queryParams"`
		Method      string             `json:"method"`
	}
	apiFilter struct {
		Type                   string              `json:"type"`
		RequestHeaderModifier  *route.HeaderChange `json:"requestHeaderModifier"`
		ResponseHeaderModifier *route.HeaderChange `json:"responseHeaderModifier"`
		RequestRedirect        *apiRedirect        `json:"requestRedirect"`
		URLRewrite             *apiRewrite         `json:"urlRewrite"`
		RequestMirror          *apiMirror          `json:"requestMirror"`
	}
	apiPath struct {
		Type               string  `json:"type"`
		ReplaceFullPath    *string `json:"replaceFullPath"`
		ReplacePrefixMatch *string `json:"replacePrefixMatch"`
	}
	apiRewrite struct {
		Hostname string   `json:"hostname"`
		Path     *apiPath `json:"path"`
	}
	apiRedirect struct {
		Scheme     string   `json:"scheme"`
		Hostname   string   `json:"hostname"`
		Path       *apiPath `json:"path"`
		Port       int      `json:"port"`
		StatusCode int      `json:"statusCode"`
	}
	apiMirror struct {
		BackendRef apiBackend   `json:"backendRef"`
		Percent    *int         `json:"percent"`
		Fraction   *apiFraction `json:"fraction"`
	}
	apiFraction struct {
		Numerator   int  `json:"numerator"`
		Denominator *int `json:"denominator"`
	}
	apiBackend struct {
		Group  *string `json:"group"`
		Kind   *string `json:"kind"`
		Name   string  `json:"name"`
		Port   int     `json:"port"`
		Weight *int    `json:"weight"`
	}
)

// ParentName is what documents of the Gateway API call Terrace's gateway.
const ParentName = "terrace"

// translator makes a route of an HTTPRoute. renamed gets the paths that differ.
type translator struct {
	spec    yamldoc.Value
	renamed map[string]string
}

func httpRoute(spec yamldoc.Value, renamed map[string]string) *route.Route {
	var in apiRoute
	yamldoc.Decode(spec, &in)
	t := translator{spec, renamed}
	t.parents(in.ParentRefs)
	renamed["hosts"] = "spec.hostnames"
	out := &route.Route{Hosts: in.Hostnames}
	for i, r := range in.Rules {
		out.Rules = append(out.Rules, t.rule("rules["+strconv.Itoa(i)+"]", r))
	}
	return out
}

// problem reports at a path within the spec.
func (t translator) problem(path, fix, format string, args ...any) {
	t.at(t.spec, path).Problem(fix, format, args...)
}

// at finds the value at a path of keys and indexes, or the one nearest above it.
func (t translator) at(v yamldoc.Value, path string) yamldoc.Value {
	found := v
	full := "spec." + path
	step := func(item yamldoc.Value) {
		if p := item.Path(); p == full || len(full) > len(p) && full[:len(p)] == p && (full[len(p)] == '.' || full[len(p)] == '[') {
			found = t.at(item, path)
		}
	}
	switch {
	case v.Path() == full:
	case v.IsObject():
		v.Each(func(_ string, item yamldoc.Value) { step(item) })
	case v.IsList():
		v.Items(func(_ int, item yamldoc.Value) { step(item) })
	}
	return found
}

func (t translator) parents(all []apiParent) {
	for i, p := range all {
		at := "parentRefs[" + strconv.Itoa(i) + "]"
		if p.Name != ParentName {
			t.problem(at+".name", "write name: "+ParentName+", or remove parentRefs", "Terrace's gateway is called %s, not %q", ParentName, p.Name)
		}
		if p.Kind != nil && *p.Kind != "Gateway" {
			t.problem(at+".kind", "remove it", "a parent of kind %q is not known", *p.Kind)
		}
		if p.Group != nil && *p.Group != "gateway.networking.k8s.io" {
			t.problem(at+".group", "remove it", "a parent of group %q is not known", *p.Group)
		}
	}
}

func (t translator) rule(at string, in apiRule) route.Rule {
	out := route.Rule{Name: in.Name, Timeouts: route.Timeouts{Request: in.Timeouts.Request, Backend: in.Timeouts.BackendRequest}}
	for _, m := range in.Matches {
		out.Matches = append(out.Matches, route.Match{Path: m.Path, Method: m.Method, Headers: m.Headers, Query: m.QueryParams})
	}
	for i, f := range in.Filters {
		t.filter(at, at+".filters["+strconv.Itoa(i)+"]", f, &out)
	}
	t.renamed[at+".backends"] = "spec." + at + ".backendRefs"
	t.renamed[at+".timeouts.backend"] = "spec." + at + ".timeouts.backendRequest"
	for i, b := range in.BackendRefs {
		ref := at + ".backendRefs[" + strconv.Itoa(i) + "]"
		t.renamed[at+".backends["+strconv.Itoa(i)+"].service"] = "spec." + ref + ".name"
		out.Backends = append(out.Backends, t.backend(ref, b))
	}
	return out
}

func (t translator) backend(at string, in apiBackend) route.Backend {
	if in.Kind != nil && *in.Kind != "Service" {
		t.problem(at+".kind", "name a service", "a backend of kind %q is not known", *in.Kind)
	}
	if in.Group != nil && *in.Group != "" {
		t.problem(at+".group", "remove it", "a backend of group %q is not known", *in.Group)
	}
	out := route.Backend{Service: in.Name, Weight: in.Weight}
	if in.Port != 0 {
		out.Port = strconv.Itoa(in.Port)
	}
	return out
}

// filter puts what a filter says into the rule; of each type there is one.
func (t translator) filter(rule, at string, in apiFilter, out *route.Rule) {
	fields := map[string]bool{
		"RequestHeaderModifier": in.RequestHeaderModifier != nil, "ResponseHeaderModifier": in.ResponseHeaderModifier != nil,
		"RequestRedirect": in.RequestRedirect != nil, "URLRewrite": in.URLRewrite != nil,
		"RequestMirror": in.RequestMirror != nil,
	}
	given, known := fields[in.Type]
	if !known {
		t.problem(at+".type", "use RequestHeaderModifier, ResponseHeaderModifier, RequestRedirect, URLRewrite or RequestMirror", "filters of type %q are not supported", in.Type)
		return
	}
	if !given {
		t.problem(at, "write what the filter does under the key of its type", "the filter of type %s says nothing", in.Type)
		return
	}
	for name, has := range fields {
		if has && name != in.Type {
			t.problem(at, "part it into two filters", "a filter of type %s has what is of a %s", in.Type, name)
		}
	}
	second := false
	switch in.Type {
	case "RequestHeaderModifier":
		second, out.RequestHeaders = out.RequestHeaders != nil, in.RequestHeaderModifier
		t.renamed[rule+".requestHeaders"] = "spec." + at + ".requestHeaderModifier"
	case "ResponseHeaderModifier":
		second, out.ResponseHeaders = out.ResponseHeaders != nil, in.ResponseHeaderModifier
		t.renamed[rule+".responseHeaders"] = "spec." + at + ".responseHeaderModifier"
	case "RequestMirror": // of these there may be several
		t.mirror(rule, at+".requestMirror", in.RequestMirror, out)
	case "URLRewrite":
		second = out.Rewrite != nil
		out.Rewrite = &route.Rewrite{Host: in.URLRewrite.Hostname}
		out.Rewrite.FullPath, out.Rewrite.Prefix = t.path(rule+".rewrite", at+".urlRewrite", in.URLRewrite.Path)
	default:
		d := in.RequestRedirect
		second = out.Redirect != nil
		out.Redirect = &route.Redirect{Scheme: d.Scheme, Host: d.Hostname, Port: d.Port, Status: d.StatusCode}
		out.Redirect.FullPath, out.Redirect.Prefix = t.path(rule+".redirect", at+".requestRedirect", d.Path)
		t.renamed[rule+".redirect.status"] = "spec." + at + ".requestRedirect.statusCode"
	}
	if second {
		t.problem(at, "make one of them", "the rule has a second filter of type %s", in.Type)
	}
}

// mirror reads who gets copies, and of how many requests.
func (t translator) mirror(rule, at string, in *apiMirror, out *route.Rule) {
	model := rule + ".mirrors[" + strconv.Itoa(len(out.Mirrors)) + "]"
	t.renamed[model] = "spec." + at
	t.renamed[model+".service"] = "spec." + at + ".backendRef.name"
	b := t.backend(at+".backendRef", in.BackendRef)
	m := route.Mirror{Service: b.Service, Port: b.Port, Percent: in.Percent}
	if b.Weight != nil {
		t.problem(at+".backendRef.weight", "use percent", "a mirror has no weight")
	}
	if f := in.Fraction; f != nil {
		whole := 100
		if f.Denominator != nil {
			whole = *f.Denominator
		}
		switch {
		case in.Percent != nil:
			t.problem(at+".fraction", "remove the one or the other", "percent and fraction are both given")
		case whole <= 0 || f.Numerator < 0 || f.Numerator > whole || f.Numerator*100%whole != 0:
			t.problem(at+".fraction", "write a share in whole percents", "%d of %d is no share that can be copied", f.Numerator, whole)
		default:
			percent := f.Numerator * 100 / whole
			m.Percent = &percent
		}
	}
	out.Mirrors = append(out.Mirrors, m)
}

// path reads how a path is replaced.
func (t translator) path(model, at string, in *apiPath) (full, prefix *string) {
	t.renamed[model] = "spec." + at
	t.renamed[model+".host"] = "spec." + at + ".hostname"
	t.renamed[model+".fullPath"] = "spec." + at + ".path.replaceFullPath"
	t.renamed[model+".prefix"] = "spec." + at + ".path.replacePrefixMatch"
	if in == nil {
		return nil, nil
	}
	switch {
	case in.Type == "ReplaceFullPath" && in.ReplaceFullPath != nil && in.ReplacePrefixMatch == nil:
		return in.ReplaceFullPath, nil
	case in.Type == "ReplacePrefixMatch" && in.ReplacePrefixMatch != nil && in.ReplaceFullPath == nil:
		return nil, in.ReplacePrefixMatch
	}
	t.problem(at+".path", "use type: ReplaceFullPath with replaceFullPath, or type: ReplacePrefixMatch with replacePrefixMatch", "the path of type %q does not say what it replaces", in.Type)
	return nil, nil
}
