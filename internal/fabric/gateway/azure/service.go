package azure

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// sending says who answers the requests of a rule, and what that is asked.
func (d *document) sending(c candidate) []element {
	r := c.rules()
	if r.Redirect != nil {
		return []element{d.redirect(c, *r.Redirect)}
	}
	all := append(d.baggage(c), changed(r.RequestHeaders)...)
	if path := d.rewritten(r.Rewrite); path != "" {
		all = append(all, el("rewrite-uri", "template", expression(path), "copy-unmatched-params", "true"))
	}
	if r.Rewrite != nil && r.Rewrite.Host != "" {
		all = append(all, setHeader("Host", "override", r.Rewrite.Host))
	}
	all = append(all, d.copies(c)...)
	return append(all, d.chosen(c)...)
}

// rewritten is the path that the service sees, "" for the one that API Management passes on.
func (d *document) rewritten(w *route.Rewrite) string {
	switch {
	case w != nil && w.FullPath != nil:
		return text(*w.FullPath)
	case w != nil && w.Prefix != nil:
		return replaced(*w.Prefix)
	case d.under != "":
		return variable(varPath) // that of an operation lacks the prefix
	}
	return ""
}

// replaced is the path with another prefix in place of the one that was matched.
func replaced(prefix string) string {
	rest := variable(varPath) + ".Substring(" + variable(varPrefix) + ".Length)"
	if prefix == "/" {
		return `"/" + ` + rest + `.TrimStart("/".ToCharArray())`
	}
	return text(strings.TrimSuffix(prefix, "/")) + " + " + rest
}

// changed are a rule's changes of headers: set, add, remove.
func changed(h *route.HeaderChange) []element {
	if h == nil {
		return nil
	}
	var all []element
	for _, s := range h.Set {
		all = append(all, setHeader(s.Name, "override", literal(s.Value)))
	}
	for _, a := range h.Add {
		all = append(all, setHeader(a.Name, "append", literal(a.Value)))
	}
	for _, name := range h.Remove {
		all = append(all, setHeader(name, "delete", ""))
	}
	return all
}

// redirect answers with the place to go to.
func (d *document) redirect(c candidate, to route.Redirect) element {
	status := cmp.Or(to.Status, http.StatusFound)
	scheme := cmp.Or(to.Scheme, "https")
	host := text(to.Host)
	if to.Host == "" {
		host = d.wanted()
	}
	port := ""
	if to.Port != 0 && (scheme != "https" || to.Port != 443) && (scheme != "http" || to.Port != 80) {
		port = ":" + strconv.Itoa(to.Port)
	}
	path := variable(varPath)
	switch {
	case to.FullPath != nil:
		path = text(*to.FullPath)
	case to.Prefix != nil:
		path = replaced(*to.Prefix)
	}
	location := text(scheme+"://") + " + " + host + " + " + text(port) + " + " + some(path) + " + context.Request.Url.QueryString"
	return el("return-response").with(
		el("set-status", "code", strconv.Itoa(status), "reason", http.StatusText(status)), setHeader("Location", "override", expression(location)),
	)
}

// wanted is the host that the client asked for.
func (d *document) wanted() string {
	if strings.HasPrefix(d.host, "*.") {
		return `context.Request.Headers.GetValueOrDefault("X-Original-Host", context.Request.OriginalUrl.Host)`
	}
	return text(d.host)
}

// chosen is the service that is called: by chance, as their weights are.
func (d *document) chosen(c candidate) []element {
	backends := c.rules().Backends
	total := 0
	var by choice
	var only []element
	for i, b := range backends {
		weight := 1
		if b.Weight != nil {
			weight = *b.Weight
		}
		called := append(d.asked(c, b), el("set-backend-service", "backend-id", d.backend(c, i, b)))
		if weight == 0 {
			continue
		}
		total += weight
		only = called
		// A whole division is 0 for whatever is less.
		by.when("((int)context.Variables[\""+varShare+"\"]) / "+strconv.Itoa(total)+" == 0", called...)
	}
	switch len(by.children) {
	case 0:
		return []element{answer("500", "Internal Server Error", "No service has a share of the requests")}
	case 1:
		return only
	}
	last := len(by.children) - 1
	by.otherwise, by.children = by.children[last].children, by.children[:last]
	return append([]element{setVariable(varShare, "new Random().Next("+strconv.Itoa(total)+")")}, by.done()...)
}

// answering are a rule's changes of what the service answered.
func (d *document) answering(c candidate) []element { return changed(c.rules().ResponseHeaders) }

// calling is how services are called; the part of a document takes one element alone.
func (d *document) calling() []element {
	var by choice
	for _, c := range d.rules() {
		if forward := d.forward(c); forward != nil {
			by.when(variable(varRule)+" == "+text(c.name()), *forward)
		}
	}
	if by.otherwise = []element{el("forward-request")}; len(by.children) == 0 {
		return []element{el("base")}
	}
	return by.done()
}

