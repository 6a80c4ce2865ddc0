package gateway

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/apiclient"
)

// Rules is a file of rules as Prometheus reads it.
type Rules struct {
	Groups []RuleGroup `json:"groups"`
}

// RuleGroup are the rules of one objective.
type RuleGroup struct {
	Name  string `json:"name"`
	Rules []Rule `json:"rules"`
}

// Rule records a ratio, or alerts on some.
type Rule struct {
	Record      string            `json:"record,omitempty"`
	Alert       string            `json:"alert,omitempty"`
	Expr        string            `json:"expr"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// rulesOf makes rules of objectives.
func rulesOf(all []apiclient.SloStatus) Rules {
	r := Rules{Groups: []RuleGroup{}}
	for _, x := range all {
		r.Groups = append(r.Groups, groupOf(x))
	}
	return r
}

const ratio = "terrace_gateway_slo:error_ratio:rate"

func groupOf(x apiclient.SloStatus) RuleGroup {
	g := RuleGroup{Name: strings.Join([]string{"terrace", x.Tenant, x.Project, x.Stage, x.Route, x.Objective}, "/")}
	labels := map[string]string{"tenant": x.Tenant, "project": x.Project, "stage": x.Stage, "route": x.Route, "objective": x.Objective}
	var seen []string
	for _, b := range x.Burns {
		for _, window := range []string{b.Short, b.Long} {
			if !slices.Contains(seen, window) {
				seen = append(seen, window)
				g.Rules = append(g.Rules, Rule{Record: ratio + window, Expr: errorRatio(x, window), Labels: labels})
			}
		}
	}
	for _, b := range x.Burns {
		own := maps.Clone(labels) // promtool holds alerts of one name apart by them
		own["severity"], own["long_window"], own["short_window"] = b.Severity, b.Long, b.Short
		of := func(window string) string {
			return fmt.Sprintf("%s%s{%s} > (%s * %s)", ratio, window, matchers(x, "objective", x.Objective), number(b.Factor), number(1-x.Target))
		}
		g.Rules = append(g.Rules, Rule{
			Alert: "GatewayErrorBudgetBurn", Expr: of(b.Long) + "\nand " + of(b.Short),
			Labels: own,
			Annotations: map[string]string{
				"summary":     fmt.Sprintf("Route %s of %s/%s burns its error budget of %s", x.Route, x.Project, x.Stage, x.Objective),
				"description": fmt.Sprintf("At more than %s times what %s over %s bear, in the last %s and the last %s.", number(b.Factor), percent(x.Target), x.Window, b.Long, b.Short),
			},
		})
	}
	return g
}

// errorRatio is the share of requests that did not do.
func errorRatio(x apiclient.SloStatus, window string) string {
	sum := func(metric string, more ...string) string {
		return fmt.Sprintf("sum(rate(%s{%s}[%s]))", metric, matchers(x, more...), window)
	}
	if x.Threshold == 0 {
		const requests = "terrace_gateway_requests_total"
		return "(" + sum(requests, "code", "5xx") + " or vector(0))\n/ " + sum(requests)
	}
	const duration = "terrace_gateway_request_duration_seconds"
	return "1 - " + sum(duration+"_bucket", "le~", bound(x.Threshold)) + "\n/ " + sum(duration+"_count")
}

// bound is the label of a bound: whole seconds have a fraction in some versions of
// Prometheus and none in others.
func bound(threshold float64) string {
	text := number(threshold)
	if strings.Contains(text, ".") {
		return strings.ReplaceAll(text, ".", `\.`)
	}
	return text + `(\.0)?`
}

// matchers name the series of a route; a name that ends in ~ takes an expression.
func matchers(x apiclient.SloStatus, more ...string) string {
	pairs := append([]string{"tenant", x.Tenant, "project", x.Project, "stage", x.Stage, "route", x.Route}, more...)
	all := make([]string, 0, len(pairs)/2)
	for pair := range slices.Chunk(pairs, 2) {
		name, is := strings.CutSuffix(pair[0], "~")
		operator := "="
		if is {
			operator = "=~"
		}
		all = append(all, name+operator+strconv.Quote(pair[1]))
	}
	return strings.Join(all, ",")
}

// number writes a figure without the noise of its binary form.
func number(f float64) string {
	return strconv.FormatFloat(f, 'g', 10, 64)
}
