package kinds

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	storageType   = "Microsoft.Storage/storageAccounts"
	containerType = storageType + "/blobServices/containers"
)

// storageKinds are storage accounts, their services and the containers of blobs.
func storageKinds() []arm.Kind {
	kinds := []arm.Kind{storageAccountKind(), containerKind(), storageNameKind()}
	for _, service := range []string{"blobServices", "fileServices", "queueServices", "tableServices"} {
		kinds = append(kinds, storageServiceKind(service))
	}
	return append(kinds, arm.Kind{
		Type: storageType + "/managementPolicies", Name: arm.NameRule{Pattern: `^default$`}, NoProvisioningState: true, Required: []string{"properties.policy"},
	}, arm.Kind{
		Type: storageType + "/fileServices/shares", Name: arm.NameRule{Pattern: `^[a-z0-9](-?[a-z0-9])*$`, Min: 3, Max: 63}, NoProvisioningState: true, Status: arm.Status{Create: 201},
		Default: func(_ *arm.Context, r *arm.Resource) {
			r.Default("properties.accessTier", "TransactionOptimized")
			r.Default("properties.shareQuota", 5120)
			r.Default("properties.enabledProtocols", "SMB")
		},
	})
}

func storageAccountKind() arm.Kind {
	return arm.Kind{
		Type: storageType, Located: true, Name: arm.NameRule{Pattern: `^[a-z0-9]+$`, Min: 3, Max: 24, Unique: true, Taken: "StorageAccountAlreadyTaken"},
		Required: []string{"sku.name", "kind"}, Immutable: []string{"kind", "properties.isHnsEnabled", "properties.encryption.requireInfrastructureEncryption"},
		Keep:    []string{"properties.encryption", "properties.networkAcls"},
		Default: storageDefaults, Compute: storageCompute, Saved: storageSaved,
		Actions: map[string]arm.Action{
			"listKeys":      {Run: storageKeys},
			"regenerateKey": {Run: regenerateStorageKey},
		},
	}
}

func storageDefaults(_ *arm.Context, r *arm.Resource) {
	r.Default("sku.tier", before(r.Str("sku.name"), "_"))
	for path, v := range map[string]any{
		"allowBlobPublicAccess": false, "allowSharedKeyAccess": true, "allowCrossTenantReplication": false, "minimumTlsVersion": "TLS1_0",
		"supportsHttpsTrafficOnly": true, "publicNetworkAccess": "Enabled", "isHnsEnabled": false, "isNfsV3Enabled": false, "isSftpEnabled": false,
		"isLocalUserEnabled": false, "defaultToOAuthAuthentication": false, "dnsEndpointType": "Standard", "largeFileSharesState": "Disabled",
	} {
		r.Default("properties."+path, v)
	}
	if kind := r.Str("kind"); kind == "StorageV2" || kind == "BlobStorage" {
		r.Default("properties.accessTier", "Hot")
	}
	r.Default("properties.networkAcls", arm.Object{})
	for path, v := range map[string]any{"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": []any{}, "virtualNetworkRules": []any{}, "resourceAccessRules": []any{}} {
		r.Default("properties.networkAcls."+path, v)
	}
	r.Default("properties.encryption.keySource", "Microsoft.Storage")
	for _, service := range []string{"blob", "file"} {
		r.Default("properties.encryption.services."+service, arm.Object{"enabled": true, "keyType": "Account"})
	}
}

func before(text, mark string) string {
	head, _, _ := strings.Cut(text, mark)
	return head
}

func storageCompute(c *arm.Context, r, old *arm.Resource) {
	r.Set("properties.primaryLocation", r.Location())
	r.Set("properties.statusOfPrimary", "available")
	r.Set("properties.creationTime", c.Now().Format("2006-01-02T15:04:05.0000000Z"))
	if old != nil {
		r.Set("properties.creationTime", old.Get("properties.creationTime"))
	}
	endpoints := arm.Object{}
	for _, service := range []string{"blob", "dfs", "file", "queue", "table", "web"} {
		endpoints[service] = "https://" + c.Host(service+".core", r.Name()) + "/"
	}
	r.Set("properties.primaryEndpoints", endpoints)
	if r.Secret("key1") == "" {
		r.Hide("key1", c.NewKey(64))
		r.Hide("key2", c.NewKey(64))
	}
}

