package terrace.azure.machinelearning.datastore_identity_test

import data.terrace.azure.machinelearning.datastore_identity
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_machine_learning_datastore_blobstorage", values)

test_fails_with_a_key if {
	count(datastore_identity.deny) == 1 with input as making({"account_key": "x"})
}

test_passes_with_an_identity if {
	count(datastore_identity.deny) == 0 with input as making({"service_data_auth_identity": "WorkspaceSystemAssignedIdentity"})
}
