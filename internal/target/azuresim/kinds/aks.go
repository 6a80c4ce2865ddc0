package kinds

import (
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	aksType     = "Microsoft.ContainerService/managedClusters"
	poolType    = aksType + "/agentPools"
	windowType  = aksType + "/maintenanceConfigurations"
	aksMaxPools = 100
)

// aksKinds are Kubernetes clusters with their pools, windows and safeguards, in Microsoft.ContainerService.
func aksKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: aksType, Located: true, Async: arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation, Delete: arm.ByOperation}, Status: arm.Status{Create: 201},
			Name:      arm.NameRule{Pattern: `^[a-zA-Z0-9]([a-zA-Z0-9_-]*[a-zA-Z0-9])?$`, Max: 63},
			Required:  []string{"properties"},
			Immutable: []string{"properties.nodeResourceGroup", "properties.dnsPrefix", "properties.fqdnSubdomain", "properties.diskEncryptionSetID", "properties.apiServerAccessProfile.enablePrivateCluster"},
			Keep:      []string{"properties.nodeResourceGroup", "properties.dnsPrefix", "properties.fqdnSubdomain", "properties.identityProfile", "properties.kubernetesVersion"},
			ReadOnly:  []string{"properties.fqdn", "properties.privateFQDN", "properties.azurePortalFQDN", "properties.currentKubernetesVersion", "properties.powerState", "properties.resourceUID"},
			Default:   aksDefault, Check: aksCheck, Compute: aksCompute, Saved: aksSaved, Show: aksShow, Deleted: aksDeleted,
			Actions: map[string]arm.Action{
				"listClusterUserCredential":           {Run: aksUserCredential},
				"listClusterMonitoringUserCredential": {Run: aksUserCredential},
				"listClusterAdminCredential":          {Run: aksAdminCredential},
			},
		},
		poolKind(), versionsKind(),
		{
			Type: windowType, Status: arm.Status{Create: 201}, NoProvisioningState: true,
			Name:  arm.NameRule{Pattern: `^(default|aksManagedAutoUpgradeSchedule|aksManagedNodeOSUpgradeSchedule|[a-z][a-z0-9-]*)$`},
			Check: windowCheck,
			Default: func(_ *arm.Context, r *arm.Resource) {
				if r.Has("properties.maintenanceWindow") {
					r.Default("properties.maintenanceWindow.utcOffset", "+00:00")
				}
			},
		},
		{
			Type: "Microsoft.ContainerService/deploymentSafeguards", Scopes: arm.InResource, Status: arm.Status{Create: 201}, NoPatch: true,
			Name: arm.NameRule{Pattern: `^default$`}, Async: arm.Async{Put: arm.ByOperation, Delete: arm.ByOperation},
			Required: []string{"properties.level"}, Check: safeguardCheck,
			Default: func(_ *arm.Context, r *arm.Resource) { r.Default("properties.podSecurityStandardsLevel", "Privileged") },
		},
	}
}

// kubernetesVersions are the minor versions on offer, each with its patch.
func kubernetesVersions() map[string]string {
	return map[string]string{"1.31": "1.31.13", "1.32": "1.32.10", "1.33": "1.33.6", "1.34": "1.34.2", "1.35": "1.35.0"}
}

const defaultKubernetes = "1.33.6"

// patchOf returns the whole version that a version or a minor one stands for, "" for one that is not on offer.
func patchOf(version string) string {
	if patch, minor := kubernetesVersions()[version]; minor {
		return patch
	}
	for minor := range kubernetesVersions() {
		if strings.HasPrefix(version, minor+".") {
			return version
		}
	}
	return ""
}

func aksDefault(_ *arm.Context, r *arm.Resource) {
	if r.Str("properties.kubernetesVersion") == "" {
		r.Set("properties.kubernetesVersion", defaultKubernetes)
	}
	if r.Str("properties.nodeResourceGroup") == "" {
		r.Set("properties.nodeResourceGroup", "MC_"+r.ID.Group+"_"+r.Name()+"_"+r.Location())
	}
	for path, v := range map[string]any{
		"enableRBAC": true, "disableLocalAccounts": false, "supportPlan": "KubernetesOfficial", "maxAgentPools": aksMaxPools,
		"autoUpgradeProfile.nodeOSUpgradeChannel": "NodeImage", "storageProfile.diskCSIDriver.enabled": true, "storageProfile.fileCSIDriver.enabled": true,
		"storageProfile.snapshotController.enabled": true, "oidcIssuerProfile.enabled": false, "workloadAutoScalerProfile": arm.Object{},
		"nodeProvisioningProfile.mode": "Manual", "nodeProvisioningProfile.defaultNodePools": "Auto", "bootstrapProfile.artifactSource": "Direct",
	} {
		r.Default("properties."+path, v)
	}
	r.Default("sku", arm.Object{"name": "Base", "tier": "Free"})
	aksNetworkDefault(r)
	aksScalerDefault(r)
}

