package cost_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/azure"
)

// named has a price for everything, and is asked for what the test looks at.
type named struct{ asked *[]string }

func (n named) Price(service, meter, variant, region string) (float64, bool) {
	*n.asked = append(*n.asked, strings.Join([]string{service, meter, variant, region}, "/"))
	return 1, true
}

func (named) Date() string { return "2026-01-01" }

const (
	cosmosDatabase  = "azurerm_cosmosdb_sql_database.d"
	cosmosContainer = "azurerm_cosmosdb_sql_container.c"
)

func cosmosAccount(more string) string {
	return change("azurerm_cosmosdb_account.a", create, "null", `{"name":"a","location":"westeurope","geo_location":[{"location":"westeurope","zone_redundant":true},{"location":"northeurope"}]`+more+`}`)
}

// Each line of want is a component and its quantity, ? where usage tells it.
func TestWhatTypesConsistOf(t *testing.T) {
	t.Parallel()
	database := func(more string) string {
		return change(cosmosDatabase, create, "null", `{"name":"d","account_name":"a"`+more+`}`)
	}
	container := change(cosmosContainer, create, "null", `{"name":"c","account_name":"a","database_name":"d"}`)
	for name, c := range map[string]struct {
		changes []string
		address string
		want    string
	}{
		"throughput in two regions, one of them with zones": {
			[]string{cosmosAccount(""), database(`,"throughput":400`)},
			cosmosDatabase,
			"Provisioned throughput (provisioned, West Europe)=5\nProvisioned throughput (provisioned, North Europe)=4",
		},
		"regions that all write have a price of their own, in which zones are": {
			[]string{cosmosAccount(`,"multiple_write_locations_enabled":true`), database(`,"throughput":400`)},
			cosmosDatabase,
			"Provisioned throughput (provisioned, West Europe)=4\nasked cosmosdb/throughput of several regions/westeurope/westeurope",
		},
		"a container in a database with throughput has its": {
			[]string{cosmosAccount(""), database(`,"autoscale_settings":[{"max_throughput":4000}]`), container},
			cosmosContainer,
			"Transactional storage (West Europe)=?\nno Provisioned throughput (serverless)",
		},
		"a container in a database without is paid by what it is asked": {
			[]string{cosmosAccount(""), database(""), container}, cosmosContainer, "Provisioned throughput (serverless)=?",
		},
		"backups of seven days are free": {
			[]string{cosmosAccount(`,"backup":[{"type":"Continuous","tier":"Continuous7Days"}]`), database("")},
			cosmosDatabase,
			"no Continuous backup (West Europe)\nRestored data=?",
		},
		"those of thirty are not": {
			[]string{cosmosAccount(`,"backup":[{"type":"Continuous"}]`), database("")}, cosmosDatabase, "Continuous backup (West Europe)=?",
		},
		"a standby is as large as what it stands by for": {
			[]string{change("azurerm_mysql_flexible_server.m", create, "null", `{"location":"westeurope","sku_name":"GP_Standard_D8ads_v5","storage":[{"size_gb":100}],"high_availability":[{"mode":"ZoneRedundant"}]}`)},
			"azurerm_mysql_flexible_server.m", "Compute (GP_Standard_D8ads_v5)=730\nStandby compute (GP_Standard_D8ads_v5)=730\nStorage=100\nStandby storage=100",
		},
		"a cluster of the premium tier has long term support": {
			[]string{change("azurerm_kubernetes_cluster.k", create, "null", `{"location":"westeurope","sku_tier":"Premium"}`)},
			"azurerm_kubernetes_cluster.k", "Long term support=730\nno Uptime SLA",
		},
		"a bastion of a higher tier has its price, and more units": {
			[]string{change("azurerm_bastion_host.b", create, "null", `{"location":"westeurope","sku":"Standard","scale_units":5}`)},
			"azurerm_bastion_host.b", "Bastion host=730\nScale units=2190\nasked bastion_host/Bastion host/standard/westeurope",
		},
		"Grafana in zones": {
			[]string{change("azurerm_dashboard_grafana.g", create, "null", `{"location":"westeurope","sku":"Standard","zone_redundancy_enabled":true}`)},
			"azurerm_dashboard_grafana.g", "Standard units=1460\nZone redundancy=730\nActive users (Standard)=?",
		},
		"a container app that waits": {
			[]string{change("azurerm_container_app.c", create, "null", `{"location":"westeurope","template":[{"min_replicas":2,"container":[{"cpu":0.5,"memory":"1Gi"},{"cpu":0.25,"memory":"0.5Gi"}]}]}`)},
			"azurerm_container_app.c", "vCPU (Idle)=3942000\nMemory (Idle)=7884000\nvCPU (Active)=?\nRequests=?",
		},
		"an environment with machines of its own": {
			[]string{change("azurerm_container_app_environment.e", create, "null", `{"location":"westeurope","workload_profile":[{"name":"Consumption","workload_profile_type":"Consumption"},{"name":"big","workload_profile_type":"D8","minimum_count":3}]}`)},
			"azurerm_container_app_environment.e", "Dedicated vCPU=17520\nDedicated memory=70080\nDedicated plan management=730",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			e, err := cost.NewEstimator(named{&asked}, azure.NewCatalog()).Estimate(t.Context(), plan(t, c.changes...).After, nil)
			if err != nil {
				t.Fatal(err)
			}
			item, _ := e.Item(c.address)
			lines := map[string]bool{}
			for _, part := range item.Components {
				lines[part.Name] = true
				quantity := "?"
				if part.Quantity != nil {
					quantity = fmt.Sprintf("%.0f", *part.Quantity)
				}
				lines[part.Name+"="+quantity] = true
			}
			for _, a := range asked {
				lines["asked "+a] = true
			}
			for _, want := range strings.Split(c.want, "\n") {
				not, unwanted := strings.CutPrefix(want, "no ")
				if unwanted && lines[not] || !unwanted && !lines[want] {
					t.Errorf("%s: got %v", want, lines)
				}
			}
		})
	}
}

// What Terrace's own provider makes is on the platform's machine.
func TestTerracesOwnResourcesAreFree(t *testing.T) {
	t.Parallel()
	e, err := estimator(t).Estimate(t.Context(), plan(t, change("terrace_service.s", create, "null", `{}`)).After, nil)
	if err != nil || e.Free != 1 || !e.Complete() {
		t.Errorf("got %+v, %v", e, err)
	}
}
