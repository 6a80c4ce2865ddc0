package kinds_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const aksPath = "Microsoft.ContainerService/managedClusters/aks-shop"

func aksBody(properties string) string {
	return `{"location":"westeurope","identity":{"type":"SystemAssigned"},"properties":{"dnsPrefix":"shop","kubernetesVersion":"1.34",
		"networkProfile":{"networkPlugin":"azure","networkPluginMode":"overlay","serviceCidr":"10.245.0.0/16","dnsServiceIP":"10.245.0.10"},
		"aadProfile":{"managed":true,"enableAzureRBAC":true},"disableLocalAccounts":true,"oidcIssuerProfile":{"enabled":true},
		"apiServerAccessProfile":{"enablePrivateCluster":true,"privateDNSZone":"system"},
		"addonProfiles":{"azureKeyvaultSecretsProvider":{"enabled":true},"azurepolicy":{"enabled":true}},
		"agentPoolProfiles":[{"name":"system","mode":"System","enableAutoScaling":true,"minCount":3,"maxCount":6}]` + properties + `}}`
}

func TestClusterHasWhatAzureMakes(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	c.must(http.MethodPut, aksPath, aksBody(""))
	got := c.must(http.MethodGet, aksPath, "")
	c.want(got, "properties.currentKubernetesVersion", "1.34.2")
	c.want(got, "properties.networkProfile.podCidr", "10.244.0.0/16")
	c.want(got, "properties.nodeResourceGroup", "MC_rg_aks-shop_westeurope")
	issuer, _ := arm.Lookup(got, "properties.oidcIssuerProfile.issuerURL")
	if s, _ := issuer.(string); !strings.HasPrefix(s, "https://westeurope.oic.prod-aks.azuresim.localhost/00000000-0000-0000-0000-000000000002/") {
		t.Errorf("the issuer is %v", issuer)
	}
	if host, _ := arm.Lookup(got, "properties.privateFQDN"); !strings.HasSuffix(host.(string), ".privatelink.westeurope.azmk8s.io") {
		t.Errorf("the private host is %v", host)
	}
	pools := c.list(aksPath, "properties.agentPoolProfiles")
	if len(pools) != 1 || pools[0].(arm.Object)["count"] != 3.0 || pools[0].(arm.Object)["maxPods"] != 250.0 {
		t.Errorf("the pools are %v", pools)
	}

	group := "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/MC_rg_aks-shop_westeurope"
	c.must(http.MethodGet, group, "")
	kubelet, _ := arm.Lookup(got, "properties.identityProfile.kubeletidentity.resourceId")
	c.want(c.must(http.MethodGet, kubelet.(string), ""), "name", "aks-shop-agentpool")

	again := c.must(http.MethodPut, aksPath, aksBody(`,"tags":{}`))
	c.want(again, "properties.oidcIssuerProfile.issuerURL", issuer)
	c.want(again, "properties.identityProfile.kubeletidentity.resourceId", kubelet)

	c.must(http.MethodDelete, aksPath, "")
	if status, _ := c.do(http.MethodGet, group, ""); status != http.StatusNotFound {
		t.Errorf("the nodes' group is left behind: %d", status)
	}
}

func TestClusterCredentials(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	c.must(http.MethodPut, aksPath, aksBody(""))
	answer := c.must(http.MethodPost, aksPath+"/listClusterUserCredential", "")
	first := answer["kubeconfigs"].([]any)[0].(arm.Object)
	config, err := base64.StdEncoding.DecodeString(first["value"].(string))
	if err != nil || !strings.Contains(string(config), "kubelogin") || !strings.Contains(string(config), "privatelink.westeurope.azmk8s.io:443") {
		t.Errorf("the kubeconfig is %s (%v)", config, err)
	}
	c.refused(http.MethodPost, aksPath+"/listClusterAdminCredential", "", 400, "BadRequest")
}

func TestClusterRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ from, to, code string }{
		"a version that is not on offer":         {`"1.34"`, `"1.19"`, "K8sVersionNotSupported"},
		"a DNS service outside of its range":     {`"10.245.0.10"`, `"10.1.0.10"`, "DnsServiceIpOutOfServiceCidr"},
		"services among the pods":                {`"serviceCidr":"10.245.0.0/16","dnsServiceIP":"10.245.0.10"`, `"serviceCidr":"10.244.0.0/24","dnsServiceIP":"10.244.0.10"`, "ServiceCidrOverlapExistingSubnetsCidr"},
		"no pool for the system":                 {`"mode":"System"`, `"mode":"User"`, "InvalidParameter"},
		"a workspace that is not there":          {`"azurepolicy":{"enabled":true}`, `"omsagent":{"enabled":true,"config":{"logAnalyticsWorkspaceResourceID":"/subscriptions/x/none"}}`, "InvalidResourceReference"},
		"a zone of another region":               {`"system"`, `"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network/privateDnsZones/none"`, "InvalidResourceReference"},
		"a kubelet identity without a cluster's": {`"disableLocalAccounts":true`, `"identityProfile":{"kubeletidentity":{"resourceId":"/subscriptions/x/id"}}`, "CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newDataCloud(t)
			c.refused(http.MethodPut, aksPath, strings.Replace(aksBody(""), test.from, test.to, 1), 400, test.code)
		})
	}
}

