package kinds

import (
	"regexp"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// apimNoPolicy is the policy of a service that has none of its own.
const apimNoPolicy = "<policies>\r\n\t<inbound />\r\n\t<backend>\r\n\t\t<forward-request />\r\n\t</backend>\r\n\t<outbound />\r\n</policies>"

// apimPolicyKinds are the policies of a service, its products, APIs and operations.
func apimPolicyKinds() []arm.Kind {
	var kinds []arm.Kind
	for _, parent := range []string{apimType, apimType + "/products", apiType, operationType} {
		k := arm.Kind{
			Type: parent + "/policies", Name: arm.NameRule{Pattern: `^policy$`}, Required: []string{"properties.value"},
			Default: func(_ *arm.Context, r *arm.Resource) { r.Default("properties.format", "xml") }, Check: apimPolicyCheck,
		}
		if parent == apimType {
			k.Find = func(c *arm.Context, id arm.ID) *arm.Resource {
				if id.Name() != "policy" || c.Get(id.Parent().String()) == nil {
					return nil
				}
				return &arm.Resource{ID: id, Body: arm.Object{"properties": arm.Object{"format": "xml", "value": apimNoPolicy}}}
			}
		}
		kinds = append(kinds, apimChild(k))
	}
	return kinds
}

// apimPolicyCheck refuses what is no policy, and one that mentions what the service does not have.
func apimPolicyCheck(c *arm.Context, r, _ *arm.Resource) error {
	value, format := r.Str("properties.value"), r.Str("properties.format")
	if strings.HasSuffix(format, "-link") {
		return arm.BadRequest("ValidationError", "The simulated Azure fetches no policies: send the document of %s itself, not a link.", r.ID)
	}
	trimmed := strings.TrimSpace(value)
	if !strings.HasPrefix(trimmed, "<policies") || !strings.HasSuffix(trimmed, ">") {
		return arm.BadRequest("ValidationError", "One or more fields contain incorrect values: the policy of %s must have the root element 'policies'.", r.ID.Parent())
	}
	for _, section := range []string{"inbound", "backend", "outbound", "on-error"} {
		if strings.Count(value, "<"+section+">")+strings.Count(value, "<"+section+" />") > 1 {
			return arm.BadRequest("ValidationError", "One or more fields contain incorrect values: there is more than one section '%s'.", section)
		}
	}
	service := r.ID
	for len(service.Types) > 1 {
		service = service.Parent()
	}
	for _, found := range regexp.MustCompile(`backend-id="([^"@{]+)"`).FindAllStringSubmatch(value, -1) {
		if c.Get(service.Child("backends", found[1]).String()) == nil {
			return arm.BadRequest("ValidationError", "One or more fields contain incorrect values: Backend with id '%s' could not be found.", found[1])
		}
	}
	return namedValuesThere(c, service, value)
}

func namedValuesThere(c *arm.Context, service arm.ID, value string) error {
	there := map[string]bool{}
	for _, v := range c.Under(service.String(), namedValueType) {
		there[strings.ToLower(v.Str("properties.displayName"))] = true
	}
	for _, found := range regexp.MustCompile(`\{\{([A-Za-z0-9._-]+)\}\}`).FindAllStringSubmatch(value, -1) {
		if !there[strings.ToLower(found[1])] {
			return arm.BadRequest("ValidationError", "One or more fields contain incorrect values: Cannot find a property '%s'.", found[1])
		}
	}
	return nil
}
