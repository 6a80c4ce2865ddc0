package azure

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func monitor() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_log_analytics_workspace": workspace, "azurerm_application_insights": insights,
		"azurerm_application_insights_web_test": webTest, "azurerm_application_insights_standard_web_test": standardTest,
		"azurerm_monitor_action_group": actionGroup, "azurerm_monitor_data_collection_rule": collection,
		"azurerm_monitor_diagnostic_setting": diagnostics, "azurerm_monitor_metric_alert": metricAlert,
		"azurerm_monitor_scheduled_query_rules_alert":    queryAlert,
		"azurerm_monitor_scheduled_query_rules_alert_v2": queryAlert2,
		"azurerm_monitor_workspace":                      metricsWorkspace,
		"azurerm_dashboard_grafana":                      grafana,
	}
}

func workspace(r *cost.Reading) {
	sku := r.Low("sku", "pergb2018")
	sentinel := len(r.In().Users(r.Resource(), "azurerm_sentinel_log_analytics_workspace_onboarding", "azurerm_log_analytics_solution")) > 0 || r.Usage().Has("monthly_sentinel_data_ingestion_gb")
	switch sku {
	case "pergb2018":
		r.UsedAs("Log data ingestion", "GB", "monthly_log_data_ingestion_gb", 1)
		if sentinel {
			r.UsedAs("Sentinel data ingestion", "GB", "monthly_sentinel_data_ingestion_gb", 1)
		}
	case "capacityreservation":
		tier := commitment(r.Num("reservation_capacity_in_gb_per_day", 100))
		unit := fmt.Sprintf("%g GB (per day)", tier)
		r.Monthly("Log data ingestion", unit, 30)
		if sentinel {
			r.Monthly("Sentinel data ingestion", unit, 30)
		}
	default:
		if sku != "free" {
			r.Miss("Log data ingestion", "the sku "+sku+" is a legacy one")
		}
		return
	}
	if r.Num("retention_in_days", 30) > 31 {
		r.UsedAs("Log data retention", "GB", "monthly_additional_log_data_retention_gb", 1)
	}
	r.UsedAs("Log data export", "GB", "monthly_log_data_export_gb", 1)
	r.UsedAs("Basic log data ingestion", "GB", "monthly_basic_log_data_ingestion_gb", 1)
	r.UsedAs("Basic log search queries", "GB searched", "monthly_basic_log_search_gb", 1)
	r.UsedAs("Archive data", "GB", "monthly_archive_data_gb", 1)
	r.UsedAs("Archive data restored", "GB", "monthly_archive_data_restored_gb", 1)
	r.UsedAs("Archive data searched", "GB", "monthly_archive_data_searched_gb", 1)
}

// commitment is the tier at or below what is reserved.
func commitment(gb float64) float64 {
	tier := 100.0
	for _, t := range []float64{100, 200, 300, 400, 500, 1000, 2000, 5000} {
		if t <= gb {
			tier = t
		}
	}
	return tier
}

func insights(r *cost.Reading) {
	if r.Has("workspace_id") || r.Resource().Unknown["workspace_id"] {
		return
	}
	r.UsedAs("Data ingested", "GB", "monthly_data_ingested_gb", 1)
	if days := r.Num("retention_in_days", 90); days > 90 {
		r.UsedAs(fmt.Sprintf("Data retention (%g days)", days), "GB", "monthly_data_ingested_gb", 1)
	}
}

func webTest(r *cost.Reading) {
	if r.Low("kind", "") == "multistep" && r.Bool("enabled", true) {
		r.Monthly("Multi-step web test", "test", 1)
	}
}

func standardTest(r *cost.Reading) {
	if !r.Bool("enabled", true) {
		return
	}
	every := r.Num("frequency", 300)
	r.Monthly(fmt.Sprintf("Standard web test (%g second frequency)", every), "tests", math.Max(1, float64(r.Len("geo_locations")))*cost.HoursPerMonth*3600/every)
}

