# METADATA
# title: Roles name what they allow
# description: A role with * is an administrator under another name.
# custom:
#   severity: high
#   fix: Name the actions and the resources that are needed.
#   controls:
#     iso-27001-2022: ["A.5.15", "A.8.2"]
#     mcsb: ["PA-7"]
#   id: terraform-identity-wildcards
#   level: soft-mandatory
#   resources:
#     - aws_iam_policy
#     - aws_iam_role_policy
#     - aws_iam_user_policy
#     - aws_iam_group_policy
#     - google_project_iam_member
#     - google_project_iam_binding
#     - google_folder_iam_member
#     - google_organization_iam_member
#   subjects:
#     - IAM wildcard
#     - IAM policy
package terrace.terraform.identity.wildcards

import data.terrace.lib.plan

types := ["aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy"]

deny contains plan.finding(r, ["policy"], "allows everything") if {
	some r in plan.planned_any(types)
	document := json.unmarshal(plan.value(r, ["policy"], "{}"))
	some statement in listed(object.get(document, "Statement", []))
	statement.Effect == "Allow"
	"*" in listed(statement.Action)
	"*" in listed(statement.Resource)
}

# Roles of Google Cloud that own or change everything.
deny contains plan.finding(r, ["role"], "allows everything") if {
	some r in plan.planned_any(["google_project_iam_member", "google_project_iam_binding", "google_folder_iam_member", "google_organization_iam_member"])
	plan.value(r, ["role"], "") in {"roles/owner", "roles/editor"}
}

listed(v) := v if is_array(v)

listed(v) := [v] if not is_array(v)
