package kinds

import (
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
	"github.com/terrace-idp/terrace/internal/target/azuresim/vault"
)

const (
	vaultDeletedType = "Microsoft.KeyVault/locations/deletedVaults"
	vaultKeptDays    = 90
	vaultMinKeptDays = 7
)

// keyVaultKinds are vaults and those that were deleted softly, in Microsoft.KeyVault. What is in them is package vault's.
func keyVaultKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: vault.Type, Located: true,
			Name:     arm.NameRule{Pattern: `^[A-Za-z](-?[A-Za-z0-9])+$`, Min: 3, Max: 24, Unique: true, Taken: "VaultAlreadyExists"},
			Required: []string{"properties.sku.name", "properties.tenantId"},
			ReadOnly: []string{"properties.vaultUri", "properties.privateEndpointConnections"},
			Default:  vaultDefault, Check: vaultCheck, Compute: vaultCompute, Saved: vaultSaved, Deleted: vaultDeleted,
		},
		{
			Type: vaultDeletedType, Scopes: arm.InSubscription, NoSystemData: true, NoProvisioningState: true,
			Check: func(*arm.Context, *arm.Resource, *arm.Resource) error {
				return arm.Errorf(405, "MethodNotAllowed", "A deleted vault is only read, purged, or recovered by making it again.")
			},
			Actions: map[string]arm.Action{"purge": {Run: vaultPurge, Async: arm.ByLocation}},
		},
		vaultObjectKind("keys"), vaultObjectKind("secrets"), vaultObjectKind("certificates"),
		{Type: "Microsoft.KeyVault/deletedVaults", Scopes: arm.InSubscription, Search: vaultsDeleted},
		{Type: "Microsoft.KeyVault/checkNameAvailability", Scopes: arm.InSubscription, Post: vaultNameFree},
	}
}

// vaultObjectKind makes keys, secrets or certificates scopes that roles can be given on; they live in the data plane.
func vaultObjectKind(kind string) arm.Kind {
	return arm.Kind{
		Type: vault.Type + "/" + kind, NoProvisioningState: true, NoSystemData: true, Find: vault.Object,
		Check: func(*arm.Context, *arm.Resource, *arm.Resource) error {
			return arm.Errorf(405, "MethodNotAllowed", "The simulated vault takes %s through its data plane alone.", kind)
		},
	}
}

func vaultDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.accessPolicies", []any{})
	r.Default("properties.enableSoftDelete", true)
	r.Default("properties.softDeleteRetentionInDays", vaultKeptDays)
	r.Default("properties.enableRbacAuthorization", false)
	r.Default("properties.enabledForDeployment", false)
	r.Default("properties.publicNetworkAccess", "Enabled")
	r.Default("properties.sku.family", "A")
}

func vaultCheck(c *arm.Context, r, old *arm.Resource) error {
	days := r.Num("properties.softDeleteRetentionInDays")
	switch {
	case !slices.Contains([]string{"standard", "premium"}, strings.ToLower(r.Str("properties.sku.name"))):
		return arm.BadRequest("BadRequest", "The parameter sku has an invalid value: %s.", r.Str("properties.sku.name"))
	case r.Str("properties.tenantId") != c.Cloud().TenantID:
		return arm.BadRequest("BadRequest", "The tenant ID '%s' is not that of the subscription.", r.Str("properties.tenantId"))
	case days < vaultMinKeptDays || days > vaultKeptDays:
		return arm.BadRequest("BadRequest", "The property \"softDeleteRetentionInDays\" must be in the range of 7 to 90.")
	case old != nil && old.Num("properties.softDeleteRetentionInDays") != days:
		return arm.BadRequest("BadRequest", "The property \"softDeleteRetentionInDays\" has been set already and it can't be modified.")
	case old != nil && old.Bool("properties.enablePurgeProtection") && !r.Bool("properties.enablePurgeProtection"):
		return arm.BadRequest("BadRequest", "The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.")
	case r.Has("properties.enablePurgeProtection") && !r.Bool("properties.enablePurgeProtection"):
		return arm.BadRequest("BadRequest", "The property \"enablePurgeProtection\" cannot be set to false.")
	}
	for _, rule := range r.List("properties.networkAcls.virtualNetworkRules") {
		one, _ := rule.(arm.Object)
		if c.Get(text(one, "id")) == nil {
			return arm.BadRequest("BadRequest", "The subnet '%s' was not found.", text(one, "id"))
		}
	}
	return vaultRecovers(c, r, old)
}

