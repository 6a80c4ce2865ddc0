package azure

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// backend keeps the service that is called, and returns its name.
func (d *document) backend(c candidate, i int, b route.Backend) string {
	at := fmt.Sprintf("rules[%d].backends[%d]", c.rule, i)
	url := d.service(c, at, b.Service, b.Port, b.Protocol)
	one := Backend{URL: url, Description: "Service " + b.Service + " of " + d.scope.Project + "."}
	name := slug(d.scope.Project, b.Service, url[:strings.Index(url, ":")], b.Port)
	if b.Outside() {
		one.URL = d.outside(c, at, b)
		one.Description = "Outside: " + one.URL
		_, host, _ := strings.Cut(one.URL, "://")
		name = slug(d.scope.Project, host)
	}
	key := told(name, d.scope.Project, b.Service, one.URL, b.Port)
	if breaker := b.Breaker; breaker != nil {
		one.CircuitBreaker = &CircuitBreaker{
			Percentage: breaker.ErrorPercent, Interval: iso(int64(cmp.Or(breaker.Window, kernel.Duration(10*time.Second)))),
			TripDuration: iso(int64(cmp.Or(breaker.OpenFor, kernel.Duration(5*time.Second)))),
		}
		if raw, err := json.Marshal(one.CircuitBreaker); err == nil {
			key += "-" + kernel.DigestOf(raw).Hex()[:6]
		}
	}
	one.Name = key
	d.t.value.APIManagement.Backends[key] = one
	return key
}

// service is the address of a workload's service.
func (d *document) service(c candidate, at, service, port, protocol string) string {
	place, scheme := placeOfRoute(c.route.Route), "https"
	switch protocol {
	case "", route.HTTPS:
	case route.HTTP:
		scheme = "http"
	default:
		d.t.refuse(place, at+".protocol", "use http or https", "on Azure: API Management speaks HTTP/1.1 to services, not %s", protocol)
	}
	if service == "" {
		return scheme + "://"
	}
	host := service + "." + d.scope.Project
	if d.t.Domain != "" {
		host += "." + d.t.Domain
	}
	switch by := d.t.taking(host); by {
	case "":
	case host:
		d.t.refuse(place, at+".service", "give the route another host", "on Azure: the service is called at %s, which is a host of the stage, too: the request would come back, or the host be reached past the firewall", host)
	default:
		d.t.tell(place, capability.Approximate, at+".service", "give the route another host, or the landing zone's workload_dns_zone another name",
			"on Azure: the service is called at %s, which the host %s of the stage takes in, too: where that name leads to the application gateway in the stage's network, requests come back and are answered with 508", host, by)
	}
	if _, err := strconv.Atoi(port); err == nil {
		host += ":" + port
	}
	return scheme + "://" + host
}

// outside is the address of a backend that is no workload.
func (d *document) outside(c candidate, at string, b route.Backend) string {
	place, address := placeOfRoute(c.route.Route), strings.TrimSuffix(b.URL, "/")
	hostport, _ := b.Address()
	host := strings.ToLower(hostport[:strings.LastIndex(hostport, ":")])
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	switch by := d.t.taking(host); {
	case by != "":
		d.t.refuse(place, at+".url", "name what answers behind it", "on Azure: %s is the host %s of the stage: the request would come back", host, by)
	case err == nil && (egress.Guard{What: "routes on Azure"}).Check(addr, false) != nil:
		d.t.refuse(place, at+".url", "use the name of a service that is public", "on Azure: %s is an address inside, which API Management would call with rights that the route has not", addr)
	case d.t.Domain != "" && (host == d.t.Domain || strings.HasSuffix(host, "."+d.t.Domain)):
		d.t.refuse(place, at+".url", "name the service, in place of url", "on Azure: %s is a name of the stage's workloads", host)
	}
	return address
}

// taking is the host of a stage's routes that takes a name, "" for none.
func (t *translation) taking(name string) string {
	for _, h := range t.hosts() {
		if rest, wild := strings.CutPrefix(h, "*"); h == name || wild && strings.HasSuffix(name, rest) {
			return h
		}
	}
	return ""
}

// asked is the host that a backend outside is asked with, where it is the client's.
func (d *document) asked(c candidate, b route.Backend) []element {
	if rewrite := c.rules().Rewrite; !b.PreserveHost || rewrite != nil && rewrite.Host != "" {
		return nil
	}
	return []element{setHeader("Host", "override", expression(d.wanted()))}
}

// What a copy of a request has.
const (
	mirroredHeader = "Terrace-Mirrored"
	// mirroredBody is the largest body that is copied, in bytes.
	mirroredBody = 64 << 10
)

// copies sends copies of a request as the service gets it. What says no length, or one that
// is too large, is not copied, nor is what becomes another protocol.
func (d *document) copies(c candidate) []element {
	var all []element
	r := c.rules()
	for i, m := range r.Mirrors {
		percent := 100
		if m.Percent != nil {
			percent = *m.Percent
		}
		if percent == 0 {
			continue
		}
		at := fmt.Sprintf("rules[%d].mirrors[%d]", c.rule, i)
		base := d.service(c, at, m.Service, m.Port, m.Protocol)
		_, host, _ := strings.Cut(base, "://")
		if r.Rewrite != nil && r.Rewrite.Host != "" {
			host = r.Rewrite.Host
		}
		e := el("send-one-way-request", "mode", "copy")
		if t := d.timeout(c); t > 0 {
			e.attrs = append(e.attrs, attribute{"timeout", strconv.FormatInt(t, 10)})
		}
		path := cmp.Or(d.rewritten(r.Rewrite), variable(varPath))
		e = e.with(el("set-url").saying(expression(text(base)+" + "+some(path)+" + context.Request.Url.QueryString")),
			setHeader("Host", "override", literal(host)), setHeader(mirroredHeader, "override", "true"))
		conditions := []string{
			`!context.Request.Headers.ContainsKey("Transfer-Encoding")`, `!context.Request.Headers.ContainsKey("Upgrade")`,
			`long.Parse(context.Request.Headers.GetValueOrDefault("Content-Length", "0")) / ` + strconv.Itoa(mirroredBody+1) + " == 0",
		}
		if percent < 100 {
			conditions = append([]string{"new Random().Next(100) / " + strconv.Itoa(percent) + " == 0"}, conditions...)
		}
		var by choice
		by.when(every(conditions...), e)
		all = append(all, by.done()...)
	}
	return all
}

// loop ends requests that have been here before (RFC 8586), and marks the others.
func (d *document) loop() []element {
	mark := "terrace-" + kernel.DigestOf([]byte(d.scope.String() + " " + d.host)).Hex()[:16]
	var by choice
	by.when(`context.Request.Headers.GetValueOrDefault("CDN-Loop", "").Contains(`+text(mark)+")", answer("508", "Loop Detected", "What is behind this host leads back to it"))
	return append(by.done(), setHeader("CDN-Loop", "append", mark))
}

// baggage keeps what clients say of their request from the service, unless it may pass.
func (d *document) baggage(c candidate) []element {
	var s struct {
		Baggage string `json:"baggage"`
	}
	if p, ok := policy(c.route, capability.Telemetry); ok {
		d.read(p, &s)
	}
	if s.Baggage == "pass" {
		return nil
	}
	return []element{setHeader("Baggage", "delete", "")}
}
