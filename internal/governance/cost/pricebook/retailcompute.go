package pricebook

import (
	"regexp"
	"strings"
)

// machineMeters are virtual machines by the size that resources name.
func machineMeters() []retailRule {
	return []retailRule{
		rule("Virtual Machines", `^Virtual Machines .*Series Windows$`, "", "", "virtual_machine", "{armsku}", "hours").as("windows"),
		rule("Virtual Machines", `^Virtual Machines .*Series( Linux| Basic)?$`, "", "", "virtual_machine", "{armsku}", "hours").as("linux"),
	}
}

// diskMeters are managed disks: P10 LRS, and what standard ones cost per use.
func diskMeters() []retailRule {
	return []retailRule{
		rule("Storage", ` Managed Disks$`, `^[PES]\d+ (LRS|ZRS)$`, `^([PES]\d+)(?: LRS| ZRS)? Disks?$`, "managed_disk", "$1", "months").
			as("{redundancy}"),
		rule("Storage", `^Standard HDD Managed Disks$`, ` LRS$`, `Disk Operations$`, "managed_disk", "Disk operations", "10k operations").as("standard"),
		rule("Storage", `^Standard SSD Managed Disks$`, ` LRS$`, `Disk Operations$`, "managed_disk", "Disk operations", "10k operations").as("standardssd"),
		rule("Storage", `^Ultra Disks$`, `^Ultra LRS$`, `Provisioned Capacity$`, "managed_disk", "Ultra storage", "GiB"),
		rule("Storage", `^Ultra Disks$`, `^Ultra LRS$`, `Provisioned IOPS$`, "managed_disk", "Provisioned IOPS", "IOPS"),
		rule("Storage", `^Ultra Disks$`, `^Ultra LRS$`, `Provisioned Throughput \(MBps\)$`, "managed_disk", "Throughput", "MB/s"),
	}
}

// blobMeters are blobs of accounts of the second version, hot, cool and cold.
func blobMeters() []retailRule {
	blob := func(sku, meter, name, unit string) retailRule {
		return rule("Storage", `^General Block Blob v2$`, sku, `^(?:(?:Hot|Cool|Cold) )?(?:(?:RA-)?(?:LRS|ZRS|GRS|GZRS) )?`+meter+`$`, "storage_account", name, unit).as("{blob}")
	}
	const all, hot, cool = `^(Hot|Cool|Cold) \S+$`, `^Hot \S+$`, `^(Cool|Cold) \S+$`
	return []retailRule{
		blob(hot, "Data Stored", "Capacity (first 50TB)", "GB"),
		blob(hot, "Data Stored", "Capacity (next 450TB)", "GB").beginning(51_200),
		blob(hot, "Data Stored", "Capacity (over 500TB)", "GB").beginning(512_000),
		blob(cool, "Data Stored", "Capacity", "GB"),
		blob(all, "Write Operations", "Write operations", "10k operations"),
		blob(all, "List and Create Container Operations", "List and create container operations", "10k operations"),
		blob(all, "Read Operations", "Read operations", "10k operations"),
		blob(all, "All Other Operations", "All other operations", "10k operations"),
		blob(all, "Index Tags", "Blob index", "10k tags"),
		blob(cool, "Data Retrieval", "Data retrieval", "GB"),
		blob(cool, "Early Delete", "Early deletion", "GB"),
	}
}

// planMeters are App Service plans, by the size that resources name: P1v3 for P1 v3.
func planMeters() []retailRule {
	const size = `^[BSPI]\d+m?( ?v\d)?$`
	plan := func(product, variant string) retailRule {
		return rule("Azure App Service", product, size, size[:len(size)-1]+`( App)?$`, "service_plan", "", "hours").as(variant).
			called(func(it item) []named { return []named{{strings.ReplaceAll(it.SkuName, " ", ""), 1}} })
	}
	return []retailRule{plan(`^Azure App Service .* Plan - Linux$`, "linux"), plan(`^Azure App Service (\w+ )?(\w+|v\d) Plan$`, "windows")}
}

// containerMeters are clusters, registries and container apps.
func containerMeters() []retailRule {
	const kubernetes, registry, apps = "^Azure Kubernetes Service$", "^Container Registry$", "^Azure Container Apps$"
	return []retailRule{
		rule("Azure Kubernetes Service", kubernetes, "", `^Standard Uptime SLA$`, "kubernetes_cluster", "Uptime SLA", "hours"),
		rule("Azure Kubernetes Service", kubernetes, "", `^Standard Long Term Support$`, "kubernetes_cluster", "Long term support", "hours"),
		rule("Container Registry", registry, "", `^(Basic|Standard|Premium) Registry Unit$`, "container_registry", "Registry usage ($1)", "days"),
		rule("Container Registry", registry, "", `^Premium Registry Replication Unit$`, "container_registry", "Geo replication", "days"),
		rule("Container Registry", registry, "", `^Data Stored$`, "container_registry", "Storage", "GB"),
		rule("Container Registry", registry, "", `^Task vCPU Duration$`, "container_registry", "Build vCPU", "seconds").beginning(6000),
		rule("Azure Container Apps", apps, "^Standard$", `^Standard (vCPU) (Active|Idle) Usage$`, "container_app", "$1 ($2)", "vCPU-seconds").beginning(0, 180_000),
		rule("Azure Container Apps", apps, "^Standard$", `^Standard (Memory) (Active|Idle) Usage$`, "container_app", "$1 ($2)", "GiB-seconds").beginning(0, 360_000),
		rule("Azure Container Apps", apps, "^Standard$", `^Standard Requests$`, "container_app", "Requests", "1M requests").beginning(0, 2),
		rule("Azure Container Apps", apps, "^Dedicated$", `^Dedicated vCPU Usage$`, "container_app_environment", "Dedicated vCPU", "hours"),
		rule("Azure Container Apps", apps, "^Dedicated$", `^Dedicated Memory Usage$`, "container_app_environment", "Dedicated memory", "hours"),
		rule("Azure Container Apps", apps, "^Dedicated$", `^Dedicated Plan Management$`, "container_app_environment", "Dedicated plan management", "hours"),
	}
}

// ofSku is LRS of the sku P10 LRS, and blob/hot/ZRS of Hot ZRS.
func ofSku(sku string) (redundancy, blob string) {
	found := regexp.MustCompile(`^(\S+) (\S+)$`).FindStringSubmatch(sku)
	if found == nil {
		return "", ""
	}
	return found[2], "blob/" + strings.ToLower(found[1]) + "/" + found[2]
}
