package azure

import (
	"fmt"
	"math"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func backup() map[string]cost.Model {
	return map[string]cost.Model{"azurerm_recovery_services_vault": vault}
}

// vault is billed for the machines that it protects, each a part of its own.
func vault(r *cost.Reading) {
	redundancy := map[string]string{"geoRedundant": "GRS", "georedundant": "GRS", "locallyredundant": "LRS", "zoneredundant": "ZRS"}[r.Low("storage_mode_type", "GeoRedundant")]
	if redundancy == "GRS" && r.Bool("cross_region_restore_enabled", false) {
		redundancy = "RA-GRS"
	}
	for _, protected := range r.In().Users(r.Resource(), "azurerm_backup_protected_vm") {
		r.Within(protected.Address, func() { protectedMachine(r, protected, redundancy) })
	}
}

func protectedMachine(r *cost.Reading, protected *cost.Resource, redundancy string) {
	u := usageWithin(r.Usage(), protected.Address)
	size := u.Num("disk_utilization_gb", 0)
	if size == 0 {
		if m := r.In().Related(protected, "source_vm_id", machineTypes()...); m != nil {
			size = machineStorage(m, r.In())
		}
	}
	name, count := "Instance backup (under 50 GB)", 1.0
	switch {
	case size > 500:
		name, count = "Instance backup (over 500 GB)", math.Floor(size/500)
	case size > 50:
		name = "Instance backup (under 500 GB)"
	}
	r.Monthly(name, "month", count)
	r.Add(cost.Part{Name: fmt.Sprintf("%s data stored", redundancy), Unit: "GB", Quantity: cost.Quantity(size + u.Num("additional_backup_retention_gb", 0)), Usage: true})
}

// usageWithin reads what is told of a resource within another's usage.
func usageWithin(u cost.View, address string) cost.View {
	for _, v := range u.Keys() {
		if v == address {
			return u.Object(address)
		}
	}
	return cost.NewView(nil)
}
