package kinds

import "strings"

// role is a built-in role definition: its name, the id that every Azure has for it, and what it allows.
type role struct {
	name, id string
	actions  []string
	// not are actions that a wildcard does not mean.
	not  []string
	data []string
}

// builtInRoles are the roles that platforms assign; Azure has more, which this simulation does not know.
func builtInRoles() []role {
	read := []string{"*/read"}
	return append([]role{
		{name: "Owner", id: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", actions: []string{"*"}},
		{name: "Contributor", id: "b24988ac-6180-42a0-ab88-20f7382dd24c", actions: []string{"*"}, not: []string{
			"Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action",
		}},
		{name: "Reader", id: "acdd72a7-3385-48ef-bd42-f606fba81ae7", actions: read},
		{name: "User Access Administrator", id: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", actions: []string{"*/read", "Microsoft.Authorization/*"}},
		{name: "Role Based Access Control Administrator", id: "f58310d9-a9f6-439a-9e8d-f62e7b41a168", actions: []string{
			"*/read", "Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete",
		}},
		{name: "Locks Contributor", id: "28bf596f-4eb7-45ce-b5bc-6cf482fec137", actions: []string{"Microsoft.Authorization/locks/read", "Microsoft.Authorization/locks/write", "Microsoft.Authorization/locks/delete"}},
		{name: "Resource Policy Contributor", id: "36243c78-bf99-498c-9df9-86d9f8d28608", actions: []string{
			"*/read", "Microsoft.Authorization/policyassignments/*", "Microsoft.Authorization/policydefinitions/*", "Microsoft.Authorization/policyexemptions/*",
			"Microsoft.Authorization/policysetdefinitions/*", "Microsoft.PolicyInsights/*",
		}},
		{name: "Tag Contributor", id: "4a9ae827-6dc8-4573-8ac7-8239d42aa03f", actions: []string{"*/read", "Microsoft.Resources/tags/*"}},
		{name: "Managed Identity Operator", id: "f1a07417-d97a-45cb-824c-7a7467783830", actions: []string{"Microsoft.ManagedIdentity/userAssignedIdentities/*/read", "Microsoft.ManagedIdentity/userAssignedIdentities/read", "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action"}},
		{name: "Managed Identity Contributor", id: "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59", actions: []string{"*/read", "Microsoft.ManagedIdentity/userAssignedIdentities/*"}},
		{name: "Security Admin", id: "fb1c8493-542b-48eb-b624-b4c8fea62acd", actions: []string{"*/read", "Microsoft.Security/*", "Microsoft.Authorization/policyAssignments/*", "Microsoft.Authorization/policyExemptions/*"}},
		{name: "Security Reader", id: "39bc4728-0917-49c7-9d2c-d95423bc2eb4", actions: []string{"*/read"}},
		{name: "Cost Management Contributor", id: "434105ed-43f6-45c7-a02f-909b2ba83430", actions: []string{"*/read", "Microsoft.Consumption/*", "Microsoft.CostManagement/*"}},
		{name: "Cost Management Reader", id: "72fafb9e-0641-4937-9268-a91bfd8191a3", actions: []string{"Microsoft.Consumption/*/read", "Microsoft.CostManagement/*/read", "Microsoft.Resources/subscriptions/read"}},
	}, serviceRoles()...)
}

// serviceRoles are the roles of single services: control and data planes.
func serviceRoles() []role {
	var out []role
	out = append(out, vaultRoles()...)
	out = append(out, storageRoles()...)
	out = append(out, networkRoles()...)
	out = append(out, clusterRoles()...)
	out = append(out, messagingRoles()...)
	return append(out, observingRoles()...)
}

