package azure

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func sql() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_mssql_database": mssqlDatabase, "azurerm_sql_database": sqlDatabase,
		"azurerm_mssql_elasticpool": elasticPool, "azurerm_sql_elasticpool": oldPool,
		"azurerm_mssql_managed_instance": managedInstance, "azurerm_sql_managed_instance": managedInstance,
	}
}

// database is an Azure SQL database as it is bought.
type database struct {
	sku, licence, backup string
	size                 *float64
	replicas             *float64
	zones                bool
}

func mssqlDatabase(r *cost.Reading) {
	if r.Low("sku_name", "") == "elasticpool" || r.Has("elastic_pool_id") || r.Resource().Unknown["elastic_pool_id"] {
		return
	}
	d := database{
		sku: r.Str("sku_name", "GP_S_Gen5_2"), licence: r.Low("license_type", "LicenseIncluded"),
		backup: r.Low("storage_account_type", "Geo"), zones: r.Bool("zone_redundant", false),
	}
	if r.Has("max_size_gb") {
		d.size = cost.Quantity(r.Num("max_size_gb", 0))
	}
	if r.Has("read_replica_count") {
		d.replicas = cost.Quantity(r.Num("read_replica_count", 0))
	}
	d.read(r)
}

func sqlDatabase(r *cost.Reading) {
	if r.Has("elastic_pool_name") || r.Low("requested_service_objective_name", "") == "elasticpool" {
		return
	}
	sku := r.Str("requested_service_objective_name", "")
	if sku == "" {
		sku = map[string]string{
			"basic": "Basic", "standard": "S0", "premium": "P1", "generalpurpose": "GP_Gen5_2",
			"businesscritical": "BC_Gen5_2", "hyperscale": "HS_Gen5_2", "datawarehouse": "DW100c",
		}[r.Low("edition", "generalpurpose")]
	}
	d := database{sku: sku, licence: "licenseincluded", backup: "geo", zones: r.Bool("zone_redundant", false)}
	if r.Has("max_size_bytes") {
		d.size = cost.Quantity(r.Num("max_size_bytes", 0) / (1 << 30))
	} else if r.Has("max_size_gb") {
		d.size = cost.Quantity(r.Num("max_size_gb", 0))
	}
	d.licence = "none"
	d.read(r)
}

func (d database) read(r *cost.Reading) {
	if parts := strings.Split(d.sku, "_"); len(parts) >= 3 {
		d.cores(r, parts)
		return
	}
	name := strings.ToUpper(d.sku)
	if strings.EqualFold(d.sku, "Basic") {
		name = "Basic"
	}
	r.Add(cost.Part{Name: "Compute (" + name + ")", Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth), Service: "sql", Meter: "DTU " + name})
	d.extra(r, name)
	d.backups(r)
}

// extra is storage above what the tier includes.
func (d database) extra(r *cost.Reading, name string) {
	extra := r.Usage().Num("extra_data_storage_gb", 0)
	if extra == 0 && d.size != nil {
		switch name[0] {
		case 'S':
			extra = *d.size - 250
		case 'P':
			included := 500.0
			if name == "P11" || name == "P15" {
				included = 4096
			}
			extra = *d.size - included
		}
	}
	if extra > 0 && name != "Basic" {
		r.Add(cost.Part{Name: "Extra data storage", Unit: "GB", Quantity: &extra, Service: "sql", Variant: strings.ToLower(name[:1])})
	}
}

func (d database) cores(r *cost.Reading, parts []string) {
	tier := strings.Join(parts[:len(parts)-2], "_")
	n, err := strconv.ParseFloat(parts[len(parts)-1], 64)
	if err != nil {
		r.Miss("Compute", "the sku "+d.sku+" does not tell how many cores it has")
		return
	}
	family := tier + "_" + parts[len(parts)-2]
	if strings.EqualFold(tier, "GP_S") {
		d.serverless(r, family)
	} else {
		d.provisioned(r, tier, family, n)
	}
	size := cost.Quantity(5)
	if d.size != nil {
		size = d.size
	}
	if strings.EqualFold(tier, "GP_S") {
		tier = "GP"
	}
	variant := strings.ToLower(tier)
	if variant == "gp" && d.zones {
		variant = "gp-zones"
	}
	r.Add(cost.Part{Name: "Storage", Unit: "GB", Quantity: size, Service: "sql", Variant: variant})
	if !strings.EqualFold(tier, "HS") {
		d.backups(r)
	}
}

func (d database) serverless(r *cost.Reading, family string) {
	hours := r.Told("monthly_vcore_hours", 1)
	r.Add(cost.Part{Name: "Compute (serverless, " + d.sku + ")", Unit: "vCore-hours", Quantity: hours, Service: "sql", Meter: "Serverless " + family, Usage: true})
	if d.zones {
		r.Add(cost.Part{Name: "Zone redundancy (serverless, " + d.sku + ")", Unit: "vCore-hours", Quantity: hours, Service: "sql", Meter: "Zone redundancy serverless " + family, Usage: true})
	}
}

func (d database) provisioned(r *cost.Reading, tier, family string, cores float64) {
	r.Add(cost.Part{Name: "Compute (provisioned, " + d.sku + ")", Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth), Service: "sql", Meter: "Compute " + family, Factor: cores})
	if strings.EqualFold(tier, "GP") && d.zones {
		r.Add(cost.Part{Name: "Zone redundancy (provisioned, " + d.sku + ")", Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth), Service: "sql", Meter: "Zone redundancy " + family, Factor: cores})
	}
	if strings.EqualFold(tier, "HS") {
		var hours *float64
		if d.replicas != nil {
			hours = cost.Quantity(cost.HoursPerMonth * *d.replicas)
		}
		r.Add(cost.Part{Name: "Read replicas", Unit: "hours", Quantity: hours, Service: "sql", Meter: "Compute " + family, Factor: cores})
	}
	if d.licence == "licenseincluded" {
		licence(r, tier, cores)
	}
}

