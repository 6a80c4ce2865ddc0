package kinds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	environmentType = "Microsoft.App/managedEnvironments"
	appType         = "Microsoft.App/containerApps"
)

// containerAppKinds are environments and container apps, in Microsoft.App.
func containerAppKinds() []arm.Kind {
	writes := arm.Async{Put: arm.ByOperation, Patch: arm.ByLocation, Delete: arm.ByLocation}
	return []arm.Kind{
		{
			Type: environmentType, Located: true, Async: writes, Status: arm.Status{Create: 201},
			Name:      arm.NameRule{Pattern: `^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$`, Min: 2, Max: 60},
			Immutable: []string{"properties.vnetConfiguration.infrastructureSubnetId", "properties.zoneRedundant", "properties.infrastructureResourceGroup"},
			ReadOnly: []string{
				"properties.defaultDomain", "properties.staticIp", "properties.customDomainConfiguration.customDomainVerificationId", "properties.eventStreamEndpoint",
			},
			WriteOnly: []string{"properties.appLogsConfiguration.logAnalyticsConfiguration.sharedKey", "properties.daprAIConnectionString"},
			Default:   environmentDefault, Check: environmentCheck, Compute: environmentCompute, Saved: environmentSaved,
			Deletable: environmentDeletable, Deleted: environmentDeleted,
		},
		{
			Type: appType, Located: true, Async: writes, Status: arm.Status{Create: 201},
			Name:      arm.NameRule{Pattern: `^[a-z]([-a-z0-9]*[a-z0-9])?$`, Min: 2, Max: 32},
			Immutable: []string{"properties.managedEnvironmentId"},
			ReadOnly: []string{
				"properties.latestRevisionName", "properties.latestRevisionFqdn", "properties.outboundIpAddresses", "properties.customDomainVerificationId", "properties.runningStatus",
			},
			Default: appDefault, Check: appCheck, Compute: appCompute, Show: appShow,
			Actions: map[string]arm.Action{"listSecrets": {Run: appSecrets}},
		},
	}
}

func environmentDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.zoneRedundant", false)
	r.Default("properties.peerAuthentication.mtls.enabled", false)
	r.Default("properties.peerTrafficConfiguration.encryption.enabled", false)
	r.Default("properties.infrastructureResourceGroup", fmt.Sprintf("ME_%s_%s_%s", r.Name(), r.ID.Group, r.Location()))
	if !r.Bool("properties.vnetConfiguration.internal") {
		r.Default("properties.publicNetworkAccess", "Enabled")
	}
	r.Default("properties.publicNetworkAccess", "Disabled")
}

func environmentCheck(c *arm.Context, r, old *arm.Resource) error {
	id := r.Str("properties.vnetConfiguration.infrastructureSubnetId")
	if id == "" || old != nil {
		return nil
	}
	subnet := c.Get(id)
	if subnet == nil {
		return arm.BadRequest("InvalidSubnetId", "The subnet '%s' was not found.", id)
	}
	if len(r.List("properties.workloadProfiles")) > 0 && !slices.Contains(delegatedTo(subnet), "Microsoft.App/environments") {
		return arm.BadRequest("ManagedEnvironmentSubnetDelegationError", "The subnet '%s' must be delegated to 'Microsoft.App/environments'.", id)
	}
	return nil
}

func environmentCompute(c *arm.Context, r, old *arm.Resource) {
	if old != nil {
		return
	}
	r.Set("properties.defaultDomain", fmt.Sprintf("%s.%s.azurecontainerapps.%s", "env-"+c.NewHex(4), r.Location(), c.Cloud().Domain))
	r.Set("properties.customDomainConfiguration.customDomainVerificationId", strings.ToUpper(c.NewHex(32)))
	r.Set("properties.eventStreamEndpoint", c.Cloud().Endpoint+r.ID.String()+"/eventstream")
	r.Set("properties.staticIp", "20.50.2.1")
	if subnet := c.Get(r.Str("properties.vnetConfiguration.infrastructureSubnetId")); subnet != nil && r.Bool("properties.vnetConfiguration.internal") {
		r.Set("properties.staticIp", freeAddress(c, subnet))
	}
}

// environmentSaved makes the group of the infrastructure, which Azure manages.
func environmentSaved(c *arm.Context, r, _ *arm.Resource) error {
	id, err := arm.ParseID(infrastructureGroup(r))
	if err != nil || c.Get(id.String()) != nil {
		return nil //nolint:nilerr // a name that is no group's was refused before
	}
	c.Put(&arm.Resource{ID: id, Body: arm.Object{
		"location": r.Location(), "managedBy": r.ID.String(), "tags": r.Obj("tags"), "properties": arm.Object{"provisioningState": "Succeeded"},
	}})
	return nil
}