func TestPoolsComeAndGo(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	c.must(http.MethodPut, aksPath, aksBody(""))
	c.must(http.MethodPut, aksPath+"/agentPools/work", `{"properties":{"count":2,"vmSize":"Standard_D4s_v5"}}`)
	if pools := c.list(aksPath, "properties.agentPoolProfiles"); len(pools) != 2 || pools[0].(arm.Object)["name"] != "system" {
		t.Errorf("the cluster shows %v", pools)
	}
	c.refused(http.MethodPut, aksPath+"/agentPools/work", `{"properties":{"count":2,"vmSize":"Standard_D8s_v5"}}`, 409, "PropertyChangeNotAllowed")
	c.refused(http.MethodPut, aksPath+"/agentPools/old", `{"properties":{"orchestratorVersion":"1.20"}}`, 400, "AgentPoolK8sVersionNotSupported")
	c.must(http.MethodPut, aksPath+"/agentPools/system", `{"properties":{"mode":"System","enableAutoScaling":true,"minCount":3,"maxCount":9}}`)
	c.must(http.MethodPatch, aksPath, `{"tags":{"owner":"shop"}}`)
	c.want(c.must(http.MethodGet, aksPath+"/agentPools/system", ""), "properties.maxCount", 9.0)
	c.refused(http.MethodDelete, aksPath+"/agentPools/system", "", 400, "LastSystemPool")
	c.must(http.MethodDelete, aksPath+"/agentPools/work", "")
	if pools := c.list(aksPath, "properties.agentPoolProfiles"); len(pools) != 1 {
		t.Errorf("the cluster still shows %v", pools)
	}
	if got := c.must(http.MethodGet, aksPath+"/availableAgentPoolVersions", ""); got["properties"] == nil {
		t.Errorf("no versions: %v", got)
	}
	c.must(http.MethodPut, aksPath+"/providers/Microsoft.ContainerService/deploymentSafeguards/default", `{"properties":{"level":"Warn"}}`)
	c.refused(http.MethodPut, aksPath+"/maintenanceConfigurations/aksManagedAutoUpgradeSchedule", `{"properties":{"maintenanceWindow":{"durationHours":2}}}`, 400, "InvalidParameter")
}

func TestFluxOnACluster(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	c.must(http.MethodPut, aksPath, aksBody(""))
	const flux, configuration = aksPath + "/providers/Microsoft.KubernetesConfiguration/extensions/flux", aksPath + "/providers/Microsoft.KubernetesConfiguration/fluxConfigurations/stage"
	const body = `{"properties":{"sourceKind":"GitRepository","namespace":"flux-system","gitRepository":{"url":"https://example.com","repositoryRef":{"branch":"main"}},
		"configurationProtectedSettings":{"key":"hush"},"kustomizations":{"clusters":{"path":"./clusters/dev"},"workloads":{"path":"./workloads/dev","dependsOn":["clusters"]}}}}`
	c.refused(http.MethodPut, configuration, body, 400, "FluxExtensionNotFound")
	c.must(http.MethodPut, flux, `{"properties":{"extensionType":"microsoft.flux"}}`)
	c.want(c.must(http.MethodGet, flux, ""), "properties.scope.cluster.releaseNamespace", "flux-system")
	c.refused(http.MethodPut, configuration, strings.Replace(body, `["clusters"]`, `["nothing"]`, 1), 400, "InvalidKustomization")
	c.must(http.MethodPut, configuration, body)
	got := c.must(http.MethodGet, configuration, "")
	c.want(got, "properties.complianceState", "Compliant")
	c.want(got, "properties.configurationProtectedSettings", nil)
	if statuses := c.list(configuration, "properties.statuses"); len(statuses) != 3 {
		t.Errorf("source and kustomizations have the statuses %v", statuses)
	}
	c.refused(http.MethodDelete, flux, "", 409, "ExtensionInUse")
	c.must(http.MethodDelete, configuration, "")
	c.must(http.MethodDelete, flux, "")
}
