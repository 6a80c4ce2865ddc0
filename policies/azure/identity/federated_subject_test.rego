package terrace.azure.identity.federated_subject_test

import data.terrace.azure.identity.federated_subject
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_federated_identity_credential", values)

test_fails_for_a_wildcard if {
	count(federated_subject.deny) == 1 with input as making({"subject": "repo:owner/*:ref:refs/heads/main"})
}

test_fails_without_a_subject if {
	count(federated_subject.deny) == 1 with input as making({})
}

test_fails_for_a_claim_that_others_have if {
	count(federated_subject.deny) == 1 with input as making({"subject": "workflow:deploy"})
}

test_fails_without_a_repository if {
	count(federated_subject.deny) == 1 with input as making({"subject": "repo:owner:environment:prod"})
}

test_passes_for_a_repository if {
	count(federated_subject.deny) == 0 with input as making({"subject": "repo:owner/name:environment:prod"})
}

test_passes_for_any_branch_of_a_repository if {
	count(federated_subject.deny) == 0 with input as making({"subject": "repo:owner/name:*"})
}

test_passes_for_a_service_account if {
	count(federated_subject.deny) == 0 with input as making({"issuer": "https://oidc.prod-aks.azure.com/1/", "subject": "system:serviceaccount:shop:orders"})
}
