package gateway

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func promises() []apiclient.SloStatus {
	x := apiclient.SloStatus{
		Tenant: "acme", Project: "shop", Stage: "prod", Route: "orders", Objective: "availability", Indicator: "availability", Target: 0.999, Window: "28d",
		Burns: []apiclient.SloBurn{
			{Severity: "page", Long: "1h", Short: "5m", Factor: 14.4}, {Severity: "page", Long: "6h", Short: "30m", Factor: 6}, {Severity: "ticket", Long: "3d", Short: "6h", Factor: 1},
		},
	}
	y := x
	y.Objective, y.Indicator, y.Threshold, y.Target = "fast", "latency", 1, 0.95
	return []apiclient.SloStatus{x, y}
}

// TestRulesOfPrometheus has what is written be what an objective says, and what
// promtool takes where it is on this machine.
func TestRulesOfPrometheus(t *testing.T) {
	t.Parallel()
	r := rulesOf(promises())
	if len(r.Groups) != 2 || len(r.Groups[0].Rules) != 8 {
		t.Fatalf("%+v", r)
	}
	const of = `tenant="acme",project="shop",stage="prod",route="orders"`
	for i, want := range []struct{ record, alert string }{
		{
			`(sum(rate(terrace_gateway_requests_total{` + of + `,code="5xx"}[5m])) or vector(0))` + "\n" + `/ sum(rate(terrace_gateway_requests_total{` + of + `}[5m]))`,
			`terrace_gateway_slo:error_ratio:rate1h{` + of + `,objective="availability"} > (14.4 * 0.001)` + "\n" + `and terrace_gateway_slo:error_ratio:rate5m{` + of + `,objective="availability"} > (14.4 * 0.001)`,
		},
		{
			`1 - sum(rate(terrace_gateway_request_duration_seconds_bucket{` + of + `,le=~"1(\\.0)?"}[5m]))` + "\n" + `/ sum(rate(terrace_gateway_request_duration_seconds_count{` + of + `}[5m]))`,
			`terrace_gateway_slo:error_ratio:rate1h{` + of + `,objective="fast"} > (14.4 * 0.05)` + "\n" + `and terrace_gateway_slo:error_ratio:rate5m{` + of + `,objective="fast"} > (14.4 * 0.05)`,
		},
	} {
		rules := r.Groups[i].Rules
		if rules[0].Record != "terrace_gateway_slo:error_ratio:rate5m" || rules[0].Expr != want.record {
			t.Errorf("records %s:\n%s\nwant\n%s", rules[0].Record, rules[0].Expr, want.record)
		}
		if rules[5].Expr != want.alert || rules[5].Labels["severity"] != "page" || rules[5].Labels["route"] != "orders" || rules[7].Labels["severity"] != "ticket" {
			t.Errorf("alerts\n%s\nwant\n%s", rules[5].Expr, want.alert)
		}
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not on this machine")
	}
	path := filepath.Join(t.TempDir(), "rules.yaml")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := output.Write(file, output.YAML, r, nil); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), promtool, "check", "rules", path).CombinedOutput(); err != nil || !strings.Contains(string(out), "16 rules found") {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}

func TestSharesAreReadable(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]string{1: "100%", 0.999: "99.9%", 0.99999: "99.999%", 0.5: "50%", -2: "-200%", 0: "0%", -0.1234567: "-12.3457%"} {
		if got := percent(share); got != want {
			t.Errorf("%v is %s, want %s", share, got, want)
		}
	}
}
