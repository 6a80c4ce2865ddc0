package terrace.azure.compute.patch_assessment_test

import data.terrace.azure.compute.patch_assessment
import data.terrace.lib.fixture

machine(values) := fixture.creates("azurerm_linux_virtual_machine", values)

test_fails_with_the_default if {
	count(patch_assessment.deny) == 1 with input as machine({})
}

test_passes_when_azure_does if {
	count(patch_assessment.deny) == 0 with input as machine({"patch_assessment_mode": "AutomaticByPlatform"})
}
