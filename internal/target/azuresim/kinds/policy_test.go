package kinds_test

import (
	"net/http"
	"path"
	"testing"
)

// subscription is the id of the cloud's only subscription.
func (c *dataCloud) subscription() string { return path.Dir(path.Dir(c.group)) }

// authorization is the id of a resource of Microsoft.Authorization in the subscription.
func (c *dataCloud) authorization(name string) string {
	return c.subscription() + "/providers/Microsoft.Authorization/" + name
}

const ownerRule = `{"properties":{"policyRule":{"if":{"field":"tags.owner","exists":"false"},"then":{"effect":"deny"}},"parameters":{"tag":{"type":"String"}}}}`

func TestPoliciesAreDefinedGroupedAssignedAndExempted(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	definition, set := c.authorization("policyDefinitions/owner"), c.authorization("policySetDefinitions/controls")
	assignment, exemption := c.authorization("policyAssignments/controls"), c.authorization("policyExemptions/legacy")

	made := c.must(http.MethodPut, definition, ownerRule)
	c.want(made, "properties.policyType", "Custom")
	c.want(made, "properties.mode", "All")
	grouped := c.must(http.MethodPut, set, `{"properties":{"policyDefinitions":[{"policyDefinitionId":"`+definition+`","policyDefinitionReferenceId":"owner"}]}}`)
	c.want(grouped, "properties.policyDefinitions.0.policyDefinitionReferenceId", nil)
	assigned := c.must(http.MethodPut, assignment, `{"properties":{"policyDefinitionId":"`+set+`"}}`)
	c.want(assigned, "properties.scope", c.subscription())
	c.want(assigned, "properties.enforcementMode", "Default")
	c.must(http.MethodPut, exemption, `{"properties":{"policyAssignmentId":"`+assignment+`","exemptionCategory":"Waiver"}}`)

	c.refused(http.MethodDelete, definition, "", http.StatusBadRequest, "PolicyDefinitionInUse")
	c.refused(http.MethodDelete, set, "", http.StatusBadRequest, "PolicyDefinitionInUse")
	for _, id := range []string{exemption, assignment, set, definition} {
		c.must(http.MethodDelete, id, "")
		if status, _ := c.do(http.MethodGet, id, ""); status != http.StatusNotFound {
			t.Errorf("%s is still there: %d", id, status)
		}
	}
}

func TestPoliciesThatAzureRefuses(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	c.must(http.MethodPut, c.authorization("policyDefinitions/owner"), ownerRule)
	c.must(http.MethodPut, c.authorization("policyAssignments/owner"), `{"properties":{"policyDefinitionId":"`+c.authorization("policyDefinitions/owner")+`"}}`)
	missing := c.authorization("policyDefinitions/missing")
	for name, tt := range map[string]struct {
		id, body string
		status   int
		code     string
	}{
		"a rule without an effect": {
			c.authorization("policyDefinitions/bad"), `{"properties":{"policyRule":{"if":{"field":"type","exists":"true"}}}}`, http.StatusBadRequest, "InvalidPolicyRule",
		},
		"a set of what is missing": {
			c.authorization("policySetDefinitions/bad"), `{"properties":{"policyDefinitions":[{"policyDefinitionId":"` + missing + `"}]}}`, http.StatusNotFound, "PolicyDefinitionNotFound",
		},
		"a reference to no group": {
			c.authorization("policySetDefinitions/bad"), `{"properties":{"policyDefinitions":[{"policyDefinitionId":"` + c.authorization("policyDefinitions/owner") + `","groupNames":["none"]}]}}`,
			http.StatusBadRequest, "InvalidPolicySetDefinition",
		},
		"an assignment of what is missing": {
			c.authorization("policyAssignments/bad"), `{"properties":{"policyDefinitionId":"` + missing + `"}}`, http.StatusNotFound, "PolicyDefinitionNotFound",
		},
		"a parameter that nobody defines": {
			c.authorization("policyAssignments/bad"), `{"properties":{"policyDefinitionId":"` + c.authorization("policyDefinitions/owner") + `","parameters":{"other":{"value":"x"}}}}`,
			http.StatusBadRequest, "UndefinedPolicyParameter",
		},
		"an identity without a location": {
			c.authorization("policyAssignments/bad"), `{"identity":{"type":"SystemAssigned"},"properties":{"policyDefinitionId":"` + c.authorization("policyDefinitions/owner") + `"}}`,
			http.StatusBadRequest, "LocationRequired",
		},
		"an exemption from nothing": {
			c.authorization("policyExemptions/bad"), `{"properties":{"policyAssignmentId":"` + missing + `","exemptionCategory":"Waiver"}}`, http.StatusNotFound, "PolicyAssignmentNotFound",
		},
		"another definition for an assignment": {
			c.authorization("policyAssignments/owner"), `{"properties":{"policyDefinitionId":"/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c"}}`,
			http.StatusConflict, "PropertyChangeNotAllowed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			(&dataCloud{t: t, engine: c.engine, group: c.group}).refused(http.MethodPut, tt.id, tt.body, tt.status, tt.code)
		})
	}
}

func TestBuiltInPoliciesCanBeReadAndAssigned(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	const allowed = "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c"
	read := c.must(http.MethodGet, allowed, "")
	c.want(read, "properties.displayName", "Allowed locations")
	c.want(read, "properties.policyType", "BuiltIn")
	c.must(http.MethodPut, c.authorization("policyAssignments/locations"), `{"properties":{"policyDefinitionId":"`+allowed+`","parameters":{"listOfAllowedLocations":{"value":["westeurope"]}}}}`)
}
