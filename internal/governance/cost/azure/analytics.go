package azure

import (
	"fmt"
	"math"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func analytics() map[string]cost.Model {
	models := map[string]cost.Model{
		"azurerm_synapse_workspace": synapse, "azurerm_synapse_spark_pool": sparkPool, "azurerm_synapse_sql_pool": sqlPool,
		"azurerm_databricks_workspace": databricks, "azurerm_powerbi_embedded": func(r *cost.Reading) {
			r.Hourly("Node usage ("+r.Str("sku_name", "")+")", 1)
		},
		"azurerm_machine_learning_compute_cluster": learningCluster, "azurerm_machine_learning_compute_instance": learningInstance,
	}
	for _, kind := range []string{"hadoop", "hbase", "interactive_query", "kafka", "spark"} {
		models["azurerm_hdinsight_"+kind+"_cluster"] = hdinsight
	}
	return models
}

func hdinsight(r *cost.Reading) {
	worker := "Worker"
	if r.Type() == "azurerm_hdinsight_hbase_cluster" {
		worker = "Region"
	}
	count := r.Num("roles.worker_node.target_instance_count", 1)
	for _, n := range []struct {
		block, name string
		count       float64
	}{
		{"head_node", "Head", 2},
		{"worker_node", worker, count},
		{"zookeeper_node", "Zookeeper", 3},
		{"edge_node", "Edge", r.View.Num("roles.edge_node.target_instance_count", 1)},
	} {
		size := r.View.Str("roles."+n.block+".vm_size", "")
		if size == "" {
			continue
		}
		r.Add(cost.Part{Name: fmt.Sprintf("%s node (%s)", n.name, nodeName(size)), Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth * n.count), Service: "hdinsight_cluster", Meter: nodeName(size)})
	}
	if r.Type() != "azurerm_hdinsight_kafka_cluster" {
		return
	}
	disks := r.View.Num("roles.worker_node.number_of_disks_per_node", 0) * count
	if disks == 0 {
		return
	}
	kind := "standard"
	if premiumStorage(r.View.Str("roles.worker_node.vm_size", "")) {
		kind = "premium"
	}
	r.Add(cost.Part{Name: "Managed OS disks", Unit: "months", Quantity: &disks, Variant: kind})
	if operations := r.Told("monthly_os_disk_operations", 100_000); kind == "standard" || operations != nil {
		r.Add(cost.Part{Name: "Disk operations", Unit: "100K operations", Quantity: operations, Usage: true})
	}
}

// nodeName writes a size as HDInsight's prices do: Standard_D3_V2.
func nodeName(size string) string {
	parts := strings.Split(size, "_")
	for i, p := range parts {
		if len(p) > 1 && (p[0] == 'v' || p[0] == 'V') && p[1] >= '0' && p[1] <= '9' {
			parts[i] = "V" + p[1:]
		}
	}
	return strings.ReplaceAll(strings.Join(parts, "_"), "D4a_V4", "D4a V4")
}

func databricks(r *cost.Reading) {
	sku := r.Low("sku", "standard")
	if sku == "trial" {
		return
	}
	for _, u := range []struct{ name, key string }{
		{"All-purpose compute DBUs", "monthly_all_purpose_compute_dbu_hrs"},
		{"Jobs compute DBUs", "monthly_jobs_compute_dbu_hrs"},
		{"Jobs light compute DBUs", "monthly_jobs_light_compute_dbu_hrs"},
	} {
		r.Add(cost.Part{Name: u.name, Unit: "DBU-hours", Quantity: r.Told(u.key, 1), Variant: sku, Usage: true})
	}
}

func learningCluster(r *cost.Reading) {
	count := r.Usage().Num("instances", math.Max(1, r.Num("scale_settings.min_node_count", 1)))
	instances(r, "Linux", r.Str("vm_size", ""), "", count*r.Usage().Num("monthly_hrs", cost.HoursPerMonth))
}

func learningInstance(r *cost.Reading) {
	instances(r, "Linux", r.Str("virtual_machine_size", ""), "", r.Usage().Num("monthly_hrs", cost.HoursPerMonth))
}

func sparkPool(r *cost.Reading) {
	size := r.Low("node_size", "small")
	cores := map[string]float64{"small": 4, "medium": 8, "large": 16, "xlarge": 32, "xxlarge": 64, "xxxlarge": 80}[size]
	nodes := r.Num("node_count", r.View.Num("auto_scale.min_node_count", 3))
	var hours *float64
	if told := r.Told("monthly_hours", 1); told != nil {
		hours = cost.Quantity(*told * nodes * cores)
	}
	r.Add(cost.Part{Name: fmt.Sprintf("%s (%g nodes)", size, nodes), Unit: "vCore-hours", Quantity: hours, Meter: "vCore", Usage: true})
}

func sqlPool(r *cost.Reading) {
	r.Hourly("DWU blocks ("+r.Str("sku_name", "")+")", 1)
	r.UsedAs("Storage", "TB", "storage_tb", 1)
	if r.Bool("geo_backup_policy_enabled", true) && r.Usage().Bool("disaster_recovery_enabled", true) {
		r.UsedAs("Geo-redundant disaster recovery", "TB", "storage_tb", 1)
	}
}

func synapse(r *cost.Reading) {
	use := func(name, unit, key string, per float64, variant string) {
		r.Add(cost.Part{Name: name, Unit: unit, Quantity: r.Told(key, per), Variant: variant, Usage: true})
	}
	managed := r.Bool("managed_virtual_network_enabled", false)
	variant := "default"
	if managed {
		variant = "managed"
	}
	use("Serverless SQL pool size", "TB", "serverless_sql_pool_size_tb", 1, "")
	p := "monthly_datapipeline_"
	use("Data pipeline azure hosted activity runs", "1k activity runs", p+"azure_hosted_activity_runs", 1, "")
	var units *float64
	if n := r.Told(p+"azure_hosted_data_integration_units", 1); n != nil {
		units = cost.Quantity(*n * r.Usage().Num(p+"azure_hosted_data_integration_hours", 1))
	}
	r.Add(cost.Part{Name: "Data pipeline azure hosted data integration units", Unit: "DIU-hours", Quantity: units, Usage: true})
	use("Data pipeline azure hosted integration runtime", "hours", p+"azure_hosted_integration_runtime_hours", 1, variant)
	use("Data pipeline azure hosted external integration runtime", "hours", p+"azure_hosted_external_integration_runtime_hours", 1, variant)
	use("Data pipeline self hosted activity runs", "1k activity runs", p+"self_hosted_activity_runs", 1, "")
	use("Data pipeline self hosted data movement", "hours", p+"self_hosted_data_movement_hours", 1, "")
	use("Data pipeline self hosted integration runtime", "hours", p+"self_hosted_integration_runtime_hours", 1, "")
	use("Data pipeline self hosted external integration runtime", "hours", p+"self_hosted_external_integration_runtime_hours", 1, "")
	for _, kind := range []string{"basic", "standard"} {
		var hours *float64
		if n := r.Told("dataflow_"+kind+"_instances", 1); n != nil {
			hours = cost.Quantity(*n * r.Usage().Num("dataflow_"+kind+"_vcores", 0) * r.Usage().Num("monthly_dataflow_"+kind+"_hours", 0))
		}
		r.Add(cost.Part{Name: "Data flow (" + kind + ")", Unit: "vCore-hours", Quantity: hours, Usage: true})
	}
}