func infrastructureGroup(r *arm.Resource) string {
	return "/subscriptions/" + r.ID.Subscription + "/resourceGroups/" + r.Str("properties.infrastructureResourceGroup")
}

func environmentDeletable(c *arm.Context, r *arm.Resource) error {
	if users := c.Users(r.ID.String(), appType); len(users) > 0 {
		return arm.Conflict("ManagedEnvironmentHasContainerApps", "The environment '%s' has container apps: '%s'.", r.Name(), users[0].Name())
	}
	return nil
}

func environmentDeleted(c *arm.Context, r *arm.Resource) { c.Remove(infrastructureGroup(r)) }

func appDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.configuration.activeRevisionsMode", "Single")
	r.Default("properties.configuration.maxInactiveRevisions", 100)
	r.Default("properties.workloadProfileName", "Consumption")
	r.Default("properties.template.revisionSuffix", "")
	r.Default("properties.template.scale.maxReplicas", 10)
	r.Default("properties.template.scale.cooldownPeriod", 300)
	r.Default("properties.template.scale.pollingInterval", 30)
	if r.Has("properties.configuration.ingress") {
		r.Default("properties.configuration.ingress.external", false)
		r.Default("properties.configuration.ingress.allowInsecure", false)
		r.Default("properties.configuration.ingress.transport", "Auto")
		r.Default("properties.configuration.ingress.exposedPort", 0)
	}
	for _, container := range r.List("properties.template.containers") {
		if o, ok := container.(arm.Object); ok {
			if _, has := arm.Lookup(o, "resources.ephemeralStorage"); !has {
				arm.Assign(o, "resources.ephemeralStorage", ephemeral(o))
			}
		}
	}
}

// ephemeral is the disk of a container, which grows with its CPU.
func ephemeral(container arm.Object) string {
	cpu, _ := arm.Lookup(container, "resources.cpu")
	n, _ := cpu.(float64)
	switch {
	case n <= 0.25:
		return "1Gi"
	case n <= 0.5:
		return "2Gi"
	case n <= 1:
		return "4Gi"
	default:
		return "8Gi"
	}
}

func appCheck(c *arm.Context, r, _ *arm.Resource) error {
	id := r.Str("properties.managedEnvironmentId")
	environment := c.Get(id)
	if environment == nil {
		return arm.BadRequest("ManagedEnvironmentNotFound", "The managed environment '%s' was not found.", id)
	}
	known := map[string]bool{}
	for _, s := range r.List("properties.configuration.secrets") {
		secret, _ := s.(arm.Object)
		known[fmt.Sprint(secret["name"])] = true
	}
	for _, o := range r.List("properties.template.containers") {
		container, _ := o.(arm.Object)
		env, _ := container["env"].([]any)
		for _, e := range env {
			variable, _ := e.(arm.Object)
			if ref, _ := variable["secretRef"].(string); ref != "" && !known[ref] {
				return arm.BadRequest("ContainerAppSecretRefNotFound", "SecretRef '%s' defined for container '%v' not found.", ref, container["name"])
			}
		}
	}
	return nil
}

func appCompute(c *arm.Context, r, old *arm.Resource) {
	domain := ""
	if environment := c.Get(r.Str("properties.managedEnvironmentId")); environment != nil {
		domain = environment.Str("properties.defaultDomain")
		r.Set("properties.customDomainVerificationId", environment.Str("properties.customDomainConfiguration.customDomainVerificationId"))
		r.Set("properties.outboundIpAddresses", []any{environment.Str("properties.staticIp")})
	}
	r.Set("properties.environmentId", r.Str("properties.managedEnvironmentId"))
	r.Set("properties.runningStatus", "Running")
	if old == nil || fmt.Sprint(old.Get("properties.template")) != fmt.Sprint(r.Get("properties.template")) {
		suffix := r.Str("properties.template.revisionSuffix")
		if suffix == "" {
			suffix = c.NewHex(4)
		}
		r.Set("properties.latestRevisionName", r.Name()+"--"+suffix)
	}
	if !r.Has("properties.configuration.ingress") {
		return
	}
	if !r.Bool("properties.configuration.ingress.external") {
		domain = "internal." + domain
	}
	r.Set("properties.configuration.ingress.fqdn", r.Name()+"."+domain)
	r.Set("properties.latestRevisionFqdn", r.Str("properties.latestRevisionName")+"."+domain)
}

// appShow leaves out the values of secrets; listSecrets has them.
func appShow(_ *arm.Context, r *arm.Resource) {
	list := r.List("properties.configuration.secrets")
	for _, s := range list {
		if secret, ok := s.(arm.Object); ok {
			delete(secret, "value")
		}
	}
	if list != nil {
		r.Set("properties.configuration.secrets", list)
	}
}

func appSecrets(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	list := r.List("properties.configuration.secrets")
	if list == nil {
		list = []any{}
	}
	return arm.Object{"value": list}, nil
}
