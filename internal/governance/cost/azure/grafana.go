package azure

import "github.com/terrace-idp/terrace/internal/governance/cost"

// metricsWorkspace is paid by the samples that it takes in and that queries read.
func metricsWorkspace(r *cost.Reading) {
	r.UsedAs("Metrics ingestion", "10M samples", "monthly_metrics_samples", 1e7)
	r.UsedAs("Metrics queries", "10M samples", "monthly_queried_samples", 1e7)
}

// grafana is paid by its units, two for the size X1 and four for X2, by zones and by
// those who use it.
func grafana(r *cost.Reading) {
	sku := r.Str("sku", "Standard")
	if sku == "Standard" {
		size := map[string]float64{"x2": 2}[r.Low("sku_size", "x1")]
		if size == 0 {
			size = 1
		}
		r.Hourly("Standard units", 2*size)
		if r.Bool("zone_redundancy_enabled", false) {
			r.Hourly("Zone redundancy", size)
		}
	}
	r.UsedAs("Active users ("+sku+")", "users", "monthly_active_users", 1)
}
