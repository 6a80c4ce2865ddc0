package terrace.azure.sql.job_credentials_test

import data.terrace.azure.sql.job_credentials
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_job_credential", values)

test_fails_with_a_password if {
	count(job_credentials.deny) == 1 with input as making({"password": "x"})
}

test_passes_without if {
	count(job_credentials.deny) == 0 with input as making({"password_wo_version": 1})
}
