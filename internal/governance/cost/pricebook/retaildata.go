package pricebook

import (
	"regexp"
	"strconv"
	"strings"
)

// databaseMeters are flexible servers.
func databaseMeters() []retailRule {
	var out []retailRule
	for service, into := range map[string]string{"Azure Database for MySQL": "mysql_flexible_server", "Azure Database for PostgreSQL": "postgresql_flexible_server"} {
		out = append(out,
			rule(service, `Flexible Server (General Purpose|Memory Optimized|Business Critical)`, "", `^(\d+ )?vCore$`, into, "", "hours").called(serverSizes),
			rule(service, `Flexible Server Burstable`, "", `^B\d+\w*( vCore)?$`, into, "", "hours").called(burstable),
			rule(service, `Flexible Server Storage$`, "^Storage$", `^Storage Data Stored$`, into, "Storage", "GB"),
			rule(service, `Flexible Server Storage$`, "^Additional IOPS$", `Additional IOPS$`, into, "Additional IOPS", "IOPS"),
			rule(service, `Flexible Server Backup Storage$`, "", `^Backup Storage (LRS )?Data Stored$`, into, "Additional backup storage", "GB"),
		)
	}
	return out
}

// coreCounts are the sizes that flexible servers come in.
func coreCounts() []int { return []int{2, 4, 8, 16, 20, 32, 48, 64, 80, 96} }

// serverSizes are the sizes of a flexible server as its resource names them:
// Compute (GP_Standard_D8ads_v5). A price is one of a core, or of as many as the sku says.
func serverSizes(it item) []named {
	found := regexp.MustCompile(`Flexible Server (General Purpose|Memory Optimized|Business Critical)(?: -)?(?:\s+([DE])([a-z]*)(v\d+))?(?:\s+Series)?(?:\s+Compute)?$`).FindStringSubmatch(it.ProductName)
	cores := regexp.MustCompile(`^(?:(\d+) )?vCore$`).FindStringSubmatch(it.SkuName)
	if found == nil || cores == nil {
		return nil
	}
	tier, letter, kind, version := "MO", found[2], found[3], found[4]
	if found[1] == "General Purpose" {
		tier = "GP"
	}
	if letter == "" { // the product without a series is that of the fourth generation
		letter, kind, version = map[string]string{"GP": "D", "MO": "E"}[tier], "ds", "v4"
	}
	size := func(n int) string {
		return "Compute (" + tier + "_Standard_" + letter + strconv.Itoa(n) + kind + "_" + version + ")"
	}
	if n, err := strconv.Atoi(cores[1]); err == nil && n > 1 {
		return []named{{size(n), 1}}
	}
	var out []named
	for _, n := range coreCounts() {
		out = append(out, named{size(n), float64(n)})
	}
	return out
}

// burstable is a size that is shared: Compute (B_Standard_B1ms) of B1MS.
func burstable(it item) []named {
	return []named{{"Compute (B_Standard_" + strings.TrimSuffix(it.MeterName, " vCore") + ")", 1}}
}

// cosmosMeters are throughput, storage and backups of Cosmos DB. Throughput that scales
// by itself is that of one region times one and a half, as it is in the API.
func cosmosMeters() []retailRule {
	const service, base, own = "Azure Cosmos DB", "^Azure Cosmos DB$", "{region}"
	return []retailRule{
		rule(service, base, "^RUs$", `^100 RU/s$`, "cosmosdb", "throughput", "RU/s x 100").as(own),
		rule(service, base, "^mRUs$", `^100 Multi-master RU/s$`, "cosmosdb", "throughput of several regions", "RU/s x 100").as(own),
		rule(service, "^Azure Cosmos DB serverless$", "^RUs$", `^1M RUs$`, "cosmosdb", "serverless", "1M RU"),
		rule(service, base, "^RUs$", `^Data Stored$`, "cosmosdb", "Transactional storage", "GB").as(own),
		rule(service, "^Azure Cosmos DB Analytics Storage$", "^Standard$", `Data Stored$`, "cosmosdb", "Analytical storage", "GB").as(own),
		rule(service, "^Azure Cosmos DB Analytics Storage$", "^Standard$", `Write Operations$`, "cosmosdb", "Analytical write operations", "10K operations").as(own),
		rule(service, "^Azure Cosmos DB Analytics Storage$", "^Standard$", `Read Operations$`, "cosmosdb", "Analytical read operations", "10K operations").as(own),
		rule(service, "^Azure Cosmos DB - PITR$", "^Backup$", `Continuous Backup$`, "cosmosdb", "Continuous backup", "GB").as(own),
		rule(service, "^Azure Cosmos DB - PITR$", "^Backup$", `Data Restore$`, "cosmosdb", "Restored data", "GB"),
		rule(service, "^Azure Cosmos DB Snapshot$", "^Standard$", `Data Stored$`, "cosmosdb", "Periodic backup", "GB").as(own),
	}
}

// cacheMeters are Redis caches, per node and month, and managed ones, per hour.
func cacheMeters() []retailRule {
	half := func(it item) []named {
		size, _, _ := strings.Cut(it.MeterName, " ")
		return []named{{"Cache usage (Standard_" + size + ")", 0.5}} // the meter is of a node and its replica
	}
	return []retailRule{
		rule("Redis Cache", "^Azure Redis Cache Basic$", "", `^(C\d) Cache$`, "redis_cache", "Cache usage (Basic_$1)", "nodes"),
		rule("Redis Cache", "^Azure Redis Cache Standard$", "", `^C\d Cache$`, "redis_cache", "", "nodes").called(half),
		rule("Redis Cache", "^Azure Redis Cache Premium$", "", `^(P\d) Cache Instance$`, "redis_cache", "Cache usage (Premium_$1)", "nodes"),
		rule("Redis Cache", "^Azure Managed Redis - ", "", `Cache Instance$`, "managed_redis", "", "hours").called(managedRedis),
	}
}

// managedRedis is the meter of an instance: Cache usage (Balanced_B20).
func managedRedis(it item) []named {
	_, family, _ := strings.Cut(it.ProductName, " - ")
	return []named{{"Cache usage (" + strings.ReplaceAll(family, " ", "") + "_" + it.SkuName + ")", 1}}
}

// apiManagement is the meter of a tier: premiumv2 for Premium v2.
func apiManagement(it item) []named {
	tier, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(it.MeterName, " ", "")), "unit")
	if tier == "gateway" {
		return []named{{"Self hosted gateway", 1}}
	}
	return []named{{"API management (" + tier + ")", 1}}
}
