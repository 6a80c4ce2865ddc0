package kinds

import (
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	apiType       = apimType + "/apis"
	operationType = apiType + "/operations"
	revisionMark  = ";rev="
)

// apimAPIKinds are APIs and their operations. An API is kept under its name with its revision
// ("orders;rev=1"); its bare name is the current revision's, and what belongs to it lies under that.
func apimAPIKinds() []arm.Kind {
	return []arm.Kind{
		apimChild(arm.Kind{
			Type: apiType, Status: arm.Status{Create: 200}, Name: arm.NameRule{Pattern: `^[^*#&+:<>?]+$`, Max: 256},
			ReadOnly: []string{"properties.isOnline"},
			Default:  apiDefault, Check: apiCheck, Compute: apiCompute, Saved: apiSaved, Find: apiFind, Deleted: apiDeleted,
		}),
		apimChild(arm.Kind{
			Type: operationType, Name: arm.NameRule{Max: 80}, Required: []string{"properties.displayName", "properties.method", "properties.urlTemplate"},
			Default: operationDefault, Check: operationCheck,
		}),
	}
}

// apimBare is an API's name without its revision.
func apimBare(name string) string {
	bare, _, _ := strings.Cut(name, revisionMark)
	return bare
}

// apiFind answers for a bare name with the current revision.
func apiFind(c *arm.Context, id arm.ID) *arm.Resource {
	if strings.Contains(id.Name(), revisionMark) {
		return nil
	}
	for _, api := range c.Under(id.Parent().String(), apiType) {
		if strings.EqualFold(apimBare(api.Name()), id.Name()) && api.Bool("properties.isCurrent") {
			return api
		}
	}
	return nil
}

func apiDefault(_ *arm.Context, r *arm.Resource) {
	_, revision, _ := strings.Cut(r.Name(), revisionMark)
	if revision == "" {
		revision = "1"
	}
	r.Default("properties.apiRevision", revision)
	r.Default("properties.type", "http")
	r.Default("properties.protocols", []any{"https"})
	r.Default("properties.subscriptionRequired", true)
	r.Default("properties.displayName", apimBare(r.Name()))
	r.Default("properties.authenticationSettings", arm.Object{})
	r.Default("properties.subscriptionKeyParameterNames.header", "Ocp-Apim-Subscription-Key")
	r.Default("properties.subscriptionKeyParameterNames.query", "subscription-key")
	for _, name := range []string{"apiRevisionDescription", "apiVersionDescription"} {
		if r.Str("properties."+name) == "" {
			r.Unset("properties." + name)
		}
	}
}

func apiCheck(c *arm.Context, r, _ *arm.Resource) error {
	service, path := r.ID.Parent(), r.Str("properties.path")
	if strings.HasPrefix(path, "/") || strings.ContainsAny(path, "*?#&") {
		return arm.BadRequest("ValidationError", "The path '%s' of the API %s is not valid.", path, r.Name())
	}
	for _, other := range c.Under(service.String(), apiType) {
		if !strings.EqualFold(apimBare(other.Name()), apimBare(r.Name())) && strings.EqualFold(other.Str("properties.path"), path) && other.Str("properties.apiVersion") == r.Str("properties.apiVersion") {
			return arm.BadRequest("ValidationError", "One or more fields contain incorrect values: Cannot create API '%s' with the same Path '%s' as API '%s'.", apimBare(r.Name()), path, apimBare(other.Name()))
		}
	}
	for _, member := range []string{"openid", "oAuth2"} {
		provider := r.Str("properties.authenticationSettings." + member + ".openidProviderId")
		if provider != "" && c.Get(service.Child("openidConnectProviders", provider).String()) == nil {
			return arm.BadRequest("ValidationError", "The OpenID Connect provider %s of the API %s was not found.", provider, r.Name())
		}
	}
	return importable(r)
}

func apiCompute(c *arm.Context, r, old *arm.Resource) {
	r.Set("properties.isOnline", true)
	current := old != nil && old.Bool("properties.isCurrent")
	if old == nil {
		found := apiFind(c, r.ID.Parent().Child("apis", apimBare(r.Name())))
		current = found == nil
	}
	r.Set("properties.isCurrent", current)
}

// apiSaved makes the operations of a document that came along.
func apiSaved(c *arm.Context, r, _ *arm.Resource) error {
	value, format := r.Str("properties.value"), r.Str("properties.format")
	if value == "" {
		return nil
	}
	operations, err := imported(value)
	if err != nil {
		return arm.BadRequest("ValidationError", "Parsing error(s): the document of the API %s (%s): %v.", r.Name(), format, err)
	}
	bare := r.ID.Parent().Child("apis", apimBare(r.Name()))
	for _, gone := range c.Under(bare.String(), operationType) {
		c.Remove(gone.ID.String())
	}
	for name, properties := range operations {
		c.Make(bare, "operations", name, arm.Object{"properties": properties})
	}
	r.Unset("properties.value")
	r.Unset("properties.format")
	c.Put(r)
	return nil
}

// apiDeleted removes what lies under the bare name with the last revision, and the API's place in products.
func apiDeleted(c *arm.Context, r *arm.Resource) {
	bare := r.ID.Parent().Child("apis", apimBare(r.Name()))
	for _, other := range c.Under(r.ID.Parent().String(), apiType) {
		if strings.EqualFold(apimBare(other.Name()), bare.Name()) {
			return
		}
	}
	apimUnlink(c, r, "apis")
	for _, child := range c.Under(bare.String(), "") {
		c.Remove(child.ID.String())
		apimChildDeleted(c, child)
	}
}

func operationDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.templateParameters", []any{})
	r.Default("properties.responses", []any{})
}

func operationCheck(c *arm.Context, r, _ *arm.Resource) error {
	template := r.Str("properties.urlTemplate")
	var declared []string
	for _, item := range r.List("properties.templateParameters") {
		o, _ := item.(arm.Object)
		declared = append(declared, text(o, "name"))
	}
	for _, found := range regexp.MustCompile(`\{\*?([^}]+)\}`).FindAllStringSubmatch(template, -1) {
		if !slices.Contains(declared, found[1]) {
			return arm.BadRequest("ValidationError", "One or more fields contain incorrect values: All template parameters used in the UriTemplate must be defined in the Operation, please ensure that '%s' is.", found[1])
		}
	}
	for _, other := range c.Under(r.ID.Parent().String(), operationType) {
		if other.ID.Key() != r.ID.Key() && other.Str("properties.method") == r.Str("properties.method") && other.Str("properties.urlTemplate") == template {
			return arm.BadRequest("ValidationError", "One or more fields contain incorrect values: Operation with the same method and URL template already exists: %s.", other.Name())
		}
	}
	return nil
}
