package terrace.azure.apps.azure_files_test

import data.terrace.azure.apps.azure_files
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_without if {
	count(azure_files.deny) == 1 with input as app({})
}

test_fails_with_blobs if {
	count(azure_files.deny) == 1 with input as app({"storage_account": [{"type": "AzureBlob"}]})
}

test_passes_with_files if {
	count(azure_files.deny) == 0 with input as app({"storage_account": [{"type": "AzureFiles"}]})
}
