package azuresim

import (
	"encoding/json"
	"net/http"
)

// metadata describes the cloud as Azure does in /metadata/endpoints.
func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) {
	at := s.Endpoint()
	writeJSON(w, http.StatusOK, map[string]any{
		"name": "AzureCloud", "portal": at, "resourceManager": at, "gallery": at, "graph": at, "graphAudience": at, "microsoftGraphResourceId": at,
		"authentication": map[string]any{
			"loginEndpoint": at, "audiences": audiences(at), "tenant": "common", "identityProvider": "AAD",
		},
		"media": at, "batch": "https://batch." + Domain, "sqlManagement": at, "vmImageAliasDoc": at, "activeDirectoryDataLake": "https://datalake." + Domain,
		"appInsightsResourceId": "https://api.applicationinsights." + Domain, "appInsightsTelemetryChannelResourceId": "https://dc.applicationinsights." + Domain,
		"attestationResourceId": "https://attest." + Domain, "synapseAnalyticsResourceId": "https://dev.azuresynapse." + Domain,
		"logAnalyticsResourceId": "https://api.loganalytics." + Domain, "ossrDbmsResourceId": "https://ossrdbms-aad.database." + Domain,
		"suffixes": map[string]any{
			"storage": "core." + Domain, "keyVaultDns": "vault." + Domain, "mhsmDns": "managedhsm." + Domain,
			"sqlServerHostname": "database." + Domain, "mysqlServerEndpoint": "mysql.database." + Domain,
			"postgresqlServerEndpoint": "postgres.database." + Domain, "mariadbServerEndpoint": "mariadb.database." + Domain,
			"acrLoginServer": "azurecr." + Domain, "azureDataLakeStoreFileSystem": "azuredatalakestore." + Domain,
			"azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics." + Domain, "azureFrontDoorEndpointSuffix": "azurefd." + Domain,
			"storageSyncEndpointSuffix": "afs." + Domain, "synapseAnalytics": "dev.azuresynapse." + Domain, "attestationEndpoint": "attest." + Domain,
		},
	})
}

// audiences are what a token for Resource Manager may be for.
func audiences(endpoint string) []string {
	return []string{endpoint, "https://management." + Domain}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that has gone needs no answer
}
