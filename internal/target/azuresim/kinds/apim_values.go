package kinds

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const namedValueType = apimType + "/namedValues"

// apimValueKinds are named values, backends, loggers, diagnostics and OpenID Connect providers.
func apimValueKinds() []arm.Kind {
	return []arm.Kind{
		apimChild(arm.Kind{
			Type: namedValueType, Required: []string{"properties.displayName"}, ReadOnly: []string{"properties.keyVault.lastStatus"},
			Default: namedValueDefault, Check: namedValueCheck, Compute: namedValueCompute, Deletable: namedValueDeletable,
			Actions: map[string]arm.Action{
				"listValue": {Run: func(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
					return arm.Object{"value": namedValue(r)}, nil
				}},
				"refreshSecret": {Async: arm.ByLocation, Run: func(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
					return arm.Object{"id": r.ID.String()}, nil
				}},
			},
		}),
		apimChild(arm.Kind{
			Type: apimType + "/backends", Required: []string{"properties.url", "properties.protocol"}, Name: arm.NameRule{Max: 80}, Check: backendCheck,
			Deletable: func(c *arm.Context, r *arm.Resource) error { return apimUnused(c, r, "backend-id=\""+r.Name()+"\"") },
		}),
		apimChild(arm.Kind{
			Type: apimType + "/caches", Required: []string{"properties.connectionString", "properties.useFromLocation"}, Check: cacheCheck,
			Default: func(_ *arm.Context, r *arm.Resource) { r.Default("properties.useFromLocation", "default") }, Compute: cacheCompute,
		}),
		apimChild(arm.Kind{
			Type: apimType + "/loggers", Required: []string{"properties.loggerType"}, Check: loggerCheck, Compute: loggerCompute,
			Default: func(_ *arm.Context, r *arm.Resource) { r.Default("properties.isBuffered", true) },
			Deletable: func(c *arm.Context, r *arm.Resource) error {
				return unused(c, r, "ValidationError", apimType+"/diagnostics")
			},
		}),
		apimChild(arm.Kind{
			Type: apimType + "/diagnostics", Name: arm.NameRule{Pattern: `^(applicationinsights|azuremonitor|local)$`}, Required: []string{"properties.loggerId"}, Default: diagnosticDefault, Check: diagnosticCheck,
		}),
		apimChild(arm.Kind{
			Type: apimType + "/openidConnectProviders", Required: []string{"properties.displayName", "properties.metadataEndpoint", "properties.clientId"},
			WriteOnly: []string{"properties.clientSecret"},
			Actions: map[string]arm.Action{"listSecrets": {Run: func(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
				return arm.Object{"clientSecret": r.Secret("properties.clientSecret")}, nil
			}}},
		}),
	}
}

func namedValueDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.secret", false)
	r.Default("properties.tags", []any{})
}

func namedValueCheck(c *arm.Context, r, _ *arm.Resource) error {
	vault := r.Str("properties.keyVault.secretIdentifier")
	service := c.Get(r.ID.Parent().String())
	switch {
	case vault == "" && r.Str("properties.value") == "":
		return arm.BadRequest("ValidationError", "The named value %s needs a value or a secret of Key Vault.", r.Name())
	case vault != "" && !service.Has("identity"):
		return arm.BadRequest("ValidationError", "The service %s has no managed identity to read %s with.", service.Name(), vault)
	case vault != "" && !r.Bool("properties.secret"):
		return arm.BadRequest("ValidationError", "A named value from Key Vault must be a secret.")
	}
	for _, other := range c.Under(service.ID.String(), namedValueType) {
		if other.ID.Key() != r.ID.Key() && strings.EqualFold(other.Str("properties.displayName"), r.Str("properties.displayName")) {
			return arm.BadRequest("ValidationError", "The display name %s is that of the named value %s already.", r.Str("properties.displayName"), other.Name())
		}
	}
	return nil
}

func namedValueCompute(c *arm.Context, r, _ *arm.Resource) {
	if r.Has("properties.keyVault") {
		r.Set("properties.keyVault.lastStatus", arm.Object{"code": "Success", "timeStampUtc": c.Now().Format(time.RFC3339)})
	}
	if r.Bool("properties.secret") {
		if value := r.Str("properties.value"); value != "" {
			r.Hide("value", value)
		}
		r.Unset("properties.value")
	}
}

// namedValue is a value, whether it is shown or not.
func namedValue(r *arm.Resource) string {
	if r.Bool("properties.secret") {
		return r.Secret("value")
	}
	return r.Str("properties.value")
}

