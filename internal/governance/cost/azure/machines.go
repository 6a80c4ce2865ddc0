package azure

import (
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func machineTypes() []string {
	return []string{"azurerm_virtual_machine", "azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine"}
}

func machines() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_virtual_machine":                   genericMachine,
		"azurerm_linux_virtual_machine":             machine("Linux"),
		"azurerm_windows_virtual_machine":           machine("Windows"),
		"azurerm_virtual_machine_scale_set":         genericScaleSet,
		"azurerm_linux_virtual_machine_scale_set":   scaleSet("Linux"),
		"azurerm_windows_virtual_machine_scale_set": scaleSet("Windows"),
	}
}

// instances adds the hours of machines.
func instances(r *cost.Reading, system, size, licence string, hours float64) {
	option, variant := "pay as you go", strings.ToLower(system)
	if system == "Windows" && (strings.EqualFold(licence, "Windows_Client") || strings.EqualFold(licence, "Windows_Server")) {
		option, variant = "hybrid benefit", "linux"
	}
	meter := size
	if lower := strings.ToLower(size); !strings.HasPrefix(lower, "basic_") && !strings.HasPrefix(lower, "standard_") {
		meter = "Standard_" + size
	}
	r.Add(cost.Part{
		Name: fmt.Sprintf("Instance usage (%s, %s, %s)", system, option, size), Unit: "hours",
		Quantity: cost.Quantity(hours), Service: "virtual_machine", Meter: meter, Variant: variant,
	})
}

func reservation(r *cost.Reading) {
	r.Add(cost.Part{Name: "Ultra disk reservation (if unattached)", Unit: "vCPU", Service: "managed_disk", Meter: "Ultra disk reservation"})
}

func machine(system string) cost.Model {
	return func(r *cost.Reading) {
		hours := r.Usage().Num("monthly_hrs", cost.HoursPerMonth)
		instances(r, system, r.Str("size", ""), r.Str("license_type", ""), hours)
		if r.Bool("additional_capabilities.ultra_ssd_enabled", false) {
			reservation(r)
		}
		osDisk(r, "os_disk", 1)
	}
}

func osDisk(r *cost.Reading, block string, count float64) {
	if !r.Has(block) {
		return
	}
	r.Within(block, func() {
		d := disk{
			kind: r.Str(block+".storage_account_type", "Standard_LRS"), size: r.Num(block+".disk_size_gb", 0),
			operations: r.Told(block+".monthly_disk_operations", 1), count: count,
		}
		if strings.EqualFold(r.View.Str(block+".diff_disk_settings.option", ""), "Local") {
			return
		}
		addDisk(r, d)
	})
}

func scaleSet(system string) cost.Model {
	return func(r *cost.Reading) {
		count := r.Usage().Num("instances", r.Num("instances", 1))
		instances(r, system, r.Str("sku", ""), r.Str("license_type", ""), cost.HoursPerMonth*count)
		if r.Bool("additional_capabilities.ultra_ssd_enabled", false) {
			reservation(r)
		}
		osDisk(r, "os_disk", count)
	}
}

// genericMachine is the older type, whose system is told by many attributes.
func genericMachine(r *cost.Reading) {
	system := "Linux"
	if r.Has("os_profile_windows_config") || strings.EqualFold(r.View.Str("storage_os_disk.os_type", ""), "Windows") ||
		strings.EqualFold(r.View.Str("storage_image_reference.offer", ""), "WindowsServer") ||
		strings.EqualFold(r.View.Str("storage_image_reference.publisher", ""), "MicrosoftWindowsServer") {
		system = "Windows"
	}
	instances(r, system, r.Str("vm_size", ""), r.Str("license_type", ""), r.Usage().Num("monthly_hrs", cost.HoursPerMonth))
	reservation(r)
	r.Within("storage_os_disk", func() {
		oldDisk(r, cost.NewView(map[string]any{"d": r.View.Get("storage_os_disk")}), "d", r.Told("storage_os_disk.monthly_disk_operations", 1))
	})
	for _, d := range r.List("storage_data_disk") {
		r.Within("storage_data_disk", func() { oldDisk(r, d, "", r.Told("storage_data_disk.monthly_disk_operations", 1)) })
	}
}

func oldDisk(r *cost.Reading, v cost.View, at string, operations *float64) {
	if at != "" {
		at += "."
	}
	kind := v.Str(at+"managed_disk_type", "")
	if kind == "" {
		r.Miss("Storage", "the disk has no managed_disk_type, so its kind is not known")
		return
	}
	addDisk(r, disk{
		kind: kind, size: v.Num(at+"disk_size_gb", 0), iops: v.Num(at+"disk_iops_read_write", 0),
		mbps: v.Num(at+"disk_mbps_read_write", 0), operations: operations, count: 1,
	})
}

func genericScaleSet(r *cost.Reading) {
	system := "Linux"
	if r.Has("os_profile_windows_config") || strings.EqualFold(r.View.Str("storage_profile_os_disk.os_type", ""), "Windows") ||
		strings.EqualFold(r.View.Str("storage_profile_image_reference.offer", ""), "WindowsServer") {
		system = "Windows"
	}
	count := r.Usage().Num("instances", r.Num("sku.capacity", 1))
	instances(r, system, r.Str("sku.name", ""), r.Str("license_type", ""), cost.HoursPerMonth*count)
	r.Within("storage_os_disk", func() {
		oldDisk(r, cost.NewView(map[string]any{"d": r.View.Get("storage_profile_os_disk")}), "d", r.Told("storage_profile_os_disk.monthly_disk_operations", 1))
	})
	for _, d := range r.List("storage_profile_data_disk") {
		r.Within("storage_data_disk", func() { oldDisk(r, d, "", r.Told("storage_profile_data_disk.monthly_disk_operations", 1)) })
	}
}

// machineStorage sums the disks of a machine, in GB.
func machineStorage(m *cost.Resource, _ *cost.Set) float64 {
	v := cost.NewView(m.Values)
	size := v.Num("os_disk.disk_size_gb", 0) + v.Num("storage_os_disk.disk_size_gb", 0)
	for _, d := range v.List("storage_data_disk") {
		size += d.Num("disk_size_gb", 0)
	}
	return size
}
