// Package azureendpoint reads the private endpoints of Azure out of a Terraform state: the names
// that each has in which zone, and its addresses.
//
// It owns what the attributes of an azurerm_private_endpoint mean. It does not own states, nor
// where an endpoint is answered (package dns).
package azureendpoint

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
)

// Type is the resource type of private endpoints.
const Type = "azurerm_private_endpoint"

// attributes are those of one that say where it is answered.
type attributes struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Connections []connection `json:"private_service_connection"`
	Zones       []zoneConfig `json:"private_dns_zone_configs"`
	Custom      []named      `json:"custom_dns_configs"`
}

// connection leads to a service, at an address of the endpoint's network interface.
type connection struct {
	Target  string   `json:"private_connection_resource_id"`
	Groups  []string `json:"subresource_names"`
	Address string   `json:"private_ip_address"`
}

// zoneConfig is what a zone group has put into a zone.
type zoneConfig struct {
	Zone    string `json:"private_dns_zone_id"`
	Records []struct {
		named

		Name string `json:"name"`
		Type string `json:"type"`
	} `json:"record_sets"`
}

// named is a name with its addresses.
type named struct {
	FQDN      string   `json:"fqdn"`
	Addresses []string `json:"ip_addresses"`
}

// Read returns what an endpoint is answered as, by the attributes of its resource: the records of
// its zone group; without one the public names that Azure says of it (custom_dns_configs), and
// without these the name of the resource that it leads to, at the address of its interface.
func Read(raw json.RawMessage) ([]dns.Found, error) {
	var a attributes
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, fmt.Errorf("read the attributes of an %s: %w", Type, err)
	}
	if len(a.Connections) == 0 {
		return nil, nil
	}
	c := a.Connections[0] // Azure takes exactly one
	base := dns.Found{Name: a.Name, Resource: a.ID}
	if len(c.Groups) > 0 {
		base.Group = c.Groups[0]
	}
	if found := zoned(base, a.Zones); len(found) > 0 {
		return found, nil
	}
	var found []dns.Found
	for _, n := range a.Custom {
		f := base
		f.Service, f.Addresses = n.FQDN, n.Addresses
		found = append(found, f)
	}
	if len(found) > 0 || c.Address == "" || c.Target == "" {
		return found, nil
	}
	base.Service, base.Addresses = last(c.Target), []string{c.Address}
	return []dns.Found{base}, nil
}

// zoned are the records of a zone group.
func zoned(base dns.Found, zones []zoneConfig) (found []dns.Found) {
	for _, z := range zones {
		for _, r := range z.Records {
			if r.Type != "A" && r.Type != "AAAA" {
				continue
			}
			f := base
			f.Zone, f.Service, f.Addresses = last(z.Zone), r.Name, r.Addresses
			found = append(found, f)
		}
	}
	return found
}

// last is the end of an id of Azure: the name of what it is of.
func last(id string) string { return strings.ToLower(id[strings.LastIndex(id, "/")+1:]) }