func aksNetworkDefault(r *arm.Resource) {
	const network = "properties.networkProfile."
	for path, v := range map[string]any{
		"networkPlugin": "azure", "serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.0.0.10", "outboundType": "loadBalancer", "loadBalancerSku": "standard",
		"ipFamilies": []any{"IPv4"}, "networkDataplane": "azure", "networkPolicy": "none",
	} {
		r.Default(network+path, v)
	}
	if r.Str(network+"networkPluginMode") == "overlay" || r.Str(network+"networkPlugin") == "kubenet" {
		r.Default(network+"podCidr", "10.244.0.0/16")
		r.Default(network+"podCidrs", []any{r.Str(network + "podCidr")})
	}
	r.Default(network+"serviceCidrs", []any{r.Str(network + "serviceCidr")})
	if r.Str(network+"outboundType") == "loadBalancer" {
		r.Default(network+"loadBalancerProfile.managedOutboundIPs.count", 1)
		r.Default(network+"loadBalancerProfile.backendPoolType", "nodeIPConfiguration")
		r.Default(network+"loadBalancerProfile.allocatedOutboundPorts", 0)
		r.Default(network+"loadBalancerProfile.idleTimeoutInMinutes", 30)
	}
}

func aksScalerDefault(r *arm.Resource) {
	scales := slices.ContainsFunc(r.List("properties.agentPoolProfiles"), func(v any) bool {
		pool, _ := v.(arm.Object)
		return pool["enableAutoScaling"] == true
	})
	if !scales && !r.Has("properties.autoScalerProfile") {
		return
	}
	for name, v := range map[string]any{
		"balance-similar-node-groups": "false", "daemonset-eviction-for-empty-nodes": false, "daemonset-eviction-for-occupied-nodes": true, "expander": "random",
		"ignore-daemonsets-utilization": false, "max-empty-bulk-delete": "10", "max-graceful-termination-sec": "600", "max-node-provision-time": "15m",
		"max-total-unready-percentage": "45", "new-pod-scale-up-delay": "0s", "ok-total-unready-count": "3", "scale-down-delay-after-add": "10m",
		"scale-down-delay-after-delete": "10s", "scale-down-delay-after-failure": "3m", "scale-down-unneeded-time": "10m", "scale-down-unready-time": "20m",
		"scale-down-utilization-threshold": "0.5", "scan-interval": "10s", "skip-nodes-with-local-storage": "false", "skip-nodes-with-system-pods": "true",
	} {
		if s, _ := r.Get("properties.autoScalerProfile." + name).(string); s == "" && !r.Has("properties.autoScalerProfile."+name) || r.Get("properties.autoScalerProfile."+name) == "" {
			r.Set("properties.autoScalerProfile."+name, v)
		}
	}
}

func windowCheck(_ *arm.Context, r, _ *arm.Resource) error {
	if r.Name() == "default" || !r.Has("properties.maintenanceWindow") {
		return nil
	}
	if hours := r.Num("properties.maintenanceWindow.durationHours"); hours < 4 || hours > 24 {
		return arm.BadRequest("InvalidParameter", "A maintenance window lasts 4 to 24 hours, not %v.", hours)
	}
	return nil
}

func safeguardCheck(c *arm.Context, r, _ *arm.Resource) error {
	cluster := c.Get(r.ID.Scope)
	if cluster == nil || !strings.EqualFold(cluster.ID.Type(), aksType) {
		return arm.BadRequest("InvalidScope", "Deployment safeguards are of a managed cluster, not of '%s'.", r.ID.Scope)
	}
	if !cluster.Bool("properties.addonProfiles.azurepolicy.enabled") {
		return arm.BadRequest("BadRequest", "Deployment safeguards of %s need the add-on Azure Policy.", cluster.Name())
	}
	return nil
}
