package kinds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	apimType        = "Microsoft.ApiManagement/service"
	apimDeletedType = "Microsoft.ApiManagement/locations/deletedServices"
	apimKeyBytes    = 32
	apimKeptHours   = 48
	apimNoNetwork   = "None"
)

// apimKinds are API Management services and what they hold, in Microsoft.ApiManagement.
func apimKinds() []arm.Kind {
	return slices.Concat([]arm.Kind{apimServiceKind(), apimDeletedKind()}, apimSettingKinds(), apimValueKinds(), apimAPIKinds(), apimPolicyKinds(), apimProductKinds())
}

// A deletion is answered at once: azurerm waits 20 seconds before it asks how an operation of API Management goes.
func apimServiceKind() arm.Kind {
	return arm.Kind{
		Type: apimType, Located: true, Async: arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation}, Status: arm.Status{Create: 201},
		Name:     arm.NameRule{Pattern: `^[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$`, Max: 50, Unique: true, Taken: "ServiceAlreadyExists"},
		Required: []string{"sku.name"}, ReadOnly: apimComputed(), Default: apimDefault, Check: apimCheck, Compute: apimCompute, Saved: apimSaved, Deleted: apimDeleted,
	}
}

func apimComputed() []string {
	return []string{
		"properties.gatewayUrl", "properties.gatewayRegionalUrl", "properties.portalUrl", "properties.developerPortalUrl", "properties.managementApiUrl", "properties.scmUrl",
		"properties.publicIPAddresses", "properties.privateIPAddresses", "properties.createdAtUtc", "properties.platformVersion", "properties.targetProvisioningState",
		"properties.privateEndpointConnections", "properties.outboundPublicIPAddresses",
	}
}

func apimDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.virtualNetworkType", apimNoNetwork)
	r.Default("properties.publicNetworkAccess", "Enabled")
	r.Default("properties.disableGateway", false)
	r.Default("properties.enableClientCertificate", false)
	r.Default("properties.notificationSenderEmail", "apimgmt-noreply@mail.windowsazure.com")
	r.Default("properties.natGatewayState", "Disabled")
	r.Default("properties.developerPortalStatus", "Enabled")
	r.Default("properties.customProperties", arm.Object{})
	r.Default("properties.apiVersionConstraint", arm.Object{})
	r.Default("sku.capacity", 1)
	if r.Str("identity.type") == "None" {
		r.Unset("identity")
	}
}

func apimCheck(c *arm.Context, r, old *arm.Resource) error {
	if err := apimSoftDeleted(c, r, old); err != nil || r.Bool("properties.restore") {
		return err
	}
	tier := r.Str("sku.name")
	switch {
	case !slices.Contains([]string{"Consumption", "Developer", "Basic", "BasicV2", "Standard", "StandardV2", "Premium", "PremiumV2"}, tier):
		return arm.BadRequest("InvalidParameters", "The SKU '%s' is none of API Management.", tier)
	case r.Str("properties.publisherEmail") == "" || r.Str("properties.publisherName") == "":
		return arm.BadRequest("InvalidParameters", "Invalid parameter: 'publisherEmail' and 'publisherName' are required.")
	case len(r.List("zones")) > 0 && tier != "Premium":
		return arm.BadRequest("InvalidParameters", "Availability zones are for the SKU Premium only.")
	case r.Str("properties.publicNetworkAccess") == "Disabled" && old == nil:
		return arm.BadRequest("ActivateServiceWithPrivateEndpointAccessNotAllowed", "Blocking all public network access by setting property `publicNetworkAccess` of API Management service %s is not enabled during service creation.", r.Name())
	case r.Str("properties.publicNetworkAccess") == "Disabled" && len(c.Users(r.ID.String(), endpointType)) == 0:
		return arm.BadRequest("PublicNetworkAccessDisabledWithoutPrivateEndpoint", "At least one approved private endpoint connection is required to disable public network access to API Management service %s.", r.Name())
	}
	return apimNetwork(c, r)
}

// apimNetwork holds a service to a subnet that its tier can use.
func apimNetwork(c *arm.Context, r *arm.Resource) error {
	kind, id, tier := r.Str("properties.virtualNetworkType"), r.Str("properties.virtualNetworkConfiguration.subnetResourceId"), r.Str("sku.name")
	if kind == apimNoNetwork {
		return nil
	}
	if id == "" {
		return arm.BadRequest("InvalidParameters", "virtualNetworkConfiguration.subnetResourceId is required for the virtual network type %s.", kind)
	}
	switch tier {
	case "StandardV2":
		if kind == "Internal" {
			return arm.BadRequest("InvalidParameters", "The SKU StandardV2 takes only the virtual network type External.")
		}
		return delegated(c, r, id, "Microsoft.Web/serverFarms")
	case "PremiumV2":
		return delegated(c, r, id, "Microsoft.Web/hostingEnvironments")
	case "Developer", "Premium":
		return exists(c, r, id)
	}
	return arm.BadRequest("InvalidParameters", "The SKU %s cannot be in a virtual network.", tier)
}

