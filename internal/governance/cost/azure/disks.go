package azure

import (
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func disks() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_managed_disk": managedDisk,
		"azurerm_image":        image,
		"azurerm_snapshot":     snapshot,
	}
}

// disk is a managed disk, of its own or of a machine.
type disk struct {
	kind             string
	size, iops, mbps float64
	operations       *float64
	count            float64
}

func managedDisk(r *cost.Reading) {
	addDisk(r, disk{
		kind: r.Str("storage_account_type", "Standard_LRS"), size: r.Positive("disk_size_gb", 0),
		iops: r.Num("disk_iops_read_write", 0), mbps: r.Num("disk_mbps_read_write", 0),
		operations: r.Told("monthly_disk_operations", 1), count: 1,
	})
}

// addDisk adds the components of a disk.
func addDisk(r *cost.Reading, d disk) {
	prefix, redundancy, _ := strings.Cut(d.kind, "_")
	prefix, redundancy = strings.ToLower(prefix), strings.ToUpper(redundancy)
	if d.count == 0 {
		d.count = 1
	}
	if prefix == "ultrassd" {
		ultra(r, d)
		return
	}
	name := diskSize(prefix, d.size)
	if name == "" {
		r.Miss("Storage", fmt.Sprintf("there is no disk %s of %g GB", d.kind, d.size))
		return
	}
	r.Add(cost.Part{
		Name: fmt.Sprintf("Storage (%s, %s)", name, redundancy), Unit: "months", Quantity: cost.Quantity(d.count),
		Service: "managed_disk", Meter: name, Variant: redundancy,
	})
	if prefix == "premium" {
		return
	}
	p := cost.Part{Name: "Disk operations", Unit: "10k operations", Service: "managed_disk", Variant: prefix, Usage: true}
	if d.operations != nil {
		p.Quantity = cost.Quantity(*d.operations / 10_000)
	}
	r.Add(p)
}

// step is a size of disks, in GiB, and its number.
type step struct {
	size   float64
	number int
}

func diskSteps() []step {
	return []step{
		{4, 1},
		{8, 2},
		{16, 3},
		{32, 4},
		{64, 6},
		{128, 10},
		{256, 15},
		{512, 20},
		{1024, 30},
		{2048, 40},
		{4096, 50},
		{8192, 60},
		{16384, 70},
		{32767, 80},
	}
}

// diskSize names the smallest disk that holds so much; without a size, the
// smallest that is common to all kinds.
func diskSize(prefix string, gb float64) string {
	letter, ok := map[string]string{"standard": "S", "standardssd": "E", "premium": "P"}[prefix]
	if !ok {
		return ""
	}
	if gb == 0 {
		gb = 30
	}
	for _, s := range diskSteps() {
		if s.size >= gb && (letter != "S" || s.number >= 4) {
			return fmt.Sprintf("%s%d", letter, s.number)
		}
	}
	return ""
}

func ultra(r *cost.Reading, d disk) {
	size, iops, mbps := d.size, d.iops, d.mbps
	if size == 0 {
		size = 1024
	}
	if iops == 0 {
		iops = 2048
	}
	if mbps == 0 {
		mbps = 8
	}
	size = ultraSize(size)
	r.Add(cost.Part{Name: fmt.Sprintf("Storage (ultra, %g GiB)", size), Unit: "GiB", Quantity: cost.Quantity(size * d.count), Service: "managed_disk", Meter: "Ultra storage"})
	r.Add(cost.Part{Name: "Provisioned IOPS", Unit: "IOPS", Quantity: cost.Quantity(iops * d.count), Service: "managed_disk"})
	r.Add(cost.Part{Name: "Throughput", Unit: "MB/s", Quantity: cost.Quantity(mbps * d.count), Service: "managed_disk"})
}

// ultraSize is what is billed: powers of two up to 1 TiB, then whole TiB.
func ultraSize(gb float64) float64 {
	for size := 4.0; size <= 1024; size *= 2 {
		if size >= gb {
			return size
		}
	}
	for size := 2048.0; size < 65536; size += 1024 {
		if size >= gb {
			return size
		}
	}
	return 65536
}

func image(r *cost.Reading) {
	gb := r.Told("storage_gb", 1)
	if gb == nil {
		size := r.Num("os_disk.size_gb", 0)
		for _, d := range r.List("data_disk") {
			size += d.Num("size_gb", 0)
		}
		if source := r.In().Related(r.Resource(), "source_virtual_machine_id", machineTypes()...); size == 0 && source != nil {
			size = machineStorage(source, r.In())
		}
		if size > 0 {
			gb = &size
		}
	}
	r.Add(cost.Part{Name: "Storage", Unit: "GB", Quantity: gb, Usage: true})
}

func snapshot(r *cost.Reading) {
	gb := r.Told("storage_gb", 1)
	if size := r.Num("disk_size_gb", 0); gb == nil && size > 0 {
		gb = &size
	}
	if source := r.In().Related(r.Resource(), "source_uri", "azurerm_managed_disk"); gb == nil && source != nil {
		if size := cost.NewView(source.Values).Num("disk_size_gb", 0); size > 0 {
			gb = &size
		}
	}
	r.Add(cost.Part{Name: "Storage", Unit: "GB", Quantity: gb, Usage: true})
}
