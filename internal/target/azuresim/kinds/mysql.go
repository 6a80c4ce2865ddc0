package kinds

import (
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	mysqlServerType   = "Microsoft.DBforMySQL/flexibleServers"
	mysqlConfigType   = mysqlServerType + "/configurations"
	mysqlDatabaseType = mysqlServerType + "/databases"
)

// mysqlKinds are MySQL flexible servers and what they hold, in Microsoft.DBforMySQL.
func mysqlKinds() []arm.Kind {
	byOperation := arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation, Delete: arm.ByOperation}
	return keepFixed([]arm.Kind{
		mysqlServerKind(byOperation),
		{
			Type: mysqlDatabaseType, NoProvisioningState: true, Async: byOperation, Status: arm.Status{Create: 202, Update: 202},
			Name: arm.NameRule{Pattern: `^[^/\\?%*:|"<>. ]+$`, Max: 64}, Default: mysqlDatabaseDefault,
			Immutable: []string{"properties.charset", "properties.collation"}, Check: mysqlDatabaseCheck, Deletable: mysqlDatabaseDeletable,
		},
		mysqlConfigurationKind(byOperation),
		{
			Type: mysqlServerType + "/firewallRules", NoProvisioningState: true, Async: byOperation, Status: arm.Status{Create: 202, Update: 202},
			Name: arm.NameRule{Pattern: `^[a-zA-Z0-9_-]+$`, Max: 128}, Required: []string{"properties.startIpAddress", "properties.endIpAddress"},
			Check: mysqlFirewallCheck,
		},
		{
			Type: mysqlServerType + "/administrators", NoProvisioningState: true, Async: byOperation, Status: arm.Status{Create: 202, Update: 202},
			Name:     arm.NameRule{Pattern: `^(?i)ActiveDirectory$`},
			Required: []string{"properties.login", "properties.sid", "properties.tenantId", "properties.identityResourceId"}, Check: mysqlAdministratorCheck,
			Default: func(_ *arm.Context, r *arm.Resource) { r.Default("properties.administratorType", "ActiveDirectory") },
		},
	})
}

func mysqlServerKind(async arm.Async) arm.Kind {
	return arm.Kind{
		Type: mysqlServerType, Located: true, Async: async, NoProvisioningState: true, Status: arm.Status{Create: 202, Update: 202},
		Name:     arm.NameRule{Pattern: `^[a-z0-9]([a-z0-9-]+[a-z0-9])?$`, Min: 3, Max: 63, Unique: true, Taken: "ServerNameAlreadyExists"},
		Required: []string{"sku.name", "sku.tier"},
		Immutable: []string{
			"properties.administratorLogin", "properties.network.delegatedSubnetResourceId", "properties.backup.geoRedundantBackup",
		},
		ReadOnly:  []string{"properties.fullyQualifiedDomainName", "properties.state", "properties.replicaCapacity", "properties.fullVersion"},
		WriteOnly: []string{"properties.administratorLoginPassword"},
		Default:   mysqlServerDefault, Check: mysqlServerCheck, Compute: mysqlServerCompute, Saved: mysqlServerSaved,
		Actions: map[string]arm.Action{
			"start": mysqlStateAction("Ready"), "stop": mysqlStateAction("Stopped"), "restart": mysqlStateAction("Ready"),
			"failover": {Async: arm.ByOperation, Run: mysqlFailover},
		},
	}
}

func mysqlServerDefault(c *arm.Context, r *arm.Resource) {
	mysqlInherit(c, r)
	if mode := r.Str("properties.createMode"); mode == "" {
		r.Unset("properties.createMode")
	}
	if r.Str("properties.version") == "" {
		r.Set("properties.version", "8.0.21")
	}
	public := "Enabled"
	if r.Has("properties.network.delegatedSubnetResourceId") {
		public = "Disabled"
	}
	r.Default("properties.network.publicNetworkAccess", public)
	r.Default("properties.availabilityZone", "1")
	r.Default("properties.backup.backupRetentionDays", 7)
	r.Default("properties.backup.geoRedundantBackup", "Disabled")
	r.Default("properties.backup.backupIntervalHours", 24)
	r.Default("properties.highAvailability.mode", "Disabled")
	r.Default("properties.dataEncryption.type", "SystemManaged")
	r.Default("properties.replicationRole", "None")
	r.Default("properties.maintenanceWindow", arm.Object{"customWindow": "Disabled", "dayOfWeek": 0, "startHour": 0, "startMinute": 0})
	mysqlStorageDefault(r)
}

func mysqlStorageDefault(r *arm.Resource) {
	r.Default("properties.storage.storageSizeGB", 32)
	r.Default("properties.storage.autoGrow", "Enabled")
	r.Default("properties.storage.autoIoScaling", "Disabled")
	r.Default("properties.storage.logOnDisk", "Disabled")
	r.Default("properties.storage.storageSku", "Premium_LRS")
	r.Default("properties.storage.storageRedundancy", "LocalRedundancy")
	r.Default("properties.storage.iops", 300+3*r.Num("properties.storage.storageSizeGB"))
}

