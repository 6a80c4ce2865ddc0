package gateway

import (
	"context"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// rounds are the redirects of a route to a full path from which its rules lead back to the
// same one, each with its place; routes are those of its stage.
func rounds(ctx context.Context, r Route, routes []Route) ([]kernel.Problem, error) {
	var out []kernel.Problem
	var table *proxy.Table
	for i, rule := range r.Rules {
		if rule.Redirect == nil || rule.Redirect.FullPath == nil || rule.Redirect.Port != 0 {
			continue
		}
		if table == nil {
			var err error
			if table, err = tableOf(routes); err != nil {
				return nil, err
			}
		}
		if why := round(ctx, table, r, i); why != "" {
			out = append(out, kernel.Problem{Path: fmt.Sprintf("rules[%d].redirect", i), Message: why, Fix: "lead it elsewhere"})
		}
	}
	return out, nil
}

func tableOf(routes []Route) (*proxy.Table, error) {
	var c proxy.Counting
	entries := make([]*proxy.Entry, 0, len(routes))
	for _, r := range routes {
		entries = append(entries, c.Entry(r, nil))
	}
	return c.Table(entries, nil) // of one stage
}

// leadsTo are the addresses that a redirect to a full path leads to.
func leadsTo(r Route, d Redirect) []string {
	hosts := r.Hosts
	if d.Host != "" {
		hosts = []string{d.Host}
	}
	out := make([]string, 0, len(hosts))
	for _, host := range hosts {
		out = append(out, "https://"+strings.Replace(host, "*", "any", 1)+*d.FullPath)
	}
	return out
}

// round says how clients that a rule sends elsewhere come back to it, "" where they do not.
func round(ctx context.Context, table *proxy.Table, r Route, rule int) string {
	for _, to := range leadsTo(r, *r.Rules[rule].Redirect) {
		for _, m := range r.Rules[rule].Matches {
			switch over, back := comesBack(ctx, table, r, rule, Question{Method: m.Method, URL: to}); {
			case back && len(over) == 0:
				return fmt.Sprintf("it leads to %s, which the same rule takes: clients go round for ever", to)
			case back:
				return fmt.Sprintf("it leads to %s, and rules[%s] back to this rule: clients go round for ever", to, strings.Trim(fmt.Sprint(over), "[]"))
			}
		}
	}
	return ""
}

// comesBack follows the redirects of a route from a request on, and returns the rules that
// were passed until the first one came again; back tells that this is the rule itself.
func comesBack(ctx context.Context, table *proxy.Table, r Route, rule int, q Question) (over []int, back bool) {
	passed := map[int]bool{}
	for {
		x, err := q.exchange(ctx)
		if err != nil {
			return nil, false // the gateway takes no such address
		}
		found, _ := table.Lookup(x)
		if found == nil || found.Route().Name != r.Name {
			return nil, false
		}
		at, _ := found.Place()
		d := r.Rules[at].Redirect
		if at == rule {
			return over, true
		}
		if d == nil || d.Port != 0 || passed[at] {
			return nil, false
		}
		passed[at], over = true, append(over, at)
		q.URL = found.Leads(x)
	}
}
