package kinds

import (
	"regexp"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	policyType     = "Microsoft.Authorization/policyDefinitions"
	policySetType  = "Microsoft.Authorization/policySetDefinitions"
	assignmentType = "Microsoft.Authorization/policyAssignments"
	exemptionType  = "Microsoft.Authorization/policyExemptions"
)

// policyKinds are definitions, sets, assignments and exemptions, in
// Microsoft.Authorization, and remediations, in Microsoft.PolicyInsights.
func policyKinds() []arm.Kind {
	defined := arm.InSubscription | arm.InManagementGroup
	made := arm.Status{Create: 201, Update: 201, Delete: 200}
	return []arm.Kind{
		{
			Type: policyType, Scopes: defined | arm.InTenant, NoProvisioningState: true, Status: made,
			Name: arm.NameRule{Pattern: `^[^<>%&:\\?/]+$`, Max: 64}, Required: []string{"properties.policyRule"},
			Immutable: []string{"properties.policyType"},
			Default:   policyDefault, Check: policyCheck, Deletable: policyDeletable, Find: builtInPolicy,
		},
		{
			Type: policySetType, Scopes: defined | arm.InTenant, NoProvisioningState: true, Status: made,
			Name: arm.NameRule{Pattern: `^[^<>%&:\\?/]+$`, Max: 64}, Required: []string{"properties.policyDefinitions"},
			Default: policyDefault, Check: policySetCheck, Compute: policySetCompute, Deletable: policyDeletable, Find: builtInPolicy,
		},
		{
			Type: assignmentType, Scopes: arm.Anywhere &^ arm.InTenant, NoProvisioningState: true, Status: made,
			Name: arm.NameRule{Pattern: `^[^<>%&:\\?/]+$`, Max: 128}, Required: []string{"properties.policyDefinitionId"},
			Immutable: []string{"properties.policyDefinitionId"},
			Default:   assignmentDefault, Check: assignmentCheck, Compute: assignmentCompute,
		},
		{
			Type: exemptionType, Scopes: arm.Anywhere &^ arm.InTenant, NoProvisioningState: true, Status: arm.Status{Create: 201, Delete: 200},
			Name:     arm.NameRule{Pattern: `^[^<>%&:\\?/]+$`, Max: 64},
			Required: []string{"properties.policyAssignmentId", "properties.exemptionCategory"},
			Check:    exemptionCheck,
		},
		{
			Type: "Microsoft.PolicyInsights/remediations", Scopes: arm.Anywhere &^ arm.InTenant, Status: arm.Status{Create: 201, Delete: 200},
			Name: arm.NameRule{Pattern: `^[^<>%&:\\?/]+$`, Max: 260}, Required: []string{"properties.policyAssignmentId"},
			Check: exemptionCheck, Compute: remediationCompute,
			Actions: map[string]arm.Action{"cancel": {Run: remediationCancel}, "listDeployments": {Run: remediationDeployments}},
		},
	}
}

func policyDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.policyType", "Custom")
	r.Default("properties.version", "1.0.0")
	r.Default("properties.versions", []any{"1.0.0"})
	if strings.EqualFold(r.ID.Type(), policyType) {
		r.Default("properties.mode", "All")
	}
}

func policyCheck(_ *arm.Context, r, _ *arm.Resource) error {
	if r.ID.Scope == "" {
		return arm.Errorf(403, "AuthorizationFailed", "Built-in definitions cannot be changed.")
	}
	if r.Str("properties.policyRule.then.effect") == "" || !r.Has("properties.policyRule.if") {
		return arm.BadRequest("InvalidPolicyRule", "Failed to parse policy rule: it needs 'if', and 'then' with an effect.")
	}
	return nil
}

func policySetCheck(c *arm.Context, r, _ *arm.Resource) error {
	groups := map[string]bool{}
	for _, g := range r.List("properties.policyDefinitionGroups") {
		group, _ := g.(arm.Object)
		name, _ := group["name"].(string)
		groups[name] = true
	}
	for _, d := range r.List("properties.policyDefinitions") {
		reference, _ := d.(arm.Object)
		id, _ := reference["policyDefinitionId"].(string)
		if definition(c, id) == nil {
			return arm.NotFound("PolicyDefinitionNotFound", "The policy set definition '%s' refers to '%s', which could not be found.", r.Name(), id)
		}
		names, _ := reference["groupNames"].([]any)
		for _, name := range names {
			if n, _ := name.(string); !groups[n] {
				return arm.BadRequest("InvalidPolicySetDefinition", "The policy set definition '%s' has no group '%v'.", r.Name(), name)
			}
		}
	}
	return nil
}

// policySetCompute names the references that have no name.
func policySetCompute(c *arm.Context, r, _ *arm.Resource) {
	list := r.List("properties.policyDefinitions")
	for _, d := range list {
		if reference, ok := d.(arm.Object); ok {
			if id, _ := reference["policyDefinitionReferenceId"].(string); id == "" {
				reference["policyDefinitionReferenceId"] = c.NewUUID()
			}
			if _, ok := reference["definitionVersion"]; !ok {
				reference["definitionVersion"] = "1.*.*"
			}
		}
	}
	r.Set("properties.policyDefinitions", list)
}

