package route

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Domains are proven ones by name, each with the scope that it is for: the tenant, and the
// project and the stage where it is bound to them. Those of several tenants never overlap.
type Domains map[string]kernel.Scope

// Closest returns the one that decides whose a host is, which may begin with a wildcard; ""
// where it lies in none.
func (d Domains) Closest(host string) string {
	for rest := strings.TrimPrefix(host, "*."); len(d) > 0 && rest != ""; _, rest, _ = strings.Cut(rest, ".") {
		if _, ok := d[rest]; ok {
			return rest
		}
	}
	return ""
}

// Hold tells whether a host is a stage's: the closest domain is for it.
func (d Domains) Hold(scope kernel.Scope, host string) bool {
	name := d.Closest(host)
	return name != "" && takes(d[name], scope)
}

// takes tells whether what is for a scope is for a stage.
func takes(whose, scope kernel.Scope) bool {
	return whose.Tenant == scope.Tenant && (whose.Project == "" || whose.Project == scope.Project) && (whose.Stage == "" || whose.Stage == scope.Stage)
}
