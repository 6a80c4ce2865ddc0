package arm

// locations are where resources can be, "global" among them.
func locations() []string {
	return []string{
		"global", "australiacentral", "australiaeast", "australiasoutheast", "austriaeast", "brazilsouth", "canadacentral", "canadaeast",
		"centralindia", "centralus", "eastasia", "eastus", "eastus2", "francecentral", "germanynorth", "germanywestcentral",
		"israelcentral", "italynorth", "japaneast", "japanwest", "koreacentral", "koreasouth", "mexicocentral", "newzealandnorth",
		"northcentralus", "northeurope", "norwayeast", "norwaywest", "polandcentral", "qatarcentral", "southafricanorth",
		"southcentralus", "southeastasia", "southindia", "spaincentral", "swedencentral", "switzerlandnorth", "switzerlandwest", "uaenorth", "uksouth",
		"ukwest", "westcentralus", "westeurope", "westindia", "westus", "westus2", "westus3", "europe", "unitedstates", "asiapacific",
	}
}

func describeLocations(scope string) []any {
	out := []any{}
	for _, name := range locations()[1:] {
		out = append(out, Object{
			"id": scope + "/locations/" + name, "name": name, "displayName": name, "regionalDisplayName": name, "type": "Region",
			"metadata": Object{"regionType": "Physical"},
		})
	}
	return out
}