func apimCompute(c *arm.Context, r, old *arm.Resource) {
	host := c.Host("azure-api", r.Name())
	r.Set("properties.gatewayUrl", "https://"+host)
	if !strings.HasSuffix(r.Str("sku.name"), "V2") && r.Str("sku.name") != "Consumption" {
		r.Set("properties.gatewayRegionalUrl", "https://"+c.Host("regional.azure-api", r.Name()+"-"+r.Location()+"-01"))
		r.Set("properties.portalUrl", "https://"+c.Host("portal.azure-api", r.Name()))
		r.Set("properties.managementApiUrl", "https://"+c.Host("management.azure-api", r.Name()))
		r.Set("properties.scmUrl", "https://"+c.Host("scm.azure-api", r.Name()))
	}
	r.Set("properties.developerPortalUrl", "https://"+c.Host("developer.azure-api", r.Name()))
	r.Set("properties.platformVersion", "stv2.1")
	r.Set("properties.targetProvisioningState", "")
	if old == nil {
		r.Set("properties.createdAtUtc", c.Now().Format("2006-01-02T15:04:05.0000000Z"))
		r.Set("properties.publicIPAddresses", []any{fmt.Sprintf("198.51.100.%d", 10+len(c.Under("", apimType))%200)})
	}
	apimAddresses(c, r, old)
	for _, item := range r.List("properties.hostnameConfigurations") {
		if o, is := item.(arm.Object); is && o["keyVaultId"] != nil {
			o["certificateSource"], o["certificateStatus"] = "KeyVault", "Completed"
		}
	}
	for _, item := range r.List("properties.additionalLocations") {
		o, is := item.(arm.Object)
		if is && o["gatewayRegionalUrl"] == nil {
			o["gatewayRegionalUrl"] = "https://" + c.Host("regional.azure-api", r.Name()+"-"+strings.ToLower(strings.ReplaceAll(text(o, "location"), " ", ""))+"-01")
		}
	}
}

// apimAddresses gives a service in a subnet the private address that it keeps there.
func apimAddresses(c *arm.Context, r, old *arm.Resource) {
	kind, id := r.Str("properties.virtualNetworkType"), r.Str("properties.virtualNetworkConfiguration.subnetResourceId")
	if kind != "Internal" || id == "" {
		r.Unset("properties.privateIPAddresses")
		return
	}
	if old != nil && strings.EqualFold(old.Str("properties.virtualNetworkConfiguration.subnetResourceId"), id) && len(old.List("properties.privateIPAddresses")) > 0 {
		r.Set("properties.privateIPAddresses", old.List("properties.privateIPAddresses"))
		return
	}
	r.Set("properties.privateIPAddresses", []any{freeAddress(c, c.Get(id))})
}

// apimSaved makes what every service begins with, or brings back what a deleted one had.
func apimSaved(c *arm.Context, r, old *arm.Resource) error {
	if old != nil {
		return nil
	}
	if r.Bool("properties.restore") {
		return apimRestore(c, r)
	}
	for name, description := range map[string]string{
		"administrators": "Administrators is a built-in group containing the admin email account provided at the time of service creation.",
		"developers":     "Developers is a built-in group. Its membership is managed by the system. Signed-in users fall into this group.",
		"guests":         "Guests is a built-in group. Its membership is managed by the system. Unauthenticated users visiting the developer portal fall into this group.",
	} {
		c.Make(r.ID, "groups", name, arm.Object{"properties": arm.Object{"displayName": strings.ToUpper(name[:1]) + name[1:], "description": description, "builtIn": true, "type": "system"}})
	}
	c.Make(r.ID, "users", "1", arm.Object{"properties": arm.Object{
		"email": r.Str("properties.publisherEmail"), "firstName": "Administrator", "lastName": "", "state": "active", "registrationDate": r.Str("properties.createdAtUtc"), "identities": []any{},
	}})
	c.Put(&arm.Resource{
		ID: r.ID.Child("subscriptions", "master"), Hidden: arm.Object{"properties.primaryKey": c.NewHex(16), "properties.secondaryKey": c.NewHex(16)},
		Body: arm.Object{"properties": arm.Object{"scope": r.ID.String() + "/", "displayName": "Built-in all-access subscription", "state": "active", "allowTracing": false, "createdDate": r.Str("properties.createdAtUtc")}},
	})
	for name, properties := range map[string]arm.Object{
		"signin": {"enabled": false}, "signup": {"enabled": true, "termsOfService": arm.Object{"enabled": false, "consentRequired": false}},
		"delegation": {"subscriptions": arm.Object{"enabled": false}, "userRegistration": arm.Object{"enabled": false}},
	} {
		c.Make(r.ID, "portalsettings", name, arm.Object{"properties": properties})
	}
	c.Put(&arm.Resource{
		ID: r.ID.Child("tenant", "access"), Body: arm.Object{"properties": arm.Object{"enabled": false, "id": "integration"}},
		Hidden: arm.Object{"primaryKey": c.NewKey(apimKeyBytes), "secondaryKey": c.NewKey(apimKeyBytes)},
	})
	return nil
}