// storageSaved makes the services that every account has.
func storageSaved(c *arm.Context, r, old *arm.Resource) error {
	if old != nil {
		return nil
	}
	c.Make(r.ID, "blobServices", "default", arm.Object{"sku": r.Obj("sku"), "properties": arm.Object{"cors": arm.Object{"corsRules": []any{}}, "deleteRetentionPolicy": arm.Object{"enabled": false, "allowPermanentDelete": false}}})
	c.Make(r.ID, "fileServices", "default", arm.Object{"sku": r.Obj("sku"), "properties": arm.Object{
		"cors": arm.Object{"corsRules": []any{}}, "shareDeleteRetentionPolicy": arm.Object{"enabled": true, "days": 7}, "protocolSettings": arm.Object{"smb": arm.Object{}},
	}})
	for _, service := range []string{"queueServices", "tableServices"} {
		c.Make(r.ID, service, "default", arm.Object{"properties": arm.Object{"cors": arm.Object{"corsRules": []any{}}}})
	}
	return nil
}

func storageKeys(_ *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	keys := []any{}
	for _, name := range []string{"key1", "key2"} {
		keys = append(keys, arm.Object{"keyName": name, "value": r.Secret(name), "permissions": "FULL", "creationTime": r.Str("properties.creationTime")})
	}
	return arm.Object{"keys": keys}, nil
}

func regenerateStorageKey(c *arm.Context, r *arm.Resource, in arm.Object) (any, error) {
	name, _ := in["keyName"].(string)
	if name != "key1" && name != "key2" {
		return nil, arm.BadRequest("InvalidValuesForRequestParameters", "The key name '%s' is neither key1 nor key2.", name)
	}
	r.Hide(name, c.NewKey(64))
	c.Put(r)
	return storageKeys(c, r, nil)
}

// storageServiceKind is a service of an account, always there under the name "default".
func storageServiceKind(service string) arm.Kind {
	return arm.Kind{
		Type: storageType + "/" + service, Name: arm.NameRule{Pattern: `^default$`}, NoProvisioningState: true, NoSystemData: true, NoPatch: true,
		Default: func(_ *arm.Context, r *arm.Resource) { r.Default("properties.cors.corsRules", []any{}) },
		Deletable: func(*arm.Context, *arm.Resource) error {
			return arm.Errorf(405, "MethodNotAllowed", "A service of a storage account cannot be deleted.")
		},
	}
}

func containerKind() arm.Kind {
	return arm.Kind{
		Type: containerType, Name: arm.NameRule{Pattern: `^(\$root|\$web|\$logs|[a-z0-9](-?[a-z0-9])*)$`, Min: 3, Max: 63}, NoProvisioningState: true,
		Status: arm.Status{Create: 201}, ReadOnly: []string{"properties.leaseState", "properties.leaseStatus", "properties.leaseDuration", "properties.lastModifiedTime"},
		Default: func(_ *arm.Context, r *arm.Resource) {
			r.Default("properties.publicAccess", "None")
			r.Default("properties.defaultEncryptionScope", "$account-encryption-key")
			r.Default("properties.denyEncryptionScopeOverride", false)
		},
		Check: func(c *arm.Context, r, _ *arm.Resource) error {
			account := c.Get(r.ID.Parent().Parent().String())
			if account != nil && r.Str("properties.publicAccess") != "None" && !account.Bool("properties.allowBlobPublicAccess") {
				return arm.Conflict("PublicAccessNotPermitted", "Public access is not permitted on this storage account.")
			}
			return nil
		},
		Compute: func(c *arm.Context, r, _ *arm.Resource) {
			for path, v := range map[string]any{"leaseState": "Available", "leaseStatus": "Unlocked", "hasImmutabilityPolicy": false, "hasLegalHold": false, "immutableStorageWithVersioning": nil} {
				r.Default("properties."+path, v)
			}
			r.Set("properties.lastModifiedTime", c.Now().Format("2006-01-02T15:04:05.0000000Z"))
			r.Default("properties.metadata", arm.Object{})
		},
	}
}

// storageNameKind answers whether an account's name is free.
func storageNameKind() arm.Kind {
	return arm.Kind{
		Type: "Microsoft.Storage/checkNameAvailability", Scopes: arm.InSubscription,
		Post: func(c *arm.Context, _ arm.ID, in arm.Object) (any, error) {
			name, _ := in["name"].(string)
			for _, r := range c.Under("", storageType) {
				if strings.EqualFold(r.Name(), name) {
					return arm.Object{"nameAvailable": false, "reason": "AlreadyExists", "message": "The storage account named " + name + " is already taken."}, nil
				}
			}
			return arm.Object{"nameAvailable": true}, nil
		},
	}
}
