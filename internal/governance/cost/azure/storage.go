package azure

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func storage() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_storage_account": account, "azurerm_storage_share": share,
		"azurerm_storage_queue": queue, "azurerm_storage_table": table,
	}
}

// held is what a storage account is bought as.
type held struct {
	kind, tier, access, redundancy string
	nfs                            bool
}

func accountOf(v cost.View) held {
	h := held{
		kind: v.Low("account_kind", "StorageV2"), tier: v.Low("account_tier", "Standard"), access: v.Low("access_tier", "Hot"),
		redundancy: redundancyOf(v.Str("account_replication_type", "LRS")), nfs: v.Bool("nfsv3_enabled", false),
	}
	return h
}

func redundancyOf(name string) string {
	switch name = strings.ToUpper(name); name {
	case "RAGRS":
		return "RA-GRS"
	case "RAGZRS":
		return "RA-GZRS"
	}
	return name
}

// variant names the price: kind/access/redundancy, as far as prices differ.
func (h held) variant() string {
	kind := h.kind
	switch {
	case kind == "storage":
		return "v1/" + h.redundancy
	case kind == "filestorage" && h.tier == "premium":
		return "file/premium/" + h.redundancy
	case h.tier == "premium":
		return "premium/" + h.redundancy
	case kind == "filestorage":
		return "file/" + h.access + "/" + h.redundancy
	case h.nfs && kind == "storagev2":
		return "nfs/" + h.access + "/" + h.redundancy
	}
	return "blob/" + h.access + "/" + h.redundancy
}

func account(r *cost.Reading) {
	h := accountOf(r.View)
	r.Str("account_replication_type", "")
	if h.kind == "filestorage" {
		files(r, h)
		return
	}
	capacity(r, h)
	put := func(name, unit, key string, per float64) {
		r.Add(cost.Part{Name: name, Unit: unit, Quantity: r.Told(key, per), Variant: h.variant(), Usage: true})
	}
	nfs := h.nfs && h.kind == "storagev2" && h.tier != "premium"
	if nfs {
		put("Iterative write operations", "100 operations", "monthly_iterative_write_operations", 100)
	}
	put("Write operations", "10k operations", "monthly_write_operations", 10_000)
	if !nfs {
		put("List and create container operations", "10k operations", "monthly_list_and_create_container_operations", 10_000)
	} else {
		put("Iterative read operations", "10k operations", "monthly_iterative_read_operations", 10_000)
	}
	put("Read operations", "10k operations", "monthly_read_operations", 10_000)
	put("All other operations", "10k operations", "monthly_other_operations", 10_000)
	if h.tier == "premium" || h.kind == "storage" {
		return
	}
	if h.access == "cool" {
		put("Data retrieval", "GB", "monthly_data_retrieval_gb", 1)
		if h.kind == "blockblobstorage" {
			put("Data write", "GB", "monthly_data_write_gb", 1)
		}
	}
	if !nfs {
		put("Blob index", "10k tags", "blob_index_tags", 10_000)
	}
	if h.access == "cool" && h.kind == "storagev2" {
		put("Early deletion", "GB", "early_deletion_gb", 1)
	}
}

// capacity is in steps where the price of much is lower: hot standard blobs.
func capacity(r *cost.Reading, h held) {
	p := cost.Part{Name: "Capacity", Unit: "GB", Quantity: r.Told("storage_gb", 1), Variant: h.variant(), Usage: true}
	stepped := h.tier != "premium" && h.access == "hot" && h.kind != "storage" && !h.nfs
	const first = "Capacity (first 50TB)"
	switch {
	case stepped && p.Quantity != nil:
		r.Tiered(p, cost.Tier{Name: first, Size: 51_200}, cost.Tier{Name: "Capacity (next 450TB)", Size: 512_000}, cost.Tier{Name: "Capacity (over 500TB)"})
	case stepped && !r.Priced(p):
		p.Meter = first
		r.Add(p)
	default:
		r.Add(p)
	}
}