// forward calls the service of a rule; nil is as API Management does by itself.
func (d *document) forward(c candidate) *element {
	r := c.rules()
	if r.Redirect != nil {
		return nil
	}
	e, plain := el("forward-request"), true
	if t := d.timeout(c); t > 0 {
		e.attrs, plain = append(e.attrs, attribute{"timeout", strconv.FormatInt(t, 10)}), false
	}
	if retry := r.Retry; retry != nil && retry.Attempts > 0 && len(retry.Codes) > 0 {
		e.attrs, plain = append(e.attrs, attribute{"buffer-request-body", "true"}), false
		codes := make([]string, len(retry.Codes))
		for i, code := range retry.Codes {
			codes[i] = "context.Response.StatusCode == " + strconv.Itoa(code)
		}
		again := el("retry", "condition", expression(every("context.Response != null", some(codes...))), "count", strconv.Itoa(retry.Attempts), "interval", strconv.FormatInt(seconds(int64(retry.Backoff)), 10))
		if retry.Backoff == 0 {
			again.attrs = append(again.attrs, attribute{"first-fast-retry", "true"})
		}
		e = again.with(e)
	}
	bounds := d.bounds(c.route)
	for _, b := range bounds {
		e, plain = b.with(e), false
	}
	if plain {
		return nil
	}
	return &e
}

// longest is how long API Management waits for a service at most.
const longest = 240 * time.Second

// timeout is how long a rule's service is waited for, in seconds; 0 is not said.
func (d *document) timeout(c candidate) int64 {
	least := time.Duration(0)
	of := c.rules().Timeouts
	for name, bound := range map[string]kernel.Duration{"request": of.Request, "backend": of.Backend} {
		switch took := time.Duration(bound); {
		case took > longest:
			d.t.refuse(placeOfRoute(c.route.Route), fmt.Sprintf("rules[%d].timeouts.%s", c.rule, name), "use at most 4m", "on Azure: API Management waits for four minutes at most, not for %s", took)
		case took > 0 && (least == 0 || took < least):
			least = took
		}
	}
	if least == 0 {
		return 0
	}
	return seconds(int64(least))
}

// bounds are what may be under way at once, the innermost first.
func (d *document) bounds(r *gateway.InForce) []element {
	p, ok := policy(r, capability.Concurrency)
	if !ok {
		return nil
	}
	var s concurrency
	d.read(p, &s)
	var all []element
	if s.Caller != nil && s.Caller.Limit > 0 {
		who := variable(varClient)
		if s.Caller.Header != "" {
			who = some(header(s.Caller.Header) + " ?? " + who)
		}
		all = append(all, el("limit-concurrency", "key", expression(text("caller/"+p.Scope.String()+"/"+p.Name+"/")+" + "+who), "max-count", strconv.FormatInt(s.Caller.Limit, 10)))
	}
	if s.Route != nil && s.Route.Limit > 0 {
		all = append(all, el("limit-concurrency", "key", expression(text("route/"+r.Route.Scope.String()+"/"+r.Route.Name)), "max-count", strconv.FormatInt(s.Route.Limit, 10)))
	}
	return all
}

// read reads a policy's spec, which its kind has checked.
func (d *document) read(p gateway.Policy, to any) {
	if len(p.Spec) == 0 {
		return
	}
	if err := json.Unmarshal(p.Spec, to); err != nil {
		d.t.refuse(placeOf(p), "", "", "on Azure: the spec cannot be read: %v", err)
	}
}

type concurrency struct {
	MaxTargetBytes int64 `json:"maxTargetBytes"`
	MaxBodyBytes   int64 `json:"maxBodyBytes"`
	Route          *struct {
		Limit int64 `json:"limit"`
	} `json:"route"`
	Caller *struct {
		Limit  int64  `json:"limit"`
		Header string `json:"header"`
	} `json:"caller"`
}

// sizes refuses what is too large. A whole division is 0 for whatever is no larger.
func (d *document) sizes(r *gateway.InForce) []element {
	p, ok := policy(r, capability.Concurrency)
	if !ok {
		return nil
	}
	var s concurrency
	d.read(p, &s)
	var all []element
	if s.MaxTargetBytes > 0 {
		var by choice
		by.when(some(variable(varPath)+".Length + context.Request.OriginalUrl.QueryString.Length")+" / "+strconv.FormatInt(s.MaxTargetBytes+1, 10)+" != 0", answer("414", "URI Too Long", "The target is too long"))
		all = append(all, by.done()...)
	}
	if s.MaxBodyBytes > 0 {
		var by choice
		by.when(`long.Parse(context.Request.Headers.GetValueOrDefault("Content-Length", "0")) / `+strconv.FormatInt(s.MaxBodyBytes+1, 10)+" != 0", answer("413", "Content Too Large", "The body is too large"))
		all = append(all, by.done()...)
	}
	return all
}