func namedValueDeletable(c *arm.Context, r *arm.Resource) error {
	return apimUnused(c, r, "{{"+r.Str("properties.displayName")+"}}")
}

// apimUnused refuses to delete what a policy mentions.
func apimUnused(c *arm.Context, r *arm.Resource, mention string) error {
	for _, policy := range c.Under(r.ID.Parent().String(), "") {
		if strings.HasSuffix(policy.ID.Type(), "/policies") && strings.Contains(policy.Str("properties.value"), mention) {
			return arm.BadRequest("ValidationError", "%s is in use by the policy %s.", r.ID, policy.ID)
		}
	}
	return nil
}

func backendCheck(_ *arm.Context, r, _ *arm.Resource) error {
	address, err := url.Parse(r.Str("properties.url"))
	if err != nil || !slices.Contains([]string{"http", "https"}, address.Scheme) || address.Host == "" {
		return arm.BadRequest("ValidationError", "The backend %s needs a URL that starts with http:// or https://.", r.Name())
	}
	if !slices.Contains([]string{"http", "soap"}, r.Str("properties.protocol")) {
		return arm.BadRequest("ValidationError", "The protocol of a backend is http or soap.")
	}
	return nil
}

// cacheCheck refuses a Redis that is not there, and a second cache for one place.
func cacheCheck(c *arm.Context, r, _ *arm.Resource) error {
	if id := r.Str("properties.resourceId"); id != "" {
		if i := strings.Index(strings.ToLower(id), "/subscriptions/"); i < 0 || c.Get(id[i:]) == nil {
			return arm.BadRequest("ValidationError", "The resource %s of the cache %s was not found.", id, r.Name())
		}
	}
	for _, other := range c.Under(r.ID.Parent().String(), apimType+"/caches") {
		if other.ID.Key() != r.ID.Key() && strings.EqualFold(other.Str("properties.useFromLocation"), r.Str("properties.useFromLocation")) {
			return arm.BadRequest("ValidationError", "The location %s has the cache %s already.", r.Str("properties.useFromLocation"), other.Name())
		}
	}
	return nil
}

// cacheCompute shows the connection string as a reference to a named value, as Azure does.
func cacheCompute(c *arm.Context, r, old *arm.Resource) {
	if s := r.Str("properties.connectionString"); !strings.HasPrefix(s, "{{") {
		r.Hide("properties.connectionString", s)
		shown := "{{" + c.NewHex(24) + "}}"
		if old != nil {
			shown = old.Str("properties.connectionString")
		}
		r.Set("properties.connectionString", shown)
	}
}

func loggerCheck(c *arm.Context, r, _ *arm.Resource) error {
	if id := r.Str("properties.resourceId"); id != "" && c.Get(id) == nil {
		return arm.BadRequest("ValidationError", "The resource %s of the logger %s was not found.", id, r.Name())
	}
	if r.Str("properties.loggerType") == "applicationInsights" && len(r.Obj("properties.credentials")) == 0 {
		return arm.BadRequest("ValidationError", "The logger %s needs credentials.", r.Name())
	}
	return nil
}

// loggerCompute shows credentials as references to named values, as Azure does.
func loggerCompute(c *arm.Context, r, old *arm.Resource) {
	credentials := r.Obj("properties.credentials")
	for name, value := range credentials {
		s, _ := value.(string)
		if name == "identityClientId" || name == "endpointAddress" || strings.HasPrefix(s, "{{") {
			continue
		}
		r.Hide("properties.credentials."+name, s)
		shown := "{{Logger-Credentials--" + c.NewHex(12) + "}}"
		if old != nil {
			if was := old.Str("properties.credentials." + name); was != "" {
				shown = was
			}
		}
		credentials[name] = shown
	}
}

func diagnosticDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.sampling.samplingType", "fixed")
	r.Default("properties.sampling.percentage", 100)
	r.Default("properties.verbosity", "information")
	r.Default("properties.logClientIp", true)
	if r.Name() == "applicationinsights" {
		r.Default("properties.httpCorrelationProtocol", "Legacy")
	}
}

func diagnosticCheck(c *arm.Context, r, _ *arm.Resource) error {
	id := r.Str("properties.loggerId")
	if c.Get(id) == nil && c.Get(r.ID.Parent().String()+"/"+strings.TrimPrefix(id, "/")) == nil {
		return arm.BadRequest("ValidationError", "The logger %s of the diagnostic %s was not found.", id, r.Name())
	}
	return nil
}
