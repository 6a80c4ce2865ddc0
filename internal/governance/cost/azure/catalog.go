package azure

import (
	"maps"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

// Catalog is the descriptions by type.
type Catalog struct {
	models map[string]cost.Model
	free   map[string]bool
}

// NewCatalog returns everything that is described.
func NewCatalog() *Catalog {
	c := &Catalog{models: map[string]cost.Model{}, free: free()}
	for _, family := range []map[string]cost.Model{
		dns(), machines(), disks(), kubernetes(), storage(), web(), sql(), databases(), cosmos(),
		network(), gateways(), edge(), messaging(), monitor(), security(), containers(), caches(),
		data(), analytics(), integration(), cognitive(), backup(), identity(),
	} {
		maps.Copy(c.models, family)
	}
	return c
}

// Types are the types that are described.
func (c *Catalog) Types() []string {
	var out []string
	for t := range c.models {
		out = append(out, t)
	}
	return out
}

// Model returns a type's description.
func (c *Catalog) Model(typ string) (cost.Model, bool) {
	m, ok := c.models[typ]
	return m, ok
}

// Free tells whether resources of the type cost nothing: those of Terrace's own provider
// are on the platform's machine.
func (c *Catalog) Free(typ string) bool { return c.free[typ] || strings.HasPrefix(typ, "terrace_") }

// parents are the attributes that tell where a resource is that has no location.
func parents() [][]string {
	return [][]string{
		{"resource_group_name", "azurerm_resource_group"},
		{"kubernetes_cluster_id", "azurerm_kubernetes_cluster"},
		{"server_id", "azurerm_mssql_server"},
		{"server_name", "azurerm_sql_server"},
		{"storage_account_name", "azurerm_storage_account"},
		{"storage_account_id", "azurerm_storage_account"},
		{"key_vault_id", "azurerm_key_vault"},
		{"api_management_name", "azurerm_api_management"},
		{"synapse_workspace_id", "azurerm_synapse_workspace"},
		{"data_factory_id", "azurerm_data_factory"},
		{"virtual_hub_id", "azurerm_virtual_hub"},
		{"vpn_gateway_id", "azurerm_vpn_gateway"},
		{"express_route_gateway_id", "azurerm_express_route_gateway"},
		{"automation_account_name", "azurerm_automation_account"},
		{"cognitive_account_id", "azurerm_cognitive_account"},
		{"loadbalancer_id", "azurerm_lb"},
		{"application_insights_id", "azurerm_application_insights"},
		{"private_dns_resolver_id", "azurerm_private_dns_resolver"},
		{"domain_service_id", "azurerm_active_directory_domain_service"},
		{"target_resource_id", "azurerm_resource_group"},
		{"virtual_network_name", "azurerm_virtual_network"},
		{"profile_name", "azurerm_cdn_profile"},
		{"network_watcher_id", "azurerm_network_watcher"},
		{"hostname_binding_id", "azurerm_app_service_custom_hostname_binding"},
		{"certificate_id", "azurerm_app_service_managed_certificate"},
		{"parent_id", "azurerm_user_assigned_identity"},
	}
}

// Region returns where a resource is: its location, or that of what it is in.
func (c *Catalog) Region(r *cost.Resource, in *cost.Set) string { return region(r, in, 0) }

func region(r *cost.Resource, in *cost.Set, depth int) string {
	if location, _ := r.Values["location"].(string); location != "" {
		return regionName(location)
	}
	if depth > 4 {
		return ""
	}
	for _, p := range parents() {
		if up := in.Related(r, p[0], p[1]); up != nil && up != r {
			if found := region(up, in, depth+1); found != "" {
				return found
			}
		}
	}
	return ""
}

// Named returns a location as prices have it: westeurope.
func (c *Catalog) Named(location string) string { return regionName(location) }

// regionName turns West Europe into westeurope.
func regionName(location string) string {
	return strings.ToLower(strings.ReplaceAll(location, " ", ""))
}