// actionGroup counts receivers; each is notified as often as usage tells.
func actionGroup(r *cost.Reading) {
	told := r.Told("monthly_notifications", 1)
	add := func(name, unit string, n int) {
		if n == 0 {
			return
		}
		var quantity *float64
		if told != nil {
			quantity = cost.Quantity(*told * float64(n))
		}
		r.Add(cost.Part{Name: fmt.Sprintf("%s (%d)", name, n), Unit: unit, Quantity: quantity, Meter: name, Usage: true})
	}
	add("Email notifications", "emails", r.Len("email_receiver"))
	add("ITSM connectors", "events", r.Len("itsm_receiver"))
	add("Push notifications", "notifications", r.Len("azure_app_push_receiver"))
	secure := 0
	for _, w := range r.List("webhook_receiver") {
		if w.Has("aad_auth") {
			secure++
		}
	}
	add("Secure web hooks", "notifications", secure)
	add("Web hooks", "notifications", r.Len("webhook_receiver")-secure)
	for _, receiver := range []struct{ block, unit, group string }{{"sms_receiver", "messages", "SMS messages"}, {"voice_receiver", "calls", "Voice calls"}} {
		byCode := map[string]int{}
		var order []string
		for _, s := range r.List(receiver.block) {
			code := s.Str("country_code", "1")
			if byCode[code] == 0 {
				order = append(order, code)
			}
			byCode[code]++
		}
		r.Within(receiver.group, func() {
			for _, code := range order {
				add("Country code "+code, receiver.unit, byCode[code])
			}
		})
	}
}

func collection(r *cost.Reading) {
	r.UsedAs("Metrics ingestion", "10M samples", "monthly_custom_metrics_samples", 1e7)
}

func diagnostics(r *cost.Reading) {
	if r.Has("eventhub_name") || r.Has("eventhub_authorization_rule_id") || r.Has("storage_account_id") || r.Has("partner_solution_id") ||
		r.Resource().Unknown["storage_account_id"] || r.Resource().Unknown["eventhub_authorization_rule_id"] {
		r.UsedAs("Platform logs processed", "GB", "monthly_platform_log_gb", 1)
	}
}

func metricAlert(r *cost.Reading) {
	if !r.Bool("enabled", true) {
		return
	}
	scopes := math.Max(1, float64(r.Len("scopes")))
	series := func(block string) float64 {
		n := 0.0
		for _, c := range r.List(block) {
			n += scopes * math.Max(1, float64(c.Len("dimension")))
		}
		return n
	}
	dynamic := series("dynamic_criteria")
	all := series("criteria") + dynamic + series("application_insights_web_test_location_availability_criteria")
	if all > 0 {
		r.Monthly("Metrics monitoring", "time-series", all)
	}
	if dynamic > 0 {
		r.Monthly("Dynamic threshold monitoring", "time-series", dynamic)
	}
}

// often is the billed frequency of a query's evaluation, in minutes.
func often(minutes float64) string {
	for _, m := range []float64{15, 10, 5} {
		if minutes >= m {
			return fmt.Sprintf("%g minute", m)
		}
	}
	return "1 minute"
}

func queryAlert(r *cost.Reading) {
	if r.Bool("enabled", true) {
		r.Monthly("Log alerts monitoring ("+often(r.Num("frequency", 5))+" frequency)", "rule", 1)
	}
}

func queryAlert2(r *cost.Reading) {
	if !r.Bool("enabled", true) {
		return
	}
	every := often(minutesOf(r.Str("evaluation_frequency", "PT1M")))
	r.Monthly("Log alerts monitoring ("+every+" frequency)", "rule", 1)
	dimensions := 0
	for _, c := range r.List("criteria") {
		dimensions += c.Len("dimension")
	}
	if series := math.Max(1, float64(r.Len("scopes")))*float64(dimensions) - 1; series > 0 {
		r.Monthly("Additional time-series monitoring ("+every+" frequency)", "time-series", series)
	}
}

// minutesOf reads a duration of ISO 8601: PT5M, PT1H, P1D.
func minutesOf(text string) float64 {
	found := regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$`).FindStringSubmatch(strings.ToUpper(text))
	if found == nil {
		return 1
	}
	total := 0.0
	for i, factor := range []float64{24 * 60, 60, 1} {
		n, err := strconv.ParseFloat(found[i+1], 64)
		if err == nil {
			total += n * factor
		}
	}
	return total
}
