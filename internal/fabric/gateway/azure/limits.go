package azure

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// limits is the spec of a RateLimitPolicy, as its kind has it.
type limitSpec struct {
	Limits []oneLimit `json:"limits"`
}

type oneLimit struct {
	Name     string           `json:"name"`
	Key      []string         `json:"key"`
	Windows  []window         `json:"windows"`
	Methods  []string         `json:"methods"`
	Count    string           `json:"count"`
	Costs    map[string]int64 `json:"costs"`
	Statuses []string         `json:"statuses"`
}

type window struct {
	Limit int64           `json:"limit"`
	Per   kernel.Duration `json:"per"`
	Burst int64           `json:"burst"`
}

// boundary is the longest window of a rate, and the shortest of a quota.
const boundary = 5 * time.Minute

// earlyLimits are those that count before anybody is known. What the firewall counts itself
// does not come this far.
func (d *document) earlyLimits(r *gateway.InForce) []element {
	p, ok := policy(r, capability.ClientLimit)
	if !ok {
		return nil
	}
	return d.counted(r, p, func(l oneLimit) bool { return !prevents(r) || !l.atTheEdge() })
}

func (d *document) limits(r *gateway.InForce) []element {
	p, ok := policy(r, capability.RateLimit)
	if !ok {
		return nil
	}
	return d.counted(r, p, func(oneLimit) bool { return true })
}

func (d *document) counted(r *gateway.InForce, p gateway.Policy, mine func(oneLimit) bool) []element {
	var s limitSpec
	d.read(p, &s)
	var all []element
	for i, l := range s.Limits {
		if !mine(l) {
			continue
		}
		var counters []element
		for j, w := range l.Windows {
			at := "limits[" + strconv.Itoa(i) + "].windows[" + strconv.Itoa(j) + "]"
			counters = append(counters, d.counter(r, p, at, l, w)...)
		}
		if len(l.Methods) == 0 {
			all = append(all, counters...)
			continue
		}
		var by choice
		by.when(among("context.Request.Method", l.Methods), counters...)
		all = append(all, by.done()...)
	}
	return all
}

// counter counts one window.
func (d *document) counter(r *gateway.InForce, p gateway.Policy, at string, l oneLimit, w window) []element {
	per, place := time.Duration(w.Per), placeOf(p)
	bytes := l.Count == "bytes"
	switch {
	case per%time.Second != 0:
		d.t.refuse(place, at+".per", "use whole seconds", "on Azure: a window of %s is not one of whole seconds", per)
	case bytes && per < boundary:
		d.t.refuse(place, at+".per", "use at least 5m", "on Azure: bytes are counted in windows of at least 5m, not %s", per)
	case w.Limit > math.MaxInt32:
		d.t.refuse(place, at+".limit", "use at most "+strconv.Itoa(math.MaxInt32), "on Azure: %d is more than API Management counts", w.Limit)
	}
	key := text(p.Kind+"/"+p.Scope.String()+"/"+p.Name+"/"+l.Name+"/"+per.String()) + " + " + strings.Join(d.key(r, p, at, l), " + ")
	units, amount := "calls", w.Limit
	name := "rate-limit-by-key"
	if per > boundary || bytes {
		name = "quota-by-key"
	}
	if bytes {
		units, amount = "bandwidth", (w.Limit+1023)/1024
	}
	e := el(name, units, strconv.FormatInt(amount, 10), "renewal-period", strconv.FormatInt(seconds(int64(per)), 10), "counter-key", expression(key))
	if len(l.Statuses) > 0 {
		e.attrs = append(e.attrs, attribute{"increment-condition", expression(statuses(l.Statuses))})
	}
	if len(l.Costs) > 0 {
		e.attrs = append(e.attrs, attribute{"increment-count", expression(costs(l.Costs))})
	}
	return []element{e}
}

// key is what a limit counts by; what a request does not have, its client stands for.
func (d *document) key(r *gateway.InForce, p gateway.Policy, at string, l oneLimit) []string {
	parts := l.Key
	if len(parts) == 0 {
		parts = []string{"client"}
	}
	scope := r.Route.Scope
	var all []string
	for i, part := range parts {
		kind, name, _ := strings.Cut(part, ":")
		value := ""
		switch kind {
		case "client":
			value = variable(varClient)
		case "consumer":
			value = orClient(variable(varConsumer))
		case "product":
			value = orClient(variable(varProduct))
		case "plan":
			value = orClient(variable(varPlan))
		case "header":
			value = orClient(header(name))
		case "claim":
			value = orClient(some(`context.Variables.ContainsKey("` + varToken + `") ? ` + claim(name, `""`) + ` : ""`))
		case "constant":
			value = text(name)
		case "tenant":
			value = text(scope.Tenant)
		case "project":
			value = text(scope.Tenant + "/" + scope.Project)
		case "stage":
			value = text(scope.String())
		case "route":
			value = text(scope.String() + "/" + r.Route.Name)
		default:
			limit, _, _ := strings.Cut(at, ".")
			d.t.refuse(placeOf(p), limit+".key["+strconv.Itoa(i)+"]", "use client, consumer, product, plan, tenant, project, stage, route, header:NAME, claim:NAME or constant:TEXT", "on Azure: nothing counts by %s", part)
			value = variable(varClient)
		}
		all = append(all, `"/" + `+some(value)+`.Length + ":" + `+some(value)) // so that no two keys read alike
	}
	return all
}

// orClient is a value, or the client where there is none; no client can say what reads as
// the address of another one.
func orClient(value string) string {
	return some("string.IsNullOrEmpty(" + value + `) ? "~" + ` + variable(varClient) + ` : "=" + ` + value)
}

func claim(name, other string) string {
	return `((Jwt)context.Variables["` + varToken + `"]).Claims.GetValueOrDefault(` + text(name) + ", " + other + ")"
}

func statuses(all []string) string {
	out := make([]string, len(all))
	for i, s := range all {
		if strings.HasSuffix(s, "xx") {
			out[i] = "context.Response.StatusCode / 100 == " + s[:1]
		} else {
			out[i] = "context.Response.StatusCode == " + s
		}
	}
	return some(out...)
}

func costs(of map[string]int64) string {
	out := "1"
	for _, method := range slices.Backward(spec.Sorted(of)) {
		out = some("context.Request.Method == " + text(method) + " ? " + strconv.FormatInt(of[method], 10) + " : " + out)
	}
	return out
}

// atTheEdge tells a limit that the firewall can count: requests of an address, in one
// minute or five.
func (l oneLimit) atTheEdge() bool {
	if len(l.Key) > 1 || len(l.Key) == 1 && l.Key[0] != "client" || l.Count == "bytes" || len(l.Costs)+len(l.Statuses) > 0 {
		return false
	}
	return !slices.ContainsFunc(l.Windows, func(w window) bool {
		return time.Duration(w.Per) != time.Minute && time.Duration(w.Per) != boundary
	})
}
