package pricebook

// shareMeters are file shares, hot and cool ones of accounts of the second version,
// and premium ones.
func shareMeters() []retailRule {
	var out []retailRule
	for sku, kind := range map[string]string{"Hot": "hot", "Cool": "cool"} {
		share := func(meter, name, unit string) retailRule {
			return rule("Storage", `^Files v2$`, `^`+sku+` \S+$`, `^(?:`+sku+` )?(?:(?:LRS|ZRS|GRS|GZRS) )?`+meter+`$`, "storage_share", name, unit).as(kind + "/{redundancy}")
		}
		out = append(out,
			share("Data Stored", "Data at rest", "GB"), share("Data Stored", "Snapshots", "GB"), share("Metadata", "Metadata at rest", "GB"),
			share("Write Operations", "Write operations", "10k operations"), share("List Operations", "List operations", "10k operations"),
			share("Read Operations", "Read operations", "10k operations"), share("(?:All )?Other Operations", "Other operations", "10k operations"),
			share("Data Retrieval", "Data retrieval", "GB"),
		)
	}
	return append(out,
		rule("Storage", `^Premium Files$`, `^Premium \S+$`, `Provisioned$`, "storage_share", "Data at rest", "GB").as("premium/{redundancy}"),
		rule("Storage", `^Premium Files$`, `^Premium \S+$`, `Snapshots$`, "storage_share", "Snapshots", "GB").as("premium/{redundancy}"),
	)
}

// queueMeters are queues and tables of accounts of the second version.
func queueMeters() []retailRule {
	of := func(product, meter, into, name, unit string) retailRule {
		return rule("Storage", product, `^Standard \S+$`, `^(?:(?:RA-)?(?:LRS|ZRS|GRS|GZRS) )?`+meter+`$`, into, name, unit).as("{redundancy}")
	}
	const queues, tables = `^Queues v2$`, `^Tables$`
	return []retailRule{
		of(queues, "Data Stored", "storage_queue", "Capacity", "GB"),
		of(queues, "Class (1|2) Operations", "storage_queue", "Class $1 operations", "10k operations"),
		of(queues, "Geo-Replication(?: v2)? Data [Tt]ransfer", "storage_queue", "Geo-replication data transfer", "GB"),
		of(tables, "Data Stored", "storage_table", "Capacity", "GB"),
		of(tables, "(Write|Read|Scan|List) Operations", "storage_table", "$1 operations", "10k operations"),
		of(tables, "Batch Write Operations", "storage_table", "Batch Write operations", "10k operations"),
	}
}