// mysqlInherit gives a restored server or a replica what its source has.
func mysqlInherit(c *arm.Context, r *arm.Resource) {
	source := c.Get(r.Str("properties.sourceServerResourceId"))
	if source == nil {
		return
	}
	for _, path := range []string{"properties.administratorLogin", "properties.version", "properties.storage"} {
		if r.Str(path) == "" && source.Has(path) {
			r.Default(path, source.Get(path))
		}
	}
	if r.Str("properties.version") == "" {
		r.Set("properties.version", source.Str("properties.version"))
	}
	if r.Str("properties.createMode") == "Replica" {
		r.Default("properties.replicationRole", "Replica")
	}
}

func mysqlServerCheck(c *arm.Context, r, old *arm.Resource) error {
	mode := r.Str("properties.createMode")
	if source := r.Str("properties.sourceServerResourceId"); mode != "" && mode != "Default" && c.Get(source) == nil {
		return arm.NotFound("SourceServerNotFound", "The source server '%s' of the mode %s was not found.", source, mode)
	}
	if old == nil && (mode == "" || mode == "Default") {
		if err := mysqlPasswordCheck(r.Str("properties.administratorLogin"), r.Str("properties.administratorLoginPassword")); err != nil {
			return err
		}
	}
	if !slices.Contains([]string{"5.7", "8.0.21", "8.4"}, r.Str("properties.version")) {
		return arm.BadRequest("InvalidParameterValue", "Invalid value given for parameter Version: '%s'.", r.Str("properties.version"))
	}
	for _, check := range []func(*arm.Context, *arm.Resource) error{mysqlStandbyCheck, mysqlNetworkCheck, mysqlEncryptionCheck} {
		if err := check(c, r); err != nil {
			return err
		}
	}
	if old != nil && r.Num("properties.storage.storageSizeGB") < old.Num("properties.storage.storageSizeGB") {
		return arm.BadRequest("InvalidStorageSize", "The storage of a server can only grow.")
	}
	return nil
}

// mysqlPasswordCheck wants a login that is free and a password of three of four classes of characters.
func mysqlPasswordCheck(login, password string) error {
	reserved := []string{"azure_superuser", "admin", "administrator", "root", "guest", "public"}
	if login == "" || slices.Contains(reserved, strings.ToLower(login)) {
		return arm.BadRequest("InvalidParameterValue", "Invalid value given for parameter AdministratorLogin.")
	}
	classes := 0
	for _, set := range []string{"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "!$#%-_.,;:*+=?@&()[]{}/~^<>|'\" "} {
		if strings.ContainsAny(password, set) {
			classes++
		}
	}
	if len(password) < 8 || len(password) > 128 || classes < 3 {
		return arm.BadRequest("InvalidParameterValue", "Invalid value given for parameter AdministratorLoginPassword: 8 to 128 characters of three of the classes upper case, lower case, digits and others.")
	}
	return nil
}

func mysqlStandbyCheck(_ *arm.Context, r *arm.Resource) error {
	mode := r.Str("properties.highAvailability.mode")
	switch {
	case mode == "Disabled":
		return nil
	case r.Str("sku.tier") == "Burstable":
		return arm.BadRequest("HANotSupportedForBurstableTier", "High availability is not supported for servers of the Burstable tier.")
	case r.Str("properties.storage.autoGrow") != "Enabled":
		return arm.BadRequest("HARequiresStorageAutoGrow", "High availability needs storage that grows by itself.")
	case mode == "ZoneRedundant" && r.Str("properties.highAvailability.standbyAvailabilityZone") == r.Str("properties.availabilityZone"):
		return arm.BadRequest("InvalidParameterValue", "The standby of a zone-redundant server must be in another zone than the primary.")
	}
	return nil
}

func mysqlNetworkCheck(c *arm.Context, r *arm.Resource) error {
	subnet := r.Str("properties.network.delegatedSubnetResourceId")
	if subnet == "" {
		return nil
	}
	found := c.Get(subnet)
	if found == nil {
		return arm.NotFound("SubnetNotFound", "The subnet '%s' was not found.", subnet)
	}
	delegated := slices.ContainsFunc(found.List("properties.delegations"), func(d any) bool {
		delegation, _ := d.(arm.Object)
		service, _ := arm.Lookup(delegation, "properties.serviceName")
		name, _ := service.(string)
		return strings.EqualFold(name, mysqlServerType)
	})
	if !delegated {
		return arm.BadRequest("SubnetNotDelegated", "The subnet '%s' is not delegated to %s.", subnet, mysqlServerType)
	}
	zone := r.Str("properties.network.privateDnsZoneResourceId")
	if zone == "" {
		return nil
	}
	if c.Get(zone) == nil {
		return arm.NotFound("PrivateDnsZoneNotFound", "The private DNS zone '%s' was not found.", zone)
	}
	return nil
}

func mysqlEncryptionCheck(c *arm.Context, r *arm.Resource) error {
	for _, path := range []string{"properties.dataEncryption.primaryUserAssignedIdentityId", "properties.dataEncryption.geoBackupUserAssignedIdentityId"} {
		if id := r.Str(path); id != "" && !mysqlHasIdentity(r, id) {
			return arm.BadRequest("IdentityNotAssigned", "The identity '%s' is not assigned to the server.", id)
		}
	}
	return nil
}