func vaultRoles() []role {
	vault := func(parts ...string) []string {
		return under("Microsoft.KeyVault/vaults/", parts...)
	}
	list := []string{"Microsoft.KeyVault/vaults/read", "*/read"}
	return []role{
		{name: "Key Vault Administrator", id: "00482a5a-887f-4fb3-b363-3b7fe8e74483", actions: list, data: vault("*")},
		{name: "Key Vault Certificates Officer", id: "a4417e6f-fecd-4de8-b567-7b0420556985", actions: list, data: vault("certificatecas/*", "certificates/*", "certificatecontacts/write")},
		{name: "Key Vault Certificate User", id: "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba", data: vault("certificates/read", "secrets/getSecret/action", "secrets/readMetadata/action", "keys/read")},
		{name: "Key Vault Contributor", id: "f25e0fa2-a7c8-4377-a976-54943a77a395", actions: []string{"*/read", "Microsoft.KeyVault/*"}, not: []string{"Microsoft.KeyVault/locations/deletedVaults/purge/action", "Microsoft.KeyVault/hsmPools/*", "Microsoft.KeyVault/managedHsms/*"}},
		{name: "Key Vault Crypto Officer", id: "14b46e9e-c2b7-41b4-b07b-48a6ebf60603", actions: list, data: vault("keys/*", "keyrotationpolicies/*")},
		{name: "Key Vault Crypto Service Encryption User", id: "e147488a-f6f5-4113-8e2d-b22465e65bf6", actions: []string{"Microsoft.EventGrid/eventSubscriptions/write", "Microsoft.EventGrid/eventSubscriptions/read", "Microsoft.EventGrid/eventSubscriptions/delete"}, data: vault("keys/read", "keys/wrap/action", "keys/unwrap/action")},
		{name: "Key Vault Crypto User", id: "12338af0-0e69-4776-bea7-57ae8d297424", data: vault("keys/read", "keys/update/action", "keys/backup/action", "keys/encrypt/action", "keys/decrypt/action", "keys/wrap/action", "keys/unwrap/action", "keys/sign/action", "keys/verify/action")},
		{name: "Key Vault Data Access Administrator", id: "8b54135c-b56d-4d72-a534-26097cfdc8d8", actions: []string{"Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", "*/read"}},
		{name: "Key Vault Reader", id: "21090545-7ca7-4776-b22c-e363652d74d2", actions: list, data: vault("*/read", "secrets/readMetadata/action")},
		{name: "Key Vault Secrets Officer", id: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", actions: list, data: vault("secrets/*")},
		{name: "Key Vault Secrets User", id: "4633458b-17de-408a-b874-0445c86b69e6", data: vault("secrets/getSecret/action", "secrets/readMetadata/action")},
	}
}

func storageRoles() []role {
	containers := func(verbs ...string) []string {
		return under("Microsoft.Storage/storageAccounts/blobServices/containers/", verbs...)
	}
	key := "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"
	return []role{
		{name: "Storage Account Contributor", id: "17d1049b-9a84-46fb-8f53-869881c3d3ab", actions: []string{"*/read", "Microsoft.Storage/storageAccounts/*"}},
		{name: "Storage Blob Data Owner", id: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", actions: append(containers("*"), key), data: containers("blobs/*")},
		{name: "Storage Blob Data Contributor", id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe", actions: append(containers("delete", "read", "write"), key), data: containers("blobs/delete", "blobs/read", "blobs/write", "blobs/move/action", "blobs/add/action")},
		{name: "Storage Blob Data Reader", id: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", actions: append(containers("read"), key), data: containers("blobs/read")},
		{name: "Storage Queue Data Contributor", id: "974c5e8b-45b9-4653-ba55-5f855dd0fb88", actions: under("Microsoft.Storage/storageAccounts/queueServices/queues/", "*"), data: under("Microsoft.Storage/storageAccounts/queueServices/queues/messages/", "*")},
		{name: "Reader and Data Access", id: "c12c1c16-33a1-487b-954d-41c89c60f349", actions: []string{"Microsoft.Storage/storageAccounts/listKeys/action", "Microsoft.Storage/storageAccounts/ListAccountSas/action", "Microsoft.Storage/storageAccounts/read"}},
	}
}

func networkRoles() []role {
	return []role{
		{name: "Network Contributor", id: "4d97b98b-1d4f-4787-a291-c67834d212e7", actions: []string{"*/read", "Microsoft.Network/*"}},
		{name: "Private DNS Zone Contributor", id: "b12aa53e-6015-4669-85d0-8515ebb3ae7f", actions: []string{"*/read", "Microsoft.Network/privateDnsZones/*", "Microsoft.Network/privateDnsOperationResults/*", "Microsoft.Network/virtualNetworks/join/action"}},
		{name: "DNS Zone Contributor", id: "befefa01-2a29-4197-83a8-272ff33ce314", actions: []string{"*/read", "Microsoft.Network/dnsZones/*"}},
		{name: "API Management Service Contributor", id: "312a565d-c81f-4fd8-895a-4e21e48d571c", actions: []string{"*/read", "Microsoft.ApiManagement/service/*"}},
		{name: "API Management Service Reader Role", id: "71522526-b88f-4d52-b57f-d31fc3546d0d", actions: []string{"Microsoft.ApiManagement/service/*/read", "Microsoft.ApiManagement/service/read"}},
	}
}

func clusterRoles() []role {
	cluster := func(parts ...string) []string {
		return under("Microsoft.ContainerService/managedClusters/", parts...)
	}
	return []role{
		{name: "AcrPull", id: "7f951dda-4ed3-4680-a7ca-43fe172d538d", actions: []string{"Microsoft.ContainerRegistry/registries/pull/read"}},
		{name: "AcrPush", id: "8311e382-0749-4cb8-b61a-304f252e45ec", actions: []string{"Microsoft.ContainerRegistry/registries/pull/read", "Microsoft.ContainerRegistry/registries/push/write"}},
		{name: "AcrDelete", id: "c2f4ef07-c644-48eb-af81-4b1b4947fb11", actions: []string{"Microsoft.ContainerRegistry/registries/artifacts/delete"}},
		{name: "Azure Kubernetes Service Contributor Role", id: "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8", actions: append(cluster("read", "write", "*"), "Microsoft.Resources/deployments/*")},
		{name: "Azure Kubernetes Service Cluster Admin Role", id: "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8", actions: cluster("listClusterAdminCredential/action", "accessProfiles/listCredential/action", "read", "runcommand/action")},
		{name: "Azure Kubernetes Service Cluster User Role", id: "4abbcc35-e782-43d8-92c5-2d3f1bd2253f", actions: cluster("listClusterUserCredential/action", "read")},
		{name: "Azure Kubernetes Service RBAC Admin", id: "3498e952-d568-435e-9b2c-8d77e338d7f7", actions: append(cluster("listClusterUserCredential/action"), "*/read"), data: cluster("*")},
		{name: "Azure Kubernetes Service RBAC Cluster Admin", id: "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b", actions: append(cluster("listClusterUserCredential/action"), "*/read"), data: cluster("*")},
		{name: "Azure Kubernetes Service RBAC Reader", id: "7f6c6a51-bcf8-42ba-9220-52d62157d7db", actions: append(cluster("listClusterUserCredential/action"), "*/read"), data: cluster("*/read")},
		{name: "Azure Kubernetes Service RBAC Writer", id: "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb", actions: append(cluster("listClusterUserCredential/action"), "*/read"), data: cluster("*/read", "*/write", "*/delete")},
		{name: "Kubernetes Extension Contributor", id: "85cb6faf-e071-4c9b-8136-154b5a04f717", actions: []string{"*/read", "Microsoft.KubernetesConfiguration/extensions/*"}},
		{name: "Virtual Machine Contributor", id: "9980e02c-c2be-4d73-94e8-173b1dc7cf3c", actions: []string{"*/read", "Microsoft.Compute/*"}},
		{name: "Container Apps Contributor", id: "358470bc-b998-42bd-ab17-a7e34c199c0f", actions: []string{"*/read", "Microsoft.App/*"}},
	}
}

func messagingRoles() []role {
	bus, hub := "Microsoft.ServiceBus/", "Microsoft.EventHub/"
	return []role{
		{name: "Azure Service Bus Data Owner", id: "090c5cfd-751d-490a-894a-3ce6f1109419", actions: under(bus, "*"), data: under(bus, "*")},
		{name: "Azure Service Bus Data Receiver", id: "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0", actions: under(bus, "*/queues/read", "*/topics/read", "*/topics/subscriptions/read"), data: under(bus, "*/receive/action")},
		{name: "Azure Service Bus Data Sender", id: "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39", actions: under(bus, "*/queues/read", "*/topics/read", "*/topics/subscriptions/read"), data: under(bus, "*/send/action")},
		{name: "Azure Event Hubs Data Owner", id: "f526a384-b230-433a-b45c-95f59c4a2dec", actions: under(hub, "*"), data: under(hub, "*")},
		{name: "Azure Event Hubs Data Receiver", id: "a638d3c7-ab3a-418d-83e6-5f17a39d4fde", actions: under(hub, "*/eventhubs/consumergroups/read"), data: under(hub, "*/receive/action")},
		{name: "Azure Event Hubs Data Sender", id: "2b629674-e913-4c01-ae53-ef4638d8f975", actions: under(hub, "*/eventhubs/read"), data: under(hub, "*/send/action")},
		{name: "Schema Registry Reader (Preview)", id: "2c56ea50-c6b3-40a6-83c0-9d98858bc7d2", actions: under(hub, "namespaces/schemagroups/read"), data: under(hub, "namespaces/schemas/read")},
		{name: "EventGrid Contributor", id: "1e241071-0855-49ea-94dc-649edcd759de", actions: []string{"*/read", "Microsoft.EventGrid/*"}},
		{name: "EventGrid Data Sender", id: "d5a91429-5739-47e2-a06b-3470a27159e7", actions: []string{"*/read"}, data: []string{"Microsoft.EventGrid/events/send/action"}},
		{name: "DocumentDB Account Contributor", id: "5bd9cd88-fe45-4216-938b-f97437e15450", actions: []string{"*/read", "Microsoft.DocumentDb/databaseAccounts/*"}},
		{name: "Cosmos DB Account Reader Role", id: "fbdf93bf-df7d-467e-a4d2-9458aa1360c8", actions: []string{"*/read", "Microsoft.DocumentDB/databaseAccounts/readonlykeys/action"}},
		{name: "Cosmos DB Operator", id: "230815da-be43-4aae-9cb4-875f7bd000aa", actions: []string{"*/read", "Microsoft.DocumentDb/databaseAccounts/*"}, not: []string{"Microsoft.DocumentDB/databaseAccounts/readonlyKeys/*", "Microsoft.DocumentDB/databaseAccounts/listKeys/*"}},
		{name: "Redis Cache Contributor", id: "e0f68234-74aa-48ed-b826-c38b57376e17", actions: []string{"*/read", "Microsoft.Cache/*"}},
	}
}

func observingRoles() []role {
	insights := "Microsoft.Insights/"
	return []role{
		{name: "Monitoring Contributor", id: "749f88d5-cbae-40b8-bcfc-e573ddc772fa", actions: append(under(insights, "*"), "*/read", "Microsoft.OperationalInsights/workspaces/*", "Microsoft.AlertsManagement/*", "Microsoft.Monitor/*")},
		{name: "Monitoring Reader", id: "43d0d8ad-25c7-4714-9337-8ba259a9fe05", actions: []string{"*/read", "Microsoft.OperationalInsights/workspaces/search/action"}},
		{name: "Monitoring Metrics Publisher", id: "3913510d-42f4-4e42-8a64-420c390055eb", actions: under(insights, "Register/Action"), data: under(insights, "Metrics/Write", "Telemetry/Write")},
		{name: "Monitoring Data Reader", id: "b0d8363b-8ddd-447d-831f-62ca05bff136", data: []string{"Microsoft.Monitor/accounts/data/*/read"}},
		{name: "Log Analytics Contributor", id: "92aaf0da-9dab-42b6-94a3-d43ce8d16293", actions: append(under(insights, "*"), "*/read", "Microsoft.OperationalInsights/*")},
		{name: "Log Analytics Reader", id: "73c42c96-874c-492b-b04d-ab87d138a893", actions: []string{"*/read", "Microsoft.OperationalInsights/workspaces/analytics/query/action"}},
		{name: "Grafana Admin", id: "22926164-76b3-42b3-bc55-97df8dab3e41", data: []string{"Microsoft.Dashboard/grafana/ActAsGrafanaAdmin/action"}},
		{name: "Grafana Editor", id: "a79a5197-3a5c-4973-a920-486035ffd60f", data: []string{"Microsoft.Dashboard/grafana/ActAsGrafanaEditor/action"}},
		{name: "Grafana Viewer", id: "60921a7e-fef1-4a43-9b16-a26c52ad4769", data: []string{"Microsoft.Dashboard/grafana/ActAsGrafanaViewer/action"}},
	}
}

func under(prefix string, parts ...string) []string {
	out := make([]string, len(parts))
	for i, part := range parts {
		out[i] = prefix + strings.TrimPrefix(part, "/")
	}
	return out
}