func files(r *cost.Reading, h held) {
	put := func(name, unit, key string, per float64) {
		r.Add(cost.Part{Name: name, Unit: unit, Quantity: r.Told(key, per), Variant: h.variant(), Usage: true})
	}
	put("Data at rest", "GB", "data_at_rest_storage_gb", 1)
	put("Snapshots", "GB", "snapshots_storage_gb", 1)
	if h.tier == "premium" {
		return
	}
	put("Metadata at rest", "GB", "metadata_at_rest_storage_gb", 1)
	put("Write operations", "10k operations", "monthly_write_operations", 10_000)
	put("List operations", "10k operations", "monthly_list_and_create_container_operations", 10_000)
	put("Read operations", "10k operations", "monthly_read_operations", 10_000)
	put("All other operations", "10k operations", "monthly_other_operations", 10_000)
	if h.access == "cool" {
		put("Data retrieval", "GB", "monthly_data_retrieval_gb", 1)
		put("Early deletion", "GB", "early_deletion_gb", 1)
	}
}

// in is the account that something is in.
func in(r *cost.Reading) held {
	for _, attribute := range []string{"storage_account_name", "storage_account_id"} {
		if a := r.In().Related(r.Resource(), attribute, "azurerm_storage_account"); a != nil {
			return accountOf(cost.NewView(a.Values))
		}
	}
	return accountOf(cost.NewView(nil))
}

func share(r *cost.Reading) {
	h := in(r)
	access := r.Low("access_tier", "")
	switch {
	case h.tier == "premium":
		access = "premium"
	case access == "" || access == "transactionoptimized":
		access = "standard"
	}
	variant := access + "/" + h.redundancy
	put := func(name, unit, key string, per float64) {
		r.Add(cost.Part{Name: name, Unit: unit, Quantity: r.Told(key, per), Variant: variant, Usage: true})
	}
	size := r.Told("storage_gb", 1)
	if size == nil {
		if quota := r.Num("quota", 0); quota > 0 {
			size = &quota
		}
	}
	r.Add(cost.Part{Name: "Data at rest", Unit: "GB", Quantity: size, Variant: variant, Usage: true})
	put("Snapshots", "GB", "snapshots_storage_gb", 1)
	if access == "premium" {
		return
	}
	if access != "standard" {
		put("Metadata at rest", "GB", "metadata_at_rest_storage_gb", 1)
	}
	put("Read operations", "10k operations", "monthly_read_operations", 10_000)
	put("Write operations", "10k operations", "monthly_write_operations", 10_000)
	put("List operations", "10k operations", "monthly_list_operations", 10_000)
	put("Other operations", "10k operations", "monthly_other_operations", 10_000)
	if access == "cool" && h.redundancy != "GZRS" {
		put("Data retrieval", "GB", "monthly_data_retrieval_gb", 1)
	}
}

func queue(r *cost.Reading) {
	h := in(r)
	variant := h.redundancy
	if h.kind == "storage" {
		variant = "v1/" + variant
	}
	put := func(name, unit, key string, per float64) {
		r.Add(cost.Part{Name: name, Unit: unit, Quantity: r.Told(key, per), Variant: variant, Usage: true})
	}
	put("Capacity", "GB", "monthly_storage_gb", 1)
	put("Class 1 operations", "10k operations", "monthly_class_1_operations", 10_000)
	put("Class 2 operations", "10k operations", "monthly_class_2_operations", 10_000)
	if strings.Contains(h.redundancy, "G") {
		put("Geo-replication data transfer", "GB", "monthly_geo_replication_data_transfer_gb", 1)
	}
}

func table(r *cost.Reading) {
	h := in(r)
	variant := h.redundancy
	if h.kind == "storage" {
		variant = "v1/" + variant
	}
	put := func(name, unit, key string, per float64) {
		r.Add(cost.Part{Name: name, Unit: unit, Quantity: r.Told(key, per), Variant: variant, Usage: true})
	}
	put("Capacity", "GB", "monthly_storage_gb", 1)
	for _, kind := range []string{"Batch Write", "Write", "Read", "Scan", "List", "Delete"} {
		put(kind+" operations", "10k operations", "monthly_"+strings.ReplaceAll(strings.ToLower(kind), " ", "_")+"_operations", 10_000)
	}
}