func licence(r *cost.Reading, tier string, cores float64) {
	r.Add(cost.Part{Name: "SQL license", Unit: "vCore-hours", Quantity: cost.Quantity(cores * cost.HoursPerMonth), Service: "sql", Variant: strings.ToLower(tier)})
}

func (d database) backups(r *cost.Reading) {
	redundancy := backupRedundancy(d.backup)
	r.Add(cost.Part{Name: "Long-term retention (" + redundancy + ")", Unit: "GB", Quantity: r.Told("long_term_retention_storage_gb", 1), Service: "sql", Meter: "Long-term retention", Variant: redundancy, Usage: true})
	r.Add(cost.Part{Name: "PITR backup storage (" + redundancy + ")", Unit: "GB", Quantity: r.Told("backup_storage_gb", 1), Service: "sql", Meter: "PITR backup storage", Variant: redundancy, Usage: true})
}

func backupRedundancy(name string) string {
	switch strings.ToLower(name) {
	case "local", "lrs":
		return "LRS"
	case "zone", "zrs":
		return "ZRS"
	}
	return "RA-GRS"
}

func elasticPool(r *cost.Reading) {
	name := r.Low("sku.name", "")
	if strings.HasSuffix(name, "pool") {
		poolDTU(r, r.Str("sku.tier", strings.TrimSuffix(name, "pool")), r.Num("sku.capacity", 0), r.Num("max_size_gb", r.Num("max_size_bytes", 0)/(1<<30)))
		return
	}
	sku, cores := r.Str("sku.name", ""), r.Num("sku.capacity", 0)
	tier, family, _ := strings.Cut(sku, "_")
	zones := strings.EqualFold(tier, "GP") && r.Bool("zone_redundant", false)
	r.Add(cost.Part{Name: fmt.Sprintf("Compute (%s, %g vCore)", sku, cores), Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth), Service: "sql", Meter: "Pool " + tier + "_" + family, Factor: cores})
	if zones {
		r.Add(cost.Part{Name: fmt.Sprintf("Zone redundancy (%s, %g vCore)", sku, cores), Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth), Service: "sql", Meter: "Pool zone redundancy " + tier + "_" + family, Factor: cores})
	}
	if r.Low("license_type", "LicenseIncluded") == "licenseincluded" {
		licence(r, tier, cores)
	}
	variant := strings.ToLower(tier)
	if zones {
		variant += "-zones"
	}
	size := r.Num("max_size_gb", r.Num("max_size_bytes", 5<<30)/(1<<30))
	r.Add(cost.Part{Name: "Storage", Unit: "GB", Quantity: &size, Service: "sql", Meter: "Pool storage", Variant: variant})
}

func oldPool(r *cost.Reading) {
	poolDTU(r, r.Str("edition", "Standard"), r.Num("dtu", 0), r.Num("pool_size", 0)/1024)
}

// poolDTU adds a pool of transaction units and storage above what it includes.
func poolDTU(r *cost.Reading, tier string, units, size float64) {
	r.Add(cost.Part{
		Name: fmt.Sprintf("Compute (%s, %g DTUs)", tier, units), Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth),
		Service: "sql", Meter: "Pool DTU " + tier, Factor: units,
	})
	included := units
	if strings.EqualFold(tier, "Premium") {
		included = premiumPool(units)
	}
	if extra := size - included; extra > 0 && !strings.EqualFold(tier, "Basic") {
		r.Add(cost.Part{Name: "Extra data storage", Unit: "GB", Quantity: &extra, Service: "sql", Meter: "Pool extra data storage", Variant: strings.ToLower(tier)})
	}
}

// premiumPool is the storage that a premium pool includes, in GB.
func premiumPool(units float64) float64 {
	sizes := map[float64]float64{125: 250, 250: 500, 500: 750, 1000: 1024, 1500: 1536, 2000: 2048, 2500: 2560, 3000: 3072, 3500: 3584, 4000: 4096}
	return sizes[units]
}

func managedInstance(r *cost.Reading) {
	sku, cores := r.Str("sku_name", ""), r.Num("vcores", 0)
	word, storageName, backup := "cores", "Additional Storage", "LRS"
	if r.Type() == "azurerm_sql_managed_instance" {
		word, storageName = "Cores", "Storage"
	}
	tier, family, _ := strings.Cut(sku, "_")
	r.Add(cost.Part{
		Name: fmt.Sprintf("Compute (%s %g %s)", strings.ToUpper(sku), cores, word), Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth),
		Service: "sql", Meter: "Instance " + tier + "_" + family, Factor: cores,
	})
	if extra := r.Num("storage_size_in_gb", 0) - 32; extra > 0 {
		r.Add(cost.Part{Name: storageName, Unit: "GB", Quantity: &extra, Service: "sql_managed_instance", Meter: "Storage"})
	}
	if r.Has("storage_account_type") {
		backup = strings.ToUpper(r.Str("storage_account_type", "LRS"))
	}
	r.Add(cost.Part{Name: "PITR backup storage (" + backup + ")", Unit: "GB", Quantity: r.Told("backup_storage_gb", 1), Service: "sql_managed_instance", Meter: "PITR backup storage", Variant: backup, Usage: true})
	if r.Low("license_type", "") == "licenseincluded" {
		licence(r, tier, cores)
	}
	r.Add(cost.Part{Name: "LTR backup storage (" + backup + ")", Unit: "GB", Quantity: r.Told("long_term_retention_storage_gb", 1), Service: "sql_managed_instance", Meter: "LTR backup storage", Variant: backup, Usage: true})
}
