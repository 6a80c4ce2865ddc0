package azure

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func databases() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_mariadb_server": databaseServer, "azurerm_mysql_server": databaseServer, "azurerm_postgresql_server": databaseServer,
		"azurerm_mysql_flexible_server": mysqlFlexible, "azurerm_postgresql_flexible_server": postgresFlexible,
	}
}

// databaseServer is a single server: B_Gen5_2, GP_Gen5_4, MO_Gen5_16.
func databaseServer(r *cost.Reading) {
	sku := r.Str("sku_name", "")
	parts := strings.Split(sku, "_")
	if len(parts) != 3 {
		r.Miss("Compute", "the sku "+sku+" is not understood")
		return
	}
	cores, err := strconv.ParseFloat(parts[2], 64)
	if err != nil {
		r.Miss("Compute", "the sku "+sku+" does not tell how many cores it has")
		return
	}
	r.Add(cost.Part{Name: "Compute (" + sku + ")", Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth), Service: "database_server", Meter: "Compute " + parts[0] + "_" + parts[1], Factor: cores})
	size := r.Num("storage_mb", r.Num("storage_profile.storage_mb", 5120)) / 1024
	variant := strings.ToLower(parts[0])
	r.Add(cost.Part{Name: "Storage", Unit: "GB", Quantity: &size, Service: "database_server", Variant: variant})
	if variant == "b" {
		return
	}
	geo := r.Low("geo_redundant_backup_enabled", r.Low("storage_profile.geo_redundant_backup", "false"))
	redundancy := "lrs"
	if geo == "true" || geo == "enabled" {
		redundancy = "grs"
	}
	r.Add(cost.Part{Name: "Additional backup storage", Unit: "GB", Quantity: r.Told("additional_backup_storage_gb", 1), Service: "database_server", Variant: redundancy, Usage: true})
}

func mysqlFlexible(r *cost.Reading) {
	sku := r.Str("sku_name", "")
	r.Hourly("Compute ("+sku+")", 1)
	size := r.Positive("storage.size_gb", 20)
	r.Monthly("Storage", "GB", size)
	included := 300 + 3*size
	if extra := r.Num("storage.iops", 360) - included; extra > 0 {
		r.Monthly("Additional IOPS", "IOPS", extra)
	}
	standby(r, sku, &size)
	r.UsedAs("Additional backup storage", "GB", "additional_backup_storage_gb", 1)
}

func postgresFlexible(r *cost.Reading) {
	sku := r.Str("sku_name", "")
	r.Hourly("Compute ("+sku+")", 1)
	var size *float64
	if mb := r.Positive("storage_mb", 0); mb > 0 {
		size = cost.Quantity(math.Round(mb / 1024))
	}
	r.Add(cost.Part{Name: "Storage", Unit: "GB", Quantity: size})
	standby(r, sku, size)
	r.UsedAs("Additional backup storage", "GB", "additional_backup_storage_gb", 1)
}

// standby adds the second server that takes over from the first: as large, and as dear.
func standby(r *cost.Reading, sku string, size *float64) {
	mode := r.Low("high_availability.mode", "")
	if mode == "" || mode == "disabled" {
		return
	}
	r.Add(cost.Part{Name: "Standby compute (" + sku + ")", Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth), Meter: "Compute (" + sku + ")"})
	r.Add(cost.Part{Name: "Standby storage", Unit: "GB", Quantity: size, Meter: "Storage"})
}

func caches() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_redis_cache": redis, "azurerm_managed_redis": managedRedis,
		"azurerm_search_service": search, "azurerm_signalr_service": signalr,
		"azurerm_app_configuration": appConfiguration,
	}
}

func redis(r *cost.Reading) {
	sku := fmt.Sprintf("%s_%s%g", r.Str("sku_name", ""), r.Str("family", ""), r.Num("capacity", 0))
	nodes := 1.0
	switch r.Low("sku_name", "") {
	case "standard":
		nodes = 2
	case "premium":
		replicas := r.Num("replicas_per_primary", r.Num("replicas_per_master", 1))
		nodes = math.Max(1, r.Num("shard_count", 1)) * (1 + replicas)
	}
	r.Monthly("Cache usage ("+sku+")", "nodes", nodes)
}

func managedRedis(r *cost.Reading) {
	nodes := 2.0
	if !r.Bool("high_availability_enabled", true) {
		nodes = 1
	}
	r.Hourly("Cache usage ("+r.Str("sku_name", "")+")", nodes)
}

func search(r *cost.Reading) {
	sku := r.Low("sku", "free")
	if sku == "free" {
		return
	}
	name, single := "Basic", "unit"
	if level, ok := strings.CutPrefix(sku, "standard"); ok {
		if level == "" {
			level = "1"
		}
		name = "Standard S" + level
	} else if level, ok := strings.CutPrefix(sku, "storage_optimized_l"); ok {
		name = "Storage Optimized L" + level
	}
	units := r.Num("partition_count", 1) * r.Num("replica_count", 1)
	if units > 1 {
		single = "units"
	}
	r.Add(cost.Part{Name: fmt.Sprintf("Search usage (%s, %g %s)", name, units, single), Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth * units), Meter: name})
	r.Tiered(cost.Part{Unit: "1000 images", Quantity: r.Told("monthly_images_extracted", 1000), Usage: true},
		cost.Tier{Name: "Image extraction (first 1M)", Size: 1000}, cost.Tier{Name: "Image extraction (next 4M)", Size: 4000}, cost.Tier{Name: "Image extraction (over 5M)"})
}

func signalr(r *cost.Reading) {
	sku, _, _ := strings.Cut(r.Str("sku.name", "Free_F1"), "_")
	if strings.EqualFold(sku, "Free") {
		return
	}
	r.Monthly("Service usage ("+sku+")", "units", r.Num("sku.capacity", 1))
	r.UsedAs("Additional messages ("+sku+")", "1M messages", "monthly_additional_messages", 1e6)
}

func appConfiguration(r *cost.Reading) {
	if r.Low("sku", "free") == "free" {
		return
	}
	replicas := float64(r.Len("replica"))
	name := "Instance"
	if replicas > 0 {
		plural := "s"
		if replicas == 1 {
			plural = ""
		}
		name = fmt.Sprintf("Instance (%g replica%s)", replicas, plural)
	}
	r.Add(cost.Part{Name: name, Unit: "days", Quantity: cost.Quantity(30 * (1 + replicas)), Meter: "Instance"})
	r.UsedAs("Requests (over 200k/day per replica)", "10k requests", "monthly_additional_requests", 10_000)
}