// policyDeletable keeps what is still assigned or part of a set.
func policyDeletable(c *arm.Context, r *arm.Resource) error {
	if users := c.Users(r.ID.String(), policySetType, assignmentType); len(users) > 0 {
		return arm.BadRequest("PolicyDefinitionInUse", "The definition '%s' cannot be deleted: it is used by '%s'.", r.Name(), users[0].ID)
	}
	return nil
}

// definition returns the definition or set with an id, a built-in one too.
func definition(c *arm.Context, id string) *arm.Resource {
	if r := c.Get(id); r != nil {
		return r
	}
	parsed, err := arm.ParseID(id)
	if err != nil {
		return nil
	}
	return builtInPolicy(c, parsed)
}

var builtInName = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// builtInPolicy is the built-in definition with an id. There are thousands in
// Azure: of those that are not known by name only their names, UUIDs, are.
func builtInPolicy(_ *arm.Context, id arm.ID) *arm.Resource {
	isSet := strings.EqualFold(id.Type(), policySetType)
	if id.Scope != "" || !isSet && !strings.EqualFold(id.Type(), policyType) || !builtInName.MatchString(strings.ToLower(id.Name())) {
		return nil
	}
	properties := arm.Object{
		"policyType": "BuiltIn", "displayName": builtInTitle(id.Name()), "description": "A definition that comes with Azure.",
		"metadata": arm.Object{"version": "1.0.0", "category": "Built-in"}, "version": "1.0.0", "parameters": arm.Object{},
	}
	if isSet {
		properties["policyDefinitions"], properties["policyDefinitionGroups"] = []any{}, []any{}
	} else {
		properties["mode"] = "Indexed"
		properties["policyRule"] = arm.Object{"if": arm.Object{"field": "type", "exists": "true"}, "then": arm.Object{"effect": "audit"}}
	}
	return &arm.Resource{ID: id, Body: arm.Object{"properties": properties}}
}

func builtInTitle(name string) string {
	titles := map[string]string{
		"1f3afdf9-d0c9-4c3d-847f-89da613e70a8": "Microsoft cloud security benchmark",
		"470a962c-86a0-433b-803a-3c176b5ce79c": "CIS Microsoft Azure Foundations Benchmark 3.0.0",
		"5e4ff661-23bf-42fa-8e3a-309a55091cc7": "ISO/IEC 27001:2022",
		"89c6cddc-1c73-4ac1-b19c-54d1a15a42f2": "ISO 27001:2013",
		"e56962a6-4747-49cd-b67b-bf8b01975c4c": "Allowed locations",
	}
	if title, ok := titles[strings.ToLower(name)]; ok {
		return title
	}
	return "Built-in definition " + name
}

func assignmentDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.enforcementMode", "Default")
	r.Default("properties.notScopes", []any{})
	r.Default("properties.definitionVersion", "1.*.*")
}

func assignmentCheck(c *arm.Context, r, _ *arm.Resource) error {
	id := r.Str("properties.policyDefinitionId")
	d := definition(c, id)
	if d == nil {
		return arm.NotFound("PolicyDefinitionNotFound", "The policy definition '%s' that is assigned could not be found.", id)
	}
	if strings.HasPrefix(strings.ToLower(r.ID.Scope), "/providers/microsoft.management/") && len(r.Name()) > 24 {
		return arm.BadRequest("InvalidPolicyAssignmentName", "The name of an assignment to a management group has at most 24 characters.")
	}
	if r.Has("identity") && r.Str("identity.type") != "None" && r.Str("location") == "" {
		return arm.BadRequest("LocationRequired", "An assignment with an identity needs a location.")
	}
	if d.Str("properties.policyType") == "BuiltIn" {
		return nil
	}
	known := d.Obj("properties.parameters")
	for name := range r.Obj("properties.parameters") {
		if _, ok := known[name]; !ok {
			return arm.BadRequest("UndefinedPolicyParameter", "The policy assignment '%s' has the parameter '%s', which '%s' does not define.", r.Name(), name, d.Name())
		}
	}
	return nil
}

func assignmentCompute(c *arm.Context, r, old *arm.Resource) {
	r.Set("properties.scope", r.ID.Scope)
	if old == nil {
		r.Set("properties.instanceId", c.NewUUID())
	}
}

// exemptionCheck refuses what refers to no assignment.
func exemptionCheck(c *arm.Context, r, _ *arm.Resource) error {
	if id := r.Str("properties.policyAssignmentId"); c.Get(id) == nil {
		return arm.NotFound("PolicyAssignmentNotFound", "The policy assignment '%s' could not be found.", id)
	}
	return nil
}

// remediationCompute ends a remediation at once: the simulated resources need none.
func remediationCompute(c *arm.Context, r, _ *arm.Resource) {
	now := c.Now().Format(time.RFC3339)
	r.Set("properties.createdOn", now)
	r.Set("properties.lastUpdatedOn", now)
	r.Set("properties.provisioningState", "Succeeded")
	r.Set("properties.deploymentStatus", arm.Object{"totalDeployments": 0, "successfulDeployments": 0, "failedDeployments": 0})
}

func remediationCancel(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	return nil, arm.BadRequest("InvalidCancelRemediationRequest", "The remediation '%s' is in a terminal state and cannot be cancelled.", r.Name())
}

func remediationDeployments(*arm.Context, *arm.Resource, arm.Object) (any, error) {
	return arm.Object{"value": []any{}}, nil
}
