package terrace.azure.netapp.smb_availability_test

import data.terrace.azure.netapp.smb_availability
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_netapp_volume", values)

test_fails_for_smb if {
	count(smb_availability.deny) == 1 with input as making({"protocols": ["CIFS"]})
}

test_passes_when_on if {
	count(smb_availability.deny) == 0 with input as making({"protocols": ["CIFS"], "smb_continuous_availability_enabled": true})
}

test_passes_for_nfs if {
	count(smb_availability.deny) == 0 with input as making({"protocols": ["NFSv4.1"]})
}