func mysqlHasIdentity(r *arm.Resource, id string) bool {
	for assigned := range r.Obj("identity.userAssignedIdentities") {
		if strings.EqualFold(assigned, id) {
			return true
		}
	}
	return false
}

func mysqlServerCompute(c *arm.Context, r, old *arm.Resource) {
	if kind := r.Str("identity.type"); kind == "" || kind == "None" {
		r.Unset("identity")
	}
	r.Set("properties.fullyQualifiedDomainName", c.Host("mysql.database", r.Name()))
	r.Set("properties.replicaCapacity", 10)
	r.Default("properties.state", "Ready")
	if old == nil {
		r.Set("properties.backup.earliestRestoreDate", c.Now().Format("2006-01-02T15:04:05.000Z"))
	}
	if r.Str("properties.highAvailability.mode") == "Disabled" {
		r.Set("properties.highAvailability", arm.Object{"mode": "Disabled", "state": "NotEnabled"})
		return
	}
	r.Set("properties.highAvailability.state", "Healthy")
	standby := r.Str("properties.availabilityZone")
	if r.Str("properties.highAvailability.mode") == "ZoneRedundant" {
		standby = mysqlOtherZone(standby)
	}
	r.Default("properties.highAvailability.standbyAvailabilityZone", standby)
}

func mysqlOtherZone(zone string) string {
	if zone == "1" {
		return "2"
	}
	return "1"
}

// mysqlServerSaved gives a new server its own databases and the defaults of its parameters.
func mysqlServerSaved(c *arm.Context, r, old *arm.Resource) error {
	if old != nil {
		return nil
	}
	for _, name := range mysqlOwnDatabases() {
		c.Make(r.ID, "databases", name, arm.Object{"properties": arm.Object{"charset": "utf8mb4", "collation": "utf8mb4_0900_ai_ci"}})
	}
	for name, p := range mysqlParameters() {
		c.Make(r.ID, "configurations", name, mysqlParameterBody(p))
	}
	return nil
}

func mysqlStateAction(state string) arm.Action {
	return arm.Action{Async: arm.ByOperation, Run: func(c *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
		r.Set("properties.state", state)
		c.Put(r)
		return nil, nil
	}}
}

func mysqlFailover(c *arm.Context, r *arm.Resource, _ arm.Object) (any, error) {
	if r.Str("properties.highAvailability.mode") == "Disabled" {
		return nil, arm.BadRequest("ServerIsNotHaEnabled", "The server '%s' has no standby to fail over to.", r.Name())
	}
	primary, standby := r.Str("properties.availabilityZone"), r.Str("properties.highAvailability.standbyAvailabilityZone")
	r.Set("properties.availabilityZone", standby)
	r.Set("properties.highAvailability.standbyAvailabilityZone", primary)
	c.Put(r)
	return nil, nil
}

func mysqlOwnDatabases() []string {
	return []string{"information_schema", "mysql", "performance_schema", "sys"}
}

func mysqlDatabaseDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.charset", "utf8mb4")
	r.Default("properties.collation", "utf8mb4_0900_ai_ci")
}

func mysqlDatabaseCheck(_ *arm.Context, r, _ *arm.Resource) error {
	if slices.Contains(mysqlOwnDatabases(), strings.ToLower(r.Name())) {
		return arm.BadRequest("InvalidDatabaseName", "'%s' is a database of MySQL itself.", r.Name())
	}
	if charset, collation := r.Str("properties.charset"), r.Str("properties.collation"); !strings.EqualFold(charset, "binary") && !strings.HasPrefix(strings.ToLower(collation), strings.ToLower(charset)) {
		return arm.BadRequest("InvalidCollation", "The collation '%s' is none of the character set '%s'.", collation, charset)
	}
	return nil
}

func mysqlDatabaseDeletable(_ *arm.Context, r *arm.Resource) error {
	if slices.Contains(mysqlOwnDatabases(), strings.ToLower(r.Name())) {
		return arm.BadRequest("OperationNotAllowed", "The database '%s' is MySQL's own.", r.Name())
	}
	return nil
}

func mysqlFirewallCheck(c *arm.Context, r, _ *arm.Resource) error {
	server := c.Get(r.ID.Parent().Key())
	if server != nil && server.Str("properties.network.publicNetworkAccess") == "Disabled" {
		return arm.BadRequest("FirewallRulesNotSupported", "The server '%s' has no public access, so it takes no firewall rules.", server.Name())
	}
	return nil
}

func mysqlAdministratorCheck(c *arm.Context, r, _ *arm.Resource) error {
	server, id := c.Get(r.ID.Parent().Key()), r.Str("properties.identityResourceId")
	if server != nil && !mysqlHasIdentity(server, id) {
		return arm.BadRequest("IdentityNotAssigned", "The identity '%s' is not assigned to the server '%s'.", id, server.Name())
	}
	return nil
}
