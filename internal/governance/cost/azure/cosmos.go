package azure

import (
	"fmt"
	"math"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func cosmos() map[string]cost.Model {
	models := map[string]cost.Model{}
	for _, kind := range []string{
		"cassandra_keyspace", "cassandra_table", "gremlin_database", "gremlin_graph", "mongo_collection",
		"mongo_database", "sql_container", "sql_database", "table",
	} {
		models["azurerm_cosmosdb_"+kind] = cosmosPart
	}
	return models
}

// cosmosAbove is the database or keyspace that something is in, nil if it is none of
// what is planned.
func cosmosAbove(r *cost.Reading) *cost.Resource {
	if up := r.In().Related(r.Resource(), "cassandra_keyspace_id", "azurerm_cosmosdb_cassandra_keyspace"); up != nil {
		return up
	}
	kind := strings.NewReplacer("_collection", "_database", "_container", "_database", "_graph", "_database").Replace(r.Type())
	return r.In().Related(r.Resource(), "database_name", kind)
}

// cosmosAccount finds the account of a database or of what is in one.
func cosmosAccount(r *cost.Reading) *cost.Resource {
	if a := r.In().Related(r.Resource(), "account_name", "azurerm_cosmosdb_account"); a != nil {
		return a
	}
	if up := cosmosAbove(r); up != nil {
		return r.In().Related(up, "account_name", "azurerm_cosmosdb_account")
	}
	return nil
}

// geo is one region of an account.
type geo struct {
	name   string
	region string
	factor float64
}

func cosmosPart(r *cost.Reading) {
	found := cosmosAccount(r)
	if found == nil {
		r.Miss("Provisioned throughput", "the account is not in the plan, so its regions are not known")
		return
	}
	account := cost.NewView(found.Values)
	geos := geographies(account)
	if len(geos) == 0 {
		r.Miss("Provisioned throughput", "the account has no geo_location")
		return
	}
	throughput(r, account, geos)
	stored := r.Told("storage_gb", 1)
	for _, g := range geos {
		cosmosAdd(r, "Transactional storage", g, "GB", stored)
	}
	if account.Bool("analytical_storage_enabled", false) {
		for _, g := range geos {
			cosmosAdd(r, "Analytical storage", g, "GB", stored)
			cosmosAdd(r, "Analytical write operations", g, "10K operations", r.Told("monthly_analytical_storage_write_operations", 10_000))
			cosmosAdd(r, "Analytical read operations", g, "10K operations", r.Told("monthly_analytical_storage_read_operations", 10_000))
		}
	}
	cosmosBackup(r, account, geos, stored)
	r.Add(cost.Part{Name: "Restored data", Unit: "GB", Quantity: r.Told("monthly_restored_data_gb", 1), Service: "cosmosdb", Usage: true, Region: geos[0].region})
}

func geographies(account cost.View) []geo {
	var out []geo
	for _, l := range account.List("geo_location") {
		g := geo{region: regionName(l.Str("location", "")), factor: 1}
		if l.Bool("zone_redundant", false) {
			g.factor = 1.25
		}
		g.name = displayName(g.region)
		out = append(out, g)
	}
	return out
}

func cosmosAdd(r *cost.Reading, name string, g geo, unit string, quantity *float64) {
	r.Add(cost.Part{
		Name: fmt.Sprintf("%s (%s)", name, g.name), Unit: unit, Quantity: quantity,
		Service: "cosmosdb", Meter: name, Variant: strings.ReplaceAll(strings.ToLower(g.name), " ", ""), Region: g.region, Usage: true,
	})
}

// shares tells whether something has its throughput from the database that it is in.
func shares(r *cost.Reading) bool {
	up := cosmosAbove(r)
	if up == nil {
		return false
	}
	v := cost.NewView(up.Values)
	return v.Num("throughput", 0) > 0 || v.Num("autoscale_settings.max_throughput", 0) > 0
}

func throughput(r *cost.Reading, account cost.View, geos []geo) {
	most := r.Num("autoscale_settings.max_throughput", 0)
	fixed := r.Num("throughput", 0)
	if most == 0 && fixed == 0 {
		if !shares(r) {
			r.Add(cost.Part{
				Name: "Provisioned throughput (serverless)", Unit: "1M RU", Quantity: r.Told("monthly_serverless_request_units", 1e6),
				Service: "cosmosdb", Meter: "serverless", Region: geos[0].region, Usage: true,
			})
		}
		return
	}
	// Where several regions write, a unit has its own price, in which scaling and zones are.
	several := account.Bool("multiple_write_locations_enabled", account.Bool("enable_multiple_write_locations", false))
	meter, scaled := "throughput", 1.5
	if several {
		meter, scaled = "throughput of several regions", 1
	}
	for _, g := range geos {
		if several {
			g.factor = 1
		}
		mode, quantity := "provisioned", cost.Quantity(fixed/100*g.factor)
		if most > 0 {
			mode, quantity = "autoscale", nil
			if share := r.Told("max_request_units_utilization_percentage", 100); share != nil {
				quantity = cost.Quantity(most / 100 * math.Max(*share, 0.1) * scaled)
			}
		}
		r.Add(cost.Part{
			Name: fmt.Sprintf("Provisioned throughput (%s, %s)", mode, g.name), Unit: "RU/s x 100", Quantity: quantity,
			Service: "cosmosdb", Meter: meter, Variant: strings.ReplaceAll(strings.ToLower(g.name), " ", ""), Region: g.region,
		})
	}
}

// cosmosBackup adds what backups cost: two periodic copies are free, and so are seven
// days of what is kept continuously.
func cosmosBackup(r *cost.Reading, account cost.View, geos []geo, stored *float64) {
	if !account.Has("backup") {
		return
	}
	if strings.EqualFold(account.Str("backup.type", ""), "Continuous") {
		if strings.EqualFold(account.Str("backup.tier", ""), "Continuous7Days") {
			return
		}
		for _, g := range geos {
			cosmosAdd(r, "Continuous backup", g, "GB", stored)
		}
		return
	}
	every, kept := account.Num("backup.interval_in_minutes", 240), account.Num("backup.retention_in_hours", 8)
	copies := math.Floor(kept*60/every) - 2
	if copies <= 0 && stored != nil {
		return
	}
	quantity := stored
	if stored != nil {
		quantity = cost.Quantity(*stored * copies)
	}
	for _, g := range geos {
		cosmosAdd(r, "Periodic backup", g, "GB", quantity)
	}
}

// displayName turns westus into West US.
func displayName(region string) string {
	names := map[string]string{
		"westus": "West US", "westus2": "West US 2", "westus3": "West US 3", "eastus": "East US", "eastus2": "East US 2",
		"centralus": "Central US", "northcentralus": "North Central US", "southcentralus": "South Central US", "westcentralus": "West Central US",
		"westeurope": "West Europe", "northeurope": "North Europe", "uksouth": "UK South", "ukwest": "UK West", "francecentral": "France Central",
		"germanywestcentral": "Germany West Central", "swedencentral": "Sweden Central", "switzerlandnorth": "Switzerland North",
		"norwayeast": "Norway East", "australiaeast": "Australia East", "southeastasia": "Southeast Asia", "eastasia": "East Asia",
		"japaneast": "Japan East", "japanwest": "Japan West", "canadacentral": "Canada Central", "brazilsouth": "Brazil South",
	}
	if name, ok := names[region]; ok {
		return name
	}
	return region
}
