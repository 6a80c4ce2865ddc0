// Package kinds is the table of the resource types that the simulated Azure knows.
//
// It owns what each type is: names, defaults, computed properties, children
// that come by themselves, refusals. It does not own how resources are
// stored, listed, locked or deleted: package arm does. Each service has a file.
package kinds

import (
	"slices"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// All returns every kind. Each service adds its line.
func All() []arm.Kind {
	return slices.Concat(
		resourceKinds(),
		authorizationKinds(),
		computeKinds(),
		diagnosticKinds(),
		grafanaKinds(),
		insightsKinds(),
		kubernetesKinds(),
		linkScopeKinds(),
		logKinds(),
		metricKinds(),
		storageKinds(),
		aksKinds(),
		alertKinds(),
		apimKinds(),
		containerAppKinds(),
		containerKinds(),
		costKinds(),
		cosmosKinds(),
		defenderKinds(),
		dnsKinds(),
		eventGridKinds(),
		eventHubKinds(),
		gatewayKinds(),
		identityKinds(),
		keyVaultKinds(),
		mysqlKinds(),
		networkKinds(),
		policyKinds(),
		redisKinds(),
		serviceBusKinds(),
	)
}
