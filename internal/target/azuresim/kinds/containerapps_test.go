package kinds_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	appEnvironment = "Microsoft.App/managedEnvironments/cae"
	portalApp      = "Microsoft.App/containerApps/portal"
)

func appBody(c *dataCloud, container string) string {
	return `{"location":"westeurope","properties":{"managedEnvironmentId":"` + c.group + "/providers/" + appEnvironment + `",` +
		`"configuration":{"ingress":{"external":true,"targetPort":80},"secrets":[{"name":"known","value":"hidden"}]},"template":{"containers":[` + container + `]}}}`
}

func TestAContainerAppLivesInItsEnvironment(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	container := `{"name":"portal","image":"example.com/a:1","resources":{"cpu":0.5},"env":[{"name":"A","secretRef":"known"}]}`
	c.refused(http.MethodPut, portalApp, appBody(c, container), http.StatusBadRequest, "ManagedEnvironmentNotFound")
	c.must(http.MethodPut, appEnvironment, `{"location":"westeurope","properties":{}}`)
	c.must(http.MethodPut, portalApp, appBody(c, container))

	domain, _ := arm.Lookup(c.must(http.MethodGet, appEnvironment, ""), "properties.defaultDomain")
	app := c.must(http.MethodGet, portalApp, "")
	c.want(app, "properties.configuration.ingress.fqdn", "portal."+domain.(string))
	c.want(app, "properties.configuration.secrets", []any{map[string]any{"name": "known"}})
	c.want(c.must(http.MethodPost, portalApp+"/listSecrets", ""), "value", []any{map[string]any{"name": "known", "value": "hidden"}})
	if revision, _ := arm.Lookup(app, "properties.latestRevisionName"); !strings.HasPrefix(revision.(string), "portal--") {
		t.Errorf("the revision is %v", revision)
	}

	c.refused(http.MethodDelete, appEnvironment, "", http.StatusConflict, "ManagedEnvironmentHasContainerApps")
	c.must(http.MethodDelete, portalApp, "")
	c.must(http.MethodDelete, appEnvironment, "")
	for _, left := range c.engine.Everything("Microsoft.Resources/resourceGroups") {
		if left.Name != "rg" {
			t.Errorf("the environment has left %s", left.ID)
		}
	}
}

func TestContainerAppsThatAzureRefuses(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	c.must(http.MethodPut, appEnvironment, `{"location":"westeurope","properties":{}}`)
	c.refused(http.MethodPut, portalApp, appBody(c, `{"name":"portal","image":"example.com/a:1","env":[{"name":"A","secretRef":"unknown"}]}`),
		http.StatusBadRequest, "ContainerAppSecretRefNotFound")
	c.refused(http.MethodPut, "Microsoft.App/managedEnvironments/other",
		`{"location":"westeurope","properties":{"vnetConfiguration":{"infrastructureSubnetId":"`+c.group+`/providers/Microsoft.Network/virtualNetworks/v/subnets/s"}}}`,
		http.StatusBadRequest, "InvalidSubnetId")
}
