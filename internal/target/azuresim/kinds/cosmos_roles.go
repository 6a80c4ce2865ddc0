package kinds

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	cosmosRole       = cosmosType + "/sqlRoleDefinitions"
	cosmosRoleGiven  = cosmosType + "/sqlRoleAssignments"
	cosmosRolePrefix = "00000000-0000-0000-0000-00000000000"
)

// cosmosRoleKinds are roles on data and who has them.
func cosmosRoleKinds() []arm.Kind {
	async := arm.Async{Put: arm.ByOperation, Delete: arm.ByOperation}
	guid := arm.NameRule{Pattern: `^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`}
	return []arm.Kind{
		{
			Type: cosmosRole, Async: async, NoProvisioningState: true, NoSystemData: true, Status: arm.Status{Create: 202, Update: 202}, Name: guid,
			Required: []string{"properties.roleName", "properties.permissions", "properties.assignableScopes"},
			Default:  func(_ *arm.Context, r *arm.Resource) { r.Default("properties.type", "CustomRole") },
			Check:    cosmosRoleCheck, Find: cosmosBuiltIn, Deletable: cosmosRoleDeletable,
		},
		{
			Type: cosmosRoleGiven, Async: async, NoProvisioningState: true, NoSystemData: true, Status: arm.Status{Create: 202, Update: 202}, Name: guid,
			Required:  []string{"properties.roleDefinitionId", "properties.scope", "properties.principalId"},
			Immutable: []string{"properties.principalId", "properties.scope"}, Check: cosmosRoleGivenCheck,
		},
	}
}

// cosmosBuiltIn is one of the two roles that every account has.
func cosmosBuiltIn(c *arm.Context, id arm.ID) *arm.Resource {
	account := c.Get(id.Parent().String())
	if account == nil {
		return nil
	}
	const data = "Microsoft.DocumentDB/databaseAccounts/"
	actions := map[string][]any{
		cosmosRolePrefix + "1": {data + "readMetadata", data + "sqlDatabases/containers/executeQuery", data + "sqlDatabases/containers/readChangeFeed", data + "sqlDatabases/containers/items/read"},
		cosmosRolePrefix + "2": {data + "readMetadata", data + "sqlDatabases/containers/*", data + "sqlDatabases/containers/items/*"},
	}[id.Name()]
	if actions == nil {
		return nil
	}
	name := "Cosmos DB Built-in Data Reader"
	if strings.HasSuffix(id.Name(), "2") {
		name = "Cosmos DB Built-in Data Contributor"
	}
	return &arm.Resource{ID: account.ID.Child("sqlRoleDefinitions", id.Name()), Body: arm.Object{"properties": arm.Object{
		"roleName": name, "type": "BuiltInRole", "assignableScopes": []any{account.ID.String()},
		"permissions": []any{arm.Object{"dataActions": actions, "notDataActions": []any{}}},
	}}}
}

func cosmosRoleCheck(c *arm.Context, r, _ *arm.Resource) error {
	if cosmosBuiltIn(c, r.ID) != nil {
		return arm.BadRequest("BadRequest", "The built-in role '%s' stays as it is.", r.Name())
	}
	account := r.ID.Parent().Key()
	for _, one := range r.List("properties.assignableScopes") {
		scope, _ := one.(string)
		if !strings.HasPrefix(strings.ToLower(scope)+"/", account+"/") {
			return arm.BadRequest("BadRequest", "The scope '%s' is not within the account.", scope)
		}
	}
	for _, one := range c.Under(r.ID.Parent().String(), cosmosRole) {
		if one.ID.Key() != r.ID.Key() && strings.EqualFold(one.Str("properties.roleName"), r.Str("properties.roleName")) {
			return arm.Conflict("Conflict", "The account has a role named '%s' already.", r.Str("properties.roleName"))
		}
	}
	return nil
}

func cosmosRoleDeletable(c *arm.Context, r *arm.Resource) error {
	if users := c.Users(r.ID.String(), cosmosRoleGiven); len(users) > 0 {
		return arm.BadRequest("BadRequest", "The role '%s' is assigned %d times.", r.Str("properties.roleName"), len(users))
	}
	return nil
}

func cosmosRoleGivenCheck(c *arm.Context, r, _ *arm.Resource) error {
	role, err := arm.ParseID(r.Str("properties.roleDefinitionId"))
	if err != nil || c.Get(role.String()) == nil && cosmosBuiltIn(c, role) == nil {
		return arm.BadRequest("BadRequest", "The role '%s' was not found in the account.", r.Str("properties.roleDefinitionId"))
	}
	account := r.ID.Parent().Key()
	if !strings.HasPrefix(strings.ToLower(r.Str("properties.scope"))+"/", account+"/") {
		return arm.BadRequest("BadRequest", "The scope '%s' is not within the account.", r.Str("properties.scope"))
	}
	return nil
}
