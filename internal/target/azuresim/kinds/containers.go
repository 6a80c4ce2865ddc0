package kinds

import (
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const registryType = "Microsoft.ContainerRegistry/registries"

// containerKinds are registries and their copies, in Microsoft.ContainerRegistry.
func containerKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: registryType, Located: true, Async: arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation, Delete: arm.ByLocation}, Status: arm.Status{Create: 201, Update: 201},
			Name:     arm.NameRule{Pattern: `^[a-zA-Z0-9]+$`, Min: 5, Max: 50, Unique: true, Taken: "AlreadyInUse"},
			Required: []string{"sku.name"}, Immutable: []string{"properties.zoneRedundancy"},
			ReadOnly: []string{"properties.loginServer", "properties.creationDate", "properties.dataEndpointHostNames", "properties.privateEndpointConnections"},
			Default:  registryDefault, Check: registryCheck, Compute: registryCompute,
			Actions: map[string]arm.Action{
				"listCredentials":      {Run: registryCredentials},
				"regenerateCredential": {Run: registryRegenerate},
			},
		},
		{
			Type: registryType + "/replications", Located: true, Async: arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation, Delete: arm.ByLocation},
			Status: arm.Status{Create: 201, Update: 201}, Name: arm.NameRule{Pattern: `^[a-zA-Z0-9]+$`, Max: 50},
			Default: replicationDefault, Check: replicationCheck,
		},
	}
}

func registryDefault(_ *arm.Context, r *arm.Resource) {
	r.Set("sku.tier", r.Str("sku.name"))
	for path, v := range map[string]any{
		"adminUserEnabled": false, "anonymousPullEnabled": false, "dataEndpointEnabled": false, "publicNetworkAccess": "Enabled",
		"networkRuleBypassOptions": "AzureServices", "networkRuleBypassAllowedForTasks": false, "zoneRedundancy": "Disabled",
		"roleAssignmentMode": "LegacyRegistryPermissions", "encryption": arm.Object{"status": "disabled"},
		"policies.quarantinePolicy.status": "disabled", "policies.retentionPolicy.days": 7, "policies.retentionPolicy.status": "disabled",
		"policies.exportPolicy.status": "enabled", "policies.azureADAuthenticationAsArmPolicy.status": "enabled",
		"policies.trustPolicy":      arm.Object{"type": "Notary", "status": "disabled"},
		"policies.softDeletePolicy": arm.Object{"retentionDays": 7, "status": "disabled"},
	} {
		r.Default("properties."+path, v)
	}
	if r.Str("sku.name") == "Premium" {
		r.Default("properties.networkRuleSet", arm.Object{"defaultAction": "Allow", "ipRules": []any{}})
		r.Default("properties.networkRuleSet.ipRules", []any{})
	}
}

func registryCheck(_ *arm.Context, r, _ *arm.Resource) error {
	size := r.Str("sku.name")
	premium := size == "Premium"
	switch {
	case !slices.Contains([]string{"Basic", "Standard", "Premium"}, size):
		return arm.BadRequest("InvalidSku", "The SKU '%s' is none of Container Registry.", size)
	case !premium && r.Str("properties.publicNetworkAccess") == "Disabled":
		return arm.BadRequest("UnsupportedOperation", "Only a Premium registry can be without public network access.")
	case !premium && r.Str("properties.zoneRedundancy") == "Enabled":
		return arm.BadRequest("UnsupportedOperation", "Only a Premium registry is zone redundant.")
	case !premium && r.Bool("properties.dataEndpointEnabled"):
		return arm.BadRequest("UnsupportedOperation", "Only a Premium registry has data endpoints of its own.")
	case r.Str("properties.policies.exportPolicy.status") == "disabled" && r.Str("properties.publicNetworkAccess") == "Enabled":
		return arm.BadRequest("UnsupportedOperation", "Export can be disabled only where public network access is.")
	case size == "Basic" && r.Bool("properties.anonymousPullEnabled"):
		return arm.BadRequest("UnsupportedOperation", "A Basic registry has no anonymous pull.")
	}
	return nil
}

func registryCompute(c *arm.Context, r, old *arm.Resource) {
	r.Set("properties.loginServer", c.Host("azurecr", r.Name()))
	hosts := []any{}
	if r.Bool("properties.dataEndpointEnabled") {
		hosts = append(hosts, fmt.Sprintf("%s.%s.data.azurecr.%s", r.Name(), r.Location(), c.Cloud().Domain))
	}
	r.Set("properties.dataEndpointHostNames", hosts)
	if old == nil {
		r.Set("properties.creationDate", c.Now())
		r.Hide("password", c.NewKey(36))
		r.Hide("password2", c.NewKey(36))
	}
}

func registryCredentials(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	if !r.Bool("properties.adminUserEnabled") {
		return nil, arm.BadRequest("UnAuthorizedForCredentialOperations", "The admin user of the registry '%s' is disabled.", r.Name())
	}
	return arm.Object{"username": r.Name(), "passwords": []any{
		arm.Object{"name": "password", "value": r.Secret("password")}, arm.Object{"name": "password2", "value": r.Secret("password2")},
	}}, nil
}

func registryRegenerate(c *arm.Context, r *arm.Resource, in arm.Object) (any, error) {
	name, _ := in["name"].(string)
	if name != "password" && name != "password2" {
		return nil, arm.BadRequest("InvalidParameter", "The name is password or password2.")
	}
	r.Hide(name, c.NewKey(36))
	c.Put(r)
	return registryCredentials(c, r, nil)
}

func replicationDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.regionEndpointEnabled", true)
	r.Default("properties.zoneRedundancy", "Disabled")
	r.Set("properties.status", arm.Object{"displayStatus": "Ready"})
}

func replicationCheck(c *arm.Context, r, _ *arm.Resource) error {
	registry := c.Get(r.ID.Parent().String())
	if registry != nil && registry.Str("sku.name") != "Premium" {
		return arm.BadRequest("UnsupportedOperation", "Only a Premium registry has replications.")
	}
	return nil
}
