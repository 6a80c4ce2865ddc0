package terrace.terraform.identity.wildcards_test

import data.terrace.lib.fixture
import data.terrace.terraform.identity.wildcards

test_fails_for_everything if {
	count(wildcards.deny) == 1 with input as fixture.creates("aws_iam_policy", {"policy": json.marshal({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})})
}

test_fails_for_an_owner if {
	count(wildcards.deny) == 1 with input as fixture.creates("google_project_iam_member", {"role": "roles/owner"})
}

test_passes_for_named_actions if {
	count(wildcards.deny) == 0 with input as fixture.creates("aws_iam_policy", {"policy": json.marshal({"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}]})})
}