// vaultRecovers refuses a new vault whose name a deleted one has, unless that one is to come back.
func vaultRecovers(c *arm.Context, r, old *arm.Resource) error {
	mode := r.Str("properties.createMode")
	kept := vaultKept(c, r.Name())
	switch {
	case old != nil:
		return nil
	case strings.EqualFold(mode, "recover") && kept == nil:
		return arm.NotFound("DeletedVaultNotFound", "The specified deleted vault '%s' does not exist.", r.Name())
	case strings.EqualFold(mode, "recover"):
		r.Set("properties.softDeleteRetentionInDays", kept.Hidden["days"])
		if protected, _ := kept.Hidden["protected"].(bool); protected {
			r.Set("properties.enablePurgeProtection", true)
		}
	case kept != nil:
		return arm.Conflict("ConflictError", "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.")
	}
	return nil
}

// vaultKept is the deleted vault of a name, as long as it is kept.
func vaultKept(c *arm.Context, name string) *arm.Resource {
	for _, kept := range c.Under("", vaultDeletedType) {
		if !strings.EqualFold(kept.Name(), name) {
			continue
		}
		if end, err := time.Parse(time.RFC3339, kept.Str("properties.scheduledPurgeDate")); err == nil && end.Before(c.Now()) {
			vault.Forget(c, name)
			c.Remove(kept.ID.String())
			continue
		}
		return kept
	}
	return nil
}

func vaultCompute(c *arm.Context, r, _ *arm.Resource) {
	r.Set("properties.vaultUri", "https://"+c.Host("vault", r.Name())+"/")
}

func vaultSaved(c *arm.Context, r, _ *arm.Resource) error {
	if r.Has("properties.createMode") {
		r.Unset("properties.createMode")
		c.Put(r)
	}
	if kept := vaultKept(c, r.Name()); kept != nil {
		c.Remove(kept.ID.String())
	}
	return nil
}

// vaultDeleted keeps a deleted vault, and what is in it, for the days that it says.
func vaultDeleted(c *arm.Context, r *arm.Resource) {
	id, err := arm.ParseID("/subscriptions/" + r.ID.Subscription + "/providers/Microsoft.KeyVault/locations/" + r.Location() + "/deletedVaults/" + r.Name())
	if err != nil {
		return
	}
	days := r.Num("properties.softDeleteRetentionInDays")
	properties := arm.Object{
		"vaultId": r.ID.String(), "location": r.Location(), "deletionDate": c.Now().Format(time.RFC3339), "tags": r.Get("tags"),
		"scheduledPurgeDate": c.Now().Add(time.Duration(days) * 24 * time.Hour).Format(time.RFC3339),
	}
	protected := r.Bool("properties.enablePurgeProtection")
	if protected {
		properties["purgeProtectionEnabled"] = true
	}
	c.Put(&arm.Resource{ID: id, Body: arm.Object{"properties": properties}, Hidden: arm.Object{"days": days, "protected": protected}})
}

func vaultPurge(c *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	if protected, _ := r.Hidden["protected"].(bool); protected {
		return nil, arm.BadRequest("MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed: purge protection is enabled for the vault '%s'.", r.Name())
	}
	vault.Forget(c, r.Name())
	c.Remove(r.ID.String())
	return nil, nil
}

func vaultsDeleted(c *arm.Context, scope arm.ID, _ arm.Query, _ []*arm.Resource) []*arm.Resource {
	return c.Under("/subscriptions/"+scope.Subscription, vaultDeletedType)
}

func vaultNameFree(c *arm.Context, _ arm.ID, in arm.Object) (any, error) {
	name := text(in, "name")
	taken := vaultKept(c, name) != nil
	for _, v := range c.Under("", vault.Type) {
		taken = taken || strings.EqualFold(v.Name(), name)
	}
	if taken {
		return arm.Object{"nameAvailable": false, "reason": "AlreadyExists", "message": "The vault name '" + name + "' is already in use."}, nil
	}
	return arm.Object{"nameAvailable": true}, nil
}
