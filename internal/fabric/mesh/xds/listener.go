package xds

import (
	"net/netip"
	"strconv"
	"strings"

	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	rbacv3 "github.com/envoyproxy/go-control-plane/envoy/config/rbac/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	rbacfilter "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/rbac/v3"
	routerfilter "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	"google.golang.org/protobuf/proto"

	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds/bootstrap"
)

// outbound is the listener of a name that clients call: what becomes of calls is its route.
func outbound(name string) *listenerv3.Listener {
	return &listenerv3.Listener{Name: name, ApiListener: &listenerv3.ApiListener{ApiListener: packed(&managerv3.HttpConnectionManager{
		StatPrefix:     "outbound",
		RouteSpecifier: &managerv3.HttpConnectionManager_Rds{Rds: &managerv3.Rds{ConfigSource: ads(), RouteConfigName: name}},
		HttpFilters:    []*managerv3.HttpFilter{router()},
	})}}
}

// serverAddress is the address in the name of a listener of a server.
func serverAddress(name string) (at netip.AddrPort, ok bool) {
	text, ok := strings.CutPrefix(name, bootstrap.ServerListener)
	if !ok {
		return at, false
	}
	at, err := netip.ParseAddrPort(text)
	return at, err == nil && at.Port() != 0 && at.Addr().Zone() == ""
}

// inbound is the listener of a server of a workload at an address.
func (st stage) inbound(at netip.AddrPort, workload string) *listenerv3.Listener {
	chain := &listenerv3.FilterChain{Name: workload, Filters: []*listenerv3.Filter{{
		Name: "envoy.filters.network.http_connection_manager",
		ConfigType: &listenerv3.Filter_TypedConfig{TypedConfig: packed(&managerv3.HttpConnectionManager{
			StatPrefix: "inbound",
			RouteSpecifier: &managerv3.HttpConnectionManager_RouteConfig{RouteConfig: &routev3.RouteConfiguration{
				Name: "inbound", VirtualHosts: []*routev3.VirtualHost{{Name: workload, Domains: []string{"*"}, Routes: []*routev3.Route{{
					Match: prefix("/"), Action: &routev3.Route_NonForwardingAction{NonForwardingAction: &routev3.NonForwardingAction{}},
				}}}},
			}},
			HttpFilters: append(st.authorization(workload), router()),
		})},
	}}}
	if st.table.Strict() {
		chain.TransportSocket = st.inwards()
	}
	return &listenerv3.Listener{Name: bootstrap.ServerListener + at.String(), Address: address(at), FilterChains: []*listenerv3.FilterChain{chain}}
}

func router() *managerv3.HttpFilter {
	return filter("envoy.filters.http.router", &routerfilter.Router{})
}

func filter(name string, config proto.Message) *managerv3.HttpFilter {
	return &managerv3.HttpFilter{Name: name, ConfigType: &managerv3.HttpFilter_TypedConfig{TypedConfig: packed(config)}}
}

// authorization lets through what a permission allows, where a service is guarded; an Envoy
// guards each. Without a permission it lets nobody through.
func (st stage) authorization(workload string) []*managerv3.HttpFilter {
	allowed := st.table.Permissions(workload)
	switch {
	case st.envoy:
		allowed = st.table.Admitted(workload)
	case !st.table.Guarded(workload):
		return nil
	}
	rules := &rbacv3.RBAC{Action: rbacv3.RBAC_ALLOW, Policies: map[string]*rbacv3.Policy{}}
	for _, p := range allowed {
		rules.Policies[p.Policy+"/"+strconv.Itoa(p.Rule)] = policy(p)
	}
	return []*managerv3.HttpFilter{filter("envoy.filters.http.rbac", &rbacfilter.RBAC{Rules: rules})}
}

func policy(p mesh.Permission) *rbacv3.Policy {
	out := &rbacv3.Policy{}
	for _, id := range p.From {
		out.Principals = append(out.Principals, &rbacv3.Principal{Identifier: &rbacv3.Principal_Authenticated_{
			Authenticated: &rbacv3.Principal_Authenticated{PrincipalName: covering(id)},
		}})
	}
	var all []*rbacv3.Permission
	if len(p.Methods) > 0 {
		all = append(all, anyOf(p.Methods, func(method string) *rbacv3.Permission {
			return &rbacv3.Permission{Rule: &rbacv3.Permission_Header{Header: &routev3.HeaderMatcher{
				Name: ":method", HeaderMatchSpecifier: &routev3.HeaderMatcher_StringMatch{StringMatch: exactly(method)},
			}}}
		}))
	}
	if len(p.Paths) > 0 {
		all = append(all, anyOf(p.Paths, func(path string) *rbacv3.Permission {
			return &rbacv3.Permission{Rule: &rbacv3.Permission_UrlPath{UrlPath: &matcherv3.PathMatcher{Rule: &matcherv3.PathMatcher_Path{Path: covering(path)}}}}
		}))
	}
	if len(all) == 0 {
		all = []*rbacv3.Permission{{Rule: &rbacv3.Permission_Any{Any: true}}}
	}
	out.Permissions = []*rbacv3.Permission{{Rule: &rbacv3.Permission_AndRules{AndRules: &rbacv3.Permission_Set{Rules: all}}}}
	return out
}

func anyOf(values []string, one func(string) *rbacv3.Permission) *rbacv3.Permission {
	set := &rbacv3.Permission_Set{}
	for _, v := range values {
		set.Rules = append(set.Rules, one(v))
	}
	return &rbacv3.Permission{Rule: &rbacv3.Permission_OrRules{OrRules: set}}
}
